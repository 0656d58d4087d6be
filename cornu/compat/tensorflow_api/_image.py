"""`tf.image`: images as `(height, width, channels)`, or batches of them."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api import _image_color, _image_random
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._image_color import convert_image_dtype, per_image_standardization
from cornu.compat.tensorflow_api._tensors import convert_to_tensor

__all__ = [
    "central_crop", "crop_and_resize", "crop_to_bounding_box", "extract_patches",
    "flip_left_right", "flip_up_down", "image_gradients", "non_max_suppression",
    "pad_to_bounding_box", "psnr", "resize", "resize_with_crop_or_pad", "resize_with_pad", "rot90",
    "sobel_edges", "ssim", "total_variation", "transpose",
]  # fmt: skip
LAST = "channels_last"


class ResizeMethod:
    """Methods of `resize`."""

    AREA = "area"
    BICUBIC = "bicubic"
    BILINEAR = "bilinear"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    NEAREST_NEIGHBOR = "nearest"


def _size(image):
    return tuple(image.shape)[-3:-1]


def resize(
    images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None
):
    """Images in another size, of dtype float32 unless `method="nearest"`.

    Raises:
        ValueError: for the methods `"area"`, `"gaussian"` and `"mitchellcubic"`.
    """
    x = convert_to_tensor(images)
    height, width = (int(side) for side in size)
    if preserve_aspect_ratio:
        rows, columns = _size(x)
        scale = min(height / rows, width / columns)
        height, width = round(rows * scale), round(columns * scale)
    if method not in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        raise ValueError(f"cornu does not resize by the method {method!r}: use 'bilinear'.")
    if method == "nearest":
        return ops.image.resize(x, (height, width), interpolation="nearest", data_format=LAST)
    return ops.image.resize(
        ops.cast(x, "float32"), (height, width), method, antialias, data_format=LAST
    )


def resize_with_pad(image, target_height, target_width, method="bilinear", antialias=False):
    """Images in another size, their ratio of sides kept, zeros around them."""
    height, width = int(target_height), int(target_width)
    rows, columns = _size(convert_to_tensor(image))
    ratio = max(columns / width, rows / height)
    sides = max(int(rows / ratio), 1), max(int(columns / ratio), 1)
    found = resize(image, sides, method, antialias=antialias)
    top, left = max((height - sides[0]) // 2, 0), max((width - sides[1]) // 2, 0)
    return pad_to_bounding_box(found, top, left, height, width)


def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """A part of images.

    Raises:
        ValueError: if it reaches outside.
    """
    x = convert_to_tensor(image)
    top, left, height, width = map(int, (offset_height, offset_width, target_height, target_width))
    rows, columns = _size(x)
    if min(top, left) < 0 or top + height > rows or left + width > columns:
        raise ValueError(
            f"The box of {height}x{width} at {top}, {left} is not inside of {rows}x{columns}."
        )
    return x[..., top : top + height, left : left + width, :]


def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Images with zeros around them.

    Raises:
        ValueError: if they don't fit in.
    """
    x = convert_to_tensor(image)
    top, left, height, width = map(int, (offset_height, offset_width, target_height, target_width))
    rows, columns = _size(x)
    below, right = height - top - rows, width - left - columns
    if min(top, left, below, right) < 0:
        raise ValueError(f"{rows}x{columns} at {top}, {left} does not fit into {height}x{width}.")
    widths = ((0, 0),) * (len(x.shape) - 3) + ((top, below), (left, right), (0, 0))
    return ops.pad(x, widths)


