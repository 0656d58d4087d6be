"""Gradients against finite differences."""

import jax
import numpy as np


def check_gradient(function, x, step=1e-6, tolerance=1e-6):
    """Compare the gradient of a scalar function of an array with central differences, in float64.

    64-bit types must be switched on.
    """
    x = np.asarray(x, "float64")
    function = jax.jit(function)
    found = np.asarray(jax.grad(function)(x))
    expected = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        moved = np.zeros_like(x)
        moved[index] = step
        expected[index] = (float(function(x + moved)) - float(function(x - moved))) / (2 * step)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
