"""Nests of tensors taken apart for control flow."""

import numpy as np

from cornu.backend import engine
from cornu.core import dtypes, tree
from cornu.core.errors import shorten
from cornu.state.assigned import Restart
from cornu.state.variable import Variable, value_of
from cornu.symbolic.tensor import KerasTensor

NUMBERS = (bool, int, float, complex)


class Nest:
    """A nest of tensors (None among them stays) as a flat list and what it takes to rebuild it.

    Args:
        structure: the nest; numbers, arrays and variables in it become tensors.
        what: names the nest in errors.

    Attributes:
        tensors: the tensors in order.
        weak: for each, whether it was a Python number, which takes the dtype of what it meets.
    """

    def __init__(self, structure, what):
        leaves = tree.flatten(structure)
        self.shape = tree.structure_of(structure)
        self.places = [place for place, leaf in enumerate(leaves) if leaf is not None]
        self.tensors = [_tensor(leaves[place], what) for place in self.places]
        self.weak = [type(leaves[place]) in NUMBERS for place in self.places]
        self._wanted = {}  # dtypes by place, found while tracing, where nothing can be cast

    def fill(self, tensors):
        """The nest with other tensors in it."""
        leaves = [None] * self.shape.num_leaves
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        return self.shape.unflatten(leaves)

    def same_shapes(self, other):
        """Whether the other nest has the same containers, around tensors of the same shapes."""
        return (
            self.shape == other.shape
            and self.places == other.places
            and all(a.shape == b.shape for a, b in zip(self.tensors, other.tensors, strict=True))
        )

    def cast(self, place, dtype):
        """Give the tensor at `place` a dtype for good."""
        self.tensors[place] = engine.asarray(self.tensors[place], dtype)
        self.weak[place] = False

    def ready(self):
        """The tensors to begin with."""
        for place, dtype in self._wanted.items():
            self.cast(place, dtype)
        self._wanted.clear()
        return self.tensors

    def follow(self, returned, complaint):
        """Check that a loop's body `returned` what it took: this nest.

        Raises:
            Restart: if numbers that the loop began with had to take another dtype first.
            ValueError: which begins with `complaint`, if the two are not alike.
        """
        if not self.same_shapes(returned):
            raise ValueError(f"{complaint} Taken: {self}; returned: {returned}")
        for place, (taken, found) in enumerate(zip(self.tensors, returned.tensors, strict=True)):
            if taken.dtype == found.dtype:
                continue
            joined = dtypes.result_type(taken.dtype, found.dtype)
            if returned.weak[place] and joined == taken.dtype:
                returned.cast(place, joined)
            elif self.weak[place]:
                self._wanted[place] = joined
            else:
                raise ValueError(f"{complaint} Taken: {self}; returned: {returned}")
        if self._wanted:
            raise Restart

    def __str__(self):
        described = [f"{tensor.dtype}{tuple(tensor.shape)}" for tensor in self.tensors]
        return shorten(self.fill(map(_Word, described)))


class _Word:
    """Text that shows without quotation marks."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def _tensor(leaf, what):
    if isinstance(leaf, KerasTensor):
        raise ValueError(
            f"{what} holds the symbolic tensor {shorten(leaf)}, which has no value here. Functions"
            " given to control flow must get such tensors as arguments, not from outside."
        )
    if isinstance(leaf, Variable):
        return leaf.value
    try:
        return engine.asarray(leaf)
    except TypeError:
        raise TypeError(
            f"{what} must hold tensors only. Received: an object of type {type(leaf).__name__}"
        ) from None


def outcome(structure):
    """What a function returned that ran as ordinary code: numbers, arrays and variables in it as
    tensors."""

    def convert(leaf):
        if isinstance(leaf, (Variable, np.ndarray, np.generic, *NUMBERS)):
            return engine.asarray(value_of(leaf))
        return leaf

    return tree.map_structure(convert, structure)


def check_scalar(value, op, name):
    """Raise ValueError unless an argument is a scalar."""
    if np.shape(value) != ():
        raise ValueError(f"`{op}`: `{name}` must be a scalar. Received: shape={np.shape(value)}")


def check_function(op, **functions):
    """Raise TypeError unless arguments can be called."""
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"`{op}`: `{name}` should be a callable. Received: {shorten(function)}")
