"""Pooling by `cornu-native`.

One kernel takes from each window what stands where its largest element is, another takes the mean.
Both are linear in what they take from, and each has its counterpart for the way back.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

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


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def largest(x, windows):
    """The largest element of each window, the first of equal ones, or NaN if there is one."""
    return _taken(x, x, windows)


@largest.defjvp
def _(windows, values, changes):
    (x,), (change,) = values, changes
    return largest(x, windows), _taken(change, x, windows)


def mean(x, windows):
    """The mean of each window, without padding."""
    names = "cornu_window_mean", "cornu_window_mean_gradient"
    return _call(*names, _mean, [x], windows)


def _call(name, turned, portable, arguments, windows):
    options = windows.options()
    return native.call_native(name, _Bound(portable, windows), arguments, 1, turned, **options)[0]


def _taken(values, x, windows):
    """What stands in `values` where the largest element of each window of `x` is."""
    return _call("cornu_window_pick", "cornu_window_spread", _pick, [values, x], windows)


def _pick(values, x, windows):
    pairs = zip(windows.slices(values), windows.slices(x, -math.inf), strict=True)
    picked, top = next(pairs)
    for value, item in pairs:
        better = (item > top) | (item != item)
        picked, top = jnp.where(better, value, picked), jnp.where(better, item, top)
    return [picked]


def _mean(x, windows):
    counts = functools.reduce(jnp.add, windows.slices(jnp.ones(x[:1].shape, x.dtype)))
    return [functools.reduce(jnp.add, windows.slices(x)) / counts]
