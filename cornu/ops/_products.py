"""Products of vectors, matrices and tensors."""

from cornu.backend import kernels
from cornu.core.shapes import canonicalize_axis
from cornu.ops._reduce import _sum_dtype
from cornu.symbolic.op import is_symbolic, op, promote


def _shapes(x1, x2):
    return f"Received: x1.shape={tuple(x1.shape)}, x2.shape={tuple(x2.shape)}"


def _need_equal(first, second, what, x1, x2):
    # Unknown sizes are symbols here, which are equal to themselves alone.
    if isinstance(first, int) and isinstance(second, int) and first != second:
        raise ValueError(f"{what}. {_shapes(x1, x2)}")


@op("x1", "x2", dtype=promote)
def matmul(x1, x2):
    """Matrix product over the last two axes; leading axes broadcast, a vector is a row or
    column.

    Raises:
        ValueError: if a tensor is a scalar, or the sizes don't match.
    """
    if x1.ndim == 0 or x2.ndim == 0:
        raise ValueError(f"matmul: a scalar is no matrix, use `multiply`. {_shapes(x1, x2)}")
    rows = x2.shape[-2] if x2.ndim > 1 else x2.shape[0]
    if x1.shape[-1] != rows:
        _need_equal(
            x1.shape[-1], rows, "matmul: a row of `x1` must be as long as a column of `x2`", x1, x2
        )
    return kernels.matmul(x1, x2)


@op("x1", "x2", dtype=promote)
def dot(x1, x2):
    """Sum of products over the last axis of `x1` and the last but one of `x2`; a scalar
    multiplies.

    Raises:
        ValueError: if the sizes of these axes differ.
    """
    if x1.ndim == 0 or x2.ndim == 0:
        return x1 * x2
    axes = (x1.ndim - 1, max(x2.ndim - 2, 0))
    what = "dot: the last axis of `x1` must be as long as the last but one of `x2`"
    _need_equal(x1.shape[axes[0]], x2.shape[axes[1]], what, x1, x2)
    return kernels.tensordot(x1, x2, axes)


@op("x1", "x2", dtype=promote)
def inner(x1, x2):
    """Sum of products over the last axis of both; a scalar multiplies.

    Raises:
        ValueError: if the last axes differ in size.
    """
    if x1.ndim == 0 or x2.ndim == 0:
        return x1 * x2
    what = "inner: the last dimension of `x1` must be as long as that of `x2`"
    _need_equal(x1.shape[-1], x2.shape[-1], what, x1, x2)
    return kernels.tensordot(x1, x2, (x1.ndim - 1, x2.ndim - 1))


@op("x1", "x2", dtype=promote)
def vdot(x1, x2):
    """Sum of products of the conjugates of all elements of `x1` with those of `x2`, a scalar.

    Raises:
        ValueError: if the tensors differ in their number of elements.
    """
    _need_equal(x1.size, x2.size, "vdot: `x1` and `x2` must have equally many elements", x1, x2)
    if "complex" in str(x1.dtype):
        x1 = kernels.conj(x1)
    return kernels.tensordot(kernels.reshape(x1, (-1,)), kernels.reshape(x2, (-1,)), 1)


@op("x1", "x2", dtype=promote, fuse=True)
def outer(x1, x2):
    """Product of each element of `x1` with each of `x2`: a matrix, (x1.size, x2.size)."""
    return kernels.reshape(x1, (-1, 1)) * kernels.reshape(x2, (1, -1))


@op("x1", "x2", dtype=promote, fuse=True)
def kron(x1, x2):
    """Kronecker product: `x1` with each element replaced by its product with the whole of `x2`."""
    rank = max(x1.ndim, x2.ndim)
    one = (*(1,) * (rank - x1.ndim), *x1.shape)
    two = (*(1,) * (rank - x2.ndim), *x2.shape)
    apart = [size for n in one for size in (n, 1)], [size for n in two for size in (1, n)]
    products = kernels.reshape(x1, apart[0]) * kernels.reshape(x2, apart[1])
    return kernels.reshape(products, tuple(m * n for m, n in zip(one, two, strict=True)))


@op("x1", "x2", dtype=promote)
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Vector product of vectors with two or three components; of two times two, the third
    component alone.

    Args:
        x1, x2: tensors that broadcast against each other, apart from the axes of components.
        axisa, axisb, axisc: the axis of components of `x1`, of `x2` and of the result.
        axis: one for all three, if given.

    Raises:
        ValueError: if vectors have other than two or three components, or shapes don't match.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    axisa, axisb = canonicalize_axis(axisa, x1.ndim), canonicalize_axis(axisb, x2.ndim)
    if x1.shape[axisa] not in (2, 3) or x2.shape[axisb] not in (2, 3):
        raise ValueError(f"cross: vectors must have 2 or 3 components. {_shapes(x1, x2)}")
    left = [size for i, size in enumerate(x1.shape) if i != axisa]
    right = [size for i, size in enumerate(x2.shape) if i != axisb]
    for first, second in zip(reversed(left), reversed(right), strict=False):
        if first != 1 and second != 1:
            what = "cross: but for the axes of components, `x1` and `x2` must broadcast"
            _need_equal(first, second, what, x1, x2)
    return kernels.cross(x1, x2, axisa, axisb, axisc)


@op("x1", "x2", dtype=promote)
def tensordot(x1, x2, axes=2):
    """Sum of products over the given axes: a count, or a pair of axis lists.

    Raises:
        ValueError: if these axes differ in size.
    """
    try:
        return kernels.tensordot(x1, x2, axes)
    except (TypeError, IndexError) as error:
        raise ValueError(
            f"tensordot: the shapes do not match along `axes`={axes}. {_shapes(x1, x2)}"
        ) from error


@op("operands", lists=["operands"], dtype=promote)
def _einsum(operands, subscripts):
    return kernels.einsum(subscripts, *operands)


def _einsum_call(self, *operands):
    return self.function(list(operands), **self.static)


# In a node, as files have it, the operands stand side by side.
_einsum.operation.call = _einsum_call


def einsum(subscripts, *operands, **kwargs):
    """Sum of products in Einstein's notation.

    Args:
        subscripts: the letters of each operand's axes, and of the result's after `->`, such as
            `"ij,jk->ik"`; without `->`, those that occur once, in alphabetical order. `...` are
            axes that broadcast.
        *operands: tensors.

    Raises:
        TypeError: for other arguments than these, and if `subscripts` is no string.
        ValueError: if `subscripts` don't fit the operands.
    """
    if kwargs:
        raise TypeError(f"einsum does not take the arguments {sorted(kwargs)}")
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum: `subscripts` must be a string, not {type(subscripts).__name__}")
    if any(map(is_symbolic, operands)):
        return _einsum.operation(subscripts=subscripts)(*operands)
    return _einsum(list(operands), subscripts=subscripts)


@op("x", dtype=_sum_dtype)
def trace(x, offset=0, axis1=0, axis2=1):
    """Sum along the diagonal `offset` above the main one, of the matrices in the axes `axis1` and
    `axis2`; small integers are summed in 32 bits.

    Raises:
        ValueError: if `x` has less than two axes, or the two are the same.
    """
    if x.ndim < 2:
        raise ValueError(f"trace: `x` needs two axes. Received: x.shape={tuple(x.shape)}")
    if canonicalize_axis(axis1, x.ndim) == canonicalize_axis(axis2, x.ndim):
        raise ValueError(
            f"trace: `axis1` and `axis2` must differ. Received: axis1={axis1}, axis2={axis2}"
        )
    return kernels.trace(x, offset, axis1, axis2)
