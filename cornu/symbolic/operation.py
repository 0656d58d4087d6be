"""`Operation`: something that can be called on tensors, with a name, and that a graph of tensors
records."""

from typing import Any

from cornu.backend import engine
from cornu.control_flow.retry import Conversions, latest
from cornu.core import scopes, tree
from cornu.core.names import auto_name
from cornu.serial.configurable import (
    Configurable,
    auto_config,
    constructor_fields,
    is_automatic,
)
from cornu.serial.registry import export, public_class
from cornu.state.functional import discarding
from cornu.symbolic.graph import Node
from cornu.symbolic.tensor import KerasTensor


@export("keras.Operation")
class Operation(Configurable):
    """A named function of tensors. Subclasses write `call`; calling on `KerasTensor`s records a
    node of a graph.

    Args:
        name: name, by default the class's in snake case, made unique.

    Raises:
        ValueError: if the name is no string or contains `/`.

    Example:
        >>> import cornu
        >>> class Halve(cornu.Operation):
        ...     def call(self, x):
        ...         return x / 2
        >>> Halve()(cornu.Input((4,))).shape
        (None, 4)
    """

    _inbound_nodes: list[Any]
    _outbound_nodes: list[Any]

    def __init__(self, name=None):
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name
        # Past the tracking of state that layers do.
        object.__setattr__(self, "_inbound_nodes", [])
        object.__setattr__(self, "_outbound_nodes", [])

    def __call__(self, *args, **kwargs):
        if has_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args, **kwargs):
        """The computation, on values."""
        raise NotImplementedError(f"{type(self).__name__} must define `call`")

    def symbolic_call(self, *args, **kwargs):
        """Record a call on `KerasTensor`s as a node; returns `KerasTensor`s."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args, **kwargs):
        """`KerasTensor`s like what `call` would return, found by tracing `call` without computing.

        Raises:
            Whatever `call` raises on tensors of these shapes.
        """
        return infer_outputs(self.call, args, kwargs)

    @property
    def input(self):
        """The `KerasTensor`s (nested as given) of the first call that was recorded.

        Raises:
            AttributeError: if none was.
        """
        return self._first_node("input").arguments_structure()

    @property
    def output(self):
        """The `KerasTensor` that the first recorded call returned; a list where it was several.

        Raises:
            AttributeError: if none was.
        """
        found = tree.flatten(self._first_node("output").outputs_structure)
        return found[0] if len(found) == 1 else found

    def _first_node(self, attribute):
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {attribute}."
            )
        return self._inbound_nodes[0]

    def get_config(self):
        """The constructor's arguments, as plain values, and the name.

        Raises:
            NotImplementedError: if one of them is not plain: then the class needs a `get_config` of
                its own.
        """
        cls = type(self)
        owner = public_class(cls) or cls
        if owner is cls or not is_automatic(cls, owner):
            return super().get_config()
        config: dict[str, Any] = auto_config(self) or {}
        return {**config, "name": self.name} if "name" in constructor_fields(cls) else config

    def quantized_call(self, *args, **kwargs):
        """The computation with quantised weights."""
        raise NotImplementedError(f"{type(self).__name__} has no quantized call")

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


def has_symbolic(args, kwargs):
    """Whether any argument is, or holds, a `KerasTensor`."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, KerasTensor):
            return True
        if tree.is_nested(value) and any(isinstance(v, KerasTensor) for v in tree.flatten(value)):
            return True
    return False


def infer_outputs(function, args, kwargs):
    """`KerasTensor`s shaped as what `function(*args, **kwargs)` returns; nothing lasting
    happens."""
    leaves = tree.flatten((args, kwargs))
    shape = tree.structure_of((args, kwargs))
    places = [index for index, leaf in enumerate(leaves) if isinstance(leaf, KerasTensor)]

    def run(*tensors):
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        inner_args, inner_kwargs = shape.unflatten(filled)
        with conversions, discarding(), scopes.setting(scopes.SYMBOLIC, True):
            return latest(function)(*inner_args, **inner_kwargs)

    conversions = Conversions()
    specs = [(leaves[place].shape, leaves[place].dtype) for place in places]
    return specs_to_tensors(conversions.retried(engine.abstract_eval, run, *specs))


def specs_to_tensors(specs):
    """The engine's nest of specs as a nest of `KerasTensor`s."""
    return tree.map_structure(
        lambda spec: (
            KerasTensor(spec.shape, spec.dtype) if isinstance(spec, engine.TensorSpec) else spec
        ),
        specs,
    )
