"""Products and decompositions of matrices."""

from cornu.backend import kernels
from cornu.symbolic.op import kernel, op, promote, promote_float


@op("x1", "x2", dtype=promote)
def matmul(x1, x2):
    """Matrix product over the last two axes; leading axes broadcast, a vector is a row or
    column."""
    return kernel()


@op("x1", "x2", dtype=promote)
def dot(x1, x2):
    """Sum of products over the last axis of `x1` and the last but one of `x2`; a scalar
    multiplies."""
    if x1.ndim == 0 or x2.ndim == 0:
        return x1 * x2
    axes = (x1.ndim - 1, max(x2.ndim - 2, 0))
    return kernels.tensordot(x1, x2, axes)


@op("x1", "x2", dtype=promote)
def tensordot(x1, x2, axes=2):
    """Sum of products over the given axes: a count, or a pair of axis lists."""
    return kernels.tensordot(x1, x2, axes)


@op("operands", dtype=promote)
def _einsum(operands, subscripts):
    return kernels.einsum(subscripts, *operands)


def einsum(subscripts, *operands, **kwargs):
    """Sum of products in Einstein's notation, such as `"ij,jk->ik"`."""
    if kwargs:
        raise TypeError(f"einsum does not take the arguments {sorted(kwargs)}")
    return _einsum(list(operands), subscripts=subscripts)


@op("x", dtype=promote_float, family="linalg")
def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of vectors (one axis) or matrices (two axes): order 2 / Frobenius unless `ord` says
    otherwise."""
    return kernels.norm(x, ord=ord, axis=axis, keepdims=keepdims)


@op("x", dtype=promote_float, family="linalg")
def qr(x, mode="reduced"):
    """Orthogonal and upper triangular factors of each matrix."""
    return tuple(kernels.qr(x, mode))
