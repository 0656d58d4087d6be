"""Reductions and scans that pass over NaNs.

As in `_reduce`, `x` is a tensor of any shape, `axis` an int, a tuple of ints, or None for all axes,
and `keepdims` keeps reduced axes with size 1. The gradient by an element that is NaN is 0. Half
precision is computed in float32.
"""

import math

from cornu.backend import engine, kernels
from cornu.ops._reduce import _root, _scan_dtype, _sum_dtype, _wide
from cornu.symbolic.op import op, promote_float


def _has_nan(x):
    return "float" in str(x.dtype) or "complex" in str(x.dtype)


def _filled(x, value):
    """`x` with `value` for NaNs."""
    if not _has_nan(x):
        return x
    return kernels.where(kernels.isnan(x), x.dtype.type(value), x)


def _count(x, axis, keepdims):
    """How many elements are no NaNs, in the real dtype of `x`."""
    there = kernels.logical_not(kernels.isnan(x)).astype(kernels.real(x).dtype)
    return kernels.sum(there, axis=axis, keepdims=keepdims)


def _extreme(reduce, x, axis, keepdims, fill):
    if not _has_nan(x):
        return reduce(x, axis=axis, keepdims=keepdims)
    found = reduce(_filled(x, fill), axis=axis, keepdims=keepdims)
    nothing = kernels.all(kernels.isnan(x), axis=axis, keepdims=keepdims)
    return kernels.where(nothing, x.dtype.type(math.nan), found)


@op("x", fuse=True)
def nanmax(x, axis=None, keepdims=False):
    """Largest element along `axis`, NaNs apart; NaN where there is nothing else. Equal largest
    elements share the gradient."""
    return _extreme(kernels.max, x, axis, keepdims, -math.inf)


@op("x", fuse=True)
def nanmin(x, axis=None, keepdims=False):
    """Smallest element along `axis`, NaNs apart; NaN where there is nothing else. Equal smallest
    elements share the gradient."""
    return _extreme(kernels.min, x, axis, keepdims, math.inf)


def _place(reduce, pick, x, axis, keepdims, fill):
    if not _has_nan(x):
        return pick(x, axis=axis, keepdims=keepdims)
    there = kernels.logical_not(kernels.isnan(x))
    best = reduce(_filled(x, fill), axis=axis, keepdims=True)
    # Infinities are what NaNs are filled with, so a place counts only where there is no NaN.
    hit = kernels.logical_and(there, x == best)
    found = kernels.argmax(hit, axis=axis, keepdims=keepdims)
    some = kernels.any(there, axis=axis, keepdims=keepdims)
    return kernels.where(some, found, found.dtype.type(-1))


@op("x", fuse=True)
def nanargmax(x, axis=None, keepdims=False):
    """Index (int32) of the largest element along `axis` (an int, or None for the flattened
    tensor), the first of equals, NaNs apart; -1 where there is nothing else."""
    return _place(kernels.max, kernels.argmax, x, axis, keepdims, -math.inf)


@op("x", fuse=True)
def nanargmin(x, axis=None, keepdims=False):
    """Index (int32) of the smallest element along `axis` (an int, or None for the flattened
    tensor), the first of equals, NaNs apart; -1 where there is nothing else."""
    return _place(kernels.min, kernels.argmin, x, axis, keepdims, math.inf)


@op("x", dtype=_sum_dtype, fuse=True)
def nansum(x, axis=None, keepdims=False):
    """Sum along `axis`, NaNs counting as 0; small integers are summed in 32 bits."""
    return kernels.sum(_filled(_wide(x), 0), axis=axis, keepdims=keepdims).astype(x.dtype)


@op("x", dtype=_sum_dtype, fuse=True)
def nanprod(x, axis=None, keepdims=False):
    """Product along `axis`, NaNs counting as 1; small integers are multiplied in 32 bits."""
    return kernels.prod(_filled(_wide(x), 1), axis=axis, keepdims=keepdims).astype(x.dtype)


def _only_axis(axis):
    if not isinstance(axis, tuple):
        return axis
    if len(axis) != 1:
        raise ValueError(f"A scan goes along one axis. Received: axis={axis}")
    return axis[0]


@op("x", dtype=_scan_dtype, fuse=True)
def nancumsum(x, axis=None, dtype=None):
    """Running sum along `axis` (an int, or None for the flattened tensor), NaNs counting as 0."""
    if axis == ():  # along no axis: each element is its own sum
        return engine.cast(_filled(x, 0), dtype or str(x.dtype))
    return kernels.cumsum(_filled(x, 0), _only_axis(axis), dtype)


@op("x", dtype=_scan_dtype, fuse=True)
def nancumprod(x, axis=None, dtype=None):
    """Running product along `axis` (an int, or None for the flattened tensor), NaNs counting as
    1."""
    if axis == ():
        return engine.cast(_filled(x, 1), dtype or str(x.dtype))
    return kernels.cumprod(_filled(x, 1), _only_axis(axis), dtype)


def _mean(x, axis, keepdims):
    total = kernels.sum(_filled(x, 0), axis=axis, keepdims=keepdims)
    return total / _count(x, axis, keepdims).astype(x.dtype)


def _variance(x, axis, keepdims):
    off = _filled(x - _mean(x, axis, True), 0)
    squares = kernels.square(kernels.real(off)) + kernels.square(kernels.imag(off))
    return kernels.sum(squares, axis=axis, keepdims=keepdims) / _count(x, axis, keepdims)


@op("x", dtype=promote_float, fuse=True)
def nanmean(x, axis=None, keepdims=False):
    """Arithmetic mean along `axis` of what is no NaN; NaN where there is nothing else."""
    return _mean(_wide(x), axis, keepdims).astype(x.dtype)


@op("x", dtype=promote_float, fuse=True)
def nanvar(x, axis=None, keepdims=False):
    """Variance along `axis` of what is no NaN, of the population (divided by their number); NaN
    where there is nothing else."""
    return _variance(_wide(x), axis, keepdims).astype(kernels.real(x).dtype)


@op("x", dtype=promote_float, fuse=True)
def nanstd(x, axis=None, keepdims=False):
    """Standard deviation along `axis` of what is no NaN, of the population (divided by their
    number); NaN where there is nothing else. Its gradient where all elements are equal is 0, a
    convention."""
    return _root(_variance(_wide(x), axis, keepdims)).astype(kernels.real(x).dtype)
