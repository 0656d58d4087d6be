"""Single images turned, moved, sheared, zoomed, and of other brightness.

Axes are those of one image; as in Keras 2 the default is channels first.
"""

import numpy as np

from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.utils.images import array_to_img, img_to_array

ndimage = lazy_module("scipy.ndimage", package="scipy")
enhance = lazy_module("PIL.ImageEnhance", package="pillow")


def _matrix(theta, tx, ty, shear, zx, zy):
    """The map from places of the result to places of the image: (2, 2) and an offset."""
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shearing = np.array([[1, -np.sin(slant)], [0, np.cos(slant)]])
    return rotation @ shearing @ np.diag([zx, zy]), rotation @ [tx, ty]


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """An image turned, moved, sheared and zoomed about its middle.

    Args:
        x: array of three axes.
        theta: angle in degrees.
        tx, ty: by how many columns and rows to move.
        shear: angle of shearing in degrees.
        zx, zy: zoom along columns and rows; above 1 shows more.
        row_axis, col_axis, channel_axis: the axes of `x`.
        fill_mode: what is outside of the image: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: value outside for `"constant"`.
        order: order of the splines that interpolate, 0 to 5.

    Returns:
        An array like `x`.

    Raises:
        ValueError: for axes that are not 0, 1 and 2.

    Example:
        >>> import cornu
        >>> image = np.eye(3)[None]
        >>> cornu.preprocessing.image.apply_affine_transform(image, tx=1)[0]
        array([[0., 0., 0.],
               [1., 0., 0.],
               [0., 1., 1.]])
    """
    axes = (row_axis, col_axis, channel_axis)
    if sorted(axes) != [0, 1, 2]:
        raise ValueError(
            "`row_axis`, `col_axis` and `channel_axis` must be 0, 1 and 2 in some order. Received:"
            f" {axes}"
        )
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return x
    matrix, offset = _matrix(theta, tx, ty, shear, zx, zy)
    middle = np.array([x.shape[row_axis] / 2 - 0.5, x.shape[col_axis] / 2 - 0.5])
    offset = offset + middle - matrix @ middle
    matrix, offset = matrix[::-1, ::-1], offset[::-1]  # x runs along columns, y along rows
    moved = np.moveaxis(x, axes, (1, 2, 0))
    channels = [
        ndimage.affine_transform(channel, matrix, offset, order=order, mode=fill_mode, cval=cval)
        for channel in moved
    ]
    return np.moveaxis(np.stack(channels), (1, 2, 0), axes)


def random_rotation(
    x, rg, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0,
    interpolation_order=1,
):  # fmt: skip
    """An image turned by a random angle.

    Args:
        x: array of three axes.
        rg: the largest angle, in degrees.
        row_axis, col_axis, channel_axis, fill_mode, cval: see `apply_affine_transform`.
        interpolation_order: its `order`.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_rotation(np.ones((1, 4, 4)), 30).shape
        (1, 4, 4)
    """
    theta = np.random.uniform(-rg, rg)
    return apply_affine_transform(
        x, theta=theta, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_shift(
    x, wrg, hrg, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0,
    interpolation_order=1,
):  # fmt: skip
    """An image moved by random parts of its width and height.

    Args:
        x: array of three axes.
        wrg, hrg: the largest parts of width and height.
        row_axis, col_axis, channel_axis, fill_mode, cval: see `apply_affine_transform`.
        interpolation_order: its `order`.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_shift(np.ones((1, 4, 4)), 0.2, 0.2).shape
        (1, 4, 4)
    """
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    return apply_affine_transform(
        x, tx=tx, ty=ty, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_shear(
    x, intensity, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0,
    interpolation_order=1,
):  # fmt: skip
    """An image sheared by a random angle.

    Args:
        x: array of three axes.
        intensity: the largest angle, in degrees.
        row_axis, col_axis, channel_axis, fill_mode, cval: see `apply_affine_transform`.
        interpolation_order: its `order`.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_shear(np.ones((1, 4, 4)), 30).shape
        (1, 4, 4)
    """
    shear = np.random.uniform(-intensity, intensity)
    return apply_affine_transform(
        x, shear=shear, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_zoom(
    x, zoom_range, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0,
    interpolation_order=1,
):  # fmt: skip
    """An image zoomed at random, apart along rows and columns.

    Args:
        x: array of three axes.
        zoom_range: the smallest and the largest zoom.
        row_axis, col_axis, channel_axis, fill_mode, cval: see `apply_affine_transform`.
        interpolation_order: its `order`.

    Raises:
        ValueError: if `zoom_range` is no pair.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_zoom(np.ones((1, 4, 4)), (0.8, 1.2)).shape
        (1, 4, 4)
    """
    if np.ndim(zoom_range) != 1 or len(zoom_range) != 2:
        raise ValueError(
            f"`zoom_range` must be a pair of numbers. Received: zoom_range={shorten(zoom_range)}"
        )
    same = tuple(zoom_range) == (1, 1)
    zx, zy = (1, 1) if same else np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return apply_affine_transform(
        x, zx=zx, zy=zy, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def apply_channel_shift(x, intensity, channel_axis=0):
    """An image with a number added, within the smallest and largest value that it has.

    Args:
        x: array of three axes.
        intensity: the number.
        channel_axis: the axis of channels, which are all shifted alike.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.apply_channel_shift(np.array([[[0.0, 1.0, 3.0]]]), 1.0)
        array([[[1., 2., 3.]]])
    """
    return np.clip(x + intensity, np.min(x), np.max(x))


def random_channel_shift(x, intensity_range, channel_axis=0):
    """An image with a random number added; see `apply_channel_shift`.

    Args:
        x: array of three axes.
        intensity_range: the largest number.
        channel_axis: the axis of channels.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_channel_shift(np.ones((1, 4, 4)), 0.5).shape
        (1, 4, 4)
    """
    intensity = np.random.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis=channel_axis)


def apply_brightness_shift(x, brightness, scale=True):
    """An image of other brightness, by way of 8 bits a channel.

    Args:
        x: array of three axes, channels last.
        brightness: 0 is black, 1 changes nothing.
        scale: whether values are stretched to 0 to 255 before. Else only those outside of it are,
            and are put back afterwards.

    Example:
        >>> import cornu
        >>> image = np.full((2, 2, 1), 100.0)
        >>> cornu.preprocessing.image.apply_brightness_shift(image, 0.5, scale=False).max()
        np.float32(50.0)
    """
    lowest, highest = np.min(x), np.max(x)
    outside = lowest < 0 or highest > 255
    image = array_to_img(x, "channels_last", scale=scale or outside)
    image = img_to_array(enhance.Brightness(image).enhance(brightness), "channels_last")
    if outside and not scale:
        image = image / 255 * (highest - lowest) + lowest
    return image


def random_brightness(x, brightness_range, scale=True):
    """An image of random brightness; see `apply_brightness_shift`.

    Args:
        x: array of three axes, channels last.
        brightness_range: the smallest and the largest brightness.
        scale: see `apply_brightness_shift`.

    Raises:
        ValueError: if `brightness_range` is no pair.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.random_brightness(np.ones((4, 4, 3)), (0.5, 1.0)).shape
        (4, 4, 3)
    """
    if np.ndim(brightness_range) != 1 or len(brightness_range) != 2:
        raise ValueError(
            "`brightness_range` must be a pair of numbers. Received:"
            f" brightness_range={shorten(brightness_range)}"
        )
    brightness = np.random.uniform(brightness_range[0], brightness_range[1])
    return apply_brightness_shift(x, brightness, scale)
