"""`keras.ops.linalg`: linear algebra. A list of the objects of `keras.ops`."""

# isort: off
# fmt: off
from cornu.ops._distance import norm
from cornu.ops._linalg import (
    cholesky, cholesky_inverse, det, eig, eigh, inv, jvp, lstsq, lu_factor, matrix_power,
    matrix_rank, pinv, qr, solve, solve_triangular, svd,
)
# isort: on

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "lstsq", "lu_factor",
    "matrix_power", "matrix_rank", "norm", "pinv", "qr", "solve", "solve_triangular", "svd",
]
# fmt: on
