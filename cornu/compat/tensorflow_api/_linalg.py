"""`tf.linalg`, with `tf.matmul`, `tf.einsum`, `tf.norm` and `tf.tensordot`."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api._table import fill
from cornu.compat.tensorflow_api._tensors import convert_to_tensor
from cornu.core import tree

TABLE = {
    "cholesky": (ops.cholesky, "input"),
    "cross": (ops.cross, "a b"),
    "det": (ops.det, "input"),
    "eig": (ops.eig, "tensor"),
    "eigh": (ops.eigh, "tensor"),
    "inv": (lambda input: ops.inv(input), "input"),
    "logdet": (ops.logdet, "matrix"),
    "pinv": (lambda a: ops.pinv(a), "a"),
    "trace": (lambda x: ops.trace(x, axis1=-2, axis2=-1), "x"),
}
fill(globals(), TABLE)


def matmul(
    a,
    b,
    transpose_a=False,
    transpose_b=False,
    adjoint_a=False,
    adjoint_b=False,
    a_is_sparse=False,
    b_is_sparse=False,
    output_type=None,
    name=None,
):
    """The matrix product; `transpose_*` exchanges the last two axes, `adjoint_*` conjugates too.

    `a_is_sparse` and `b_is_sparse` are hints, which change no result.
    """
    a, b = _turned(a, transpose_a, adjoint_a), _turned(b, transpose_b, adjoint_b)
    found = ops.matmul(a, b)
    return found if output_type is None else ops.cast(found, output_type)


def _turned(x, transpose, adjoint):
    if not transpose and not adjoint:
        return x
    x = ops.swapaxes(x, -1, -2)
    return ops.conj(x) if adjoint else x


def matvec(a, b, transpose_a=False, adjoint_a=False, name=None):
    """The product of matrices and vectors."""
    found = ops.matmul(_turned(a, transpose_a, adjoint_a), ops.expand_dims(b, -1))
    return ops.squeeze(found, -1)


def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """The last two axes exchanged."""
    return _turned(a, True, conjugate)


def adjoint(matrix, name=None):
    """The last two axes exchanged, the elements conjugated."""
    return _turned(matrix, True, True)


def einsum(equation, *inputs, optimize="greedy", name=None):
    """Products and sums that an equation describes, such as `"ij,jk->ik"`."""
    return ops.einsum(equation, *inputs)


def tensordot(a, b, axes, name=None):
    """The product summed over axes of both: their number, or lists of them."""
    axes = tree.map_structure(int, axes)
    return ops.tensordot(a, b, axes=axes)


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None):
    """The length of vectors, or of matrices where `axis` is a pair; of the whole tensor by
    default."""
    x = convert_to_tensor(tensor)
    pair = isinstance(axis, (list, tuple)) and len(axis) == 2
    if ord in ("euclidean", "fro"):
        squares = ops.square(ops.absolute(x))
        return ops.sqrt(ops.sum(squares, axis=axis, keepdims=bool(keepdims)))
    if axis is None:
        x = ops.reshape(x, (-1,))
    axis = tuple(axis) if pair else axis
    return ops.norm(x, ord=ord, axis=axis, keepdims=bool(keepdims) and axis is not None)


def diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0, align=None):
    """Matrices with a diagonal: the main one, or the one numbered `k`.

    Raises:
        NotImplementedError: for other sizes than the diagonal needs, and several diagonals.
    """
    if num_rows != -1 or num_cols != -1 or padding_value != 0 or not isinstance(k, int):
        raise NotImplementedError("`tf.linalg.diag` makes square matrices with one diagonal here.")
    x = convert_to_tensor(diagonal)
    count = x.shape[-1]
    found = ops.multiply(ops.expand_dims(x, -1), ops.eye(count, dtype=str(x.dtype)))
    if k == 0:
        return found
    widths = ((0, 0),) * (len(x.shape) - 1)
    rows, columns = (max(-k, 0), max(k, 0)), (max(k, 0), max(-k, 0))
    return ops.pad(found, (*widths, rows, columns))


def diag_part(input, name="diag_part", k=0, padding_value=0, align=None):
    """The diagonals of matrices."""
    return ops.diagonal(input, offset=int(k), axis1=-2, axis2=-1)


def tensor_diag(diagonal, name=None):
    """A square tensor with a diagonal."""
    x = convert_to_tensor(diagonal)
    return ops.reshape(ops.diag(ops.reshape(x, (-1,))), tuple(x.shape) * 2)


def tensor_diag_part(input, name=None):
    """The diagonal of a square tensor."""
    x = convert_to_tensor(input)
    half = tuple(x.shape)[: len(x.shape) // 2]
    count = int(np.prod(half))
    return ops.reshape(ops.diagonal(ops.reshape(x, (count, count))), half)


def set_diag(input, diagonal, name="set_diag", k=0, align=None):
    """Matrices with another main diagonal."""
    x = convert_to_tensor(input)
    place = np.eye(*tuple(x.shape)[-2:], k=int(k), dtype=bool)
    rows = np.maximum(np.arange(x.shape[-2]) + min(int(k), 0), 0)
    rows = np.minimum(rows, np.shape(diagonal)[-1] - 1)
    values = ops.expand_dims(ops.take(convert_to_tensor(diagonal), rows, axis=-1), -1)
    return ops.where(place, values, x)


def band_part(input, num_lower, num_upper, name=None):
    """Matrices with zeros outside of a band; a negative number keeps the whole triangle."""
    x = convert_to_tensor(input)
    rows, columns = tuple(x.shape)[-2:]
    distance = np.arange(columns) - np.arange(rows)[:, None]
    inside = np.ones((rows, columns), bool)
    if num_lower >= 0:
        inside &= distance >= -int(num_lower)
    if num_upper >= 0:
        inside &= distance <= int(num_upper)
    return ops.where(inside, x, ops.zeros_like(x))


def solve(matrix, rhs, adjoint=False, name=None):
    """The solution of linear equations."""
    return ops.solve(_turned(matrix, False, adjoint), rhs)


def triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """The solution of linear equations with triangular matrices."""
    lower = not lower if adjoint else lower
    return ops.solve_triangular(_turned(matrix, False, adjoint), rhs, lower=lower)


def cholesky_solve(chol, rhs, name=None):
    """The solution of linear equations whose matrix has the Cholesky factor `chol`."""
    half = ops.solve_triangular(chol, rhs, lower=True)
    return ops.solve_triangular(_turned(chol, False, True), half, lower=False)


def lstsq(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """The least squares solution of linear equations."""
    matrix, rhs = convert_to_tensor(matrix), convert_to_tensor(rhs)
    turned = _turned(matrix, False, True)
    square = ops.matmul(turned, matrix)
    square = square + l2_regularizer * ops.eye(square.shape[-1], dtype=str(square.dtype))
    return ops.solve(square, ops.matmul(turned, rhs))


def qr(input, full_matrices=False, name=None):
    """Orthogonal and triangular factors."""
    return ops.qr(input, mode="complete" if full_matrices else "reduced")


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """Singular values, and left and right vectors, in TensorFlow's order `s, u, v`."""
    if not compute_uv:
        return ops.svd(tensor, compute_uv=False)
    u, s, vh = ops.svd(tensor, full_matrices=full_matrices)
    return s, u, _turned(vh, False, True)


