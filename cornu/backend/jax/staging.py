"""Functions traced once, so that their results can be looked at before they run as part of
something.

Numbers of Python stay weak: what they meet decides about the dtype, as in code that runs plainly.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cornu.core.lazy import lazy_module

extend = lazy_module("jax.extend.core")  # takes 40 ms to import


class Kind(NamedTuple):
    """What is known of a traced tensor; `weak` of a number that takes the dtype of what it
    meets."""

    shape: tuple
    dtype: str
    weak: bool


class Staged:
    """A function of tensors, traced: calling it with a list of tensors gives the list of results.

    Args:
        function: from a list of tensors to a list of tensors.
        tensors: examples.

    Attributes:
        kinds: of each result what it is.
    """

    def __init__(self, function, tensors):
        closed = jax.make_jaxpr(function)(list(tensors))
        self.kinds = [_kind(aval) for aval in closed.out_avals]
        self._run = extend.jaxpr_as_fun(closed)

    def __call__(self, tensors):
        return self._run(*tensors)


def _kind(aval):
    return Kind(tuple(aval.shape), str(aval.dtype), bool(getattr(aval, "weak_type", False)))


def weak_asarray(value):
    """A number as a tensor whose dtype gives way; tensors as they are."""
    return jnp.asarray(value)


def kind_of(tensor):
    """The `Kind` of a tensor."""
    return _kind(jax.typeof(tensor))


def joined(first, second):
    """The `Kind`, but for the shape, of what is one or the other."""
    if first.dtype == second.dtype:
        return first._replace(weak=first.weak and second.weak)
    found = jnp.result_type(_example(first), _example(second))
    return first._replace(dtype=str(found), weak=first.weak and second.weak)


def _example(kind):
    return np.zeros((), kind.dtype).item() if kind.weak else jnp.dtype(kind.dtype)


def to_kind(tensor, kind):
    """The tensor in another dtype, weak or not."""
    if kind_of(tensor)[1:] == kind[1:]:
        return tensor
    if kind.weak:  # a number that was an integer, as a float
        return tensor + _example(kind)
    return lax.convert_element_type(tensor, kind.dtype)


def zeros_of(kind, near=None):
    """Zeros of a kind, traced along with the tensor `near`.

    Constants are computed at once where JAX is told to, but not of sizes that are not known.
    """
    if near is None or all(isinstance(size, int) for size in kind.shape):
        return jnp.zeros(kind.shape, kind.dtype)
    number = lax.convert_element_type(jnp.any(near), "int32")
    return lax.broadcast(lax.convert_element_type(number - number, kind.dtype), kind.shape)
