"""Averages, order statistics, counts, and differences of neighbours.

Half precision is computed in float32, but for sorting.
"""

import math
import numbers

from cornu.backend import engine, kernels
from cornu.core.shapes import canonicalize_axis
from cornu.ops._reduce import _axes, _wide
from cornu.symbolic.op import op, promote, promote_float
from cornu.symbolic.tensor import KerasTensor

MODES = ("valid", "same", "full")


def _average_dtype(x, weights=None):
    return promote_float(x) if weights is None else promote_float(x, weights)


@op("x", "weights", dtype=_average_dtype)
def average(x, axis=None, weights=None):
    """Mean along `axis`, each element counting as often as its weight says.

    Args:
        x: tensor of any shape.
        axis: int, tuple of ints, or None for all axes.
        weights: tensor of the shape of `x`, or of the sizes of `axis` alone. Weights whose sum is 0
            give infinities or NaN.

    Raises:
        ValueError: if `weights` has neither of these shapes.
    """
    if weights is None:
        return kernels.mean(x, axis=axis)
    weights = _spread(x, axis, weights)
    wide, factors = _wide(x), _wide(weights)
    total = kernels.sum(wide * factors, axis=axis)
    return (total / kernels.sum(factors, axis=axis)).astype(x.dtype)


def _spread(x, axis, weights):
    """`weights` in the shape of `x`."""
    if tuple(weights.shape) == tuple(x.shape):
        return weights
    axes = _axes(axis, x.ndim)
    if axis is None or tuple(weights.shape) != tuple(x.shape[i] for i in axes):
        raise ValueError(
            "average: `weights` must have the shape of `x`, or the sizes of `axis`. Received: "
            f"x.shape={tuple(x.shape)}, weights.shape={tuple(weights.shape)}, axis={axis}"
        )
    order = sorted(range(len(axes)), key=axes.__getitem__)
    shape = [x.shape[i] if i in axes else 1 for i in range(x.ndim)]
    weights = kernels.reshape(kernels.transpose(weights, order), shape)
    return kernels.broadcast_to(weights, x.shape)


def _bincount_dtypes(x, weights=None):
    return (None,) if weights is None else (None, _weights_dtype(weights))


def _weights_dtype(name):
    return "int32" if name == "bool" else promote(name)


