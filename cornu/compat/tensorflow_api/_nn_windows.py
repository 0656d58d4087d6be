"""Convolutions and pooling of `tf.nn`."""

import math

from cornu import ops
from cornu.compat.tensorflow_api._tensors import convert_to_tensor

__all__ = [
    "atrous_conv2d", "avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d", "conv1d",
    "conv1d_transpose", "conv2d", "conv2d_transpose", "conv3d", "conv3d_transpose",
    "conv_transpose", "convolution", "depthwise_conv2d", "max_pool", "max_pool1d", "max_pool2d",
    "max_pool3d", "pool", "separable_conv2d",
]  # fmt: skip


def _windows(value, rank, channels_first):
    """Sizes of windows, strides or dilations along the spatial axes: one number, one for each, or
    one for each axis of the input."""
    if value is None:
        return (1,) * rank
    if not isinstance(value, (list, tuple)):
        return (int(value),) * rank
    if len(value) == 1:
        return (int(value[0]),) * rank
    if len(value) == rank + 2:
        value = value[2:] if channels_first else value[1:-1]
    return tuple(int(each) for each in value)


def _first(data_format):
    return data_format is not None and data_format.startswith("NC")


def _order(data_format):
    return "channels_first" if _first(data_format) else "channels_last"


def convolution(
    input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None
):
    """Convolution in as many dimensions as the input has spatial axes.

    Args:
        padding: `"SAME"`, `"VALID"`, or for each axis of the input a pair of how much to pad.
    """
    x = convert_to_tensor(input)
    rank, first = len(x.shape) - 2, _first(data_format)
    if not isinstance(padding, str):
        x, padding = ops.pad(x, tuple(tuple(pair) for pair in padding)), "VALID"
    return ops.conv(
        x,
        filters,
        strides=_windows(strides, rank, first),
        padding=padding.lower(),
        data_format=_order(data_format),
        dilation_rate=_windows(dilations, rank, first),
    )


def conv1d(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    """Convolution of sequences."""
    return convolution(input, filters, stride, padding, data_format, dilations)


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    """Convolution of images."""
    return convolution(input, filters, strides, padding, data_format, dilations)


def conv3d(input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None):
    """Convolution of volumes."""
    return convolution(input, filters, strides, padding, data_format, dilations)


def atrous_conv2d(value, filters, rate, padding, name=None):
    """Convolution of images with gaps in the kernel."""
    return convolution(value, filters, 1, padding, "NHWC", rate)


def depthwise_conv2d(input, filter, strides, padding, data_format=None, dilations=None, name=None):
    """Convolution of each channel by itself."""
    x, first = convert_to_tensor(input), _first(data_format)
    if not isinstance(padding, str):
        x, padding = ops.pad(x, tuple(tuple(pair) for pair in padding)), "VALID"
    return ops.depthwise_conv(
        x,
        filter,
        strides=_windows(strides, 2, first),
        padding=padding.lower(),
        data_format=_order(data_format),
        dilation_rate=_windows(dilations, 2, first),
    )


def separable_conv2d(
    input, depthwise_filter, pointwise_filter, strides, padding, data_format=None, dilations=None,
    name=None,
):  # fmt: skip
    """Convolution of each channel by itself, then one of all channels at each place."""
    found = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return convolution(found, pointwise_filter, 1, "VALID", data_format)


def conv_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None,
    name=None,
):  # fmt: skip
    """The transpose of a convolution.

    Raises:
        ValueError: for an `output_shape` that does not follow from the others. (Of the several that
            a stride allows, this is the one of `keras.layers.Conv2DTranspose`.)
    """
    x = convert_to_tensor(input)
    rank, first = len(x.shape) - 2, _first(data_format)
    found = ops.conv_transpose(
        x,
        filters,
        strides=_windows(strides, rank, first),
        padding=padding.lower(),
        data_format=_order(data_format),
        dilation_rate=_windows(dilations, rank, first),
    )
    wanted = tuple(int(size) for size in output_shape)
    shape = tuple(found.shape)
    spatial = slice(2, None) if first else slice(1, -1)
    if (wanted if len(wanted) == rank else wanted[spatial]) != shape[spatial]:
        raise ValueError(f"The output has the shape {shape}. Received: output_shape={wanted}")
    return found


def conv1d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None,
    name=None,
):  # fmt: skip
    """The transpose of a convolution of sequences."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def conv2d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None,
    name=None,
):  # fmt: skip
    """The transpose of a convolution of images."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def conv3d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NDHWC", dilations=None,
    name=None,
):  # fmt: skip
    """The transpose of a convolution of volumes."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def _pooling(op):
    def call(input, ksize, strides, padding, data_format=None, name=None):
        x = convert_to_tensor(input)
        rank, first = len(x.shape) - 2, _first(data_format)
        if not isinstance(padding, str):
            fill = -math.inf if op is ops.max_pool else 0.0
            widths = tuple(tuple(pair) for pair in padding)
            x, padding = ops.pad(x, widths, constant_values=fill), "VALID"
        return op(
            x,
            _windows(ksize, rank, first),
            strides=_windows(strides, rank, first),
            padding=padding.lower(),
            data_format=_order(data_format),
        )

    return call


max_pool, avg_pool = _pooling(ops.max_pool), _pooling(ops.average_pool)
max_pool.__name__, avg_pool.__name__ = "max_pool", "avg_pool"
max_pool.__doc__ = "The greatest element of each window; in as many dimensions as the input has."
avg_pool.__doc__ = "The mean of each window; in as many dimensions as the input has."
max_pool1d = max_pool2d = max_pool3d = max_pool
avg_pool1d = avg_pool2d = avg_pool3d = avg_pool


def pool(
    input, window_shape, pooling_type, strides=None, padding="VALID", data_format=None,
    dilations=None, name=None,
):  # fmt: skip
    """Pooling of the type `"MAX"` or `"AVG"`.

    Raises:
        NotImplementedError: for dilations.
    """
    if dilations is not None and set(_windows(dilations, 1, False)) != {1}:
        raise NotImplementedError("`tf.nn.pool` has no dilations here.")
    function = {"MAX": max_pool, "AVG": avg_pool}[pooling_type]
    return function(input, window_shape, strides or 1, padding, data_format)