def resize_with_crop_or_pad(image, target_height, target_width):
    """The middle of images, or images with zeros around them, for each side."""
    x = convert_to_tensor(image)
    height, width = int(target_height), int(target_width)
    rows, columns = _size(x)
    kept = min(rows, height), min(columns, width)
    x = crop_to_bounding_box(x, max((rows - height) // 2, 0), max((columns - width) // 2, 0), *kept)
    return pad_to_bounding_box(
        x, max((height - rows) // 2, 0), max((width - columns) // 2, 0), height, width
    )


def central_crop(image, central_fraction):
    """The middle of images, that fraction of each side.

    Raises:
        ValueError: if the fraction is not above 0, and at most 1.
    """
    fraction = float(central_fraction)
    if not 0 < fraction <= 1:
        raise ValueError(f"central_fraction must be within (0, 1]. Received: {fraction}")
    x = convert_to_tensor(image)
    rows, columns = _size(x)
    top, left = int((rows - rows * fraction) / 2), int((columns - columns * fraction) / 2)
    return crop_to_bounding_box(x, top, left, rows - 2 * top, columns - 2 * left)


def flip_left_right(image):
    """Images mirrored."""
    return ops.flip(convert_to_tensor(image), axis=-2)


def flip_up_down(image):
    """Images upside down."""
    return ops.flip(convert_to_tensor(image), axis=-3)


def transpose(image, name=None):
    """Rows and columns exchanged."""
    return ops.swapaxes(convert_to_tensor(image), -3, -2)


def rot90(image, k=1, name=None):
    """Images turned by 90 degrees `k` times, to the left."""
    x = convert_to_tensor(image)
    return ops.rot90(x, k=int(k), axes=(len(x.shape) - 3, len(x.shape) - 2))


def total_variation(images, name=None):
    """The sum of the differences of neighbouring pixels, for each image."""
    x = convert_to_tensor(images)
    down, right = (
        ops.abs(x[..., 1:, :, :] - x[..., :-1, :, :]),
        ops.abs(x[..., :, 1:, :] - x[..., :, :-1, :]),
    )
    axes = (-3, -2, -1)
    return ops.sum(down, axis=axes) + ops.sum(right, axis=axes)


def image_gradients(image):
    """Differences of each pixel to the one below, and to the one on the right, 0 at the end."""
    x = convert_to_tensor(image)
    down = ops.pad(x[:, 1:] - x[:, :-1], ((0, 0), (0, 1), (0, 0), (0, 0)))
    right = ops.pad(x[:, :, 1:] - x[:, :, :-1], ((0, 0), (0, 0), (0, 1), (0, 0)))
    return down, right


def sobel_edges(image):
    """Sobel's derivatives downwards and to the right, along a last axis."""
    x = ops.pad(convert_to_tensor(image), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    rows, columns = x.shape[1] - 2, x.shape[2] - 2

    def at(down, right):
        return x[:, 1 + down : 1 + down + rows, 1 + right : 1 + right + columns]

    sides = {s: at(s, -1) + 2 * at(s, 0) + at(s, 1) for s in (-1, 1)}
    along = {s: at(-1, s) + 2 * at(0, s) + at(1, s) for s in (-1, 1)}
    return ops.stack([sides[1] - sides[-1], along[1] - along[-1]], axis=-1)


def psnr(a, b, max_val, name=None):
    """Peak signal-to-noise ratio of images, in decibel."""
    a, b = (convert_image_dtype(each, "float32") for each in (a, b))
    top = max_val / as_dtype(np.uint8).max if max_val > 1 else max_val
    errors = ops.mean(ops.square(a - b), axis=(-3, -2, -1))
    return 20 * ops.log10(ops.cast(top, "float32")) - 10 * ops.log10(errors)


def ssim(
    img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03,
    return_index_map=False,
):  # fmt: skip
    """Structural similarity of images.

    Raises:
        NotImplementedError: for `return_index_map`.
    """
    if return_index_map:
        raise NotImplementedError("`return_index_map` is not there: `ssim` gives the mean.")
    return ops.image.ssim(img1, img2, max_val, filter_size, filter_sigma, k1, k2, data_format=LAST)


def extract_patches(images, sizes, strides, rates, padding, name=None):
    """Windows of images, their elements along the last axis."""
    return ops.image.extract_patches(
        convert_to_tensor(images),
        tuple(sizes[1:3]),
        strides=tuple(strides[1:3]),
        dilation_rate=rates[1],
        padding=padding.lower(),
        data_format=LAST,
    )


def crop_and_resize(
    image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0, name=None
):
    """Parts of images, all in one size.

    Args:
        boxes: `(number, 4)`: top, left, bottom and right, from 0 to 1.
        box_indices: the number of the image of each box.
        crop_size: height and width.
    """
    images, boxes = ops.cast(convert_to_tensor(image), "float32"), convert_to_tensor(boxes)
    rows, columns = _size(images)
    height, width = (int(side) for side in crop_size)
    chosen = ops.take(images, convert_to_tensor(box_indices), axis=0)

    def places(first, last, count, size):
        if count == 1:
            return ops.expand_dims(0.5 * (first + last) * (size - 1), -1)
        steps = ops.cast(np.arange(count), "float32") / (count - 1)
        ends = ops.expand_dims(first, -1), ops.expand_dims(last - first, -1)
        return (ends[0] + ends[1] * steps) * (size - 1)

    down = places(boxes[:, 0], boxes[:, 2], height, rows)
    right = places(boxes[:, 1], boxes[:, 3], width, columns)
    order = 0 if method == "nearest" else 1

    def crop(one):
        picture, down, right = one
        grid = ops.meshgrid(down, right, indexing="ij")
        layers = [
            ops.image.map_coordinates(layer, ops.stack(grid), order, "nearest")
            for layer in ops.unstack(picture, axis=-1)
        ]
        inside = (grid[0] >= 0) & (grid[0] <= rows - 1) & (grid[1] >= 0) & (grid[1] <= columns - 1)
        return ops.where(inside[..., None], ops.stack(layers, axis=-1), extrapolation_value)

    return ops.vectorized_map(crop, (chosen, down, right))


def non_max_suppression(
    boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), name=None
):
    """The indices of boxes, best first, without those that overlap a better one too much."""
    boxes, scores = np.asarray(boxes, "float32"), np.asarray(scores)
    top, bottom = np.minimum(boxes[:, 0], boxes[:, 2]), np.maximum(boxes[:, 0], boxes[:, 2])
    left, right = np.minimum(boxes[:, 1], boxes[:, 3]), np.maximum(boxes[:, 1], boxes[:, 3])
    areas = (bottom - top) * (right - left)
    chosen = []
    for index in np.argsort(-scores, kind="stable"):
        if len(chosen) >= int(max_output_size) or scores[index] <= score_threshold:
            break
        rest = np.array(chosen, int)
        rows = np.minimum(bottom[index], bottom[rest]) - np.maximum(top[index], top[rest])
        columns = np.minimum(right[index], right[rest]) - np.maximum(left[index], left[rest])
        common = np.maximum(rows, 0) * np.maximum(columns, 0)
        union = np.maximum(areas[index] + areas[rest] - common, np.finfo("float32").tiny)
        if not (common / union > iou_threshold).any():
            chosen.append(int(index))
    return ops.convert_to_tensor(np.array(chosen, "int32"))


MEMBERS = {
    "ResizeMethod": ResizeMethod,
    **{name: globals()[name] for name in __all__},
    **{name: getattr(_image_color, name) for name in _image_color.__all__},
    **{name: getattr(_image_random, name) for name in _image_random.__all__},
    "per_image_standardization": per_image_standardization,
}
