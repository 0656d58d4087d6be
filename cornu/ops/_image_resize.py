"""Images resized, padded and cropped."""

from cornu.backend import kernels
from cornu.ops._image_color import _color_axis
from cornu.ops._image_filter import _spatial
from cornu.symbolic.op import op, promote_float

METHODS = {
    "nearest": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}
SCALE_METHODS = {
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "cubic": "cubic",
    "bicubic": "cubic",
    "tricubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _choice(value, choices, name):
    if value not in choices:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected one of {tuple(choices)}. "
            f"Received: {name}={value}"
        )
    return value


def _target_size(size):
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers. Received: size={size}")
    if any(side <= 0 for side in size):
        raise ValueError(f"`size` must have positive height and width. Received: size={size}")
    return tuple(size)


@op("images", family="image", fuse=True)
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images in another size.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        size: new height and width.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: whether the window of the interpolation grows with the pixels of a smaller image.
        crop_to_aspect_ratio: cut images in the middle to the new ratio of height and width, first.
        pad_to_aspect_ratio: pad them to it, first.
        fill_mode: `"constant"`.
        fill_value: what padding consists of.

    Returns:
        Images of the same dtype; integers are rounded and kept in their range.
    """
    axis = _color_axis(images, data_format)
    _choice(interpolation, METHODS, "interpolation")
    height, width = _target_size(size)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )
    if fill_mode != "constant":
        raise ValueError(
            "Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
            f"Received: fill_mode={fill_mode}"
        )
    if crop_to_aspect_ratio:
        images = _cut(images, _spatial(axis), height, width)
    if pad_to_aspect_ratio:
        images = _padded(images, _spatial(axis), height, width, fill_value)
    shape = list(images.shape)
    for place, side in zip(_spatial(axis), (height, width), strict=True):
        shape[place] = side
    if interpolation == "nearest":
        return kernels.resize(images, tuple(shape), "nearest", antialias)
    exact = "float" not in str(images.dtype)
    values = images.astype("float32") if exact else images
    result = kernels.resize(values, tuple(shape), METHODS[interpolation], antialias)
    return _rounded(result, str(images.dtype)) if exact else result


def _rounded(values, dtype):
    """Floats as the nearest integers in the range of a dtype; booleans are true but for 0."""
    if dtype == "bool":
        return values != 0
    bits = int(dtype.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    values = kernels.round(values)
    if bits >= 32:
        return values.astype(dtype)
    return kernels.clip(values, low, high).astype(dtype)


def _cut(images, axes, height, width):
    old = [images.shape[axis] for axis in axes]
    ratio = (old[1] * height / width, old[0] * width / height)
    new = [min(size, max(int(wanted), 1)) for size, wanted in zip(old, ratio, strict=True)]
    parts = [slice(None)] * images.ndim
    for axis, before, after in zip(axes, old, new, strict=True):
        start = (before - after) // 2
        parts[axis] = slice(start, start + after)
    return images[tuple(parts)]


def _padded(images, axes, height, width, fill_value):
    old = [images.shape[axis] for axis in axes]
    new = (max(old[0], int(old[1] * height / width)), max(old[1], int(old[0] * width / height)))
    pads = [(0, 0)] * images.ndim
    for axis, before, after in zip(axes, old, new, strict=True):
        start = (after - before) // 2
        pads[axis] = (start, start)
    return kernels.pad(images, pads, "constant", fill_value)


def _scale_dtypes(images, *others):
    return (promote_float(images), *(promote_float(other, "float32") for other in others))


@op(
    "images", "scale", "translation", dtype=_scale_dtypes, family="image",
    keras_name="ScaleAndTranslate", call_args=("output_shape",),
)  # fmt: skip
def scale_and_translate(
    images, output_shape, scale, translation, spatial_dims, method, antialias=True
):
    """Images scaled, then moved, and seen through a frame of the given shape.

    Args:
        images: tensor of any rank.
        output_shape: shape of the result; None for a size that stays.
        scale: vector, how many times larger each of the `spatial_dims` gets.
        translation: vector, by how many of the new pixels each is moved.
        spatial_dims: axes that are scaled; the others keep their sizes.
        method: `"linear"`, `"cubic"` (or their names with bi, tri), `"lanczos3"`, `"lanczos5"`.
        antialias: whether the window of the interpolation grows with the pixels of a smaller image.
    """
    _choice(method, SCALE_METHODS, "method")
    spatial_dims, output_shape = tuple(spatial_dims), tuple(output_shape)
    if len(output_shape) == images.ndim:
        known = zip(output_shape, images.shape, strict=True)
        output_shape = tuple(old if new is None else new for new, old in known)
    else:
        raise ValueError(
            "scale_and_translate: `output_shape` must have the rank of `images`. "
            f"Received: output_shape={output_shape}, images.shape={tuple(images.shape)}"
        )
    for name, vector in (("scale", scale), ("translation", translation)):
        if tuple(vector.shape) != (len(spatial_dims),):
            raise ValueError(
                f"scale_and_translate: `{name}` must have one element for each of "
                f"spatial_dims={spatial_dims}. Received: {name}.shape={tuple(vector.shape)}"
            )
    return kernels.scale_and_translate(
        images, output_shape, spatial_dims, scale.astype(images.dtype),
        translation.astype(images.dtype), SCALE_METHODS[method], antialias,
    )  # fmt: skip


def _margins(size, before, after, target, names, shrink):
    """What is added (or cut off) before and after, of which two of three numbers are given."""
    given = dict(zip(names, (before, after, target), strict=True))
    told = ", ".join(f"{name}={value}" for name, value in given.items())
    if sum(value is None for value in given.values()) != 1:
        raise ValueError(f"Must specify exactly two of {', '.join(names)}. Received: {told}")
    total = None if target is None else (size - target if shrink else target - size)
    before = total - after if before is None else before
    after = total - before if after is None else after
    result = size - before - after if shrink else size + before + after
    _check_sides(zip(reversed(names), (result, after, before), strict=True), told, size)
    return before, after


def _check_sides(named, told, size):
    # First what is known: whether an unknown size suffices can only be asked of examples.
    for name, value in sorted(named, key=lambda side: not isinstance(side[1], int)):
        if value < 0:
            raise ValueError(
                f"{name} must be >= 0. Received: {name}={value}, with {told} and size {size}"
            )


@op("images", family="image", keras_name="PadImages", fuse=True)
def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        top_padding, bottom_padding, target_height: two of these three.
        left_padding, right_padding, target_width: two of these three.
    """
    axis = _color_axis(images, data_format)
    rows, columns = _spatial(axis)
    names = ("top_padding", "bottom_padding", "target_height")
    images = _framed(images, rows, top_padding, bottom_padding, target_height, names)
    names = ("left_padding", "right_padding", "target_width")
    return _framed(images, columns, left_padding, right_padding, target_width, names)


