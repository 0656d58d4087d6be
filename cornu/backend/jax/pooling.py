"""Pooling, lowered by platform.

On the CPU the gradient of XLA's max pooling (`select_and_scatter`) is up to 50 times slower than
that of a comparison of strided slices; so windows are slices there, as long as they are not large.
On accelerators XLA's own operation is kept. Of several equal maxima the first takes the whole
gradient in both.

Numbers are in `bench/rows/convolution.py` and `bench/results/`.
"""

import math

import jax.numpy as jnp
from jax import lax

from cornu.backend.jax import engine
from cornu.backend.jax.convolution import pad_sizes, shifted

__all__ = ["average_pool", "max_pool"]

LARGE = 128  # places in a window: more slices than that only make compiling slow


def max_pool(inputs, pool_size, strides, padding, data_format):
    if jnp.issubdtype(inputs.dtype, jnp.floating):
        lowest = -math.inf
    else:
        lowest = False if inputs.dtype == bool else jnp.iinfo(inputs.dtype).min
    geometry = (pool_size, strides, padding, data_format)
    return _pool(inputs, _first_of_largest, lax.max, lowest, *geometry)


def average_pool(inputs, pool_size, strides, padding, data_format):
    geometry = (pool_size, strides, padding, data_format)
    total = _pool(inputs, _sum, lax.add, 0, *geometry)
    if padding == "valid":
        return total / inputs.dtype.type(math.prod(pool_size))
    # With padding, each window counts the elements that it really holds.
    counts = _pool(jnp.ones_like(inputs), _sum, lax.add, 0, *geometry)
    return total / lax.stop_gradient(counts)


def _first_of_largest(slices):
    out = slices[0]
    for item in slices[1:]:
        # Not `maximum`, whose gradient divides itself among equals.
        out = jnp.where((item > out) | (item != item), item, out)
    return out


def _sum(slices):
    return sum(slices[1:], start=slices[0])


def _pool(inputs, of_slices, of_two, initial, pool_size, strides, padding, data_format):
    """The windows of `inputs`, each made one element.

    Args:
        of_slices: from one slice for each place in the window to their combination.
        of_two: the same for XLA, of two elements.
        initial: neutral element.
    """
    first = 1 if data_format == "channels_last" else 2
    sizes = inputs.shape[first : first + len(pool_size)]
    known = all(isinstance(size, int) for size in sizes)
    if engine.platform() != "cpu" or not known or math.prod(pool_size) > LARGE:
        window = (1,) * first + pool_size + (1,) * (2 - first)
        steps = (1,) * first + strides + (1,) * (2 - first)
        neutral = inputs.dtype.type(initial)
        return lax.reduce_window(inputs, neutral, of_two, window, steps, padding.upper())
    if first == 2:
        inputs = jnp.moveaxis(inputs, 1, -1)
    ones = (1,) * len(pool_size)
    pads = pad_sizes(sizes, pool_size, strides, ones, padding)
    counts = [
        max((size + sum(pad) - width) // step + 1, 0)
        for size, pad, width, step in zip(sizes, pads, pool_size, strides, strict=True)
    ]
    if 0 in counts:
        empty = jnp.zeros((inputs.shape[0], *counts, inputs.shape[-1]), inputs.dtype)
        return jnp.moveaxis(empty, -1, 1) if first == 2 else empty
    out = of_slices(list(shifted(inputs, pool_size, counts, strides, pads, ones, ones, initial)))
    return jnp.moveaxis(out, -1, 1) if first == 2 else out
