"""Order statistics: quantiles, medians, ranges, partitions.

Half precision is interpolated in float32.
"""

import math

from cornu.backend import engine, kernels
from cornu.core.shapes import canonicalize_axis
from cornu.ops._reduce import _axes, _wide
from cornu.symbolic.op import op, promote_float

METHODS = ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")


def _to_one_axis(x, axis, keepdims):
    """`x` with the axes to reduce as the last one, and the shape that the result has."""
    if "complex" in str(x.dtype):
        raise TypeError(f"Complex numbers have no order. Received: x.dtype={x.dtype}")
    axes = _axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    count = math.prod(x.shape[i] for i in axes)
    if isinstance(count, int) and count == 0:
        raise ValueError(
            "There is no quantile of nothing: `x` has no elements along `axis`. Received: "
            f"x.shape={tuple(x.shape)}, axis={axis}"
        )
    rows = kernels.reshape(kernels.transpose(x, (*kept, *axes)), (*(x.shape[i] for i in kept), -1))
    if keepdims:
        return rows, [1 if i in axes else x.shape[i] for i in range(x.ndim)]
    return rows, [x.shape[i] for i in kept]


def _weights_of(place, method):
    """Indices of the two neighbours of a fractional place, and the weight of the second."""
    low = kernels.floor(place)
    rest = place - low
    if method == "midpoint":
        rest = kernels.where(rest > 0, rest.dtype.type(0.5), rest)
    elif method == "nearest":
        rest = (rest > 0.5).astype(rest.dtype)
    elif method == "higher":
        rest = (rest > 0).astype(rest.dtype)
    elif method == "lower":
        rest = kernels.zeros(rest.shape, rest.dtype)
    return low.astype("int32"), rest


def _quantile_of_sorted(rows, q, counts, method):
    """Quantiles `q`, (n,), of the first `counts`, (..., 1), elements of sorted `rows`, (..., size);
    (..., n)."""
    last = counts - 1
    place = kernels.ceil(q * counts) - 1 if method == "inverted_cdf" else q * last
    place = kernels.maximum(place, place.dtype.type(0))
    low, rest = _weights_of(place, method)
    high = kernels.minimum(low + 1, kernels.maximum(last, last.dtype.type(0)).astype("int32"))
    below = _wide(kernels.take_along_axis(rows, low, axis=-1))
    above = _wide(kernels.take_along_axis(rows, high, axis=-1))
    # Nothing of an infinite neighbour whose weight is 0.
    rest = rest.astype(below.dtype)
    above = kernels.where(rest > 0, above, above.dtype.type(0))
    below = kernels.where(rest < 1, below, below.dtype.type(0))
    return below * (1 - rest) + above * rest


def _quantile(x, q, axis, method, keepdims, ignore_nan):
    rows, shape = _to_one_axis(x, axis, keepdims)
    rows = kernels.sort(rows, axis=-1)
    missing = kernels.isnan(rows)
    counts = kernels.sum(kernels.logical_not(missing).astype(q.dtype), axis=-1, keepdims=True)
    if ignore_nan:
        bad = kernels.all(missing, axis=-1, keepdims=True)
    else:
        bad = kernels.any(missing, axis=-1, keepdims=True)
    rows = kernels.where(missing, rows.dtype.type(0), rows)
    flat = kernels.broadcast_to(kernels.reshape(q, (-1,)), (*rows.shape[:-1], math.prod(q.shape)))
    found = _quantile_of_sorted(rows, flat, counts, method)
    found = kernels.where(bad, found.dtype.type(math.nan), found).astype(x.dtype)
    return kernels.reshape(kernels.moveaxis(found, -1, 0), (*q.shape, *shape))


_quantile = engine.fuse(_quantile, ["axis", "method", "keepdims", "ignore_nan"])


def _quantile_dtypes(x, q):
    wanted = promote_float(x)
    return wanted, "float64" if wanted == "float64" else "float32"


def _checked(q, most, method):
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {METHODS}. Received: method={method!r}")
    if q.ndim > 1:
        raise ValueError(
            f"`q` must be a number or have one axis. Received: q.shape={tuple(q.shape)}"
        )
    if not engine.is_traced(q) and not ((q >= 0) & (q <= most)).all():
        raise ValueError(f"`q` must be in the range [0, {most}].")
    return q / most


@op("x", "q", dtype=_quantile_dtypes)
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """Value below which a fraction `q` of the elements along `axis` lies; NaN where one is NaN.

    Args:
        x: tensor of any shape.
        q: number in [0, 1], or vector of such; a vector's axis is the first of the result.
        axis: int, tuple of ints, or None for all axes.
        method: what to take where the quantile falls between two elements: `"linear"` interpolates,
            `"lower"`, `"higher"` and `"midpoint"` are what they say, `"nearest"` takes the lower
            one halfway, `"inverted_cdf"` is the smallest element that at least a fraction `q` of
            all does not exceed.
        keepdims: whether reduced axes are kept with size 1.

    Raises:
        ValueError: for an unknown `method`, a `q` outside of [0, 1] or with more than one axis, and
            where there are no elements.
    """
    return _quantile(x, _checked(q, 1, method), axis, method, keepdims, False)


@op("x", "q", dtype=_quantile_dtypes)
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """As `quantile`, with `q` in percent, from 0 to 100."""
    return _quantile(x, _checked(q, 100, method), axis, method, keepdims, False)


@op("x", "q", dtype=_quantile_dtypes)
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """As `quantile`, of the elements that are no NaNs; NaN where there is nothing else."""
    return _quantile(x, _checked(q, 1, method), axis, method, keepdims, True)


@op("x", "q", dtype=_quantile_dtypes)
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """As `percentile`, of the elements that are no NaNs; NaN where there is nothing else."""
    return _quantile(x, _checked(q, 100, method), axis, method, keepdims, True)


@op("x", dtype=promote_float)
def median(x, axis=None, keepdims=False):
    """Middle element along `axis`, or the mean of the two in the middle; NaN where one is NaN.

    Raises:
        ValueError: where there are no elements.
    """
    return _quantile(x, 0.5, axis, "linear", keepdims, False)


@op("x", dtype=promote_float)
def nanmedian(x, axis=None, keepdims=False):
    """As `median`, of the elements that are no NaNs; NaN where there is nothing else."""
    return _quantile(x, 0.5, axis, "linear", keepdims, True)


@op("x", fuse=True)
def ptp(x, axis=None, keepdims=False):
    """Largest minus smallest element along `axis`, in the dtype of `x`, where small integers
    overflow. Equal extremes share the gradient."""
    largest = kernels.max(x, axis=axis, keepdims=keepdims)
    return largest - kernels.min(x, axis=axis, keepdims=keepdims)


@op("x")
def argpartition(x, kth, axis=-1):
    """Indices (int32) that put the element of rank `kth` along `axis` into its place, what is
    smaller before it and the rest after it. It is a full, stable sort; NaNs go last.

    Args:
        x: tensor of any shape.
        kth: rank, an int (negative from the end) or several.
        axis: int, or None for the flattened tensor.

    Raises:
        ValueError: if `kth` is out of bounds.
    """
    size = math.prod(x.shape) if axis is None else x.shape[canonicalize_axis(axis, x.ndim)]
    for rank in kth if isinstance(kth, (tuple, list)) else (kth,):
        if isinstance(size, int) and not -size <= rank < size:
            raise ValueError(
                f"argpartition: `kth` is out of bounds. Received: kth={kth}, "
                f"x.shape={tuple(x.shape)}, axis={axis}"
            )
    return kernels.argsort(x, axis)
