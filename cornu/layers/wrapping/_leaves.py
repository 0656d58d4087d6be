"""A nest of tensors, as another library makes it, kept in variables of a layer."""

import numpy as np

from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.state.variable import Variable


class Leaves:
    """Variables in place of the tensors in a nest that the engine knows; other leaves stay.

    Args:
        layer: to which the variables belong.
        structure: the nest.
        name: of the nest, for errors.
        trainable: whether training changes the variables.
    """

    def __init__(self, layer, structure, name, trainable):
        self.name = name
        self.places, leaves, self._rebuild = engine.named_leaves(structure)
        self._form = engine.form_of(structure)
        self._forms = [engine.key_form(leaf) if engine.is_key(leaf) else None for leaf in leaves]
        self.leaves = [
            self._variable(layer, leaf, trainable) if _is_array(leaf) else leaf for leaf in leaves
        ]

    def _variable(self, layer, leaf, trainable):
        value = engine.raw_key(leaf) if engine.is_key(leaf) else engine.asarray(leaf)
        return layer.add_weight(
            shape=tuple(value.shape),
            initializer=lambda shape, dtype: value,
            dtype=str(value.dtype),
            trainable=trainable,
        )

    def nest(self):
        """The nest with the variables themselves."""
        return self._rebuild(self.leaves)

    def values(self):
        """The nest with the variables' current values."""
        return self._rebuild(list(map(_value, self.leaves, self._forms)))

    def assign(self, structure):
        """Give the variables the values in a nest of the same form.

        Raises:
            ValueError: if it has another form.
        """
        places, leaves, _ = engine.named_leaves(structure)
        if engine.form_of(structure) != self._form:
            missing = [place for place in self.places if place not in places]
            extra = [place for place in places if place not in self.places]
            raise ValueError(
                f"Structure mismatch in `{self.name}`: what the function returned does not have the"
                f" form of what it was given. Missing: {shorten(missing)}, additional:"
                f" {shorten(extra)}. Given: {_described(self._form)}, returned:"
                f" {_described(engine.form_of(structure))}"
            )
        for own, leaf in zip(self.leaves, leaves, strict=True):
            if isinstance(own, Variable):
                own.assign(engine.raw_key(leaf) if engine.is_key(leaf) else leaf)


def _is_array(leaf):
    return engine.is_tensor(leaf) or isinstance(leaf, (np.ndarray, np.generic))


def _value(leaf, form):
    if not isinstance(leaf, Variable):
        return leaf
    return leaf.value if form is None else form(leaf.value)


def _described(form):
    return shorten(str(form).removeprefix("PyTreeDef"), 300)
