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

# Products of bytes are summed up in 32 bits, as the hardware does it.
INT8, INT32 = jnp.dtype("int8"), jnp.dtype("int32")

cholesky = jnp.linalg.cholesky
det = jnp.linalg.det
inv = jnp.linalg.inv
norm = jnp.linalg.norm
qr = jnp.linalg.qr
solve = jnp.linalg.solve
tensordot = jnp.tensordot


def eigh(x):
    return tuple(jnp.linalg.eigh(x))


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
