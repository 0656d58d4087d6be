"""Convolutions. Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for the data
format `"channels_first"`; kernels are (*window, ...) in both. As in all of machine learning, the
window is not turned round: strictly, these are correlations."""

from cornu.backend import kernels
from cornu.core import config
from cornu.core.shapes import to_tuple, transposed_window_size
from cornu.symbolic.op import op, promote


def _windows(x, strides, dilation_rate, padding, data_format, what):
    data_format = config.standardize_data_format(data_format)
    rank = x.ndim - 2
    if not 1 <= rank <= 3:
        raise ValueError(
            f"{what} needs inputs with a batch axis, a channel axis and 1 to 3 spatial axes. "
            f"Received: inputs.shape={tuple(x.shape)}"
        )
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
    strides = to_tuple(strides, rank, "strides")
    dilation_rate = to_tuple(dilation_rate, rank, "dilation_rate")
    return data_format, strides, dilation_rate, padding


def _channels(inputs, data_format):
    return inputs.shape[-1 if data_format == "channels_last" else 1]


def _checked(inputs, kernel, strides, padding, data_format, dilation_rate):
    """Data format, strides, dilation and padding of a convolution."""
    _check_kernel(inputs, kernel)
    found = _windows(inputs, strides, dilation_rate, padding, data_format, "conv")
    channels, depth, filters = _channels(inputs, found[0]), *kernel.shape[-2:]
    if not depth or channels % depth or filters % (channels // depth):
        raise ValueError(
            "The number of input channels must match the kernel: the number of input channels must"
            " be evenly divisible by kernel's in_channels, and the number of filters by their"
            f" ratio, the groups. Received input channels {channels} and kernel in_channels"
            f" {depth}, kernel.shape={tuple(kernel.shape)}"
        )
    return found


def _check_kernel(inputs, kernel, name="kernel"):
    if kernel.ndim != inputs.ndim:
        raise ValueError(
            f"`{name}` must have as many axes as `inputs`. Received: {name}.shape="
            f"{tuple(kernel.shape)}, inputs.shape={tuple(inputs.shape)}"
        )


@op("inputs", "kernel", dtype=promote, family="nn", fuse=True)
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution over 1 to 3 spatial axes.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        kernel: (*window, channels / groups, filters).
        strides, dilation_rate: int, or one for each spatial axis.
        padding: `"valid"` or `"same"`.
    """
    given = strides, padding, data_format, dilation_rate
    data_format, strides, dilation, padding = _checked(inputs, kernel, *given)
    return kernels.conv(inputs, kernel, strides, padding, data_format, dilation)


@op("inputs", "kernel", "bias", dtype=promote, register=False, fuse=True)
def convolved(
    inputs,
    kernel,
    bias=None,
    relu=False,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """What a layer does in one: `conv`, plus `bias` (filters,), and `relu` if that is wanted."""
    given = strides, padding, data_format, dilation_rate
    data_format, strides, dilation, padding = _checked(inputs, kernel, *given)
    return kernels.conv(
        inputs, kernel, strides, padding, data_format, dilation, bias=bias, relu=relu
    )


@op("inputs", "kernel", dtype=promote, family="nn", fuse=True)
def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel with its own filters, over 1 to 3 spatial axes.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        kernel: (*window, channels, multiplier).
        strides, dilation_rate: int, or one for each spatial axis.
        padding: `"valid"` or `"same"`.

    Returns:
        channels * multiplier channels, the filters of one channel side by side.
    """
    _check_kernel(inputs, kernel)
    data_format, strides, dilation, padding = _windows(
        inputs, strides, dilation_rate, padding, data_format, "depthwise_conv"
    )
    if _channels(inputs, data_format) != kernel.shape[-2]:
        raise ValueError(
            "depthwise_conv: the number of input channels must match the kernel, which has one"
            " filter bank for each. Received:"
            f" inputs.shape={tuple(inputs.shape)}, kernel.shape={tuple(kernel.shape)},"
            f" data_format={data_format!r}"
        )
    return kernels.depthwise_conv(inputs, kernel, strides, padding, data_format, dilation)


@op("inputs", "depthwise_kernel", "pointwise_kernel", dtype=promote, family="nn", fuse=True)
def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """Depthwise convolution, then a product over the channels of each place (Chollet 2017).

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        depthwise_kernel: (*window, channels, multiplier).
        pointwise_kernel: (1, ..., 1, channels * multiplier, filters).
        strides, dilation_rate, padding: of the depthwise convolution.
    """
    _check_kernel(inputs, depthwise_kernel, "depthwise_kernel")
    _check_kernel(inputs, pointwise_kernel, "pointwise_kernel")
    data_format, strides, dilation, padding = _windows(
        inputs, strides, dilation_rate, padding, data_format, "separable_conv"
    )
    channels, multiplier = depthwise_kernel.shape[-2:]
    window = tuple(pointwise_kernel.shape[:-2])
    if _channels(inputs, data_format) != channels or pointwise_kernel.shape[-2] != (
        channels * multiplier
    ):
        raise ValueError(
            "separable_conv: the number of input channels must match the kernel, and"
            " `depthwise_kernel` must match `pointwise_kernel`. Received:"
            f" inputs.shape={tuple(inputs.shape)},"
            f" depthwise_kernel.shape={tuple(depthwise_kernel.shape)},"
            f" pointwise_kernel.shape={tuple(pointwise_kernel.shape)}"
        )
    if window != (1,) * len(window):
        raise ValueError(
            "separable_conv: `pointwise_kernel` must have a window of size 1. Received:"
            f" pointwise_kernel.shape={tuple(pointwise_kernel.shape)}"
        )
    inner = kernels.depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation
    )
    ones = (1,) * len(window)
    return kernels.conv(inner, pointwise_kernel, ones, "valid", data_format, ones)


