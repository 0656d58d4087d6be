"""Norms of vectors and matrices, distances of points.

Half precision is computed in float32.
"""

import math

from cornu.backend import kernels
from cornu.core.shapes import canonicalize_axis
from cornu.ops._reduce import _root, _wide
from cornu.symbolic.op import op, promote_float

VECTOR_ORDERS = "a number, inf or -inf"
MATRIX_ORDERS = "None, 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2"


def _is_complex(x):
    return "complex" in str(x.dtype)


def _squares(x):
    """Squared absolute values."""
    return kernels.square(kernels.real(x)) + kernels.square(kernels.imag(x))


def _size(x):
    """Absolute value, whose gradient at 0 is 0."""
    if _is_complex(x):
        return _root(_squares(x))
    return kernels.where(x == 0, x.dtype.type(0), kernels.absolute(x))


@op("x", dtype=promote_float, family="linalg", fuse=True)
def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of vectors or matrices.

    At 0 a norm has no gradient; it is 0 here by convention, and so are the derivatives by single
    elements that are 0 where the norm has a bend or a pole there. Of several equal maxima (orders
    inf, -inf) each gets an equal share.

    Args:
        x: tensor of any shape.
        ord: order. For vectors any number p, `sum(abs(x) ** p) ** (1 / p)`, with inf and -inf the
            largest and smallest `abs(x)`, and 0 the number of elements that are not 0. For matrices
            `"fro"` (Frobenius), `"nuc"` (sum of singular values), 2 and -2 (largest and smallest
            singular value), 1 and -1 (largest and smallest sum of a column), inf and -inf (of a
            row). None is order 2 of a vector, Frobenius of a matrix.
        axis: the axis of vectors, or the two of matrices. None is all axes of a vector or matrix,
            and the flattened tensor if `ord` is None too.
        keepdims: whether these axes are kept with size 1.

    Raises:
        ValueError: for an order that there is not, or other than one or two axes.
    """
    wide = _wide(x)
    given = axis if isinstance(axis, (tuple, list)) else range(x.ndim) if axis is None else (axis,)
    axes = tuple(canonicalize_axis(one, x.ndim) for one in given)
    if ord is None and (axis is None or len(axes) == 2):
        _check_distinct(axes)
        found = _root(kernels.sum(_squares(wide), axis=axes, keepdims=keepdims))
    elif len(axes) == 1:
        found = _vector_norm(wide, ord, axes[0], keepdims)
    elif len(axes) == 2:
        _check_distinct(axes)
        found = _matrix_norm(wide, ord, axes, keepdims)
    else:
        raise ValueError(
            "norm: a norm of this order needs one axis (of vectors) or two (of matrices). "
            f"Received: ord={ord!r}, axis={axis}, x.shape={tuple(x.shape)}"
        )
    return found.astype(kernels.real(x).dtype)


def _check_distinct(axes):
    if len(set(axes)) < len(axes):
        raise ValueError(f"norm: `axis` names an axis twice. Received: axis={axes}")


def _vector_norm(x, ord, axis, keepdims):
    if ord is None or ord == 2:
        return _root(kernels.sum(_squares(x), axis=axis, keepdims=keepdims))
    if isinstance(ord, str):
        raise ValueError(
            f"norm: the order of a vector norm must be {VECTOR_ORDERS}. Received: ord={ord!r}"
        )
    if ord == 0:
        return kernels.sum((x != 0).astype(_size(x).dtype), axis=axis, keepdims=keepdims)
    size = _size(x)
    if ord == math.inf:
        return kernels.max(size, axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return kernels.min(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return kernels.sum(size, axis=axis, keepdims=keepdims)
    # Powers of 0 and roots of 0 stay out of what is differentiated.
    one = size.dtype.type(1)
    at_zero = size.dtype.type(0 if ord > 0 else math.inf)
    powers = kernels.where(size == 0, at_zero, kernels.where(size == 0, one, size) ** ord)
    total = kernels.sum(powers, axis=axis, keepdims=keepdims)
    special = kernels.logical_or(total == 0, total == math.inf)
    return kernels.where(
        special, total ** (1 / ord), kernels.where(special, one, total) ** (1 / ord)
    )


def _matrix_norm(x, ord, axes, keepdims):
    matrices = kernels.moveaxis(x, axes, (-2, -1))
    if ord in (None, "fro"):
        found = _root(kernels.sum(_squares(matrices), axis=(-2, -1)))
    elif ord in (1, -1, math.inf, -math.inf):
        sums = kernels.sum(_size(matrices), axis=-2 if abs(ord) == 1 else -1)
        found = (kernels.max if ord > 0 else kernels.min)(sums, axis=-1)
    elif ord in ("nuc", 2, -2):
        found = _norm_by_singular_values(matrices, ord)
    else:
        raise ValueError(
            f"norm: the order of a matrix norm must be {MATRIX_ORDERS}. Received: ord={ord!r}"
        )
    return kernels.expand_dims(found, sorted(axes)) if keepdims else found


def _norm_by_singular_values(matrices, ord):
    # A matrix of zeros is kept out of the decomposition, so that its gradient is 0.
    nothing = kernels.all(matrices == 0, axis=(-2, -1), keepdims=True)
    zero = matrices.dtype.type(0)
    eye = kernels.eye(*matrices.shape[-2:], 0, matrices.dtype)
    values = kernels.svd(kernels.where(nothing, eye, matrices), False, False)
    if ord == "nuc":
        found = kernels.sum(values, axis=-1)
    else:
        found = (kernels.max if ord == 2 else kernels.min)(values, axis=-1)
    return kernels.where(kernels.squeeze(nothing, (-2, -1)), kernels.real(zero), found)


@op("x", "y", dtype=promote_float, family="math", keras_name="CDist", fuse=True)
def cdist(x, y):
    """Euclidean distance between each point of `x` and each of `y`, exact also for close ones. The
    gradient of the distance of equal points is 0, a convention.

    Args:
        x: (..., m, d): m points in d dimensions.
        y: (..., n, d).

    Returns:
        Distances, (..., m, n).

    Raises:
        ValueError: if a tensor has less than two axes, or the numbers of dimensions differ.
    """
    received = f"Received: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError(f"cdist: `x` and `y` must have two axes or more. {received}")
    if isinstance(x.shape[-1], int) and isinstance(y.shape[-1], int) and x.shape[-1] != y.shape[-1]:
        raise ValueError(f"cdist: points must have equally many dimensions. {received}")
    off = _wide(x)[..., :, None, :] - _wide(y)[..., None, :, :]
    return _root(kernels.sum(_squares(off), axis=-1)).astype(kernels.real(x).dtype)
