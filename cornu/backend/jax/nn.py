"""Kernels of neural networks, lowered by platform.

On the CPU, XLA's convolution falls to one thread inside a loop, and the gradient of its max pooling
is slower still; both are written there as slices and matrix products. Measured on 2 cores, gradient
of a 3x3 convolution by inputs and kernel, ms alone / in a loop: 64x13x13x32 -> 64: `lax.conv` 27 /
328, slices 19 / 16; 32x16x16x128 -> 128: 121 / 5129 against 141 / 116. On accelerators XLA's own
operations are kept.
"""

import itertools
import math

import jax
import jax.numpy as jnp
from jax import lax

from cornu.backend.jax import engine

__all__ = [
    "average_pool",
    "conv",
    "depthwise_conv",
    "max_pool",
    "one_hot",
]


def one_hot(x, num_classes, axis=-1, dtype=None):
    return jax.nn.one_hot(x, num_classes, axis=axis, dtype=dtype)


def _same_padding(size, window, stride, dilation):
    reach = (window - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _pad_sizes(sizes, window, strides, dilation, padding):
    if padding == "valid":
        return [(0, 0)] * len(sizes)
    return list(map(_same_padding, sizes, window, strides, dilation))


def _shifted(x, window, strides, dilation):
    """One strided slice of channels-last `x` for each position in the window, in row-major
    order."""
    counts = [
        (size - (width - 1) * step - 1) // stride + 1
        for size, width, stride, step in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    for offset in itertools.product(*map(range, window)):
        starts = [o * step for o, step in zip(offset, dilation, strict=True)]
        stops = [
            start + (count - 1) * stride + 1
            for start, count, stride in zip(starts, counts, strides, strict=True)
        ]
        yield lax.slice(x, (0, *starts, 0), (x.shape[0], *stops, x.shape[-1]), (1, *strides, 1))


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    groups = inputs.shape[-1 if data_format == "channels_last" else 1] // kernel.shape[-2]
    if groups == 1 and engine.platform() == "cpu" and _has_known_shape(inputs):
        return _conv_by_products(inputs, kernel, strides, padding, data_format, dilation_rate)
    return _conv_by_xla(inputs, kernel, strides, padding, data_format, dilation_rate, groups)


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    groups = kernel.shape[-2]
    kernel = kernel.reshape((*kernel.shape[:-2], 1, groups * kernel.shape[-1]))
    return _conv_by_xla(inputs, kernel, strides, padding, data_format, dilation_rate, groups)


def _has_known_shape(x):
    return all(isinstance(size, int) for size in x.shape)


def _conv_by_products(inputs, kernel, strides, padding, data_format, dilation):
    if data_format == "channels_first":
        inputs = jnp.moveaxis(inputs, 1, -1)
    window = kernel.shape[:-2]
    pads = _pad_sizes(inputs.shape[1:-1], window, strides, dilation, padding)
    if any(map(any, pads)):
        inputs = jnp.pad(inputs, ((0, 0), *pads, (0, 0)))
    slices = list(_shifted(inputs, window, strides, dilation))
    patches = jnp.concatenate(slices, axis=-1) if len(slices) > 1 else slices[0]
    shape = (*patches.shape[:-1], kernel.shape[-1])
    out = patches.reshape((-1, patches.shape[-1])) @ kernel.reshape((-1, kernel.shape[-1]))
    out = out.reshape(shape)
    return jnp.moveaxis(out, -1, 1) if data_format == "channels_first" else out


def _conv_by_xla(inputs, kernel, strides, padding, data_format, dilation, groups):
    spatial = "DHW"[3 - (inputs.ndim - 2) :]
    layout = f"N{spatial}C" if data_format == "channels_last" else f"NC{spatial}"
    return lax.conv_general_dilated(
        inputs,
        kernel,
        strides,
        padding.upper(),
        rhs_dilation=dilation,
        dimension_numbers=(layout, f"{spatial}IO", layout),
        feature_group_count=groups,
    )


def max_pool(inputs, pool_size, strides, padding, data_format):
    if engine.platform() == "cpu" and _has_known_shape(inputs):
        return _pool_by_slices(_max_of, inputs, pool_size, strides, padding, data_format)
    lowest = (
        -math.inf if jnp.issubdtype(inputs.dtype, jnp.floating) else jnp.iinfo(inputs.dtype).min
    )
    return _pool_by_xla(
        inputs, lax.max, inputs.dtype.type(lowest), pool_size, strides, padding, data_format
    )


def average_pool(inputs, pool_size, strides, padding, data_format):
    total = _sum_pool(inputs, pool_size, strides, padding, data_format)
    if padding == "valid":
        return total / inputs.dtype.type(math.prod(pool_size))
    # With padding, each window counts the elements that it really holds.
    counts = _sum_pool(jnp.ones_like(inputs), pool_size, strides, padding, data_format)
    return total / lax.stop_gradient(counts)


def _sum_pool(inputs, pool_size, strides, padding, data_format):
    if engine.platform() == "cpu" and _has_known_shape(inputs):
        return _pool_by_slices(_sum_of, inputs, pool_size, strides, padding, data_format)
    zero = inputs.dtype.type(0)
    return _pool_by_xla(inputs, lax.add, zero, pool_size, strides, padding, data_format)


def _max_of(slices):
    out = slices[0]
    for item in slices[1:]:
        # Not `maximum`: of several equal maxima the first takes the whole gradient, as in Keras.
        out = jnp.where((item > out) | (item != item), item, out)
    return out


def _sum_of(slices):
    return sum(slices[1:], start=slices[0])


def _pool_by_slices(combine, inputs, pool_size, strides, padding, data_format):
    if data_format == "channels_first":
        inputs = jnp.moveaxis(inputs, 1, -1)
    ones = (1,) * len(pool_size)
    pads = _pad_sizes(inputs.shape[1:-1], pool_size, strides, ones, padding)
    if any(map(any, pads)):
        fill = 0
        if combine is _max_of:
            exact = jnp.issubdtype(inputs.dtype, jnp.integer)
            fill = jnp.iinfo(inputs.dtype).min if exact else -math.inf
        inputs = jnp.pad(inputs, ((0, 0), *pads, (0, 0)), constant_values=fill)
    out = combine(list(_shifted(inputs, pool_size, strides, ones)))
    return jnp.moveaxis(out, -1, 1) if data_format == "channels_first" else out


def _pool_by_xla(inputs, function, initial, pool_size, strides, padding, data_format):
    if data_format == "channels_last":
        window, steps = (1, *pool_size, 1), (1, *strides, 1)
    else:
        window, steps = (1, 1, *pool_size), (1, 1, *strides)
    return lax.reduce_window(inputs, initial, function, window, steps, padding.upper())
