"""Functions that the host computes, inside of compiled code too."""

import jax
import jax.numpy as jnp
import numpy as np

from cornu.core import dtypes


def host_function(run, pull, specs):
    """A function of tensors that is computed on the host.

    Args:
        run: from NumPy arrays to a tuple of them.
        pull: from a tuple of the arrays and a tuple of the gradients of the results to a tuple of
            the gradients of those arrays that are of floats; None if there are no gradients.
        specs: `(shape, dtype)` of each result.
    """
    shapes = tuple(jax.ShapeDtypeStruct(shape, dtypes.narrow(dtype)) for shape, dtype in specs)

    def forward(*values):
        return jax.pure_callback(run, shapes, *values, vmap_method="sequential")

    if pull is None:
        return forward

    def backward(values, upstream):
        wanted = tuple(
            jax.ShapeDtypeStruct(value.shape, value.dtype) for value in values if _is_float(value)
        )
        # A gradient that nobody asked for has no value.
        upstream = tuple(
            jnp.zeros(shape.shape, shape.dtype) if slope.dtype == jax.dtypes.float0 else slope
            for shape, slope in zip(shapes, upstream, strict=True)
        )
        found = iter(jax.pure_callback(pull, wanted, values, upstream, vmap_method="sequential"))
        return tuple(
            next(found) if _is_float(value) else np.zeros(value.shape, jax.dtypes.float0)
            for value in values
        )

    differentiable = jax.custom_vjp(forward)
    differentiable.defvjp(lambda *values: (forward(*values), values), backward)
    return differentiable


def _is_float(value):
    return jnp.issubdtype(value.dtype, jnp.floating)
