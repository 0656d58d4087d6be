"""Loss scaling, several optimizers for one model, transformations in the style of optax, tapes."""

import copy
import types
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import optimizers


def scaled(inner=None, **settings):
    """A loss scale of 4 around gradient descent, and a variable that it is built with."""
    inner = inner or optimizers.SGD(1.0)
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=4.0, **settings)
    variable = cornu.Variable([1.0, 2.0], name="v")
    optimizer.build([variable])
    return optimizer, variable


def model_of(optimizer, **settings):
    """A compiled model of one layer, and data."""
    model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(2, name="d")])
    model.compile(optimizer, "mse", **settings)
    draw = np.random.default_rng(0)
    return model, draw.normal(size=(8, 3)), draw.normal(size=(8, 2))


# --- loss scale -----------------------------------------------------------------------------------


def test_scale_grows_after_finite_steps():
    optimizer, variable = scaled(dynamic_growth_steps=2)
    scales = []
    for _ in range(5):
        optimizer.apply([np.ones(2)], [variable])
        scales.append(float(optimizer.dynamic_scale))
    assert scales == [4, 8, 8, 16, 16]
    np.testing.assert_array_equal(variable.numpy(), np.array([1, 2]) - 2 / 4 - 2 / 8 - 1 / 16)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("inner", [optimizers.SGD, optimizers.Adam])
def test_steps_with_bad_gradients_change_only_the_scale(bad, inner):
    optimizer, variable = scaled(inner(1.0))
    optimizer.apply([np.ones(2)], [variable])
    before = [v.numpy() for v in (variable, *optimizer.inner_optimizer.variables)]
    optimizer.apply([np.array([1.0, bad])], [variable])
    after = [v.numpy() for v in (variable, *optimizer.inner_optimizer.variables)]
    for a, b in zip(after, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(optimizer.dynamic_scale) == 2.0 and int(optimizer.step_counter) == 0


def test_scaled_step_is_one_compiled_call_and_stateless():
    optimizer, variable = scaled(optimizers.Adam(0.1))
    state, values = [v.value for v in optimizer.variables], [variable.value]
    run = jax.jit(optimizer.stateless_apply)
    for step in range(3):
        gradients = [jnp.array([1.0, np.inf if step == 1 else 2.0])]
        optimizer.apply(gradients, [variable])
        values, state = run(state, gradients, values)
    assert len(optimizer._compiled) == 1
    np.testing.assert_allclose(values[0], variable.numpy(), rtol=1e-6)
    for a, b in zip(state, optimizer.variables, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-6)
    assert optimizer.learning_rate is optimizer.inner_optimizer.learning_rate
    assert int(optimizer.iterations) == 2


def test_mixed_float16_scales_the_loss():
    cornu.config.set_dtype_policy("mixed_float16")
    model, x, y = model_of("sgd")
    assert type(model.optimizer) is optimizers.LossScaleOptimizer
    first = model.evaluate(x, y, verbose=0)
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, shuffle=False).history["loss"]
    assert history[0] == pytest.approx(first, rel=1e-2) and history[-1] < history[0]
    assert int(model.optimizer.inner_optimizer.iterations) == 3
    unscaled, _, _ = model_of("sgd", auto_scale_loss=False)
    assert type(unscaled.optimizer) is optimizers.SGD
    none, _, _ = model_of(None)
    assert none.optimizer is None


def test_tiny_gradients_survive_float16():
    cornu.config.set_dtype_policy("mixed_float16")
    moved = []
    for automatic in (True, False):
        model, x, y = model_of(optimizers.SGD(1e6), auto_scale_loss=automatic, loss_weights=1e-8)
        before = model.layers[0].kernel.numpy()
        model.fit(x, y, batch_size=8, verbose=0)
        moved.append(np.abs(model.layers[0].kernel.numpy() - before).max())
    assert moved[0] > 0.001 and moved[1] == 0


def test_overflow_in_training_leaves_weights_alone():
    cornu.config.set_dtype_policy("mixed_float16")
    model, x, y = model_of(optimizers.Adam(0.1))
    before = model.get_weights()
    with pytest.warns(RuntimeWarning, match="float16, in which it computes, ends at 65504"):
        model.fit(x * 1e6, y, batch_size=8, verbose=0)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(model.optimizer.dynamic_scale) == 2.0**14


# --- several optimizers ---------------------------------------------------------------------------


def several():
    return optimizers.MultiOptimizer(
        optimizers.OptimizerMap(
            optimizers.SGD(0.5, name="rest"), {".*kernel": optimizers.Adam(0.25, name="matrices")}
        )
    )