@op("inputs", "kernel", dtype=promote, family="nn", fuse=True)
def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    """The gradient of a convolution by its inputs, as a function: it enlarges by `strides`
    (Zeiler et al. 2010).

    With n places along an axis and a window reaching over k = (size - 1) * dilation + 1, the result
    has n * stride places for `"same"` padding and n * stride + max(k - stride, 0) for `"valid"`.
    `output_padding` gives (n - 1) * stride + k - 2 * p + output_padding instead, p being k // 2 for
    `"same"` and 0 for `"valid"`.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        kernel: (*window, filters, channels).
        strides, dilation_rate: int, or one for each spatial axis; not both above 1.
        padding: `"valid"` or `"same"`.
        output_padding: None, int, or one for each spatial axis, less than the stride.
    """
    _check_kernel(inputs, kernel)
    data_format, strides, dilation, padding = _windows(
        inputs, strides, dilation_rate, padding, data_format, "conv_transpose"
    )
    if _channels(inputs, data_format) != kernel.shape[-1]:
        raise ValueError(
            "The number of input channels must match the kernel's input channels. Received: input"
            f" channels={_channels(inputs, data_format)}, kernel input channels={kernel.shape[-1]},"
            f" data_format={data_format!r}."
        )
    if output_padding is not None:
        output_padding = to_tuple(output_padding, len(strides), "output_padding", allow_zero=True)
    spatial = inputs.shape[1:-1] if data_format == "channels_last" else inputs.shape[2:]
    extra = output_padding or (None,) * len(strides)
    before, sizes = [], []
    for axis, (n, stride, step) in enumerate(zip(spatial, strides, dilation, strict=True)):
        width = kernel.shape[axis]
        size = transposed_window_size(n, width, stride, padding, step, extra[axis])
        reach = (width - 1) * step + 1
        surplus = (n - 1) * stride + reach - size if padding == "same" else 0
        before.append(max(surplus, 0) // 2)
        sizes.append(size)
    return kernels.conv_transpose(
        inputs, kernel, strides, data_format, dilation, tuple(before), tuple(sizes)
    )
