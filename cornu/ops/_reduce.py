"""Reductions and scans along axes.

In all of them `x` is a tensor of any shape, `axis` an int, a tuple of ints, or None for all axes,
and `keepdims` keeps reduced axes with size 1.
"""

from cornu.backend import kernels
from cornu.core import dtypes
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


@op("x", dtype=promote_float)
def mean(x, axis=None, keepdims=False):
    """Arithmetic mean along `axis`, a float also for integers."""
    return kernel()


@op("x", dtype=_sum_dtype)
def prod(x, axis=None, keepdims=False, dtype=None):
    """Product along `axis`."""
    return kernel()


@op("x", dtype=promote_float)
def std(x, axis=None, keepdims=False):
    """Standard deviation along `axis`, of the population (divided by n)."""
    return kernel()


@op("x", dtype=_sum_dtype)
def sum(x, axis=None, keepdims=False):
    """Sum along `axis`; small integers are summed in 32 bits."""
    return kernel()


@op("x", dtype=promote_float)
def var(x, axis=None, keepdims=False):
    """Variance along `axis`, of the population (divided by n)."""
    return kernel()


@op("x", dtype=promote_float, family="math", keras_name="Logsumexp")
def logsumexp(x, axis=None, keepdims=False):
    """`log(sum(exp(x)))` along `axis`, without overflow; -inf for all -inf."""
    top = kernels.max(x, axis=axis, keepdims=True)
    top = kernels.where(kernels.isfinite(top), top, kernels.zeros((), top.dtype))
    total = kernels.log(kernels.sum(kernels.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else kernels.squeeze(total, axis=axis)


@op("x")
def count_nonzero(x, axis=None):
    """Number of elements along `axis` that are not zero, as int32."""
    return kernels.sum((x != 0).astype("int32"), axis=axis)


@op("x", family="nn", fuse=True)
def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and variance along `axes`; half precision is computed in float32.

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
    return mean.astype(dtype), variance.astype(dtype)
