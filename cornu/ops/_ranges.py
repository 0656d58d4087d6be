"""Indices that come from the host: those out of range are mistakes, which engines would pass over
(JAX moves them to the nearest place, leaves them out, or gives NaN)."""

import math
import warnings

import numpy as np


def from_host(indices):
    """Integers of Python or NumPy as an array; None for anything else, such as tensors."""
    if isinstance(indices, (int, list, tuple, np.integer, np.ndarray)):
        try:
            found = np.asarray(indices)
        except (TypeError, ValueError):  # a list that holds tensors
            return None
        return found if found.dtype.kind in "iu" else None
    return None


def check_along_axis(bound):
    """Raise ValueError for `indices` out of the range of `axis` (by default of all elements)."""
    indices, shape = from_host(bound["indices"]), np.shape(bound["x"])
    axis = bound.get("axis")
    if indices is None or not indices.size or None in shape:
        return
    if axis is not None and not -len(shape) <= axis < len(shape):
        return  # the op itself says so
    size = math.prod(shape) if axis is None else shape[axis]
    low, high = int(indices.min()), int(indices.max())
    if low < -size or high >= size:
        where = "the tensor, counted in row-major order" if axis is None else f"axis {axis}"
        raise ValueError(
            f"An index is out of range: `indices` are from {low} to {high}, but {where} has {size}"
            f" elements. Received: x.shape={tuple(shape)}"
        )


def check_places(name, shape_of):
    """A check of `indices` (..., rank) against the shape that `shape_of(arguments)` gives."""

    def check(bound):
        indices, shape = from_host(bound["indices"]), tuple(shape_of(bound))
        if indices is None or not indices.size or not indices.ndim or None in shape:
            return
        sizes = np.array(shape[: indices.shape[-1]])
        if len(sizes) < indices.shape[-1]:
            return  # the op itself says so
        wrong = (indices < -sizes) | (indices >= sizes)
        if wrong.any():
            place = indices[wrong.any(-1)][0].tolist()
            raise ValueError(
                f"`{name}`: the index {place} is out of range for a tensor of shape {shape}."
            )

    return check


def warn_of_classes(bound):
    """Warn of class numbers for which `one_hot` gives rows of zeros."""
    given, count = from_host(bound["x"]), bound["num_classes"]
    if given is None or not given.size or not isinstance(count, (int, np.integer)):
        return
    low, high = int(given.min()), int(given.max())
    if high >= count or low < -1:  # -1 is how Keras's users write "none of them"
        warnings.warn(
            f"`one_hot` was given class numbers from {low} to {high}, for {count} classes: those"
            f" outside of [0, {count}) become zeros.",
            stacklevel=6,
        )


class IndexRangeError(IndexError, ValueError):
    """An int in an index that is out of range."""


def check_key(x, key):
    """Raise `IndexRangeError` for an int in an index of `x` that is out of range, or too many
    items."""
    axis = 0
    items = key if isinstance(key, tuple) else (key,)
    plain = all(item is None or isinstance(item, (int, slice)) for item in items)
    if plain and sum(item is not None for item in items) > len(x.shape):
        raise IndexRangeError(
            f"Too many items in the index {key}: the tensor has {len(x.shape)} axes. The shape is"
            f" {tuple(x.shape)}."
        )
    for item in key if isinstance(key, tuple) else (key,):
        if item is None:
            continue
        if item is Ellipsis or hasattr(item, "dtype") or isinstance(item, (list, bool)):
            return  # the axes after these are not counted
        size = x.shape[axis] if axis < len(x.shape) else None
        if isinstance(item, int) and isinstance(size, int) and not -size <= item < size:
            raise IndexRangeError(
                f"Index {item} is out of range for axis {axis}, whose size is {size}. The shape is"
                f" {tuple(x.shape)}."
            )
        axis += 1
