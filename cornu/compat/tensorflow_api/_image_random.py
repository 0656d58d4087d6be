"""Random changes of images in `tf.image`; `stateless_*` take a pair of ints as seed."""

import functools

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api import _image_color as color
from cornu.compat.tensorflow_api import _random
from cornu.compat.tensorflow_api._tensors import convert_to_tensor

__all__ = [
    f"{prefix}random_{what}"
    for prefix in ("", "stateless_")
    for what in ("brightness", "contrast", "crop", "flip_left_right", "flip_up_down", "hue",
                 "saturation")
]  # fmt: skip


def _in_both_forms(change):
    """A change, as a function that draws anew at each call, and as one of a pair of ints.

    Args:
        change: `change(draw, image, ...)`; `draw(shape, minval, maxval, dtype)` gives numbers.
    """
    name = change.__name__

    def stateful(*args, seed=None, **kwargs):
        return change(functools.partial(_random.uniform, seed=seed), *args, **kwargs)

    def stateless(*args, seed=None, **kwargs):
        if seed is None:
            *args, seed = args

        def draw(shape, *bounds, **more):
            return _random.stateless_uniform(shape, seed, *bounds, **more)

        return change(draw, *args, **kwargs)

    stateful.__doc__ = stateless.__doc__ = change.__doc__
    stateful.__name__, stateless.__name__ = name, f"stateless_{name}"
    globals()[name], globals()[f"stateless_{name}"] = stateful, stateless
    return stateful


def _flipped(draw, image, axis):
    x = convert_to_tensor(image)
    shape = tuple(x.shape)[:-3]
    heads = ops.less(draw(shape, 0.0, 1.0), 0.5)
    return ops.where(ops.reshape(heads, (*shape, 1, 1, 1)), ops.flip(x, axis=axis), x)


@_in_both_forms
def random_flip_left_right(draw, image):
    """Each image mirrored, or not."""
    return _flipped(draw, image, -2)


@_in_both_forms
def random_flip_up_down(draw, image):
    """Each image upside down, or not."""
    return _flipped(draw, image, -3)


@_in_both_forms
def random_brightness(draw, image, max_delta):
    """`adjust_brightness` by a number from `-max_delta` to `max_delta`."""
    return color.adjust_brightness(image, draw((), -max_delta, max_delta))


@_in_both_forms
def random_contrast(draw, image, lower, upper):
    """`adjust_contrast` by a number from `lower` to `upper`."""
    return color.adjust_contrast(image, draw((), lower, upper))


@_in_both_forms
def random_saturation(draw, image, lower, upper):
    """`adjust_saturation` by a number from `lower` to `upper`."""
    return color.adjust_saturation(image, draw((), lower, upper))


@_in_both_forms
def random_hue(draw, image, max_delta):
    """`adjust_hue` by a number from `-max_delta` to `max_delta`."""
    return color.adjust_hue(image, draw((), -max_delta, max_delta))


@_in_both_forms
def random_crop(draw, value, size, name=None):
    """A part of a tensor, of the given size, anywhere.

    Raises:
        ValueError: if it is larger than the tensor.
    """
    x = convert_to_tensor(value)
    size = tuple(int(n) for n in size)
    room = np.array(tuple(x.shape)) - np.array(size)
    if (room < 0).any():
        raise ValueError(f"Need value.shape >= size, got {tuple(x.shape)} and {size}")
    part = ops.floor(draw((len(size),), 0.0, 1.0) * ops.cast(room + 1, "float32"))
    start = ops.minimum(ops.cast(part, "int32"), room.astype("int32"))
    return ops.slice(x, start, size)
