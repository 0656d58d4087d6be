"""Native LSTM and GRU are the portable ones, with gradients, masks and either direction."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from native.comparison import assert_close, by_both, calls, needs_package, normal, portable

import cornu
from cornu.ops._activation import relu, sigmoid
from cornu.ops._elementwise import tanh
from cornu.ops._recurrent import _recurrence
from cornu.ops._recurrent_steps import GRUStep, LSTMStep

pytestmark = needs_package

CELLS = {"lstm": (LSTMStep(tanh, sigmoid), 4, 2), "gru": (GRUStep(tanh, sigmoid), 3, 1)}
TIME = 7


def sequence(name, batch, units, masked=False):
    """Arguments of a recurrence."""
    _, gates, count = CELLS[name]
    projected = normal(0, TIME, batch, gates * units)
    states = [normal(1 + i, batch, units) for i in range(count)]
    kernel = 0.5 * normal(3, units, gates * units)
    bias = normal(4, gates * units)
    inner_bias = normal(5, gates * units) if name == "gru" else None
    kept = np.random.default_rng(6).random((TIME, batch, 1)) < 0.7 if masked else None
    return projected, states, kernel, bias, inner_bias, kept


def weights(x):
    """Different for each element, and the same for float32 and bfloat16."""
    found = np.cos(np.arange(x.size)).reshape(x.shape)
    return jnp.asarray(found, "bfloat16").astype(x.dtype)


def with_gradients(run, kept):
    def both(*arguments):
        (outputs, last), pull = jax.vjp(lambda *some: run(*some, kept, None), *arguments)
        return outputs, last, pull(jax.tree.map(weights, (outputs, last)))

    return both


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    "batch, units, reverse, keep_all, masked, scale",
    [
        (1, 8, False, False, False, 1),
        (13, 5, True, True, False, 60),  # saturated
        (8, 19, True, True, True, 1),
    ],
)
def test_outputs_and_gradients(name, batch, units, reverse, keep_all, masked, scale):
    projected, *rest, kept = sequence(name, batch, units, masked)
    arguments = scale * projected, *rest
    settings = reverse, False, keep_all
    native = with_gradients(_recurrence(CELLS[name][0], *settings), kept)
    found = jax.jit(native)(*arguments)
    assert calls(native, *arguments) == {f"cornu_{name}", f"cornu_{name}_gradient"}
    with portable():
        plain = with_gradients(_recurrence(CELLS[name][0], *settings), kept)
        expected = jax.jit(plain)(*arguments)
    assert_close(jax.tree.leaves(found), jax.tree.leaves(expected))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("masked", [False, True])
def test_bfloat16(name, masked):
    *arguments, kept = sequence(name, 8, 16, masked)
    half = jax.tree.map(lambda x: jnp.asarray(x, "bfloat16"), arguments)
    wide = jax.tree.map(lambda x: x.astype("float32"), half)
    native = with_gradients(_recurrence(CELLS[name][0], False, False, True), kept)
    found, expected = jax.jit(native)(*half), jax.jit(native)(*wide)
    assert calls(native, *half) == {f"cornu_{name}", f"cornu_{name}_gradient"}
    for one, other in zip(*map(jax.tree.leaves, (found, expected)), strict=True):
        assert one.dtype == "bfloat16"
        assert_close([one.astype("float32")], [other], 2 * 2.0**-8)


@pytest.mark.parametrize("name", CELLS)
def test_nan_is_seen(name):
    projected, *rest, kept = sequence(name, 4, 8)
    projected[0, 1, 2] = np.nan
    run = _recurrence(CELLS[name][0], False, False, True)
    outputs, _ = jax.jit(lambda *some: run(*some, kept, None))(projected, *rest)
    assert np.isnan(outputs[-1, 1]).all()
    assert np.isfinite(outputs[:, 0]).all()


def energy(name):
    """A function of the inputs of a recurrence, and those."""
    projected, *rest, kept = sequence(name, 4, 8)
    run = _recurrence(CELLS[name][0], False, False, True)
    return lambda x: jnp.sum(run(x, *rest, kept, None)[0] ** 2), projected


def test_forward_derivative():
    function, x = energy("gru")
    assert_close(*by_both(lambda x: jax.jvp(function, (x,), (x**2,)), x))


def test_vmap():
    function, x = energy("gru")
    assert_close(*by_both(jax.vmap(jax.grad(function)), np.stack([x, 2 * x])))


def test_second_derivative():
    function, x = energy("lstm")
    assert_close(*by_both(jax.grad(lambda x: jnp.sum(jax.grad(function)(x) ** 2)), x), 3e-5)


def test_other_cells_stay_with_xla():
    *arguments, kept = sequence("lstm", 4, 8)
    run = _recurrence(LSTMStep(relu, sigmoid), False, False, True)
    assert not calls(with_gradients(run, kept), *arguments)


def test_layers_learn_the_same():
    def losses():
        cornu.utils.set_random_seed(0)
        model = cornu.Sequential(
            [
                cornu.Input((6, 4)),
                cornu.layers.Masking(),
                cornu.layers.Bidirectional(cornu.layers.LSTM(8, return_sequences=True)),
                cornu.layers.GRU(8),
                cornu.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        x, y = normal(0, 16, 6, 4), normal(1, 16, 1)
        x[:5, 3:] = 0
        return model.fit(x, y, epochs=2, batch_size=8, verbose=0).history["loss"]

    found = losses()
    with portable():
        np.testing.assert_allclose(found, losses(), rtol=1e-5)
