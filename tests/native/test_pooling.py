"""Native pooling is the portable one, with gradients, ties, NaN and padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from native.comparison import assert_close, by_both, calls, needs_package, normal

from cornu import ops

pytestmark = needs_package

# shape of inputs, window, options
CASES = {
    "1d": ((3, 17, 8), 3, {"strides": 2}),
    "2d": ((9, 8, 10, 35), (3, 2), {"strides": (2, 1)}),
    "2d with gaps": ((2, 9, 11, 5), (2, 3), {"strides": (3, 1), "padding": "same"}),
    "3d": ((2, 5, 6, 7, 3), (2, 3, 2), {"strides": 1, "padding": "same"}),
    "channels first": ((2, 5, 9, 11), 3, {"strides": 1, "data_format": "channels_first"}),
}
POOLS = {"max": ops.max_pool, "average": ops.average_pool}


def pooling(pool, name):
    shape, size, options = CASES[name]
    return lambda x: POOLS[pool](x, size, **options), normal(0, *shape)


def with_gradient(function):
    def run(x):
        out, pull = jax.vjp(function, x)
        return out, pull(jnp.cos(jnp.arange(out.size, dtype=out.dtype)).reshape(out.shape))

    return run


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradient(pool, name):
    function, x = pooling(pool, name)
    assert_close(*by_both(with_gradient(function), x), 1e-6)
    assert len(calls(with_gradient(function), x)) == 2


def test_windows_that_do_not_overlap():
    x = normal(0, 2, 8, 8, 16)
    assert not calls(with_gradient(lambda x: ops.max_pool(x, 2)), x)
    assert not calls(with_gradient(lambda x: ops.average_pool(x, 2)), x)
    largest = with_gradient(lambda x: ops.max_pool(x, 3, 2))
    assert calls(largest, x) == {"cornu_window_find", "cornu_window_put"}


def test_first_of_equal_maxima_takes_the_gradient():
    x = np.random.default_rng(0).integers(0, 2, (2, 8, 8, 16)).astype("float32")
    function = with_gradient(lambda x: ops.max_pool(x, 3, 1))
    assert_close(*by_both(function, x), 1e-6)


def test_nan_and_infinity_are_seen():
    x = np.full((1, 4, 4, 8), -np.inf, "float32")
    x[0, 0, 0, 0] = np.nan
    found, expected = by_both(lambda x: ops.max_pool(x, 2, 1, padding="same"), x)
    np.testing.assert_array_equal(found[0], expected[0])
    assert np.isnan(found[0][0, 0, 0, 0])


def test_transformed():
    function, x = pooling("max", "1d")
    assert_close(*by_both(jax.vmap(with_gradient(function)), np.stack([x, 2 * x])))
    assert_close(*by_both(lambda x: jax.jvp(function, (x,), (x**2,)), x))
    energy = jax.grad(lambda x: jnp.sum(function(x) ** 3))
    assert_close(*by_both(jax.grad(lambda x: jnp.sum(energy(x) ** 2)), x))


@pytest.mark.parametrize("pool", POOLS)
def test_eager(pool):
    function, x = pooling(pool, "2d")
    assert_close([function(x)], by_both(function, x)[1], 1e-6)


@pytest.mark.parametrize("pool", POOLS)
def test_bfloat16(pool):
    function, x = pooling(pool, "2d")
    x = jnp.asarray(x, "bfloat16")
    found = function(x)
    assert found.dtype == "bfloat16"
    assert_close([found.astype("float32")], [function(x.astype("float32"))], 2.0**-8)


def test_in_a_loop():
    def loop(x):
        def step(x, _):
            return x + with_gradient(lambda x: ops.max_pool(x, 2, 1))(x)[1][0], None

        return jax.lax.scan(step, x, None, 3)[0]

    assert_close(*by_both(loop, normal(0, 4, 8, 8, 16)))
