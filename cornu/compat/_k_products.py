"""Keras 2's products, convolutions and what it does to images."""

import string

from cornu import ops
from cornu.core.config import standardize_data_format
from cornu.core.shapes import canonicalize_axis, to_tuple


def dot(x, y):
    """Sum of products over the last axis of `x` and the last but one of `y` (its only one, if it is
    a vector), so that (..., n) and (..., n, m) give all leading axes of `x`, then those of `y`."""
    return ops.dot(x, y)


def batch_dot(x, y, axes=None):
    """Sum of products over an axis of each sample of `x` and one of `y`.

    Args:
        x, y: tensors with a batch axis of one size.
        axes: the axis of `x` and that of `y`, or one int for both; by default the last of `x` and
            the last but one of `y` (the last, if `y` has two axes).

    Returns:
        A tensor of the batch axis, the other axes of `x` and the other axes of `y`; (batch, 1) if
        there are none.

    Raises:
        ValueError: for tensors without a batch axis, sizes that differ, or axis 0.
    """
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    ranks = len(x.shape), len(y.shape)
    shapes = f"Received: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
    if min(ranks) < 2:
        raise ValueError(f"`batch_dot` needs tensors of at least two axes. {shapes}")
    if None not in (x.shape[0], y.shape[0]) and x.shape[0] != y.shape[0]:
        raise ValueError(f"`batch_dot` needs tensors of one batch size. {shapes}")
    if axes is None:
        axes = (ranks[0] - 1, ranks[1] - (1 if ranks[1] == 2 else 2))
    if isinstance(axes, int):
        axes = (axes, axes)
    first, second = (canonicalize_axis(axis, rank) for axis, rank in zip(axes, ranks, strict=True))
    if 0 in (first, second):
        raise ValueError(
            f"`batch_dot` cannot sum over axis 0, the batch. Received: axes={axes}. Give tensors"
            " that have no batch axis one with `K.expand_dims(x, 0)`."
        )
    if None not in (x.shape[first], y.shape[second]) and x.shape[first] != y.shape[second]:
        raise ValueError(
            f"`batch_dot` cannot sum over axes of different sizes. {shapes}, axes={axes}"
        )
    letters = iter(string.ascii_lowercase)
    left = [next(letters) for _ in range(ranks[0])]
    right = [next(letters) for _ in range(ranks[1])]
    right[0], right[second] = left[0], left[first]
    free = [a for a in left[1:] if a != left[first]] + [b for b in right[1:] if b != left[first]]
    out = ops.einsum(f"{''.join(left)},{''.join(right)}->{left[0]}{''.join(free)}", x, y)
    return out if free else ops.expand_dims(out, 1)


def bias_add(x, bias, data_format=None):
    """`x + bias`, the bias having one axis (the channels) or all axes of `x` but the batch,
    channels last.

    Raises:
        ValueError: for a bias of another rank.
    """
    data_format = standardize_data_format(data_format)
    bias = ops.convert_to_tensor(bias)
    rank, own = len(x.shape), len(bias.shape)
    if own not in (1, rank - 1):
        raise ValueError(
            f"A bias for {rank} axes has 1 or {rank - 1} axes. Received: bias.shape="
            f"{tuple(bias.shape)}"
        )
    if data_format == "channels_last" or rank < 3:
        return x + bias
    if own == 1:
        return x + ops.reshape(bias, (-1,) + (1,) * (rank - 2))
    # As in Keras, which takes the elements as they come rather than moves the axis.
    return x + ops.reshape(bias, (bias.shape[-1], *bias.shape[:-1]))


