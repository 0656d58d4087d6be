"""Images as files, as Pillow's objects, and as arrays."""

import numpy as np

from cornu import ops
from cornu.core import config
from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.serial.registry import export

pillow = lazy_module("PIL.Image", package="pillow")

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
# Modes of 16 and 32 bits, which "grayscale" keeps.
WIDE = ("L", "I;16", "I")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


@export("keras.utils.load_img", "keras.preprocessing.image.load_img")
def load_img(
    path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False
):
    """An image file as an image of Pillow.

    Args:
        path: path of the file, or a file that is open for reading bytes.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        target_size: `(height, width)` in pixels to resize to; None to keep the size.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"hamming"`, `"box"` or `"lanczos"`.
        keep_aspect_ratio: whether the middle of the image is cut out first, in the ratio of
            `target_size`, so that nothing is stretched.

    Raises:
        ImportError: without Pillow.
        ValueError: for another mode or interpolation.

    Example:
        >>> import cornu
        >>> cornu.utils.save_img("dot.png", np.zeros((4, 6, 3)))
        >>> cornu.utils.load_img("dot.png", target_size=(2, 2)).size
        (2, 2)
    """
    if color_mode not in MODES:
        raise ValueError(f"`color_mode` must be one of {list(MODES)}. Received: {color_mode!r}")
    with pillow.open(path) as image:
        image.load()
    mode = MODES[color_mode]
    if image.mode != mode and not (mode == "L" and image.mode in WIDE):
        image = image.convert(mode)
    return (
        image
        if target_size is None
        else _resized(image, target_size, interpolation, keep_aspect_ratio)
    )


def _resized(image, target_size, interpolation, keep_aspect_ratio):
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"`interpolation` must be one of {INTERPOLATIONS}. Received: {interpolation!r}"
        )
    method = getattr(pillow.Resampling, interpolation.upper())
    height, width = target_size
    if image.size == (width, height):
        return image
    if not keep_aspect_ratio:
        return image.resize((width, height), method)
    across, down = image.size
    cut_width = min(across, int(down * width / height))
    cut_height = min(down, int(across * height / width))
    left, top = (across - cut_width) // 2, (down - cut_height) // 2
    box = (left, top, left + cut_width, top + cut_height)
    return image.resize((width, height), method, box)


@export("keras.utils.img_to_array", "keras.preprocessing.image.img_to_array")
def img_to_array(img, data_format=None, dtype=None):
    """An image as an array of three axes.

    Args:
        img: an image of Pillow, or an array of two or three axes.
        data_format: `"channels_last"` for (rows, columns, channels), or `"channels_first"`.
        dtype: of the result, by default `floatx()`.

    Raises:
        ValueError: for another number of axes.

    Example:
        >>> import cornu
        >>> cornu.utils.img_to_array(np.zeros((4, 6))).shape
        (4, 6, 1)
    """
    data_format = config.standardize_data_format(data_format)
    array = np.asarray(img, dtype=dtype or config.floatx())
    if array.ndim == 3:
        from_file = not isinstance(img, np.ndarray) and hasattr(img, "mode")
        first = data_format == "channels_first" and from_file
        return array.transpose(2, 0, 1) if first else array
    if array.ndim == 2:
        return array[None] if data_format == "channels_first" else array[..., None]
    raise ValueError(f"An image has two or three axes. Received: {shorten(array)}")


@export("keras.utils.array_to_img", "keras.preprocessing.image.array_to_img")
def array_to_img(x, data_format=None, scale=True, dtype=None):
    """An array as an image of Pillow.

    Args:
        x: array of three axes with 1, 3 or 4 channels.
        data_format: `"channels_last"` for (rows, columns, channels), or `"channels_first"`.
        scale: whether values are stretched to 0 to 255, as what they are now reaches from the
            smallest to the largest.
        dtype: in which to compute, by default `floatx()`.

    Raises:
        ImportError: without Pillow.
        ValueError: for another number of axes or channels.

    Example:
        >>> import cornu
        >>> cornu.utils.array_to_img(np.zeros((4, 6, 3))).size
        (6, 4)
    """
    data_format = config.standardize_data_format(data_format)
    array = np.asarray(x, dtype=dtype or config.floatx())
    if array.ndim != 3:
        raise ValueError(f"An image needs three axes. Received: {shorten(array)}")
    if data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        largest = array.max()
        array = array * (255.0 / largest) if largest else array
    channels = array.shape[2]
    if channels == 1:
        wide = array.max() > 255
        return pillow.fromarray(array[..., 0].astype("int32" if wide else "uint8"))
    if channels not in (3, 4):
        raise ValueError(f"An image has 1, 3 or 4 channels. Received: {shorten(array)}")
    return pillow.fromarray(array.astype("uint8"), MODES["rgb" if channels == 3 else "rgba"])


@export("keras.utils.save_img", "keras.preprocessing.image.save_img")
def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Write an array as an image file.

    Args:
        path: path of the file, or a file that is open for writing bytes.
        x: array of three axes with 1, 3 or 4 channels.
        data_format: `"channels_last"` for (rows, columns, channels), or `"channels_first"`.
        file_format: such as `"png"`; by default what the path ends in.
        scale: whether values are stretched to 0 to 255.
        **kwargs: arguments of Pillow's `Image.save`.

    Example:
        >>> import cornu
        >>> cornu.utils.save_img("black.png", np.zeros((4, 6, 3)))
    """
    image = array_to_img(x, data_format=data_format, scale=scale)
    name = str(file_format or path).lower()
    if image.mode == "RGBA" and name.endswith(("jpg", "jpeg")):
        image = image.convert("RGB")  # such files have no transparency
    if str(file_format).lower() == "jpg":
        file_format = "jpeg"  # as Pillow calls it
    image.save(path, format=file_format, **kwargs)


@export("keras.preprocessing.image.smart_resize")
def smart_resize(x, size, interpolation="bilinear", data_format="channels_last", **kwargs):
    """Images resized without being stretched: the middle in the new ratio is cut out first.

    Args:
        x: image (rows, columns, channels), or a batch of them; or channels before rows.
        size: `(height, width)`.
        interpolation: as of `keras.ops.image.resize`.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `backend_module`, which is of no use here.

    Returns:
        An array of the kind of `x`: of NumPy or of the engine.

    Raises:
        ValueError: if `size` is no pair.

    Example:
        >>> import cornu
        >>> cornu.preprocessing.image.smart_resize(np.ones((8, 4, 3)), (2, 2)).shape
        (2, 2, 3)
    """
    unknown = sorted(set(kwargs) - {"backend_module", "backend"})
    if unknown:
        raise TypeError(f"`smart_resize` does not take the arguments {unknown}.")
    if len(size) != 2:
        raise ValueError(f"`size` must be (height, width). Received: size={size!r}")
    resized = ops.image.resize(
        x,
        tuple(size),
        interpolation=interpolation,
        crop_to_aspect_ratio=True,
        data_format=data_format,
    )
    return ops.convert_to_numpy(resized) if isinstance(x, np.ndarray) else resized
