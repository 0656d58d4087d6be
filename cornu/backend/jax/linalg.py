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
    "inv",
    "lu_factor",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "trace",
]

cholesky = jnp.linalg.cholesky
correlate = jnp.correlate
det = jnp.linalg.det
inv = jnp.linalg.inv
norm = jnp.linalg.norm
qr = jnp.linalg.qr
solve = jnp.linalg.solve
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
