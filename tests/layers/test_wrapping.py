"""Layers around functions of JAX, modules of Flax and PyTorch, and SavedModels."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu as keras
from cornu import layers


@keras.saving.register_keras_serializable("wrapping")
def affine(params, inputs):
    return inputs @ params["w"] + params["b"]


@keras.saving.register_keras_serializable("wrapping")
def init_affine(rng, inputs):
    return {"w": jax.random.normal(rng, (inputs.shape[-1], 3)), "b": jnp.zeros(3)}


def counting(params, state, rng, inputs, training):
    """Multiplies, counts its calls in training, and adds noise there."""
    noise = jax.random.normal(rng, inputs.shape) if training else 0.0
    return inputs * params + noise, {**state, "calls": state["calls"] + 1}


def ones(*shape):
    return np.ones(shape, "float32")


def test_a_function_of_jax_is_a_layer():
    layer = layers.JaxLayer(affine, params={"w": 2 * ones(4, 3), "b": ones(3)})
    np.testing.assert_array_equal(layer(ones(2, 4)), 9 * ones(2, 3))
    assert [tuple(w.shape) for w in layer.trainable_weights] == [(3,), (4, 3)]


def test_init_fn_makes_the_params_when_the_layer_is_built():
    layer = layers.JaxLayer(affine, init_affine, seed=3)
    assert layer(keras.Input((4,))).shape == (None, 3)
    again = layers.JaxLayer(affine, init_affine, seed=3)
    again(ones(1, 4))
    for own, other in zip(layer.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_a_function_of_jax_is_saved_with_its_params(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.JaxLayer(affine, init_affine)])
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(copy(x), model(x))


def test_training_a_function_of_jax_lowers_the_loss():
    model = keras.Sequential([layers.JaxLayer(affine, init_affine, seed=1), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    history = model.fit(x, x[:, :1], epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_state_is_replaced_by_each_call():
    state = {"calls": jnp.zeros((), "int32"), "note": "kept", "none": None}
    layer = layers.JaxLayer(counting, params=jnp.asarray(2.0), state=state)
    layer(ones(2, 3))
    np.testing.assert_array_equal(layer.state["calls"], 1)
    first, second = (np.asarray(layer(ones(2, 3), training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(layer.non_trainable_weights[0], 3)
    assert (layer.state["note"], layer.state["none"]) == ("kept", None)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: layers.JaxLayer(affine), "cannot all be `None`"),
        (lambda: layers.JaxLayer(lambda params, x: x, params=1.0), "argument in `call_fn`: `x`"),
        (lambda: layers.JaxLayer(lambda params: 1, params=1.0), "`call_fn`: `inputs`"),
        (lambda: layers.JaxLayer(affine, lambda rng, units: 1), "in `init_fn`: `units`"),
    ],
    ids=["nothing", "unknown", "missing", "init"],
)
def test_functions_of_other_arguments_are_refused(make, error):
    with pytest.raises(ValueError, match=error):
        make()


def test_a_state_of_another_form_is_refused():
    layer = layers.JaxLayer(
        lambda params, state, inputs: (inputs, {"other": state["own"]}),
        params=jnp.ones(()),
        state={"own": jnp.ones(2)},
    )
    with pytest.raises(ValueError, match="own") as caught:
        layer(ones(1, 2))
    assert "other" in str(caught.value)


def test_linen_modules():
    linen = pytest.importorskip("flax.linen", reason="flax is no dependency")

    class Net(linen.Module):
        @linen.compact
        def __call__(self, x, training: bool = False):
            x = linen.Dense(4)(x)
            x = linen.BatchNorm(use_running_average=not training)(x)
            x = linen.Dropout(0.5, deterministic=not training)(x)
            return linen.Dense(2)(x)

    layer = layers.FlaxLayer(Net())
    assert layer(keras.Input((3,))).shape == (None, 2)
    assert len(layer.trainable_weights) == 6
    assert len(layer.non_trainable_weights) == 2
    before = layer.get_weights()
    layer(ones(4, 3) * np.arange(4)[:, None].astype("float32"), training=True)
    changed = [not np.array_equal(a, b) for a, b in zip(before, layer.get_weights(), strict=True)]
    assert changed == [False] * 6 + [True] * 2
    module = Net()
    variables = module.init(jax.random.key(0), ones(1, 3))
    given = layers.FlaxLayer(module, variables=variables)
    np.testing.assert_allclose(given(ones(2, 3)), module.apply(variables, ones(2, 3)), rtol=1e-6)


def test_nnx_modules():
    nnx = pytest.importorskip("flax.nnx", reason="flax is no dependency")

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.first = nnx.Linear(3, 4, rngs=rngs)
            self.norm = nnx.BatchNorm(4, rngs=rngs)
            self.drop = nnx.Dropout(0.5, rngs=rngs)
            self.last = nnx.Linear(4, 2, rngs=rngs)

        def __call__(self, x):
            return self.last(self.drop(self.norm(self.first(x))))

    module = Net(nnx.Rngs(0))
    layer = layers.NnxLayer(module)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    assert layer(keras.Input((3,))).shape == (None, 2)
    module.eval()
    np.testing.assert_allclose(layer(x), module(x), rtol=1e-5, atol=1e-6)
    assert len(layer.trainable_weights) == 6
    first, second = (np.asarray(layer(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    before = model.get_weights()
    history = model.fit(x, x[:, :2], epochs=3, verbose=0).history["loss"]
    assert all(np.isfinite(history))
    after = model.get_weights()
    assert all(not np.array_equal(a, b) for a, b in zip(before[:6], after[:6], strict=True))
    with pytest.raises(TypeError, match="nnx.Module"):
        layers.NnxLayer(3)


def test_torch_modules():
    torch = pytest.importorskip("torch", reason="PyTorch is no dependency")
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    )
    layer = layers.TorchModuleWrapper(module)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    assert layer(keras.Input((3,))).shape == (None, 2)
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(layer(x), wanted, rtol=1e-5)
    # The gradients are PyTorch's own.
    with keras.GradientTape() as tape:
        loss = keras.ops.sum(layer(x, training=True) ** 2)
    found = tape.gradient(loss, layer.trainable_variables)
    (module.train()(torch.from_numpy(x)) ** 2).sum().backward()
    for got, parameter in zip(found, module.parameters(), strict=True):
        np.testing.assert_allclose(got, parameter.grad.numpy(), rtol=1e-3, atol=1e-5)
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    before = model.get_weights()
    history = model.fit(x, x[:, :2], epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    config = keras.saving.serialize_keras_object(layer)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.saving.deserialize_keras_object(config)
    copy = keras.saving.deserialize_keras_object(config, safe_mode=False)
    np.testing.assert_allclose(copy(x), layer(x), rtol=1e-5)


def test_saved_models(tmp_path):
    tensorflow = pytest.importorskip("tensorflow", reason="TensorFlow is no dependency")
    module = tensorflow.Module()
    module.kernel = tensorflow.Variable(2 * ones(3, 2))
    spec = tensorflow.TensorSpec((None, 3), "float32")
    module.serve = tensorflow.function(lambda x: x @ module.kernel, input_signature=[spec])
    tensorflow.saved_model.save(module, str(tmp_path / "saved"))
    layer = layers.TFSMLayer(tmp_path / "saved")
    np.testing.assert_array_equal(layer(ones(2, 3)), 6 * ones(2, 2))
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer(layers.Dense(3)(inputs)))
    assert model.output_shape == (None, 2)
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    model.fit(ones(4, 3), ones(4, 2), verbose=0)
    assert not np.array_equal(before, model.get_weights()[0])
    with pytest.raises(ValueError, match="endpoint 'other'"):
        layers.TFSMLayer(tmp_path / "saved", call_endpoint="other")
    config = keras.saving.serialize_keras_object(layer)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.saving.deserialize_keras_object(config)
    copy = keras.saving.deserialize_keras_object(config, safe_mode=False)
    np.testing.assert_array_equal(copy(ones(2, 3)), 6 * ones(2, 2))


WITHOUT = """
import sys
for name in ("torch", "tensorflow", "flax"):
    sys.modules[name] = None
import cornu
for make, name in (
    (lambda: cornu.layers.TorchModuleWrapper(1), "torch"),
    (lambda: cornu.layers.TFSMLayer("there"), "tensorflow"),
    (lambda: cornu.layers.NnxLayer(1), "flax"),
):
    try:
        make()
    except ImportError as error:
        assert f"pip install '{name}'" in str(error), error
    else:
        raise AssertionError(name)
"""


def test_without_its_library_a_layer_names_it():
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT], check=True, timeout=120)


def test_the_two_directions_of_a_loaded_layer_are_two():
    layer = keras.layers.Bidirectional(keras.layers.LSTM(2))
    described = keras.saving.serialize_keras_object(layer)
    del described["config"]["backward_layer"]  # as Keras 2 left it out
    described["config"]["layer"]["shared_object_id"] = 7
    loaded = keras.saving.deserialize_keras_object(described)
    assert [loaded.forward_layer.go_backwards, loaded.backward_layer.go_backwards] == [False, True]
