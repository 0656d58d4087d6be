"""Colours, brightness and contrast of `tf.image`."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._tensors import convert_to_tensor

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "convert_image_dtype", "grayscale_to_rgb", "hsv_to_rgb", "per_image_standardization",
    "rgb_to_grayscale", "rgb_to_hsv", "rgb_to_yiq", "rgb_to_yuv", "yiq_to_rgb", "yuv_to_rgb",
]  # fmt: skip
GRAY = (0.2989, 0.587, 0.114)
# To luma and two differences of colours (ITU-R BT.601, and NTSC's), from red, green and blue.
YUV = (
    (0.299, -0.14714119, 0.61497538),
    (0.587, -0.28886916, -0.51496512),
    (0.114, 0.43601035, -0.10001026),
)  # noqa: E501
YIQ = (
    (0.299, 0.59590059, 0.21153661),
    (0.587, -0.27455667, -0.52273617),
    (0.114, -0.32134392, 0.31119955),
)  # noqa: E501


def convert_image_dtype(image, dtype, saturate=False, name=None):
    """Images in another dtype: floats go from 0 to 1, integers to the greatest that they hold.

    Args:
        saturate: whether to clip, before floats become integers.
    """
    x, target = convert_to_tensor(image), as_dtype(dtype)
    given = as_dtype(x.dtype)
    if given == target:
        return x
    if given.is_integer and target.is_integer:
        return _between_integers(x, given, target)
    if target.is_floating:
        x = ops.cast(x, target.name)
        return x if given.is_floating else x * (1.0 / given.max)
    x = x * (target.max + 0.5)
    if saturate:
        x = ops.clip(x, 0, target.max)
    return ops.cast(x, target.name)


def _between_integers(x, given, target):
    if given.max > target.max:
        return ops.cast(ops.floor_divide(x, (given.max + 1) // (target.max + 1)), target.name)
    return ops.cast(x, target.name) * ((target.max + 1) // (given.max + 1))


def _as_floats(function):
    """A function of float images, for images of any dtype."""

    def call(image, *args, **kwargs):
        x = convert_to_tensor(image)
        dtype = as_dtype(x.dtype)
        if dtype.is_floating:
            return function(x, *args, **kwargs)
        found = function(convert_image_dtype(x, "float32"), *args, **kwargs)
        return convert_image_dtype(found, dtype, saturate=True)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


@_as_floats
def adjust_brightness(image, delta):
    """Images with `delta` (from -1 to 1) added."""
    return image + delta


@_as_floats
def adjust_contrast(images, contrast_factor):
    """Differences from the mean of each channel multiplied."""
    mean = ops.mean(images, axis=(-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


@_as_floats
def adjust_gamma(image, gamma=1, gain=1):
    """`gain * image ** gamma`."""
    return ops.power(image, gamma) * gain


@_as_floats
def adjust_hue(image, delta, name=None):
    """Hue turned by `delta` (from -1 to 1)."""
    hue, saturation, value = ops.unstack(rgb_to_hsv(image), axis=-1)
    return hsv_to_rgb(ops.stack([ops.mod(hue + delta, 1.0), saturation, value], axis=-1))


@_as_floats
def adjust_saturation(image, saturation_factor, name=None):
    """Saturation multiplied."""
    hue, saturation, value = ops.unstack(rgb_to_hsv(image), axis=-1)
    saturation = ops.clip(saturation * saturation_factor, 0.0, 1.0)
    return hsv_to_rgb(ops.stack([hue, saturation, value], axis=-1))


def per_image_standardization(image):
    """Each image with mean 0 and variance 1."""
    x = ops.cast(convert_to_tensor(image), "float32")
    axes = (-3, -2, -1)
    count = int(np.prod(tuple(x.shape)[-3:]))
    deviation = ops.maximum(ops.std(x, axis=axes, keepdims=True), 1 / np.sqrt(count))
    return (x - ops.mean(x, axis=axes, keepdims=True)) / deviation


@_as_floats
def rgb_to_grayscale(images, name=None):
    """One channel of three."""
    return ops.sum(images * np.array(GRAY, "float32"), axis=-1, keepdims=True)


def grayscale_to_rgb(images, name=None):
    """The one channel three times."""
    return ops.repeat(convert_to_tensor(images), 3, axis=-1)


def rgb_to_hsv(images, name=None):
    """Red, green and blue as hue, saturation and value."""
    return ops.image.rgb_to_hsv(convert_to_tensor(images), data_format="channels_last")


def hsv_to_rgb(images, name=None):
    """Hue, saturation and value as red, green and blue."""
    return ops.image.hsv_to_rgb(convert_to_tensor(images), data_format="channels_last")


def _by_matrix(matrix, what):
    matrix = np.array(matrix, "float32")

    def call(images, name=None):
        return ops.tensordot(convert_to_tensor(images), matrix, axes=1)

    call.__doc__ = what
    return call


rgb_to_yuv = _by_matrix(YUV, "Red, green and blue as luma and two differences.")
yuv_to_rgb = _by_matrix(np.linalg.inv(YUV), "Luma and two differences as red, green and blue.")
rgb_to_yiq = _by_matrix(YIQ, "Red, green and blue as luma and two differences, of NTSC.")
yiq_to_rgb = _by_matrix(np.linalg.inv(YIQ), "Luma and two differences of NTSC as red, green, blue.")
