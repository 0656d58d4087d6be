"""Whether all numbers of an array lie in a range: one or two passes, on the host or the device."""

import functools

import numpy as np

from cornu import ops
from cornu.backend import engine


@functools.cache
def _on_device():
    return engine.compile(lambda array: (ops.min(array), ops.max(array)))


def is_array(value):
    """Whether a value is a dense array of the host or the device."""
    return isinstance(value, np.ndarray) or engine.is_tensor(value)


def extent(array):
    """The smallest and the largest number of an array; NaN if there is a NaN in it.

    On the device both come from one pass, and only they come to the host.
    """
    if engine.is_tensor(array):
        return tuple(engine.to_numpy(value)[()] for value in _on_device()(array))
    return np.minimum.reduce(array, axis=None), np.maximum.reduce(array, axis=None)


def all_below(array, count):
    """Whether every number of an array is at least 0 and below `count`; False if one is NaN."""
    if array.size == 0:
        return True
    if not engine.is_tensor(array) and array.dtype.kind == "i":
        # Read without their sign, negative numbers are the largest of all: one pass finds both.
        limit = min(count, 1 << (8 * array.dtype.itemsize - 1))
        return bool(array.view(f"u{array.dtype.itemsize}").max() < limit)
    low, high = extent(array)
    return bool(low >= 0 and high < count)


def all_whole(array):
    """Whether every number of an array is an integer."""
    if array.dtype.kind in "iub":
        return True
    array = np.asarray(array)
    return bool((array == np.floor(array)).all())


def first_place(wrong):
    """Index of the first True of an array of booleans, as a tuple of ints; None if there is
    none."""
    if not wrong.any():
        return None
    return tuple(map(int, np.unravel_index(int(np.argmax(wrong)), wrong.shape)))


def in_words(place):
    """An index as in `y[3, 0]`: "3, 0"."""
    return ", ".join(map(str, place))
