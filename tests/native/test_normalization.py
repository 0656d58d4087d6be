"""Native layer normalization is that of NumPy, with all gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from native.comparison import assert_close, by_both, calls, needs_package, normal

from cornu import ops

pytestmark = needs_package

FORWARD, BACK = "cornu_layer_norm", "cornu_layer_norm_gradient"
SHAPES = {"3d": (5, 60, 256), "odd": (1001, 77)}


def normalize(x, gamma, beta):
    return ops.layer_normalization(x, gamma, beta, axis=-1, epsilon=1e-3)


def tensors(name="odd"):
    shape = SHAPES[name]
    return 3 * normal(0, *shape) + 1, normal(1, shape[-1]), normal(2, shape[-1])


def with_gradients(*values):
    outputs, pull = jax.vjp(normalize, *values)
    return outputs, pull(jnp.cos(jnp.arange(outputs.size, dtype="float32")).reshape(outputs.shape))


def in_numpy(x, gamma, beta):
    """What `with_gradients` returns, in float64."""
    x, gamma, beta = (each.astype("float64") for each in (x, gamma, beta))
    centered = x - x.mean(-1, keepdims=True)
    factor = 1 / np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-3)
    row = centered * factor
    change = np.cos(np.arange(x.size)).reshape(x.shape)
    part = change * gamma
    slope = (part * row).mean(-1, keepdims=True)
    by_x = factor * (part - part.mean(-1, keepdims=True) - row * slope)
    places = tuple(range(x.ndim - 1))
    return [row * gamma + beta, by_x, (change * row).sum(places), change.sum(places)]


@pytest.mark.parametrize("name", SHAPES)
def test_values_and_gradients(name):
    arguments = tensors(name)
    found = jax.tree.leaves(jax.jit(with_gradients)(*arguments))
    assert_close(found, [each.astype("float32") for each in in_numpy(*arguments)])
    assert calls(with_gradients, *arguments) == {FORWARD, BACK}


def test_large_values_near_to_each_other():
    x, gamma, beta = tensors()
    x = np.float32(1e6) + np.round(8 * x) / 8
    found = jax.jit(normalize)(x, gamma, beta)
    assert_close([found], [in_numpy(x, gamma, beta)[0].astype("float32")])


def test_derivatives_of_gradients():
    def size(*values):
        gradients = jax.grad(lambda *some: jnp.sum(jnp.sin(normalize(*some))), (0, 1, 2))
        return sum(jnp.mean(each**2) for each in gradients(*values))

    assert_close(*by_both(jax.grad(size, (0, 1, 2)), *tensors()), 3e-5)


def test_vmap_and_forward_derivative():
    x, gamma, beta = tensors()
    arguments = np.stack([x, 2 * x]), gamma, np.stack([beta, -beta], 1)
    assert_close(*by_both(jax.vmap(with_gradients, (0, None, 1)), *arguments))

    def change(*values):
        return jax.jvp(normalize, values, tuple(jnp.sin(each) for each in values))

    assert_close(*by_both(change, x, gamma, beta))


def test_what_stays_with_xla():
    x, gamma, beta = tensors()
    half = [each.astype("float16") for each in (x, gamma, beta)]
    assert calls(normalize, *half) == set()
    assert calls(normalize, x[:10], gamma, beta) == set()
    assert calls(lambda x: ops.layer_normalization(x, axis=(0, 1)), x) == set()