def slogdet(input, name=None):
    """Sign and logarithm of the determinant."""
    return ops.slogdet(input)


def eigvals(tensor, name=None):
    """Eigenvalues."""
    return ops.eig(tensor)[0]


def eigvalsh(tensor, name=None):
    """Eigenvalues of symmetric matrices."""
    return ops.eigh(tensor)[0]


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """The tensor divided by its norm, and the norm."""
    length = norm(tensor, ord, axis, keepdims=True)
    return ops.divide(tensor, length), length


def global_norm(t_list, name=None):
    """The length of all tensors together."""
    squares = [ops.sum(ops.square(each)) for each in t_list if each is not None]
    return ops.sqrt(sum(squares[1:], squares[0]))


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """The tensor, made shorter if its length is above `clip_norm`."""
    length = norm(t, axis=axes, keepdims=True)
    factor = ops.divide(clip_norm, ops.maximum(length, clip_norm))
    found = ops.multiply(t, factor)
    return ops.reshape(found, tuple(t.shape))


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """The tensors, made shorter if their length together is above `clip_norm`, and that length."""
    length = global_norm(t_list) if use_norm is None else use_norm
    factor = ops.divide(clip_norm, ops.maximum(length, clip_norm))
    clipped = [None if each is None else ops.multiply(each, factor) for each in t_list]
    return clipped, length
