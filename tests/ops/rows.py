"""What a row of the table of ops is, and how its inputs are drawn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import numpy as np

SIZES = (5, 7)  # of the batch: where the shapes for both differ, an axis is a batch axis


class Draw:
    """Draws inputs, the same ones each time."""

    def __init__(self):
        self._generator = np.random.default_rng(11)

    def normal(self, *shape):
        """Floats around 0."""
        return self._generator.normal(size=shape).astype("float32")

    def uniform(self, low, high, *shape):
        """Floats in [low, high)."""
        return self._generator.uniform(low, high, shape).astype("float32")

    def distinct(self, *shape):
        """Floats that are far from each other, from 0 and from halves, in random order."""
        count = int(np.prod(shape, dtype=int))
        values = 0.37 * (np.arange(count) - count // 2) + 0.12
        return self._generator.permutation(values).reshape(shape).astype("float32")

    def integers(self, low, high, *shape, dtype="int32"):
        """Integers in [low, high)."""
        return self._generator.integers(low, high, shape).astype(dtype)

    def booleans(self, *shape):
        """True and False."""
        return self._generator.uniform(size=shape) < 0.6

    def complex(self, *shape):
        """Complex numbers."""
        return (self.normal(*shape) + 1j * self.normal(*shape)).astype("complex64")

    def probabilities(self, *shape):
        """Positive floats whose sum along the last axis is 1."""
        values = self.uniform(0.1, 1.0, *shape)
        return values / values.sum(-1, keepdims=True)


@dataclass(frozen=True)
class Row:
    """One use of one op.

    Args:
        name: the op.
        sample: from a `Draw` and a batch size to the arguments; arrays stand for tensors.
        oracle: what the op gives, computed by NumPy from the same arguments in float64.
        kwargs: further arguments of the op and the oracle.
        gradient: whether there is a gradient to check.
        order: how many times the op is differentiated.
        compiled: whether the op runs inside compiled code.
        terms: how many numbers are summed up to one of the result; None for elementwise ops.
        ulps: how many units in the last place an elementwise result may be off.
    """

    name: str
    sample: Callable
    oracle: Callable
    kwargs: dict[str, Any] = field(default_factory=dict)
    gradient: bool = True
    order: int = 2
    compiled: bool = True
    terms: int | None = None
    ulps: int = 8

    def arguments(self, size=SIZES[0]):
        """The arguments for a batch of `size`."""
        return self.sample(Draw(), size)

    @cached_property
    def places(self):
        """Which leaves of the arguments are tensors."""
        leaves = jax.tree.leaves(self.arguments())
        return [i for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray)]

    def tensors(self, size=SIZES[0]):
        """The tensors among the arguments, as NumPy arrays."""
        leaves = jax.tree.leaves(self.arguments(size))
        return [leaves[place] for place in self.places]

    def call(self, function, tensors):
        """`function` on the arguments, with `tensors` in the place of theirs."""
        leaves, structure = jax.tree.flatten(self.arguments())
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        return function(*jax.tree.unflatten(structure, leaves), **self.kwargs)

    def expected(self):
        """What the oracle says."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.call(self.oracle, [widened(tensor) for tensor in self.tensors()])

    def batch_shapes(self):
        """Shapes of the tensors, None for the batch axis; None if there is no such axis."""
        small, large = (map(np.shape, self.tensors(size)) for size in SIZES)
        shapes = [joined(a, b) for a, b in zip(small, large, strict=True)]
        return shapes if any(None in shape for shape in shapes) else None


def row(name, sample, oracle, kwargs=None, **options):
    """A `Row`."""
    return Row(name, sample, oracle, kwargs or {}, **options)


def widened(array):
    """An array in double precision, if it is one of floats."""
    wider = {"f": "float64", "c": "complex128"}.get(array.dtype.kind)
    return array if wider is None else array.astype(wider)


def joined(small, large):
    """A shape with None where two shapes differ."""
    return tuple(a if a == b else None for a, b in zip(small, large, strict=True))


def elementwise(names, sample, oracles=None, **options):
    """Rows of ops that share a sampler; the oracle is NumPy's function of that name."""
    oracles = oracles or {}
    return [row(name, sample, oracles.get(name) or getattr(np, name), **options) for name in names]
