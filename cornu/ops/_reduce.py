"""Reductions and scans along axes.

In all of them `x` is a tensor of any shape, `axis` an int, a tuple of ints, or None for all axes,
and `keepdims` keeps reduced axes with size 1.
"""

import math

import ml_dtypes

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.core.shapes import canonicalize_axis
from cornu.symbolic.op import as_bool, kernel, op, promote, promote_float


def _sum_dtype(name):
    # Small integers are summed in 32 bits.
    small = {
        "bool": "int32",
        "int8": "int32",
        "int16": "int32",
        "uint8": "uint32",
        "uint16": "uint32",
    }
    return small.get(name, dtypes.narrow(name)) if isinstance(name, str) else promote(name)


def _axes(axis, rank):
    """`axis` as a tuple of axes counted from the front."""
    if axis is None:
        return tuple(range(rank))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(canonicalize_axis(one, rank) for one in given)
    if len(set(axes)) < len(axes):
        raise ValueError(f"`axis` names an axis twice. Received: axis={axis}")
    return axes


def _wide(x):
    # Sums of squares and the like of half precision are computed in float32.
    return x.astype("float32") if str(x.dtype) in ("float16", "bfloat16") else x


def _root(x):
    """Square root whose gradient at 0 is 0, not infinite."""
    zero = x == 0
    one, nothing = x.dtype.type(1), x.dtype.type(0)
    return kernels.where(zero, nothing, kernels.sqrt(kernels.where(zero, one, x)))


def _scan_dtype(name):
    # Unlike a sum, a running sum stays in the dtype of what it sums.
    return "int32" if name == "bool" else promote(name)


@op("x", dtype=as_bool)
def all(x, axis=None, keepdims=False):
    """Whether all elements along `axis` are true."""
    return kernel()


@op("x", dtype=as_bool)
def any(x, axis=None, keepdims=False):
    """Whether any element along `axis` is true."""
    return kernel()


@op("x")
def argmax(x, axis=None, keepdims=False):
    """Index (int32) of the largest element along `axis`, the first of equals; None is the flattened
    tensor."""
    return kernel()


@op("x")
def argmin(x, axis=None, keepdims=False):
    """Index (int32) of the smallest element along `axis`, the first of equals; None is the
    flattened tensor."""
    return kernel()


@op("x", dtype=_scan_dtype)
def cumsum(x, axis=None, dtype=None):
    """Running sum along `axis`; None is the flattened tensor."""
    return kernel()


@op("x", dtype=_scan_dtype)
def cumprod(x, axis=None, dtype=None):
    """Running product along `axis`; None is the flattened tensor."""
    return kernel()


@op("x")
def max(x, axis=None, keepdims=False, initial=None):
    """Largest element along `axis`, and not below `initial` if given."""
    return kernel()


@op("x")
def min(x, axis=None, keepdims=False, initial=None):
    """Smallest element along `axis`, and not above `initial` if given."""
    return kernel()


@op("x")
def amax(x, axis=None, keepdims=False):
    """Largest element along `axis`."""
    return kernels.max(x, axis=axis, keepdims=keepdims)


@op("x")
def amin(x, axis=None, keepdims=False):
    """Smallest element along `axis`."""
    return kernels.min(x, axis=axis, keepdims=keepdims)


@op("x", dtype=promote_float)
def mean(x, axis=None, keepdims=False):
    """Arithmetic mean along `axis`, a float also for integers."""
    return kernel()


@op("x", dtype=_sum_dtype)
def prod(x, axis=None, keepdims=False, dtype=None):
    """Product along `axis`."""
    return kernel()


@op("x", dtype=promote_float, fuse=True)
def std(x, axis=None, keepdims=False):
    """Standard deviation along `axis`, of the population (divided by n). Its gradient where all
    elements are equal is 0, a convention."""
    variance = kernels.var(_wide(x), axis=axis, keepdims=keepdims)
    return _root(variance).astype(kernels.real(x).dtype)


@op("x", dtype=_sum_dtype)
def sum(x, axis=None, keepdims=False):
    """Sum along `axis`; small integers are summed in 32 bits."""
    return kernel()


@op("x", dtype=promote_float)
def var(x, axis=None, keepdims=False):
    """Variance along `axis`, of the population (divided by n)."""
    return kernel()


@op("x", dtype=promote_float, family="math", keras_name="Logsumexp", fuse=True)
def logsumexp(x, axis=None, keepdims=False):
    """`log(sum(exp(x)))` along `axis`, without overflow.

    It is -inf where all elements are -inf or there are none, and inf where one is inf. The gradient
    is `softmax(x)`; where the result is infinite, the largest elements share it equally.
    """
    wide = _wide(x)
    top = kernels.max(wide, axis=axis, keepdims=True, initial=-math.inf if 0 in x.shape else None)
    finite = kernels.isfinite(top)
    zero = top.dtype.type(0)
    shift = engine.stop_gradient(kernels.where(finite, top, zero))
    total = kernels.sum(
        kernels.exp(kernels.where(finite, wide, zero) - shift), axis=axis, keepdims=True
    )
    usual = kernels.log(kernels.where(finite, total, zero + 1)) + shift
    total = kernels.where(finite, usual, top).astype(x.dtype)
    return total if keepdims else kernels.squeeze(total, axis=axis)


@op("x")
def count_nonzero(x, axis=None):
    """Number of elements along `axis` that are not zero, as int32."""
    return kernels.sum((x != 0).astype("int32"), axis=axis)


@op("x", family="nn", fuse=True)
def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and variance along `axes`; half precision is computed in float32, and what is beyond its
    range becomes the largest finite number.

    Raises:
        NotImplementedError: for `synchronized=True` outside of a program that names its replicas.
    """
    if synchronized:
        raise NotImplementedError("`synchronized=True` is not available yet.")
    dtype = x.dtype
    half = str(dtype) in ("float16", "bfloat16")
    x = x.astype("float32") if half else x
    mean = kernels.mean(x, axis=axes, keepdims=True)
    variance = kernels.mean(kernels.square(x - mean), axis=axes, keepdims=True)
    if not keepdims:
        mean, variance = kernels.squeeze(mean, axis=axes), kernels.squeeze(variance, axis=axes)
    if half:
        largest = float(ml_dtypes.finfo(dtype).max)
        mean, variance = (kernels.clip(m, -largest, largest) for m in (mean, variance))
    return mean.astype(dtype), variance.astype(dtype)
