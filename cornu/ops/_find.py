"""Ops that look values up: bins, members of sets, places in a grid."""

import math

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.symbolic.op import kernel, op, promote
from cornu.symbolic.tensor import KerasTensor


@op("x", "bins", dtype=promote, fuse=True)
def digitize(x, bins):
    """For each element the index (int32) of the bin that it falls into: 0 below the first of
    `bins`, `len(bins)` from the last on.

    Args:
        bins: vector of ends of bins, rising or falling. An element equal to an end belongs to the
            bin of larger numbers.
    """
    if bins.ndim != 1:
        raise ValueError(f"`bins` must be a vector. Received: bins.shape={tuple(bins.shape)}")
    count = bins.shape[0]
    rising = kernels.searchsorted(bins, x, "right")
    if count == 0:
        return rising
    falling = count - kernels.searchsorted(kernels.flip(bins, 0), x, "right")
    return kernels.where(bins[0] <= bins[count - 1], rising, falling)


@op("x1", "x2", dtype=promote, keras_name="IsIn")
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of `x1` is among those of `x2`.

    Args:
        assume_unique: a promise that no tensor has an element twice, which may save time.
        invert: whether to say which are not among them instead.
    """
    return kernel()


@op("indices", fuse=True, keras_name="UnravelIndex")
def _unravel_index(indices, shape):
    dtype, total = str(indices.dtype), math.prod(shape)
    small = dtype in ("bool", "int8", "uint8", "int16", "uint16")
    places = engine.cast(indices, "int32") if small else indices
    places = kernels.where(places < 0, places + total, places)
    places = kernels.clip(places, 0, max(total - 1, 0))
    found = []
    for size in reversed(shape):
        found.append(engine.cast(kernels.mod(places, size), dtype))
        places = kernels.floor_divide(places, size)
    return tuple(reversed(found))


def unravel_index(indices, shape):
    """The coordinates, in a tensor of the given shape, of the elements that have `indices` in
    row-major order: a tensor for each axis.

    Negative indices count from the end; those out of range are an error on the host and moved to
    the nearest end in a tensor.
    """
    shape = tuple(map(int, shape))
    if isinstance(indices, (int, list, tuple, np.ndarray)):
        total, given = math.prod(shape), np.asarray(indices)
        if (
            given.dtype.kind in "iu"
            and given.size
            and not -total <= given.min() <= given.max() < total
        ):
            raise ValueError(
                f"An index is out of range: `indices` are from {given.min()} to {given.max()}, a "
                f"tensor of shape {shape} has {total} elements."
            )
    return _unravel_index(indices, shape=shape)


@op("x")
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different elements of `x` in ascending order, or the different slices along `axis`; NaNs
    differ from each other.

    Args:
        sorted: False is a promise that their order does not matter.
        return_index: whether to return too where each is found first, as int32.
        return_inverse: whether to return too the place among them of each element of `x`.
        return_counts: whether to return too how often each is found.
        axis: None for the elements of the flattened tensor.
        size: how many to return, which must be known in compiled code: the last are left out, or
            `fill_value` added.
        fill_value: what to add, by default the least.

    Returns:
        A tensor, or a tuple of tensors if more than one is asked for.
    """
    # What is sorted meets `sorted=False` too.
    flags = return_index, return_inverse, return_counts
    found = kernels.unique(x, *flags, axis, size, fill_value)
    return found if any(flags) else found[0]


def _unique_spec(self, x):
    # How many there are depends on values, so no engine can say it.
    static = self.static
    axis, size = static.get("axis"), static.get("size")
    shape, inverse = (size,), tuple(x.shape)
    if axis is not None:
        shape = (*x.shape[: axis % len(x.shape)], size, *x.shape[axis % len(x.shape) + 1 :])
        inverse = (x.shape[axis],)
    found = [KerasTensor(shape, dtypes.narrow(x.dtype))]
    for name, sizes in (("index", (size,)), ("inverse", inverse), ("counts", (size,))):
        if static.get(f"return_{name}"):
            found.append(KerasTensor(sizes, "int32"))
    return tuple(found) if len(found) > 1 else found[0]


unique.operation.compute_output_spec = _unique_spec
