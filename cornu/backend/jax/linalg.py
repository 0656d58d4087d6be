"""Kernels of linear algebra."""

import jax.numpy as jnp
from jax import lax

__all__ = [
    "cholesky",
    "correlate",
    "cross",
    "det",
    "eig",
    "eigh",
    "einsum",
    "inv",
    "lu_factor",
    "matmul",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "tensordot",
    "trace",
]

# Products of bytes are summed up in 32 bits, as the hardware does it.
INT8, INT32 = jnp.dtype("int8"), jnp.dtype("int32")

cholesky = jnp.linalg.cholesky
correlate = jnp.correlate
det = jnp.linalg.det
inv = jnp.linalg.inv
norm = jnp.linalg.norm
qr = jnp.linalg.qr
solve = jnp.linalg.solve
tensordot = jnp.tensordot
trace = jnp.trace


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1):
    return jnp.cross(x1, x2, axisa, axisb, axisc)


def eig(x):
    return tuple(jnp.linalg.eig(x))


def eigh(x):
    return tuple(jnp.linalg.eigh(x))


def lu_factor(x):
    return lax.linalg.lu(x)[:2]


def pinv(x, rcond=None):
    return jnp.linalg.pinv(x, rtol=rcond)


def slogdet(x):
    return tuple(jnp.linalg.slogdet(x))


def solve_triangular(a, b, lower=False):
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = jnp.broadcast_to(a, (*batch, *a.shape[-2:]))
    b = jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
    return lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)


def svd(x, full_matrices=True, compute_uv=True):
    found = jnp.linalg.svd(x, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


def matmul(x1, x2):
    if x1.dtype == INT8 and x2.dtype == INT8:
        return jnp.matmul(x1, x2, preferred_element_type=INT32)
    return jnp.matmul(x1, x2)


def einsum(subscripts, *operands):
    bytes_only = all(x.dtype == INT8 for x in operands)
    return jnp.einsum(subscripts, *operands, preferred_element_type=INT32 if bytes_only else None)
