"""Rows of products, norms, distances, decompositions and solutions."""

import math

import numpy as np
from ops.rows import row

from cornu import ops

INF = math.inf


def vectors(r, n):
    return r.normal(n), r.normal(n)


def matrix(r, n):
    return (r.normal(n, 3, 4),)


def square(r, n):
    """Square matrices far from singular."""
    return (r.normal(n, 3, 3) + 4 * np.eye(3, dtype="float32"),)


def tall(r, n):
    return (r.normal(n, 4, 3) + 3 * np.eye(4, 3, dtype="float32"),)


def large(r, n):
    return (r.normal(n, 5, 5) + 6 * np.eye(5, dtype="float32"),)


def integers(r, n):
    return (r.integers(-4, 5, n, 3, 3) + 15 * np.eye(3, dtype="int32"),)


def hermitian(r, n):
    x = r.normal(n, 3, 3) + np.diag([0.0, 6.0, 12.0]).astype("float32")
    return (x + np.swapaxes(x, 1, 2),)


def definite(r, n):
    x = r.normal(n, 3, 3)
    return (x @ np.swapaxes(x, 1, 2) + 3 * np.eye(3, dtype="float32"),)


def complexes(r, n):
    return ((r.complex(n, 3, 3) + 4 * np.eye(3)).astype("complex64"),)


def asymmetric(r, n):
    return (definite(r, n)[0] + r.normal(n, 3, 3) / 4,)


def symmetric(x):
    return (x + np.conj(np.swapaxes(x, -1, -2))) / 2


def distant(r, n):
    """Matrices whose sums and elements have no ties."""
    return (r.distinct(n, 3, 4),)


def just(*values):
    """A sampler of one tensor."""
    return lambda r, n: (np.array(values, "float32"),)


def cross(x1, x2, **axes):
    return np.cross(x1, x2, **axes)


def flat_cross(x1, x2):
    return x1[..., 0] * x2[..., 1] - x1[..., 1] * x2[..., 0]


PRODUCTS = [
    row("inner", lambda r, n: (r.normal(n, 3), r.normal(2, 3)), np.inner, terms=3),
    row("inner", lambda r, n: (r.normal(n, 2, 3), r.normal(3)), np.inner, terms=3),
    row("inner", lambda r, n: (2.0, r.normal(n, 3)), np.inner, terms=3),
    row("inner", lambda r, n: (r.integers(0, 9, n, 3), r.integers(0, 9, 3)), np.inner,
        gradient=False),
    row("outer", lambda r, n: (r.normal(n), r.normal(3)), np.outer),
    row("outer", lambda r, n: (r.normal(n, 2), r.normal(2, 3)), np.outer),
    row("outer", lambda r, n: (r.integers(0, 9, n), r.normal()), np.outer),
    row("kron", lambda r, n: (r.normal(n, 2), r.normal(3, 2)), np.kron),
    row("kron", lambda r, n: (r.normal(2), r.normal(n, 3, 2)), np.kron),
    row("kron", lambda r, n: (r.normal(n, 1, 2), r.normal(2)), np.kron),
    row("kron", lambda r, n: (r.integers(0, 9, n), r.integers(0, 9, 2)), np.kron, gradient=False),
    row("vdot", vectors, np.vdot, terms=7),
    row("vdot", lambda r, n: (r.normal(n, 3), r.normal(n, 3)), np.vdot, terms=21),
    row("vdot", lambda r, n: (r.complex(n), r.complex(n)), np.vdot, terms=21),
    row("cross", lambda r, n: (r.normal(n, 3), r.normal(3)), cross, terms=2),
    row("cross", lambda r, n: (r.normal(3, n), r.normal(3, n)), cross, {"axis": 0}, terms=2),
    row("cross", lambda r, n: (r.normal(3, n), r.normal(n, 3)), cross,
        {"axisa": 0, "axisb": 1, "axisc": 0}, terms=2),
    row("cross", lambda r, n: (r.normal(n, 2), r.normal(n, 2)), flat_cross, terms=2),
    row("cross", lambda r, n: (r.normal(n, 2), r.normal(3)),
        lambda a, b: np.cross(np.pad(a, ((0, 0), (0, 1))), b), terms=2),
    row("cross", lambda r, n: (r.integers(-4, 4, n, 3), r.integers(-4, 4, n, 3)), cross,
        gradient=False),
    row("trace", lambda r, n: (r.normal(n, n),), np.trace, terms=7),
    row("trace", lambda r, n: (r.normal(n, 3, 4),), np.trace, {"offset": 1, "axis1": 1, "axis2": 2},
        terms=3),
    row("trace", lambda r, n: (r.normal(3, n, 4),), np.trace, {"offset": -1, "axis1": -1,
        "axis2": 0}, terms=3),
    row("trace", lambda r, n: (r.normal(n, 3, 3),), np.trace, {"offset": 5, "axis1": 1, "axis2": 2},
        terms=3, gradient=False),
    row("trace", lambda r, n: (r.integers(-9, 9, 4, 4, dtype="int8"),), np.trace, gradient=False),
    row("einsum", lambda r, n: ("...ij,jk", r.normal(n, 2, 3), r.normal(3, 4)), np.einsum, terms=3),
    row("einsum", lambda r, n: ("ba", r.normal(n, 3)), np.einsum, terms=3),
    row("einsum", lambda r, n: ("i...,i...->...", r.normal(3, n), r.normal(3, 1)), np.einsum,
        terms=3),
    row("einsum", lambda r, n: ("ij,jk,kl->il", r.normal(n, 3), r.normal(3, 2), r.normal(2, 4)),
        np.einsum, terms=6),
]  # fmt: skip