def conv1d(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution over one axis; `padding="causal"` looks at earlier steps only."""
    if padding == "causal":
        dilation = to_tuple(dilation_rate, 1, "dilation_rate")[0]
        x = temporal_padding(x, (dilation * (kernel.shape[0] - 1), 0), data_format)
        padding = "valid"
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(x, kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Convolution over two axes; the kernel is (rows, columns, channels, filters)."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x, kernel, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1)
):
    """Convolution over three axes; the kernel is (depth, rows, columns, channels, filters)."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def depthwise_conv2d(
    x, depthwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)
):
    """Convolution of each channel with its own kernels: (rows, columns, channels, multiplier)."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def separable_conv2d(
    x,
    depthwise_kernel,
    pointwise_kernel,
    strides=(1, 1),
    padding="valid",
    data_format=None,
    dilation_rate=(1, 1),
):
    """`depthwise_conv2d`, then a convolution with the 1x1 `pointwise_kernel`."""
    return ops.separable_conv(
        x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


def conv2d_transpose(
    x,
    kernel,
    output_shape,
    strides=(1, 1),
    padding="valid",
    data_format=None,
    dilation_rate=(1, 1),
):
    """What a convolution's gradient does to its input: from (batch, *small, channels) to
    `output_shape`.

    Args:
        kernel: (height, width, filters, channels of `x`).
        output_shape: shape of the result; its batch size and filters are not looked at.

    Raises:
        ValueError: if no convolution with these strides goes from `output_shape` to `x`.
    """
    data_format = standardize_data_format(data_format)
    strides = to_tuple(strides, 2, "strides")
    dilation = to_tuple(dilation_rate, 2, "dilation_rate")
    first = data_format == "channels_first"
    wanted = tuple(output_shape)[2:4] if first else tuple(output_shape)[1:3]
    if first:
        x = ops.transpose(x, (0, 2, 3, 1))
    whole = ops.conv_transpose(
        x,
        kernel,
        strides,
        padding="valid",
        output_padding=0,
        data_format="channels_last",
        dilation_rate=dilation,
    )
    for axis, size in enumerate(wanted, start=1):
        window = dilation[axis - 1] * (kernel.shape[axis - 1] - 1) + 1
        stride, steps = strides[axis - 1], x.shape[axis]
        before = 0
        needed = -(-(size - window + 1) // stride)
        if padding == "same":
            needed = -(-size // stride)
            before = max((needed - 1) * stride + window - size, 0) // 2
        if steps is not None and needed != steps:
            raise ValueError(
                f"`output_shape` {tuple(output_shape)} does not fit {steps} steps along axis {axis}"
                f" with strides {strides} and padding {padding!r}."
            )
        whole = _cut(whole, axis, before, size)
    return ops.transpose(whole, (0, 3, 1, 2)) if first else whole


def _cut(x, axis, before, size):
    """`size` elements from `before` on along an axis, zeros after its end."""
    missing = before + size - x.shape[axis]
    if missing > 0:
        widths = [(0, 0)] * len(x.shape)
        widths[axis] = (0, missing)
        x = ops.pad(x, widths)
    return x[(slice(None),) * axis + (slice(before, before + size),)]


def _pool(x, pool_size, strides, padding, data_format, pool_mode):
    if pool_mode not in ("max", "avg"):
        raise ValueError(f"`pool_mode` must be 'max' or 'avg'. Received: pool_mode={pool_mode!r}")
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, pool_size, strides, padding, data_format)


def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """Largest element (`pool_mode="max"`) or mean (`"avg"`) of each window over two axes."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(x, pool_size, strides=(1, 1, 1), padding="valid", data_format=None, pool_mode="max"):
    """Largest element (`pool_mode="max"`) or mean (`"avg"`) of each window over three axes."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def local_conv1d(inputs, kernel, kernel_size, strides, data_format=None):
    """Convolution over one axis with weights of its own at each place.

    Args:
        inputs: (batch, steps, channels), or (batch, channels, steps).
        kernel: (places, window * channels, filters).
        kernel_size, strides: tuples of one int.
    """
    data_format = standardize_data_format(data_format)
    places = to_tuple(kernel.shape[:1], 1, "output_shape")
    return _local_conv(inputs, kernel, kernel_size, strides, places, data_format)


def local_conv2d(inputs, kernel, kernel_size, strides, output_shape, data_format=None):
    """Convolution over two axes with weights of its own at each place.

    Args:
        inputs: (batch, rows, columns, channels), or (batch, channels, rows, columns).
        kernel: (places, window * channels, filters).
        kernel_size, strides: pairs of ints.
        output_shape: how many places there are along the two axes.
    """
    data_format = standardize_data_format(data_format)
    return _local_conv(inputs, kernel, kernel_size, strides, tuple(output_shape), data_format)


def _local_conv(inputs, kernel, kernel_size, strides, places, data_format):
    rank = len(places)
    kernel_size = to_tuple(kernel_size, rank, "kernel_size")
    strides = to_tuple(strides, rank, "strides")
    first = data_format == "channels_first"
    windows = [()]
    for count, stride, size in zip(places, strides, kernel_size, strict=True):
        windows = [
            (*window, slice(place * stride, place * stride + size))
            for window in windows
            for place in range(count)
        ]
    features = kernel.shape[1]
    index = (slice(None), slice(None)) if first else (slice(None),)
    cut = [ops.reshape(inputs[(*index, *window)], (-1, features)) for window in windows]
    out = ops.einsum("pbf,pfo->bpo", ops.stack(cut, axis=0), kernel)
    out = ops.reshape(out, (-1, *places, kernel.shape[2]))
    return ops.moveaxis(out, -1, 1) if first else out


def resize_images(x, height_factor, width_factor, data_format, interpolation="nearest"):
    """Images enlarged by whole factors.

    Args:
        x: (batch, rows, columns, channels), or (batch, channels, rows, columns).
        interpolation: `"nearest"`, or another method of `ops.image.resize`.
    """
    data_format = standardize_data_format(data_format)
    axis = 2 if data_format == "channels_first" else 1
    if interpolation == "nearest":
        return _repeat_along(x, axis, (height_factor, width_factor))
    size = tuple(
        length * factor
        for length, factor in zip(
            x.shape[axis : axis + 2], (height_factor, width_factor), strict=True
        )
    )
    return ops.image.resize(x, size, interpolation=interpolation, data_format=data_format)


def resize_volumes(x, depth_factor, height_factor, width_factor, data_format):
    """Volumes enlarged by repeating their elements by whole factors."""
    axis = 2 if standardize_data_format(data_format) == "channels_first" else 1
    return _repeat_along(x, axis, (depth_factor, height_factor, width_factor))


def _repeat_along(x, axis, factors):
    for place, factor in enumerate(factors, start=axis):
        x = ops.repeat(x, factor, axis=place)
    return x


def temporal_padding(x, padding=(1, 1), data_format="channels_last"):
    """Zeros before and after the steps of (batch, steps, channels)."""
    return _pad(x, [padding], data_format)


def spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None):
    """Zeros around images: `((top, bottom), (left, right))`."""
    return _pad(x, padding, data_format)


def spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None):
    """Zeros around volumes: a pair for each of the three axes."""
    return _pad(x, padding, data_format)


def _pad(x, padding, data_format):
    pairs = [tuple(pair) for pair in padding]
    if len(pairs) != len(x.shape) - 2 or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"`padding` must be a pair for each of the {len(x.shape) - 2} spatial axes. Received:"
            f" padding={padding}, x.shape={tuple(x.shape)}"
        )
    data_format = standardize_data_format(data_format)
    outer = [(0, 0), (0, 0)] if data_format == "channels_first" else [(0, 0)]
    return ops.pad(x, [*outer, *pairs] + ([] if len(outer) == 2 else [(0, 0)]))
