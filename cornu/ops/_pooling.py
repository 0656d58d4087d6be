"""Pooling. Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for the data
format `"channels_first"`."""

import numpy as np

from cornu.backend import engine, kernels
from cornu.core.shapes import to_tuple
from cornu.ops._convolution import _windows
from cornu.ops._reduce import _wide
from cornu.symbolic.op import op, promote_float


@op("inputs", family="nn", fuse=True)
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Largest element of each window; of several equal ones, the first gets the gradient.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        pool_size: int, or one for each spatial axis.
        strides: as `pool_size`, which is the default.
    """
    strides = pool_size if strides is None else strides
    data_format, strides, _, padding = _windows(
        inputs, strides, 1, padding, data_format, "max_pool"
    )
    pool_size = to_tuple(pool_size, inputs.ndim - 2, "pool_size")
    return kernels.max_pool(inputs, pool_size, strides, padding, data_format)


@op("inputs", dtype=promote_float, family="nn", fuse=True)
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Mean of each window, over the elements that are really there; half precision is computed in
    float32. Arguments as of `max_pool`."""
    strides = pool_size if strides is None else strides
    data_format, strides, _, padding = _windows(
        inputs, strides, 1, padding, data_format, "average_pool"
    )
    pool_size = to_tuple(pool_size, inputs.ndim - 2, "pool_size")
    means = kernels.average_pool(_wide(inputs), pool_size, strides, padding, data_format)
    return engine.cast(means, str(inputs.dtype))


def _adaptive(inputs, output_size, data_format, what):
    """The first spatial axis, and for each one the (start, stop) of every window."""
    data_format, _, _, _ = _windows(inputs, 1, 1, "valid", data_format, what)
    first = 1 if data_format == "channels_last" else 2
    sizes = to_tuple(output_size, inputs.ndim - 2, "output_size")
    windows = []
    for axis, count in enumerate(sizes, first):
        n, each = inputs.shape[axis], np.arange(count)
        windows.append((each * n // count, -(-(each + 1) * n // count)))
    return first, windows


@op("inputs", dtype=promote_float, family="nn", fuse=True)
def adaptive_average_pool(inputs, output_size, data_format=None):
    """Means of windows that divide each spatial axis into `output_size` parts, as even as can be.

    Part i of m along n places is those from floor(i * n / m) to ceil((i + 1) * n / m); where m does
    not divide n, neighbours share a place. Half precision is computed in float32.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`;
            the spatial sizes must be known.
        output_size: int, or one for each spatial axis.
    """
    first, windows = _adaptive(inputs, output_size, data_format, "adaptive_average_pool")
    means = _wide(inputs)
    for axis, (starts, stops) in enumerate(windows, first):
        places = np.arange(means.shape[axis])[:, None]
        inside = (starts <= places) & (places < stops)
        weights = engine.asarray(inside / (stops - starts), means.dtype)
        means = kernels.moveaxis(kernels.tensordot(means, weights, ([axis], [0])), -1, axis)
    return engine.cast(means, str(inputs.dtype))


@op("inputs", family="nn", fuse=True)
def adaptive_max_pool(inputs, output_size, data_format=None):
    """Largest elements of windows that divide each spatial axis into `output_size` parts, as
    `adaptive_average_pool` does; of several equal ones, the first gets the gradient."""
    first, windows = _adaptive(inputs, output_size, data_format, "adaptive_max_pool")
    for axis, (starts, stops) in enumerate(windows, first):
        out = None
        for step in range(max(stops - starts)):
            # Shorter windows see their last element again, which changes nothing.
            item = kernels.take(inputs, np.minimum(starts + step, stops - 1), axis)
            larger = None if out is None else (item > out) | (item != item)
            out = item if larger is None else kernels.where(larger, item, out)
        inputs = out
    return inputs