def norms(sample, orders, **kwargs):
    """A row for each order."""
    return [row("norm", sample, np.linalg.norm, {"ord": order, **kwargs}, terms=60)
            for order in orders]  # fmt: skip


VECTOR_ORDERS = [None, 1, 2, 3, 0.5, -1, -2.5, INF, -INF]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, INF, -INF]
NORMS = [
    *norms(distant, VECTOR_ORDERS, axis=-1),
    *norms(distant, VECTOR_ORDERS, axis=0, keepdims=True),
    *norms(lambda r, n: (r.distinct(n),), VECTOR_ORDERS),
    *norms(distant, MATRIX_ORDERS, axis=(1, 2)),
    *norms(distant, MATRIX_ORDERS, axis=(-1, 0), keepdims=True),
    *norms(lambda r, n: (r.distinct(n, 4),), MATRIX_ORDERS, keepdims=True),
    *norms(complexes, [None, "fro", "nuc", 2, 1, -INF], axis=(-2, -1)),
    *norms(complexes, [None, 1, 3, INF], axis=0),
    *norms(integers, [None, 2, 1], axis=(1, 2)),
    *norms(lambda r, n: (r.integers(0, 2, n, 9).astype("float32"),), [0], axis=1),
    row("norm", just(3.0, 0.0, -4.0), np.linalg.norm, terms=3),
    *[row("norm", just(3.0, 0.0, -4.0), np.linalg.norm, {"ord": order}, terms=3, gradient=False)
      for order in (0, 0.5, -1, -2.0, INF, -INF)],
    *[row("norm", just(0.0, 0.0), np.linalg.norm, {"ord": order}, terms=2, gradient=False)
      for order in VECTOR_ORDERS],
    *[row("norm", just([0.0, 0.0], [0.0, 0.0]), np.linalg.norm, {"ord": order}, terms=2,
          gradient=False) for order in MATRIX_ORDERS],
    row("norm", just(1.0, INF), np.linalg.norm, terms=2, gradient=False),
    row("norm", lambda r, n: (np.zeros((n, 0), "float32"),), np.linalg.norm, {"axis": 1}, terms=1,
        gradient=False),
]  # fmt: skip


def cdist(x, y):
    return np.sqrt(np.sum((x[..., :, None, :] - y[..., None, :, :]) ** 2, -1))


DISTANCES = [
    row("cdist", lambda r, n: (r.normal(n, 3), r.normal(4, 3)), cdist, terms=3),
    row("cdist", lambda r, n: (r.normal(n, 2, 3), r.normal(4, 3)), cdist, terms=3),
    row("cdist", lambda r, n: (r.normal(2, n, 3), r.normal(2, 4, 3)), cdist, terms=3),
    row("cdist", lambda r, n: (r.integers(0, 9, n, 3), r.integers(0, 9, 4, 3)), cdist, terms=3),
    row("cdist", lambda r, n: (10000 + r.normal(n, 3), 10000 + r.normal(4, 3)), cdist, terms=3,
        gradient=False),
    row("cdist", just([1.0, 2.0], [3.0, 4.0]), lambda x, y: cdist(x, np.array(y)),
        {"y": [[1.0, 2.0]]}, terms=3, gradient=False),
]  # fmt: skip


