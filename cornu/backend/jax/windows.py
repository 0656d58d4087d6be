"""Pooling by `cornu-native`, and by XLA where windows stand side by side.

One kernel finds the largest element of each window, and its place where the gradient will want to
know that; another puts gradients there. One takes the mean, which is linear, and has its
counterpart for the way back.
"""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cornu.backend.jax import native
from cornu.backend.jax.convolution import shifted

__all__ = ["Windows", "largest", "mean"]


@dataclasses.dataclass(frozen=True)
class Windows:
    """Windows over the spatial axes of (batch, *spatial, channels).

    Attributes:
        inputs, outputs: spatial sizes.
        size, strides: of the windows.
        pads: (before, after) of each axis.
    """

    inputs: tuple
    outputs: tuple
    size: tuple
    strides: tuple
    pads: tuple

    @property
    def tile(self):
        """Whether windows stand side by side, without overlaps and gaps."""
        return self.size == self.strides

    def slices(self, x, fill=0):
        """One slice of `x` for each place in the windows."""
        ones = (1,) * len(self.size)
        return shifted(x, self.size, self.outputs, self.strides, self.pads, ones, fill=fill)

    def options(self):
        """What kernels want to know."""
        before = tuple(low for low, _ in self.pads)
        return {"size": self.size, "strides": self.strides, "before": before}


@dataclasses.dataclass(frozen=True)
class _Bound:
    """A function with its last argument; equal to others of the same, unlike `partial`."""

    function: Callable
    windows: Windows

    def __call__(self, *tensors):
        return self.function(*tensors, self.windows)

    @property
    def turned(self):
        """What computes it turned round, if it is linear."""
        return _Put if self.function is _take and self.windows.tile else native.Turned


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def largest(x, windows):
    """The largest element of each window, the first of equal ones, or NaN if there is one."""
    return _call("cornu_window_largest", None, _largest, [x], windows, 0)[0]


@largest.defjvp
def _(windows, values, changes):
    (x,), (change,) = values, changes
    found, places = _found(x, windows)
    return found, _taken(change, places, windows)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _found(x, windows):
    """What `largest` gives, and the place of each in its window, row-major."""
    return tuple(_call("cornu_window_find", None, _find, [x], windows, 0))


@_found.defjvp
def _(windows, values, changes):
    (x,), (change,) = values, changes
    found, places = _found(x, windows)
    nothing = np.zeros(places.shape, jax.dtypes.float0)
    return (found, places), (_taken(change, places, windows), nothing)


def mean(x, windows):
    """The mean of each window, without padding."""
    names = "cornu_window_mean", "cornu_window_mean_gradient"
    return _call(*names, _mean, [x], windows, 1)[0]


def _call(name, turned, portable, arguments, windows, linear):
    function, options = _Bound(portable, windows), windows.options()
    if windows.tile:  # XLA's own loops are as fast or faster there
        name = turned = None
    return native.call_native(name, function, arguments, linear, turned, **options)


def _taken(values, places, windows):
    """What stands in `values` at a place of each window."""
    return _call(None, "cornu_window_put", _take, [values, places], windows, 1)[0]


def _largest(x, windows):
    return [functools.reduce(_larger, windows.slices(x, -math.inf))]


def _larger(top, item):
    return jnp.where((item > top) | (item != item), item, top)


def _find(x, windows):
    items = enumerate(windows.slices(x, -math.inf))
    _, top = next(items)
    places = jnp.zeros(top.shape, "uint8")
    for number, item in items:
        better = (item > top) | (item != item)
        top, places = jnp.where(better, item, top), jnp.where(better, jnp.uint8(number), places)
    return [top, places]


def _take(values, places, windows):
    taken = jnp.zeros(places.shape, values.dtype)
    for number, item in enumerate(windows.slices(values)):
        taken = jnp.where(places == number, item, taken)
    return [taken]


class _Put(native.Turned):
    """Gradients by windows that stand side by side, each at its place in one, and 0 elsewhere."""

    def __call__(self, gradients, places):
        windows, (batch, *counts, channels) = self.function.windows, places.shape
        spread = (batch, *itertools.chain(*((count, 1) for count in counts)), channels)
        within = (1, *itertools.chain(*((1, size) for size in windows.size)), 1)
        numbers = np.arange(math.prod(windows.size), dtype=places.dtype).reshape(within)
        zero = gradients.dtype.type(0)
        tiles = jnp.where(places.reshape(spread) == numbers, gradients.reshape(spread), zero)
        covered = [count * size for count, size in zip(counts, windows.size, strict=True)]
        edges = [
            (-low, size + low - reach, 0)
            for size, reach, (low, _) in zip(windows.inputs, covered, windows.pads, strict=True)
        ]
        tiles = tiles.reshape((batch, *covered, channels))
        return [lax.pad(tiles, zero, ((0, 0, 0), *edges, (0, 0, 0)))]


def _mean(x, windows):
    counts = functools.reduce(jnp.add, windows.slices(jnp.ones(x[:1].shape, x.dtype)))
    return [functools.reduce(jnp.add, windows.slices(x)) / counts]
