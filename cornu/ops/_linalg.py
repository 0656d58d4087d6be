"""Decompositions, inverses and solutions.

A matrix is the last two axes of a tensor, leading axes are batches. Half precision, in which no
engine decomposes, is computed in float32. Singular matrices raise no errors: what has no solution
comes out as infinities and NaN, as in compiled code.
"""

from cornu.backend import engine, kernels
from cornu.core import config, dtypes, tree
from cornu.core.errors import DefiniteError
from cornu.ops._reduce import _wide
from cornu.state.variable import value_of
from cornu.symbolic.op import op, promote_float
from cornu.symbolic.operation import Operation, has_symbolic


def _check_matrix(x, what, square=True):
    """ValueError unless `x` is a (square) matrix or a batch of such."""
    if x.ndim < 2:
        raise ValueError(f"{what}: expected a matrix or a batch of such. {_shape(x)}")
    rows, columns = x.shape[-2:]
    known = isinstance(rows, int), isinstance(columns, int)
    if square and all(known) and rows != columns:
        raise ValueError(f"{what}: expected square matrices. {_shape(x)}")
    if square and any(known) and not all(known):
        raise DefiniteError(
            f"{what}: expected square matrices, of which both sizes are known or neither. "
            f"{_shape(x)}"
        )


def _shape(x):
    return f"Received an input of shape {tuple(x.shape)}"


def _narrowed(found, dtype):
    """Results in the dtype that was asked for, where that is half precision."""
    if str(dtype) not in ("float16", "bfloat16"):
        return found
    return tuple(x.astype(dtype) if "float" in str(x.dtype) else x for x in found)


def _adjoint(x):
    return kernels.conj(kernels.swapaxes(x, -1, -2)) if _is_complex(x) else _transposed(x)


def _transposed(x):
    return kernels.swapaxes(x, -1, -2)


def _is_complex(x):
    return "complex" in str(x.dtype)


@op("x", dtype=promote_float, family="linalg")
def qr(x, mode="reduced"):
    """Orthogonal and upper triangular factors of each matrix.

    Args:
        x: (..., m, n).
        mode: `"reduced"` for factors (..., m, k) and (..., k, n) with k = min(m, n), `"complete"`
            for (..., m, m) and (..., m, n).

    Raises:
        ValueError: for another `mode`, or if `x` has less than two axes.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            "qr: unknown `mode`. Expected one of {'reduced', 'complete'}. "
            f"Received: mode={mode!r}"
        )
    _check_matrix(x, "qr", square=False)
    return _narrowed(tuple(kernels.qr(_wide(x), mode)), x.dtype)


@op("x", dtype=promote_float, family="linalg")
def cholesky(x, upper=False):
    """Triangular factor L of each positive definite matrix `L @ L^H`; of `(x + x^H) / 2` if `x` is
    not Hermitian.

    Args:
        x: (..., n, n).
        upper: whether to return L^H instead, which is upper triangular.

    Raises:
        ValueError: if matrices are not square, or one is not positive definite. In compiled code
            the factor of such a matrix is NaN.
    """
    _check_matrix(x, "cholesky")
    factor = kernels.cholesky(_wide(x))
    if not engine.is_traced(factor) and bool(kernels.any(kernels.isnan(factor))):
        raise ValueError(f"cholesky: a matrix is not positive definite. {_shape(x)}")
    return (_adjoint(factor) if upper else factor).astype(x.dtype)


@op("x", dtype=promote_float, family="linalg", keras_name="CholeskyInverse")
def cholesky_inverse(x, upper=False):
    """Inverse of the matrix whose Cholesky factor is `x`.

    Args:
        x: (..., n, n), of which only the triangle is read.
        upper: whether `x` is the upper factor, not the lower.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "cholesky_inverse")
    wide = _wide(x)
    identity = kernels.broadcast_to(kernels.eye(x.shape[-1], None, 0, wide.dtype), wide.shape)
    inverse = kernels.solve_triangular(wide, identity, not upper)
    pair = (inverse, _adjoint(inverse)) if upper else (_adjoint(inverse), inverse)
    return kernels.matmul(*pair).astype(x.dtype)


@op("x", dtype=promote_float, family="linalg")
def det(x):
    """Determinant of each square matrix.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "det")
    return kernels.det(_wide(x)).astype(x.dtype)


@op("x", dtype=promote_float)
def slogdet(x):
    """Sign of the determinant of each square matrix and logarithm of its absolute value: 0 and -inf
    for a singular one.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "slogdet")
    return _narrowed(kernels.slogdet(_wide(x)), x.dtype)


@op("x", dtype=promote_float, family="math")
def logdet(x):
    """Logarithm of the absolute value of the determinant of each square matrix; -inf for a singular
    one.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "logdet")
    return kernels.slogdet(_wide(x))[1].astype(kernels.real(x).dtype)


@op("x", dtype=promote_float, family="linalg")
def eig(x):
    """Eigenvalues, (..., n), and eigenvectors, as columns of (..., n, n), of each square matrix.

    They are complex also where all are real, and in no certain order. Eigenvectors have length 1
    and no gradient.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "eig")
    return kernels.eig(_wide(x))


