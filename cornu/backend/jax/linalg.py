"""Kernels of linear algebra."""

import jax.numpy as jnp

__all__ = [
    "cholesky",
    "det",
    "eigh",
    "einsum",
    "inv",
    "matmul",
    "norm",
    "qr",
    "solve",
    "svd",
    "tensordot",
]

cholesky = jnp.linalg.cholesky
det = jnp.linalg.det
inv = jnp.linalg.inv
matmul = jnp.matmul
norm = jnp.linalg.norm
qr = jnp.linalg.qr
solve = jnp.linalg.solve
tensordot = jnp.tensordot


def eigh(x):
    return tuple(jnp.linalg.eigh(x))


def svd(x, full_matrices=True, compute_uv=True):
    found = jnp.linalg.svd(x, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


def einsum(subscripts, *operands):
    return jnp.einsum(subscripts, *operands)
