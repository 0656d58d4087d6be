"""Images seen through small windows: blurs, edges, similarity."""

import math

from cornu.backend import kernels
from cornu.ops._image_color import _check_rank, _color_axis
from cornu.ops._normalization import _wide
from cornu.symbolic.op import op, promote, promote_float


def _bell(size, sigma):
    """Weights of a window of a normal distribution, as numbers that sum to 1."""
    center = (size - 1) / 2
    weights = [math.exp(-(((place - center) / sigma) ** 2) / 2) for place in range(size)]
    return [weight / sum(weights) for weight in weights]


def _filtered(x, weights, axis, padding):
    """`x` averaged along `axis` with the given weights; `"same"` pads with zeros."""
    axis = axis % x.ndim
    if padding == "same":
        before = (len(weights) - 1) // 2
        pads = [(0, 0)] * x.ndim
        pads[axis] = (before, len(weights) - 1 - before)
        x = kernels.pad(x, pads)
    count = x.shape[axis] - len(weights) + 1
    before = (slice(None),) * axis
    return sum(
        weight * x[(*before, slice(start, start + count))]
        for start, weight in enumerate(weights)
        if weight
    )


def _pair(value, name):
    pair = tuple(value) if hasattr(value, "__len__") else (value, value)
    if len(pair) != 2 or any(one <= 0 for one in pair):
        raise ValueError(f"`{name}` must be two positive numbers. Received: {name}={value}")
    return pair


@op("images", dtype=promote_float, family="image", keras_name="GaussianBlur", fuse=True)
def _gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    axis = _color_axis(images, data_format)
    result = _wide(images)
    for place, size, width in zip(_spatial(axis), kernel_size, sigma, strict=True):
        result = _filtered(result, _bell(size, width), place, "same")
    return result.astype(images.dtype)


def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images blurred by a window of a normal distribution; beyond their edges they count as 0.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        kernel_size: height and width of the window, in pixels.
        sigma: standard deviation along height and along width, in pixels.
    """
    kernel_size = tuple(int(size) for size in _pair(kernel_size, "kernel_size"))
    sigma = tuple(float(width) for width in _pair(sigma, "sigma"))
    return _gaussian_blur(images, kernel_size=kernel_size, sigma=sigma, data_format=data_format)


def _spatial(color_axis):
    """The axes of height and width, counted from the end."""
    return (-3, -2) if color_axis == -1 else (-2, -1)


@op("images", dtype=promote, family="image", keras_name="SobelEdges", fuse=True)
def sobel_edges(images, data_format=None):
    """Differences along height and along width (Sobel & Feldman 1968).

    Args:
        images: (batch, height, width, channels), or one image; with the channels before height and
            width for `"channels_first"`. Beyond their edges they count as 0.

    Returns:
        A tensor shaped as `images` with one axis more, of size 2: the difference to the next rows,
        and that to the next columns.
    """
    axis = _color_axis(images, data_format)
    values = _wide(images) if "float" in str(images.dtype) else images.astype("float32")
    height, width = _spatial(axis)
    down = _filtered(_filtered(values, (-1, 0, 1), height, "same"), (1, 2, 1), width, "same")
    right = _filtered(_filtered(values, (1, 2, 1), height, "same"), (-1, 0, 1), width, "same")
    return kernels.stack([down, right], axis=-1).astype(images.dtype)


@op("image1", "image2", dtype=promote_float, family="image", keras_name="SSIM", fuse=True)
def ssim(
    image1,
    image2,
    max_val=1.0,
    filter_size=11,
    filter_sigma=1.5,
    k1=0.01,
    k2=0.03,
    data_format=None,
):
    """Structural similarity of images, from -1 to 1 for equal ones (Wang et al. 2004).

    Args:
        image1, image2: of equal shapes, (height, width, channels) or a batch of such;
            (channels, height, width) for `"channels_first"`.
        max_val: the largest value that a pixel may have.
        filter_size, filter_sigma: side and standard deviation of the window, in pixels.
        k1, k2: how much the comparisons of means and of variances are damped.

    Returns:
        One number for each image, the mean over all windows within it and all channels.
    """
    _check_rank(image1, "image1")
    _check_rank(image2, "image2")
    axis = _color_axis(image1, data_format)
    shapes = f"image1.shape={tuple(image1.shape)}, image2.shape={tuple(image2.shape)}"
    if tuple(image1.shape) != tuple(image2.shape):
        raise ValueError(f"ssim: the images must have equal shapes. Received: {shapes}")
    if any(image1.shape[place] < filter_size for place in _spatial(axis)):
        raise ValueError(
            f"ssim: the images must be at least as large as the window, `filter_size={filter_size}`"
            f". Received: {shapes}"
        )
    bell = _bell(filter_size, filter_sigma)

    def mean(x):
        for place in _spatial(axis):
            x = _filtered(x, bell, place, "valid")
        return x

    first, second = _wide(image1), _wide(image2)
    level, contrast = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean1, mean2 = mean(first), mean(second)
    products, squares = mean1 * mean2, mean1 * mean1 + mean2 * mean2
    covariance = mean(first * second) - products
    variances = mean(first * first + second * second) - squares
    values = (2 * products + level) / (squares + level)
    values = values * (2 * covariance + contrast) / (variances + contrast)
    return kernels.mean(values, axis=(-3, -2, -1)).astype(image1.dtype)