@op("x", dtype=promote_float, family="linalg")
def eigh(x):
    """Eigenvalues, (..., n) ascending, and eigenvectors, as columns of (..., n, n), of each
    Hermitian matrix; of `(x + x^H) / 2` if `x` is not Hermitian.

    Eigenvectors of equal eigenvalues have no gradient.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "eigh")
    return _narrowed(kernels.eigh(_wide(x)), x.dtype)


@op("x", dtype=promote_float, family="linalg", keras_name="SVD")
def svd(x, full_matrices=True, compute_uv=True):
    """Singular value decomposition of each matrix: `x = u @ diag(s) @ vh`.

    Args:
        x: (..., m, n).
        full_matrices: whether `u` is (..., m, m) and `vh` (..., n, n), instead of (..., m, k) and
            (..., k, n) with k = min(m, n). Then there is no gradient unless m = n.
        compute_uv: whether to return `u, s, vh`, or `s` alone.

    Returns:
        `u`, `s`, `vh`; `s` is (..., k), descending. Vectors of equal values have no gradient.

    Raises:
        ValueError: if `x` has less than two axes.
    """
    _check_matrix(x, "svd", square=False)
    found = kernels.svd(_wide(x), full_matrices, compute_uv)
    if compute_uv:
        return _narrowed(found, x.dtype)
    return _narrowed((found,), x.dtype)[0]


@op("x", dtype=promote_float, family="linalg")
def lu_factor(x):
    """Triangular factors of each matrix with rows exchanged.

    Args:
        x: (..., m, n).

    Returns:
        Both factors in one tensor, (..., m, n), the lower one without its diagonal of ones; and
        pivots, (..., min(m, n)) of int32: row i was exchanged with row `pivots[i]`.

    Raises:
        ValueError: if `x` has less than two axes.
    """
    _check_matrix(x, "lu_factor", square=False)
    return _narrowed(kernels.lu_factor(_wide(x)), x.dtype)


@op("x", dtype=promote_float, family="linalg")
def inv(x):
    """Inverse of each square matrix; infinities and NaN for a singular one.

    Raises:
        ValueError: if matrices are not square.
    """
    _check_matrix(x, "inv")
    return kernels.inv(_wide(x)).astype(x.dtype)


@op("x", dtype=promote_float, family="linalg")
def pinv(x, rcond=None):
    """Pseudo-inverse (Moore-Penrose), (..., n, m), of each matrix (..., m, n).

    Args:
        rcond: singular values up to `rcond` times the largest count as 0; by default 10 max(m, n)
            units in the last place of 1.

    Raises:
        ValueError: if `x` has less than two axes.
    """
    _check_matrix(x, "pinv", square=False)
    return kernels.pinv(_wide(x), rcond).astype(x.dtype)


def _tolerance(x):
    """Below which part of the largest singular value another counts as 0."""
    return max(x.shape[-2:]) * 2.0 ** (-52 if str(x.dtype) in ("float64", "complex128") else -23)


@op("x", dtype=promote_float, family="linalg")
def matrix_rank(x, tol=None):
    """Number of singular values of each matrix that are not 0, as int32.

    Args:
        tol: singular values up to it count as 0; by default max(m, n) units in the last place of
            the largest one.

    Raises:
        ValueError: if `x` has less than two axes.
    """
    _check_matrix(x, "matrix_rank", square=False)
    wide = _wide(x)
    values = kernels.svd(wide, False, False)
    if tol is None:
        tol = kernels.max(values, axis=-1, keepdims=True) * _tolerance(wide)
    return kernels.sum((values > tol).astype("int32"), axis=-1)


@op("x", family="linalg")
def matrix_power(x, n):
    """Each square matrix multiplied by itself `n` times, the identity for 0, the inverse for
    -1 and its powers below; integers become floats for negative `n` only.

    Raises:
        TypeError: if `n` is no int.
        ValueError: if matrices are not square.
    """
    if not isinstance(n, int):
        raise TypeError(f"matrix_power: `n` must be an int. Received: n of type {type(n)}")
    _check_matrix(x, "matrix_power")
    if n < 0:
        floats = "float" in str(x.dtype) or _is_complex(x)
        found = inv(x if floats else x.astype(dtypes.narrow(config.floatx())))
        return matrix_power(found, -n)
    result = None
    while n:
        if n % 2:
            result = x if result is None else kernels.matmul(result, x)
        n //= 2
        x = kernels.matmul(x, x) if n else x
    if result is None:
        return kernels.broadcast_to(kernels.eye(x.shape[-1], None, 0, x.dtype), x.shape)
    return result


def _solution(solve, what, a, b):
    """`solve` for right-hand sides that are vectors, (..., n), or matrices, (..., n, k)."""
    _check_matrix(a, what)
    vectors = b.ndim == 1 or tuple(b.shape) == tuple(a.shape[:-1])
    if b.ndim < 1 or (not vectors and b.ndim < 2):
        raise ValueError(f"{what}: `b` must not be a scalar. {_pair(a, b)}")
    rows = b.shape[-1] if vectors else b.shape[-2]
    if isinstance(rows, int) and isinstance(a.shape[-1], int) and rows != a.shape[-1]:
        raise ValueError(f"{what}: `b` must have as many rows as `a`. {_pair(a, b)}")
    if not vectors and isinstance(rows, int) != isinstance(a.shape[-1], int):
        raise DefiniteError(
            f"{what}: of the rows of `a` and those of `b` both must be known, or neither."
            f" {_pair(a, b)}"
        )
    for first, second in zip(a.shape[-3::-1], b.shape[-2 if vectors else -3 :: -1], strict=False):
        if isinstance(first, int) and isinstance(second, int) and 1 != first != second != 1:
            raise ValueError(f"{what}: the batches of `a` and `b` do not match. {_pair(a, b)}")
    right = _wide(b)[..., None] if vectors else _wide(b)
    found = solve(_wide(a), right).astype(a.dtype)
    return found[..., 0] if vectors else found


def _pair(a, b):
    return f"Received: a.shape={tuple(a.shape)}, b.shape={tuple(b.shape)}"


@op("a", "b", dtype=promote_float, family="linalg")
def solve(a, b):
    """Solution x of `a @ x = b`; infinities and NaN where a matrix is singular.

    Args:
        a: (..., n, n).
        b: (..., n, k) matrices, or vectors: (n,), or the shape of `a` without its last axis.

    Raises:
        ValueError: if matrices are not square, or the shapes don't match.
    """
    return _solution(kernels.solve, "solve", a, b)


@op("a", "b", dtype=promote_float, family="linalg", keras_name="SolveTriangular")
def solve_triangular(a, b, lower=False):
    """Solution x of `a @ x = b` for triangular `a`, whose other triangle is not read.

    Args:
        a: (..., n, n).
        b: (..., n, k) matrices, or vectors: (n,), or the shape of `a` without its last axis.
        lower: whether `a` is lower triangular, not upper.

    Raises:
        ValueError: if matrices are not square, or the shapes don't match.
    """

    def solved(matrix, right):
        return kernels.solve_triangular(matrix, right, lower)

    return _solution(solved, "solve_triangular", a, b)


@op("a", "b", dtype=promote_float, family="linalg")
def lstsq(a, b, rcond=None):
    """The shortest x among those with the least `norm(a @ x - b)`.

    Args:
        a: (m, n).
        b: (m,) or (m, k).
        rcond: singular values of `a` up to `rcond` times the largest count as 0; by default
            max(m, n) units in the last place of 1.

    Returns:
        x: (n,) or (n, k).

    Raises:
        ValueError: if `a` is no matrix, or `b` not of as many rows.
    """
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ValueError(f"lstsq: `a` must be a matrix, `b` a vector or matrix. {_pair(a, b)}")
    if isinstance(a.shape[0], int) and isinstance(b.shape[0], int) and a.shape[0] != b.shape[0]:
        raise ValueError(f"lstsq: `b` must have as many rows as `a`. {_pair(a, b)}")
    wide = _wide(a)
    inverse = kernels.pinv(wide, _tolerance(wide) if rcond is None else rcond)
    return kernels.matmul(inverse, _wide(b)).astype(a.dtype)


class JVP(Operation):
    """`jvp` as the node of a graph."""

    def __init__(self, fun, has_aux=False, name=None):
        super().__init__(name=name)
        self.fun, self.has_aux = fun, has_aux

    def call(self, primals, tangents):
        return jvp(self.fun, primals, tangents, self.has_aux)


def jvp(fun, primals, tangents, has_aux=False):
    """Value of `fun` at `primals` and its derivative in the direction `tangents`.

    Args:
        fun: function of tensors, `fun(*primals)`, to tensors.
        primals: tuple or list of what `fun` takes: tensors or nests of such.
        tangents: the same structure, shapes and dtypes.
        has_aux: whether `fun` returns a pair, of which the second is only passed on.

    Returns:
        `(value, derivative)`, or `(value, derivative, auxiliary)`.

    Raises:
        TypeError: if `primals` or `tangents` is neither a tuple nor a list.
        ValueError: if their structures or shapes differ.
    """
    for name, given in {"primals": primals, "tangents": tangents}.items():
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"jvp: `{name}` must be a tuple or a list, not {type(given).__name__}")
    if has_symbolic((primals, tangents), {}):
        return JVP(fun, has_aux)(primals, tangents)
    primals, tangents = (_tensors(tuple(given)) for given in (primals, tangents))
    tree.assert_same_structure(primals, tangents)
    for at, towards in zip(tree.flatten(primals), tree.flatten(tangents), strict=True):
        if tuple(at.shape) != tuple(towards.shape):
            raise ValueError(
                "jvp: `primals` and `tangents` must have the same shapes. "
                f"Received: {tuple(at.shape)} and {tuple(towards.shape)}"
            )
    return engine.jvp(fun, primals, tangents, has_aux)


def _tensors(given):
    return tree.map_structure(lambda value: engine.asarray(value_of(value)), given)
