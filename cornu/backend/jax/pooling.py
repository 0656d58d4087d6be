"""Pooling, lowered by platform.

On the CPU the gradient of XLA's max pooling (`select_and_scatter`) is up to 50 times slower than
that of a comparison of strided slices; so windows are slices there, as long as they are not large.
On accelerators XLA's own operation is kept. Of several equal maxima the first takes the whole
gradient in both. Where `cornu-native` is installed, its loops do the work on the CPU for windows
that overlap (`windows`); where they do not, slices are as fast or faster.

Numbers are in `bench/rows/convolution.py` and `bench/results/`.
"""

import functools
import math

import jax.numpy as jnp
from jax import lax

from cornu.backend.jax import engine, native, windows
from cornu.backend.jax.convolution import pad_sizes

__all__ = ["average_pool", "max_pool"]

LARGE = 128  # places in a window: more slices than that only make compiling slow


def max_pool(inputs, pool_size, strides, padding, data_format):
    if jnp.issubdtype(inputs.dtype, jnp.floating):
        lowest = -math.inf
    else:
        lowest = False if inputs.dtype == bool else jnp.iinfo(inputs.dtype).min

    def of_slices(x, pools):
        if pools.tile and jnp.issubdtype(x.dtype, jnp.floating):
            return windows.largest(x, pools)
        if _is_native(x, pool_size, strides):
            return windows.largest(x.astype(jnp.float32), pools).astype(x.dtype)
        return _first_of_largest(list(pools.slices(x, lowest)))

    return _pool(inputs, of_slices, lax.max, lowest, pool_size, strides, padding, data_format)


def average_pool(inputs, pool_size, strides, padding, data_format):
    geometry = (pool_size, strides, padding, data_format)
    sliced = _is_sliced(inputs, pool_size, data_format)
    if sliced and _is_native(inputs, pool_size, strides):
        return _pool(inputs, _native_mean, None, None, *geometry)
    total = _pool(inputs, _sum, lax.add, 0, *geometry)
    if padding == "valid":
        return total / inputs.dtype.type(math.prod(pool_size))
    # With padding, each window counts the elements that it really holds.
    counts = _pool(jnp.ones_like(inputs), _sum, lax.add, 0, *geometry)
    return total / lax.stop_gradient(counts)


def _is_native(x, pool_size, strides):
    """Whether a kernel does it, and fast: for windows that overlap."""
    overlap = any(step < size for size, step in zip(pool_size, strides, strict=True))
    return overlap and x.dtype in ("float32", "bfloat16") and native.package() is not None


def _native_mean(x, pools):
    return windows.mean(x.astype(jnp.float32), pools).astype(x.dtype)


def _first_of_largest(slices):
    out = slices[0]
    for item in slices[1:]:
        # Not `maximum`, whose gradient divides itself among equals.
        out = jnp.where((item > out) | (item != item), item, out)
    return out


def _sum(x, pools):
    return functools.reduce(lax.add, pools.slices(x))


def _is_sliced(inputs, pool_size, data_format):
    """Whether windows are looked at as slices, not by XLA's own operation."""
    known = all(isinstance(size, int) for size in _spatial(inputs, data_format))
    return engine.platform() == "cpu" and known and math.prod(pool_size) <= LARGE


def _spatial(inputs, data_format):
    return inputs.shape[1:-1] if data_format == "channels_last" else inputs.shape[2:]


def _pool(inputs, of_slices, of_two, initial, pool_size, strides, padding, data_format):
    """The windows of `inputs`, each made one element.

    Args:
        of_slices: from inputs with channels last and `Windows` to the result.
        of_two: for XLA, of two elements.
        initial: neutral element.
    """
    first = 1 if data_format == "channels_last" else 2
    if not _is_sliced(inputs, pool_size, data_format):
        window = (1,) * first + pool_size + (1,) * (2 - first)
        steps = (1,) * first + strides + (1,) * (2 - first)
        neutral = inputs.dtype.type(initial)
        return lax.reduce_window(inputs, neutral, of_two, window, steps, padding.upper())
    sizes = _spatial(inputs, data_format)
    if first == 2:
        inputs = jnp.moveaxis(inputs, 1, -1)
    pads = pad_sizes(sizes, pool_size, strides, (1,) * len(pool_size), padding)
    counts = tuple(
        max((size + sum(pad) - width) // step + 1, 0)
        for size, pad, width, step in zip(sizes, pads, pool_size, strides, strict=True)
    )
    if 0 in (*counts, *inputs.shape):
        out = jnp.zeros((inputs.shape[0], *counts, inputs.shape[-1]), inputs.dtype)
    else:
        pools = windows.Windows(tuple(sizes), counts, tuple(pool_size), tuple(strides), tuple(pads))
        out = of_slices(inputs, pools)
    return jnp.moveaxis(out, -1, 1) if first == 2 else out