def cholesky(x, upper=False):
    factor = np.linalg.cholesky(symmetric(x))
    return np.conj(np.swapaxes(factor, -1, -2)) if upper else factor


def cholesky_inverse(x, upper=False):
    factor = np.conj(np.swapaxes(np.triu(x), -1, -2)) if upper else np.tril(x)
    return np.linalg.inv(factor @ np.conj(np.swapaxes(factor, -1, -2)))


def lu_factor(x):
    found = [_lu_of_one(one) for one in x]
    return np.stack([factors for factors, _ in found]), np.stack([rows for _, rows in found])


def _lu_of_one(x):
    """Gauss's elimination with the largest element of a column as its pivot."""
    x, pivots = x.astype("float64"), []
    for k in range(min(x.shape)):
        pivots.append(k + np.argmax(np.abs(x[k:, k])))
        x[[k, pivots[-1]]] = x[[pivots[-1], k]]
        x[k + 1 :, k] /= x[k, k]
        x[k + 1 :, k + 1 :] -= np.outer(x[k + 1 :, k], x[k, k + 1 :])
    return x, np.array(pivots)


def slogdet(x):
    return tuple(np.linalg.slogdet(x))


def svd(x, full_matrices=True, compute_uv=True):
    found = np.linalg.svd(x, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


def triangular(r, n):
    """Upper triangular matrices with different elements on the diagonal."""
    return (np.triu(r.normal(n, 3, 3), 1) + np.diag([1.0, 3.0, 7.0]).astype("float32"),)


FACTORS = [
    *[row("cholesky", sample, cholesky, {"upper": upper}, terms=60)
      for sample in (definite, asymmetric) for upper in (False, True)],
    row("cholesky", lambda r, n: ((10 * np.eye(3) + r.complex(n, 3, 3)).astype("complex64"),),
        cholesky, {"upper": True}, terms=60),
    row("cholesky", just([4, 1], [1, 3]), cholesky, terms=60),
    *[row("cholesky_inverse", sample, cholesky_inverse, {"upper": upper}, terms=60)
      for sample in (square, complexes, integers) for upper in (False, True)],
    row("eig", triangular, lambda x: tuple(np.linalg.eig(x)), gradient=False, terms=60),
    row("eigh", hermitian, lambda x: tuple(np.linalg.eigh(x)), terms=60),
    row("eigh", just([2, 7], [1, 3]), lambda x: tuple(np.linalg.eigh(symmetric(x))), terms=60,
        gradient=False),
    row("lu_factor", square, lu_factor, terms=60),
    row("lu_factor", lambda r, n: (r.normal(n, 4, 3),), lu_factor, terms=200),
    row("lu_factor", matrix, lu_factor, terms=200),
    row("lu_factor", integers, lu_factor, gradient=False, terms=60),
    row("svd", lambda r, n: (r.normal(n, 3, 3),), svd, terms=60),
    row("svd", matrix, svd, {"full_matrices": False}, terms=60),
    row("svd", lambda r, n: (r.normal(n, 4, 3),), svd, {"full_matrices": False}, terms=60),
    row("svd", matrix, svd, {"compute_uv": False}, terms=60),
    row("svd", integers, svd, {"compute_uv": False}, gradient=False, terms=60),
    row("qr", integers, np.linalg.qr, gradient=False, terms=200),
]  # fmt: skip

DETERMINANTS = [
    *[row(name, sample, oracle, terms=60)
      for name, oracle in (("det", np.linalg.det), ("slogdet", slogdet),
                           ("logdet", lambda x: np.linalg.slogdet(x)[1]))
      for sample in (square, large, integers, complexes)],
    row("det", just([1, 2], [2, 4]), lambda x: np.array(0.0), terms=60),
    row("det", lambda r, n: (np.zeros((n, 0, 0), "float32"),), np.linalg.det, gradient=False),
    row("slogdet", just([0, 0], [0, 0]), slogdet, gradient=False, terms=60),
    row("slogdet", just([0, 1], [1, 0]), slogdet, gradient=False, terms=60),
    row("logdet", just([0, 0], [0, 0]), lambda x: np.array(-INF), gradient=False, terms=60),
]  # fmt: skip


def lstsq(a, b, rcond=None):
    return np.linalg.lstsq(a, b, rcond)[0]


def solve_triangular(a, b, lower=False):
    a = np.tril(a) if lower else np.triu(a)
    return solve(a, b)


def solve(a, b):
    one = b.ndim == 1 or b.shape == a.shape[:-1]
    found = np.linalg.solve(a, b[..., None] if one else b)
    return found[..., 0] if one else found


def with_right(*shape):
    """Samplers of square matrices and right-hand sides."""
    return lambda r, n: (*square(r, n), r.normal(*(n if size is None else size for size in shape)))


SOLUTIONS = [
    *[row("inv", sample, np.linalg.inv, terms=60) for sample in (square, integers, complexes)],
    row("pinv", matrix, np.linalg.pinv, terms=200),
    row("pinv", tall, np.linalg.pinv, terms=200),
    row("pinv", just([1, 2], [2, 4]), np.linalg.pinv, gradient=False, terms=60),
    row("pinv", just([0, 0], [0, 0]), np.linalg.pinv, gradient=False, terms=60),
    row("pinv", just([1, 0], [0, 0.1]), np.linalg.pinv, {"rcond": 0.5}, gradient=False, terms=60),
    *[row("matrix_rank", sample, np.linalg.matrix_rank, gradient=False)
      for sample in (matrix, integers, just([1, 2], [2, 4]), just([0, 0], [0, 0]))],
    row("matrix_rank", just([1.0, 0.0], [0.0, 1e-8]), lambda x: np.array(1), gradient=False),
    row("matrix_rank", just([10.0, 0], [0, 1]), np.linalg.matrix_rank, {"tol": 2.0},
        gradient=False),
    *[row("matrix_power", sample, np.linalg.matrix_power, {"n": power}, terms=400)
      for sample in (square, complexes) for power in (0, 1, 2, 3, 7, -1, -2)],
    *[row("matrix_power", integers, np.linalg.matrix_power, {"n": power}, gradient=False, terms=60)
      for power in (0, 3, -2)],
    *[row(name, sample, oracle, terms=60)
      for name, oracle in (("solve", solve), ("solve_triangular", solve_triangular))
      for sample in (with_right(3), with_right(None, 3), with_right(None, 3, 2), with_right(3, 2),
                     with_right(2, None, 3, 1))],
    row("solve", lambda r, n: (*integers(r, n), r.integers(0, 9, n, 3, 2)), solve, terms=60),
    row("solve", lambda r, n: (*complexes(r, n), r.normal(n, 3, 2)), solve, terms=60),
    row("solve_triangular", with_right(None, 3, 2), solve_triangular, {"lower": True}, terms=60),
    row("lstsq", lambda r, n: (r.normal(n, 3), r.normal(n)), lstsq, terms=60),
    row("lstsq", lambda r, n: (r.normal(n, 3), r.normal(n, 2)), lstsq, terms=60),
    row("lstsq", lambda r, n: (r.normal(3, n), r.normal(3)), lstsq, terms=60),
    row("lstsq", lambda r, n: (np.array([[1, 1], [1, 1], [2, 2]], "float32"), r.normal(3)), lstsq,
        terms=60, gradient=False),
    row("jvp", lambda r, n: (ops.sin, (r.normal(n),), (r.normal(n),)),
        lambda _, x, t: (np.sin(x[0]), np.cos(x[0]) * t[0])),
    row("jvp", lambda r, n: (lambda x, y: (ops.multiply(x, y), ops.add(x, 1.0)),
                             [r.normal(n), r.normal(n)], [r.normal(n), r.normal(n)]),
        lambda _, x, t, has_aux: (x[0] * x[1], x[0] * t[1] + x[1] * t[0], x[0] + 1),
        {"has_aux": True}, terms=2),
]  # fmt: skip

ROWS = [*PRODUCTS, *NORMS, *DISTANCES, *FACTORS, *DETERMINANTS, *SOLUTIONS]
