"""Colour spaces of images, and what all ops on images check."""

from cornu.backend import kernels
from cornu.core import config
from cornu.ops._normalization import _wide
from cornu.symbolic.op import op

# Rec. 601 luma.
LUMA = (0.2989, 0.587, 0.114)


def _check_rank(images, name="images"):
    if images.ndim not in (3, 4):
        raise ValueError(
            f"Invalid {name} rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received: {name}.shape={tuple(images.shape)}"
        )


def _color_axis(images, data_format):
    """The axis of the channels, counted from the end."""
    _check_rank(images)
    return -1 if config.standardize_data_format(data_format) == "channels_last" else -3


def _channels(images, data_format):
    """Three channels, each with an axis of size 1, and that axis."""
    axis = _color_axis(images, data_format)
    if "float" not in str(images.dtype):
        raise ValueError(
            f"Invalid images dtype: expected float dtype. Received: images.dtype={images.dtype}"
        )
    if images.shape[axis] != 3:
        raise ValueError(
            "Invalid channel size: expected 3. "
            f"Received: images.shape={tuple(images.shape)}, data_format={data_format}"
        )
    return kernels.split(_wide(images), 3, axis), axis


@op("images", family="image", keras_name="RGBToGrayscale", fuse=True)
def rgb_to_grayscale(images, data_format=None):
    """Luma of colour images, `0.2989 R + 0.587 G + 0.114 B`; gray images stay.

    Args:
        images: (height, width, channels), or a batch of such, with 3 channels or 1;
            (channels, height, width) for `"channels_first"`.

    Returns:
        Images with one channel, of the same dtype; integers are rounded down.
    """
    axis = _color_axis(images, data_format)
    if images.shape[axis] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            f"Received: images.shape={tuple(images.shape)}, data_format={data_format}"
        )
    if images.shape[axis] == 1:
        return images
    values = _wide(images) if "float" in str(images.dtype) else images.astype("float32")
    red, green, blue = kernels.split(values, 3, axis)
    gray = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return gray.astype(images.dtype)


@op("images", family="image", keras_name="RGBToHSV", fuse=True)
def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value, each in [0, 1], of colours in [0, 1] (Smith 1978).

    The hue of grays is 0. Where channels are equal the gradient is that of one of the formulas.

    Args:
        images: floats (height, width, 3), or a batch of such; (3, height, width) for
            `"channels_first"`.
    """
    (red, green, blue), axis = _channels(images, data_format)
    value = kernels.maximum(kernels.maximum(red, green), blue)
    spread = value - kernels.minimum(kernels.minimum(red, green), blue)
    one, zero = red.dtype.type(1), red.dtype.type(0)
    gray = spread == 0
    saturation = kernels.where(value > 0, spread, zero) / kernels.where(value > 0, value, one)
    sixth = 1 / (6 * kernels.where(gray, one, spread))
    hue = kernels.where(
        red == value,
        sixth * (green - blue),
        kernels.where(green == value, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6),
    )
    hue = kernels.where(gray, zero, kernels.where(hue < 0, hue + 1, hue))
    return kernels.concatenate([hue, saturation, value], axis).astype(images.dtype)


@op("images", family="image", keras_name="HSVToRGB", fuse=True)
def hsv_to_rgb(images, data_format=None):
    """Colours of hue, saturation and value, the reverse of `rgb_to_hsv`.

    Args:
        images: floats (height, width, 3), or a batch of such; (3, height, width) for
            `"channels_first"`.
    """
    (hue, saturation, value), axis = _channels(images, data_format)
    colors = []
    for shift in (5, 3, 1):
        # How much of the saturation is taken off this colour, by the distance of hues.
        sixths = kernels.mod(shift + 6 * hue, hue.dtype.type(6))
        share = kernels.clip(kernels.minimum(sixths, 4 - sixths), 0, 1)
        colors.append(value * (1 - saturation * share))
    return kernels.concatenate(colors, axis).astype(images.dtype)
