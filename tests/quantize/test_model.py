"""Quantising models: which layers, files, training after it."""

from pathlib import Path

import numpy as np
import pytest
from quantize.cases import MODEL_INPUTS, MODELS, model, normal

import cornu

DATA = Path(__file__).parent / "data"


def quantised(name):
    mode, config, filters = MODELS[name]
    found = model(cornu)
    found.quantize(mode, config=None if config is None else config(cornu), filters=filters)
    return found


def modes(model):
    """The quantised layers and their policies."""
    layers = model._flatten_layers()
    return {layer.name: layer.dtype_policy.name for layer in layers if layer.quantization_mode}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_keras(name):
    with np.load(DATA / "models.npz") as expected:
        found = quantised(name)(MODEL_INPUTS)
        np.testing.assert_allclose(found, expected[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_files_of_keras_predict_the_same(name):
    found = cornu.saving.load_model(DATA / f"{name}.keras")
    assert modes(found) == modes(quantised(name))
    with np.load(DATA / "models.npz") as expected:
        np.testing.assert_allclose(found(MODEL_INPUTS), expected[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_files_come_back(name, tmp_path):
    before = quantised(name)
    before.save(tmp_path / "model.keras")
    after = cornu.saving.load_model(tmp_path / "model.keras")
    assert modes(after) == modes(before)
    np.testing.assert_array_equal(after(MODEL_INPUTS), before(MODEL_INPUTS))
    before.save_weights(tmp_path / "model.weights.h5")
    after = quantised(name)
    after.set_weights([np.zeros_like(value) for value in after.get_weights()])
    after.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(after(MODEL_INPUTS), before(MODEL_INPUTS))


ALL = {"table", "first", "inner_first", "inner_last"}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (None, ALL),
        ("first", {"first", "inner_first"}),
        ("^first$", {"first"}),
        (["table", "last"], {"table", "inner_last"}),
        ([], set()),
        (lambda layer: isinstance(layer, cornu.layers.Embedding), {"table"}),
    ],
)
def test_filters(filters, names):
    found = model(cornu)
    found.quantize("int8", filters=filters)
    assert modes(found) == dict.fromkeys(names, "int8_from_float32")


def test_wrong_arguments():
    found = model(cornu)
    with pytest.raises(ValueError, match="`filters` argument must be a regex string"):
        found.quantize("int8", filters=3)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        found.quantize("int8", fast=True)
    with pytest.raises(ValueError, match="isn't yet built"):
        cornu.Sequential([cornu.layers.Dense(2)]).quantize("int8")
    assert not modes(found)


def test_nothing_is_changed_where_one_layer_cannot_be():
    found = model(cornu)
    found.get_layer("inner").get_layer("inner_last").quantize("int8")
    with pytest.raises(ValueError, match="'inner_last' is already quantized"):
        found.quantize("int4")
    assert set(modes(found)) == {"inner_last"}


def test_layers_that_cannot_be_are_named():
    found = cornu.Sequential([cornu.Input((4, 4, 1)), cornu.layers.Conv2D(2, 3)])
    with pytest.warns(UserWarning, match="Layer 'conv2d' is left as it is"):
        found.quantize("int8")


def test_calibration_says_that_it_is_missing():
    found = model(cornu)
    config = cornu.quantizers.GPTQConfig(["text"], str.split)
    assert found.get_quantization_layer_structure("gptq") is None
    with pytest.raises(ValueError, match="a valid quantization structure"):
        found.quantize("gptq", config=config)
    config.quantization_layer_structure = {"pre_block_layers": [], "sequential_blocks": []}
    with pytest.raises(NotImplementedError, match="Calibrating a model by GPTQ"):
        found.quantize("gptq", config=config)
    assert not modes(found)


def test_a_compiled_model_predicts_with_its_new_weights():
    found = model(cornu)
    found.compile("sgd", "mse")
    before = found.predict(MODEL_INPUTS, verbose=0)
    found.quantize("int4")
    after = found.predict(MODEL_INPUTS, verbose=0)
    assert np.abs(after - before).max() > 0
    np.testing.assert_allclose(after, found(MODEL_INPUTS), rtol=1e-5, atol=1e-5)


# --- training


def data():
    x = normal(0, 64, 8)
    return x, np.tanh(x @ normal(1, 8, 2))


def dense_model():
    hidden = cornu.layers.Dense(16, activation="relu", name="hidden")
    found = cornu.Sequential([cornu.Input((8,)), hidden, cornu.layers.Dense(2, name="out")])
    found.compile("adam", "mse")
    return found


@pytest.mark.parametrize("mode", [None, "int8", "int4"])
def test_adaptation_trains_its_matrices_alone(mode):
    found = dense_model()
    hidden = found.get_layer("hidden")
    found.get_layer("out").trainable = False
    hidden.enable_lora(2)
    if mode:
        found.quantize(mode)
    found.compile(cornu.optimizers.Adam(0.05), "mse")
    fixed = [np.asarray(v) for v in found.non_trainable_variables]
    start = found.evaluate(*data(), verbose=0)
    found.fit(*data(), epochs=10, verbose=0)
    assert found.evaluate(*data(), verbose=0) < 0.9 * start
    names = [variable.name for variable in found.trainable_variables]
    assert sorted(names) == ["bias", "lora_kernel_a", "lora_kernel_b"]
    for variable, value in zip(found.non_trainable_variables, fixed, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_8_bit_floats_train():
    found = dense_model()
    found.quantize("float8")
    found.compile(cornu.optimizers.Adam(0.02), "mse")
    start = found.evaluate(*data(), verbose=0)
    found.fit(*data(), epochs=10, verbose=0)
    assert found.evaluate(*data(), verbose=0) < 0.6 * start
    hidden = found.get_layer("hidden")
    history = np.asarray(hidden.inputs_amax_history)
    assert np.count_nonzero(history) == 20  # two batches an epoch
    # The scale of a step is that of the magnitudes before it.
    expected = history[history > 0][1:].max() / 448
    np.testing.assert_allclose(hidden.inputs_scale, expected, rtol=1e-5)


def test_scales_of_8_bit_floats_follow_by_hand():
    layer = cornu.layers.Dense(2, dtype="float8_from_float32", use_bias=False)
    layer.build((None, 3))
    optimizer = cornu.optimizers.SGD(0.0)
    x = normal(0, 4, 3)
    seen = []
    for step in range(3):
        with cornu.GradientTape() as tape:
            loss = cornu.ops.sum(layer((step + 1) * x, training=True))
        variables = layer.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        seen.append(float(layer.inputs_scale))
        assert float(layer.inputs_amax_history[0]) == np.abs((step + 1) * x).max()
    largest = np.abs(x).max()
    np.testing.assert_allclose(seen, [1.0, largest / 448, 2 * largest / 448], rtol=1e-6)