def test_each_variable_has_its_optimizer():
    model, x, y = model_of(several())
    kernel, bias = model.layers[0].kernel, model.layers[0].bias
    matrices, rest = several().optimizers
    with cornu.GradientTape() as tape:
        loss = cornu.ops.mean((model(x) - y) ** 2)
    gradients = tape.gradient(loss, [kernel, bias])
    expected = [cornu.Variable(kernel.numpy()), cornu.Variable(bias.numpy())]
    matrices.apply(gradients[:1], expected[:1])
    rest.apply(gradients[1:], expected[1:])
    model.train_on_batch(x, y)
    for variable, value in zip((kernel, bias), expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), value.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        several,
        lambda: optimizers.LossScaleOptimizer(several()),
        lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.1)),
        lambda: optimizers.Nadam(0.1),
        lambda: optimizers.Adafactor(0.1),
        lambda: optimizers.Muon(0.1),
        lambda: optimizers.ScheduleFreeAdamW(0.1),
    ],
)
def test_state_goes_through_a_file(make, tmp_path):
    model, x, y = model_of(make())
    model.fit(x, y, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    twin = cornu.models.load_model(tmp_path / "model.keras")
    assert type(twin.optimizer) is type(model.optimizer)
    for a, b in zip(twin.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    for other in (model, twin):
        other.train_on_batch(x, y)
    for a, b in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# --- transformations ------------------------------------------------------------------------------


class Trace(NamedTuple):
    steps: jax.Array
    sums: dict
    nothing: None = None


def momentum(rate, decay=0.9):
    """Gradient descent with momentum, as optax would write it."""

    def init(params):
        return (Trace(jnp.zeros((), "int32"), jax.tree.map(jnp.zeros_like, params)), ())

    def update(gradients, state, params=None):
        sums = jax.tree.map(lambda g, s: g + decay * s, gradients, state[0].sums)
        return jax.tree.map(lambda s: -rate * s, sums), (Trace(state[0].steps + 1, sums), ())

    return types.SimpleNamespace(init=init, update=update)


def test_transformation_as_an_optimizer():
    ours, theirs = optimizers.SGD(0.1, momentum=0.9), optimizers.from_optax(momentum(0.1))
    pairs = [
        [cornu.Variable(np.ones((2, 3)), name="a"), cornu.Variable(np.ones(2), name="b")]
        for _ in range(2)
    ]
    for step in range(4):
        gradients = [np.full((2, 3), step - 1.0), np.arange(2.0)]
        for optimizer, pair in zip((ours, theirs), pairs, strict=True):
            optimizer.apply(gradients, pair)
    for a, b in zip(*pairs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)
    names = ["iteration", "learning_rate", "state_0_steps", "state_0_sums_a", "state_0_sums_b"]
    assert [v.name for v in theirs.variables] == names
    assert len(theirs._compiled) == 1 and int(theirs.variables[2]) == 4


def test_transformation_trains_and_keeps_its_state_in_files(tmp_path):
    model, x, y = model_of(optimizers.from_optax(momentum(0.1), clipnorm=1.0))
    model.fit(x, y, batch_size=4, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    twin, _, _ = model_of(optimizers.from_optax(momentum(0.1), clipnorm=1.0))
    twin.load_weights(tmp_path / "model.weights.h5")
    for a, b in zip(twin.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    copied = copy.deepcopy(model.optimizer)
    assert len(copied.variables) == len(model.optimizer.variables)


def test_transformation_misses_gradients():
    optimizer = optimizers.from_optax(momentum(0.5))
    pair = [cornu.Variable([1.0]), cornu.Variable([1.0])]
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([None, np.ones(1)], pair)
    assert [float(v) for v in pair] == [1.0, 0.5]


def test_no_transformation():
    with pytest.raises(ValueError, match="lacks init and update"):
        optimizers.from_optax(len)
    with pytest.raises(NotImplementedError, match="from_optax"):
        optimizers.from_optax(momentum(0.5)).get_config()


# --- minimize -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [lambda: optimizers.SGD(0.5), lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.5))],
)
def test_minimize(make):
    v, w = cornu.Variable([1.0, 2.0]), cornu.Variable(3.0)
    make().minimize(lambda: cornu.ops.sum(v * v) + w, lambda: [v, w])
    np.testing.assert_allclose(v.numpy(), [0, 0], atol=1e-6)
    assert float(w) == 2.5
    with cornu.GradientTape() as tape:
        loss = w * w
    make().minimize(loss, [w], tape=tape)
    assert float(w) == 0.0
    with pytest.raises(ValueError, match="`tape` is required"):
        make().minimize(loss, [w])