@op("x", "weights", dtype=_bincount_dtypes)
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each of 0, 1, 2, ... occurs, as int32, or the sum of their weights.

    The number of bins is `max(x) + 1`, at least `minlength`. As it depends on what `x` holds, there
    is no `bincount` in compiled code.

    Args:
        x: non-negative integers, (n,) or (batch, n) for counts row by row.
        weights: tensor of the shape of `x`; its dtype is that of the result.
        minlength: least number of bins.
        sparse: must be False: the engine has dense tensors only.

    Raises:
        ValueError: if `x` holds negative numbers or has another rank, or `weights` another shape.
        TypeError: if `x` holds no integers.
    """
    _check_bincount(x, weights, sparse)
    if engine.is_traced(x):
        raise ValueError(
            "bincount: the number of bins depends on what `x` holds, which is not known in compiled"
            " code. Sum `one_hot(x, num_classes)` instead."
        )
    numbers = x.astype("int32")
    bins = max(int(minlength), 0)
    if math.prod(x.shape):
        if int(kernels.min(numbers)) < 0:
            raise ValueError("bincount: `x` must hold no negative numbers.")
        bins = max(bins, int(kernels.max(numbers)) + 1)
    values = kernels.ones(x.shape, "int32") if weights is None else _wide(weights)
    batch = x.shape[:-1]
    places = numbers + _row_starts(batch, bins)
    size = math.prod(batch) * bins
    counts = kernels.scatter(
        kernels.reshape(places, (-1, 1)), kernels.reshape(values, (-1,)), (size,)
    )
    counts = kernels.reshape(counts, (*batch, bins))
    return counts if weights is None else counts.astype(weights.dtype)


def _check_bincount(x, weights, sparse):
    if sparse:
        raise ValueError("The JAX engine has no sparse tensors: leave out `sparse`.")
    if "int" not in str(x.dtype) and str(x.dtype) != "bool":
        raise TypeError(f"bincount: `x` must hold integers. Received: x.dtype={x.dtype}")
    if len(x.shape) not in (1, 2):
        raise ValueError(
            f"bincount: `x` must have one or two axes. Received: x.shape={tuple(x.shape)}"
        )
    if weights is not None and tuple(weights.shape) != tuple(x.shape):
        raise ValueError(
            "bincount: `weights` must have the shape of `x`. Received: "
            f"x.shape={tuple(x.shape)}, weights.shape={tuple(weights.shape)}"
        )


def _row_starts(batch, bins):
    if not batch:
        return kernels.zeros((), "int32")
    return kernels.reshape(
        kernels.arange(0, batch[0] * max(bins, 1), max(bins, 1), "int32"), (-1, 1)
    )


def _bincount_spec(self, x, weights=None):
    # No shape rule can say how many bins there will be, nor can tracing.
    _check_bincount(x, weights, self.static.get("sparse", False))
    dtype = "int32" if weights is None else _weights_dtype(str(weights.dtype))
    return KerasTensor((*x.shape[:-1], None), dtype)


bincount.operation.compute_output_spec = _bincount_spec


def _histogram(x, bins, range):
    wide = _wide(x)
    if range is not None:
        low, high = (kernels.full((), float(end), wide.dtype) for end in range)
    elif 0 in x.shape:
        low, high = kernels.zeros((), wide.dtype), kernels.ones((), wide.dtype)
    else:
        low, high = kernels.min(wide), kernels.max(wide)
    single = low == high
    low = kernels.where(single, low - 0.5, low)
    high = kernels.where(single, high + 0.5, high)
    edges = kernels.linspace(low, high, bins + 1, dtype=wide.dtype)
    inside = kernels.logical_and(wide >= low, wide <= high)
    places = kernels.searchsorted(edges, wide, "right") - 1
    places = kernels.clip(places, 0, bins - 1)
    counts = kernels.scatter(places[:, None], inside.astype("int32"), (bins,))
    return counts.astype(x.dtype), edges.astype(x.dtype)


_histogram = engine.fuse(_histogram, ["bins", "range"])


@op("x", dtype=promote_float)
def histogram(x, bins=10, range=None):
    """How many elements fall into each of equally wide bins.

    Args:
        x: tensor of one axis.
        bins: number of bins.
        range: lowest and highest edge, by default the smallest and largest element; half a unit to
            either side where these are equal. What lies outside is not counted, nor is NaN.

    Returns:
        Counts, (bins,), and edges, (bins + 1,), both in the float dtype of `x`. A bin holds its
        lower edge, the last one also its upper.

    Raises:
        TypeError: if `bins` is no int.
        ValueError: if `bins` is not positive, `range` no ascending pair, or `x` has not one axis.
    """
    if not isinstance(bins, numbers.Integral) or isinstance(bins, bool):
        raise TypeError(f"histogram: `bins` must be an int. Received: bins of type {type(bins)}")
    if bins < 1:
        raise ValueError(
            "histogram: Argument `bins` should be a non-negative integer, and not 0. "
            f"Received: bins={bins}"
        )
    if range is not None:
        range = tuple(range)
        if len(range) != 2:
            raise ValueError(
                "histogram: Argument `range` must be a tuple of two elements. "
                f"Received: range={range}"
            )
        if not range[0] <= range[1]:
            raise ValueError(
                "histogram: The second element of `range` must be greater than the first, or equal."
                f" Received: range={range}"
            )
    if x.ndim != 1:
        raise ValueError(
            f"histogram: Input tensor must be 1-dimensional. Received: x.shape={tuple(x.shape)}"
        )
    return _histogram(x, bins, range)


def _covariance(x, weights, ddof):
    """Covariance of the rows of `x`, each observation (column) weighted."""
    if weights is None:
        weights = kernels.ones((x.shape[1],), x.dtype)
    total = kernels.sum(weights)
    centred = x - kernels.sum(x * weights, axis=1, keepdims=True) / total
    products = kernels.matmul(centred, kernels.conj(kernels.transpose(centred * weights)))
    freedom = kernels.real(total) - ddof
    return products / kernels.maximum(freedom, freedom.dtype.type(0)).astype(products.dtype)


def _variables(x, name, rowvar=True):
    """A tensor of one or two axes as a matrix whose rows are variables."""
    if x.ndim > 2:
        raise ValueError(
            f"`{name}` must have at most two axes. Received: {name}.shape={tuple(x.shape)}"
        )
    rows = kernels.reshape(x, (1, -1)) if x.ndim < 2 else x
    return rows if rowvar or x.ndim < 2 else kernels.transpose(rows)


@op("x", "y", "fweights", "aweights", dtype=promote_float)
def cov(x, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    """Covariance of each pair of variables.

    Args:
        x: (variables, observations), or (observations,) for a single variable.
        y: more variables, of the same form.
        rowvar: whether rows are variables; if not, columns are.
        bias: whether to divide by the number of observations n, instead of n - 1.
        ddof: divide by n - ddof, whatever `bias` says.
        fweights: (observations,), how often each was made.
        aweights: (observations,), how much each counts.

    Returns:
        A matrix, (variables, variables); the variance as a scalar if there is one variable.

    Raises:
        ValueError: if `x` or `y` has more than two axes, or their observations differ in number.
    """
    rows = _wide(_variables(x, "x", rowvar))
    if y is not None:
        more = _wide(_variables(y, "y", rowvar))
        if more.shape[1] != rows.shape[1]:
            raise ValueError(
                "cov: `x` and `y` must have equally many observations. Received: "
                f"x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
            )
        rows = kernels.concatenate([rows, more], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = _observation_weights(rows, fweights, aweights)
    if weights is not None and aweights is not None:
        # As in NumPy: reliability weights lower the number of degrees of freedom.
        ddof = ddof * kernels.real(kernels.sum(weights * _wide(aweights)) / kernels.sum(weights))
    found = _covariance(rows, weights, ddof).astype(x.dtype)
    return kernels.squeeze(found) if rows.shape[0] == 1 else found


def _observation_weights(rows, fweights, aweights):
    given = {"fweights": fweights, "aweights": aweights}
    for name, weights in given.items():
        if weights is not None and tuple(weights.shape) != (rows.shape[1],):
            raise ValueError(
                f"cov: `{name}` must have the shape ({rows.shape[1]},). "
                f"Received: {name}.shape={tuple(weights.shape)}"
            )
    found = [_wide(weights) for weights in given.values() if weights is not None]
    return None if not found else found[0] if len(found) == 1 else found[0] * found[1]


@op("x", dtype=promote_float, fuse=True)
def corrcoef(x):
    """Pearson's correlation coefficient of each pair of variables, in [-1, 1]; NaN where one is
    constant.

    Args:
        x: (variables, observations), or (observations,) for a single variable.

    Returns:
        A matrix, (variables, variables); a scalar if there is one variable in a vector.

    Raises:
        ValueError: if `x` has more than two axes.
    """
    rows = _wide(_variables(x, "x"))
    centred = rows - kernels.mean(rows, axis=1, keepdims=True)
    squares = kernels.square(kernels.real(centred)) + kernels.square(kernels.imag(centred))
    spread = kernels.sqrt(kernels.sum(squares, axis=1, keepdims=True))
    unit = centred / spread.astype(centred.dtype)
    found = kernels.matmul(unit, kernels.conj(kernels.transpose(unit)))
    if "complex" not in str(found.dtype):
        found = kernels.clip(found, -1, 1)
    found = found.astype(x.dtype)
    return kernels.squeeze(found) if x.ndim < 2 else found


@op("x1", "x2", dtype=promote_float)
def correlate(x1, x2, mode="valid"):
    """Sums of products of `x1` with the conjugate of `x2` shifted along it.

    Args:
        x1, x2: tensors of one axis.
        mode: which shifts: `"valid"` where the shorter lies inside the longer, `"full"` where they
            overlap, `"same"` the middle ones of these, as many as the longer has elements.

    Raises:
        ValueError: if a tensor is empty or has not one axis, or for another `mode`.
    """
    if mode not in MODES:
        raise ValueError(f"correlate: `mode` must be one of {MODES}. Received: mode={mode!r}")
    if x1.ndim != 1 or x2.ndim != 1 or 0 in (*x1.shape, *x2.shape):
        raise ValueError(
            "correlate: `x1` and `x2` must have one axis and at least one element. Received: "
            f"x1.shape={tuple(x1.shape)}, x2.shape={tuple(x2.shape)}"
        )
    return kernels.correlate(_wide(x1), _wide(x2), mode).astype(x1.dtype)


@op("a", fuse=True)
def diff(a, n=1, axis=-1):
    """Differences of neighbours along `axis`, taken `n` times; of booleans, whether they differ.

    Raises:
        ValueError: if `a` is a scalar or `n` negative.
    """
    if n < 0:
        raise ValueError(f"diff: `n` must not be negative. Received: n={n}")
    if a.ndim < 1:
        raise ValueError("diff: `a` must have at least one axis. Received: a.shape=()")
    before = [slice(None)] * a.ndim
    axis = canonicalize_axis(axis, a.ndim)
    after, before[axis] = list(before), slice(None, -1)
    after[axis] = slice(1, None)
    for _ in range(n):
        high, low = a[tuple(after)], a[tuple(before)]
        a = kernels.not_equal(high, low) if str(a.dtype) == "bool" else high - low
    return a


def _trapezoid_dtype(y, x=None):
    return promote_float(y) if x is None else promote_float(y, x)


@op("y", "x", dtype=_trapezoid_dtype)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral along `axis` by the trapezoidal rule.

    Args:
        y: values, a tensor of at least one axis.
        x: where they are: a vector as long as `axis`, or a tensor of the shape of `y`.
        dx: their distance, if there is no `x`.
        axis: int.

    Raises:
        ValueError: if `y` is a scalar or `x` has another shape than said.
    """
    axis = canonicalize_axis(axis, y.ndim)
    last = kernels.moveaxis(_wide(y), axis, -1)
    sums = (last[..., 1:] + last[..., :-1]) * 0.5
    if x is None:
        return kernels.sum(sums * dx, axis=-1).astype(y.dtype)
    if tuple(x.shape) not in ((y.shape[axis],), tuple(y.shape)):
        raise ValueError(
            "trapezoid: `x` must be a vector as long as `axis` of `y`, or have the shape of `y`. "
            f"Received: y.shape={tuple(y.shape)}, x.shape={tuple(x.shape)}, axis={axis}"
        )
    places = _wide(x) if x.ndim == 1 else kernels.moveaxis(_wide(x), axis, -1)
    return kernels.sum(sums * (places[..., 1:] - places[..., :-1]), axis=-1).astype(y.dtype)
