"""Kernels that make, move and pick elements."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from cornu.backend.jax.engine import to_numpy as convert_to_numpy

__all__ = [
    "arange",
    "broadcast_to",
    "concatenate",
    "convert_to_numpy",
    "dynamic_slice",
    "expand_dims",
    "eye",
    "flip",
    "full",
    "getitem",
    "linspace",
    "moveaxis",
    "nonzero",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "scatter",
    "scatter_update",
    "slice_update",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "transpose",
    "tril",
    "triu",
    "where",
    "zeros",
    "ones",
    "argsort",
    "sort",
    "top_k",
    "searchsorted",
    "diag",
    "diagonal",
    "isin",
    "unique",
    "vectorize",
    "view",
]

broadcast_to = jnp.broadcast_to
concatenate = jnp.concatenate
diag = jnp.diag
diagonal = jnp.diagonal
expand_dims = jnp.expand_dims
flip = jnp.flip
moveaxis = jnp.moveaxis
reshape = jnp.reshape
roll = jnp.roll
ravel = jnp.ravel
squeeze = jnp.squeeze
stack = jnp.stack
swapaxes = jnp.swapaxes
take_along_axis = jnp.take_along_axis
tile = jnp.tile
transpose = jnp.transpose
tril = jnp.tril
triu = jnp.triu
where = jnp.where
sort = jnp.sort


def arange(start, stop=None, step=None, dtype=None):
    return jnp.arange(start, stop, step, dtype=dtype)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    return jnp.linspace(start, stop, num, endpoint, retstep, dtype, axis)


def full(shape, fill_value, dtype=None):
    return jnp.full(shape, fill_value, dtype)


def zeros(shape, dtype=None):
    return jnp.zeros(shape, dtype)


def ones(shape, dtype=None):
    return jnp.ones(shape, dtype)


def eye(N, M=None, k=0, dtype=None):
    return jnp.eye(N, M, k, dtype)


def getitem(x, key):
    return x[key]


def nonzero(x):
    return jnp.nonzero(x)


def pad(x, pad_width, mode="constant", constant_values=None):
    if mode == "constant":
        return jnp.pad(x, pad_width, constant_values=constant_values or 0)
    return jnp.pad(x, pad_width, mode)


def repeat(x, repeats, axis=None):
    repeats = np.asarray(repeats) if isinstance(repeats, (list, tuple)) else repeats
    return jnp.repeat(x, repeats, axis=axis)


def split(x, indices_or_sections, axis=0):
    return jnp.split(x, indices_or_sections, axis)


def isin(x1, x2, assume_unique=False, invert=False):
    return jnp.isin(x1, x2, assume_unique, invert)


def unique(x, return_index, return_inverse, return_counts, axis, size, fill_value):
    flags = return_index, return_inverse, return_counts
    found = jnp.unique(x, *flags, axis, size=size, fill_value=fill_value, equal_nan=False)
    values, *places = found if any(flags) else (found,)
    return values, *(place.astype("int32") for place in places)


def vectorize(function, excluded, signature):
    return jnp.vectorize(function, excluded=excluded, signature=signature)


def view(x, dtype):
    return x.view(dtype)


def take(x, indices, axis=None):
    return jnp.take(x, indices, axis)


def argsort(x, axis=-1):
    return jnp.argsort(x, axis).astype("int32")


def top_k(x, k, sorted=True):
    # XLA's top-k is always sorted.
    return lax.top_k(x, k)


def searchsorted(sorted_sequence, values, side="left"):
    return jnp.searchsorted(sorted_sequence, values, side=side).astype("int32")


def scatter(indices, values, shape):
    return jnp.zeros(shape, values.dtype).at[tuple(jnp.moveaxis(indices, -1, 0))].add(values)


def scatter_update(inputs, indices, updates, reduction=None):
    places = inputs.at[tuple(jnp.moveaxis(indices, -1, 0))]
    return getattr(places, reduction or "set")(updates)


def dynamic_slice(inputs, start_indices, shape):
    return lax.dynamic_slice(inputs, start_indices, shape)


def slice_update(inputs, start_indices, updates):
    return lax.dynamic_update_slice(inputs, updates, tuple(start_indices))