def _framed(images, axis, before, after, target, names):
    size = images.shape[axis]
    pads = [(0, 0)] * images.ndim
    if isinstance(size, int) or target is None or (before is None) == (after is None):
        pads[axis] = _margins(size, before, after, target, names, shrink=False)
        return kernels.pad(images, pads)
    # Of an unknown size: more than is needed on the one side, and cut.
    given = [(name, side) for name, side in zip(names, (before, after, target), strict=True)
             if side is not None]  # fmt: skip
    _check_sides(given, given, size)
    pads[axis] = (target, after) if before is None else (before, target)
    parts = [slice(None)] * images.ndim
    start = size + after if before is None else 0
    parts[axis] = slice(start, start + target)
    return kernels.pad(images, pads)[tuple(parts)]


@op("images", family="image", keras_name="CropImages", fuse=True)
def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without their margins.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        top_cropping, bottom_cropping, target_height: two of these three.
        left_cropping, right_cropping, target_width: two of these three.
    """
    axis = _color_axis(images, data_format)
    rows, columns = _spatial(axis)
    top, bottom = _margins(
        images.shape[rows], top_cropping, bottom_cropping, target_height,
        ("top_cropping", "bottom_cropping", "target_height"), shrink=True,
    )  # fmt: skip
    left, right = _margins(
        images.shape[columns], left_cropping, right_cropping, target_width,
        ("left_cropping", "right_cropping", "target_width"), shrink=True,
    )  # fmt: skip
    parts = [slice(None)] * images.ndim
    parts[rows] = slice(top, images.shape[rows] - bottom)
    parts[columns] = slice(left, images.shape[columns] - right)
    return images[tuple(parts)]
