"""Quantised and adapted layers, against what Keras 3.15.1 recorded and NumPy in float64."""

import json
from pathlib import Path

import numpy as np
import pytest
from quantize.cases import (
    ALPHA,
    LAYERS,
    RANK,
    WIDTH,
    gradients,
    inputs_of,
    make,
    normal,
    plain,
    stored,
)

import cornu
from cornu import ops

DATA = Path(__file__).parent / "data"
WITHOUT_LORA = [name for name, case in LAYERS.items() if not case[3]]
ADAPTED = [name for name, case in LAYERS.items() if case[3]]
# How far a kernel may be off, in units of its largest value: half a step.
STEPS = {"int8": 0.5 / 127, "int4": 1.0 / 15, "float8": 2.0**-4}


@pytest.fixture(scope="module")
def recorded():
    with np.load(DATA / "layers.npz") as arrays:
        return dict(arrays)


def part(recorded, name, what):
    """The recorded arrays of a case below `what`, by their last names."""
    start = f"{name}/{what}/"
    return {key.removeprefix(start): v for key, v in recorded.items() if key.startswith(start)}


@pytest.mark.parametrize("name", LAYERS)
def test_outputs_are_those_of_keras(name, recorded):
    found = make(cornu, name)(inputs_of(name))
    np.testing.assert_allclose(found, recorded[f"{name}/outputs"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_is_near_keras(name, recorded):
    found = make(cornu, name, "mixed_bfloat16")(inputs_of(name))
    assert found.dtype == "bfloat16"
    expected = recorded[f"{name}/half"]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(np.asarray(found, "float32"), expected, rtol=0, atol=0.02 * scale)


@pytest.mark.parametrize("name", LAYERS)
def test_files_hold_what_those_of_keras_hold(name, recorded):
    found, expected = stored(make(cornu, name)), part(recorded, name, "stored")
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert found[key].dtype == value.dtype
        np.testing.assert_allclose(found[key], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_stores_of_keras_are_loaded(name, recorded):
    layer = make(cornu, name)
    layer.load_own_variables(part(recorded, name, "stored"))
    found = layer(inputs_of(name))
    if name in WITHOUT_LORA:
        np.testing.assert_allclose(found, recorded[f"{name}/outputs"], rtol=1e-5, atol=1e-5)
    else:  # merged into the kernel, and quantised with it
        expected = recorded[f"{name}/outputs"]
        step = STEPS[LAYERS[name][1]] * np.abs(expected).max()
        assert np.abs(found - expected).max() < 4 * step


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_those_of_keras(name, recorded):
    found = gradients(cornu, make(cornu, name), inputs_of(name))
    expected = part(recorded, name, "gradient")
    assert list(found) == list(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=2e-5, atol=2e-5, err_msg=key)


@pytest.mark.parametrize("name", LAYERS)
def test_variables_and_configs_are_those_of_keras(name):
    expected = json.loads((DATA / "layers.json").read_text())[name]
    layer = make(cornu, name)
    assert layer.dtype_policy.name == expected["policy"]
    described = json.loads(json.dumps(layer.get_config()["quantization_config"]))
    assert described == expected["quantization_config"]
    weights = [[w.path, list(w.shape), str(w.dtype), w.trainable] for w in layer.weights]
    assert weights == expected["weights"]


# Of the others, one rounds inputs to 4 bits too, and one has small blocks with values of one sign.
NEAR = [name for name in LAYERS if name not in ("dense_int4_products", "embedding_int4_blocks")]


@pytest.mark.parametrize("name", NEAR)
def test_the_kernel_is_near_that_of_floats(name):
    kind, mode, _, lora = LAYERS[name]
    kernel = "kernel" if kind == "dense" else "embeddings"
    layer = make(cornu, name)
    exact = np.asarray(getattr(plain(cornu, kind), kernel), "float64")
    if lora:
        matrices = [getattr(layer, f"lora_{kernel}_{letter}") for letter in "ab"]
        exact = exact + ALPHA / RANK * np.matmul(*(np.asarray(m, "float64") for m in matrices))
    if kind == "dense":
        x = inputs_of(name).astype("float64")
        exact = x @ exact + np.asarray(layer.bias, "float64")
    else:
        exact = exact[inputs_of(name)]
    # Inputs are rounded too, and errors of a product add up.
    allowed = STEPS[mode] * np.abs(exact).max() * (2 * np.sqrt(WIDTH) if kind == "dense" else 1)
    assert np.abs(layer(inputs_of(name)) - exact).max() < allowed


@pytest.mark.parametrize("name", WITHOUT_LORA)
def test_a_layer_from_its_config_takes_the_values(name):
    layer = make(cornu, name)
    described = json.loads(json.dumps(cornu.saving.serialize_keras_object(layer)))
    again = cornu.saving.deserialize_keras_object(described)
    assert again.built
    assert again.dtype_policy == layer.dtype_policy
    again.load_own_variables(stored(layer))
    inputs = inputs_of(name)
    np.testing.assert_array_equal(again(inputs), layer(inputs))


@pytest.mark.parametrize("mode", ["int8", "int4", "int4/4", "float8"])
def test_setting_a_policy_quantises(mode):
    layer = plain(cornu, "dense")
    before = np.asarray(layer(inputs_of("dense_int8")))
    layer.dtype_policy = f"{mode}_from_float32"
    assert layer.dtype_policy.name == f"{mode}_from_float32"
    assert layer.quantization_mode == mode.split("/")[0]
    after = layer(inputs_of("dense_int8"))
    assert np.corrcoef(before.ravel(), np.asarray(after).ravel())[0, 1] > 0.95
    with pytest.raises(ValueError, match="cannot be undone"):
        layer.dtype_policy = "float32"
    if mode == "int4/4":
        assert layer.kernel_scale.shape == (3, 5)


@pytest.mark.parametrize("policy", ["gptq/4/2", "awq/4/2", "gptq/8/-1", "gptq/2/4"])
def test_calibrated_kernels(policy):
    layer = cornu.layers.Dense(4, dtype=f"{policy}_from_float32")
    layer.build((None, 6))
    random = np.random.RandomState(0)
    for variable in layer.weights:
        if variable.name != "g_idx":
            whole = "int" in variable.dtype
            value = random.randint(0, 15, variable.shape) if whole else random.rand(*variable.shape)
            variable.assign(value)
    integers = np.asarray(layer.kernel, "float64")
    assert integers.shape == (4, 6)
    group = np.asarray(layer.g_idx).astype(int)
    zero, scale = (
        np.asarray(v, "float64")[:, group] for v in (layer.kernel_zero, layer.kernel_scale)
    )
    floats = ((integers - zero) * scale).T
    if layer.quantization_mode == "awq":
        floats = floats / np.asarray(layer.awq_scales, "float64")[:, None]
    x = normal(1, 3, 6)
    expected = x @ floats + np.asarray(layer.bias)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-4)

    again = cornu.layers.Dense(4, dtype=f"{policy}_from_float32")
    again.build((None, 6))
    store = stored(layer)  # zero points included, which Keras 3.15.1 forgets to write
    assert len(store) == len(layer.variable_serialization_spec[layer.quantization_mode])
    again.load_own_variables(store)
    np.testing.assert_array_equal(again(x), layer(x))
    with pytest.raises(NotImplementedError, match="lora is not currently supported"):
        again.enable_lora(2)


@pytest.mark.parametrize("name", ["GPTQConfig", "AWQConfig"])
def test_before_calibration_the_kernel_of_floats_is_used(name):
    layer = plain(cornu, "dense")
    x = inputs_of("dense_int8")
    before = layer(x)
    layer.quantize(config=getattr(cornu.quantizers, name)([], None, group_size=4))
    np.testing.assert_array_equal(layer(x), before)


def test_quirk_float8_rounds_the_bias_to_bfloat16():
    layer = cornu.layers.Dense(1, kernel_initializer="zeros")
    layer.build((None, 2))
    layer.bias.assign([1.01])
    layer.quantize("float8")
    assert float(layer(np.zeros((1, 2)))[0, 0]) == float(
        ops.cast(ops.cast(1.01, "bfloat16"), "float32")
    )


def test_group_numbers_survive_half_precision():
    """300 blocks: bfloat16 could not count them."""
    layer = cornu.layers.Dense(1, dtype="mixed_bfloat16", use_bias=False)
    layer.build((None, 600))
    layer.set_weights([np.linspace(-1, 1, 600).reshape(600, 1)])
    layer.quantize(config=cornu.quantizers.Int4QuantizationConfig(block_size=2))
    exact = np.asarray(layer._strategy.floats(layer))
    found = np.asarray(layer(np.eye(600, dtype="float32")), "float32")
    np.testing.assert_allclose(found, exact, rtol=0.01)


# --- low-rank adaptation


@pytest.mark.parametrize("kind", ["dense", "embedding"])
def test_adaptation_starts_at_the_same_outputs(kind):
    layer = plain(cornu, kind)
    inputs = inputs_of(f"{kind}_int8")
    before = layer(inputs)
    layer.enable_lora(3)
    np.testing.assert_array_equal(layer(inputs), before)
    kernel = "kernel" if kind == "dense" else "embeddings"
    names = [variable.name for variable in layer.trainable_variables]
    assert names[-2:] == [f"lora_{kernel}_a", f"lora_{kernel}_b"]
    assert not getattr(layer, f"_{kernel}").trainable
    assert layer.get_config()["lora_rank"] == layer.get_config()["lora_alpha"] == 3


@pytest.mark.parametrize("kind", ["dense", "embedding"])
def test_adaptation_adds_the_scaled_product(kind):
    layer = plain(cornu, kind)
    kernel = "kernel" if kind == "dense" else "embeddings"
    exact = np.asarray(getattr(layer, kernel), "float64")
    layer.enable_lora(2, lora_alpha=3.0, a_initializer="glorot_normal", b_initializer="normal")
    first, second = (np.asarray(getattr(layer, f"lora_{kernel}_{x}"), "float64") for x in "ab")
    exact = exact + 1.5 * first @ second
    np.testing.assert_allclose(getattr(layer, kernel), exact, rtol=1e-5, atol=1e-5)
    merged = stored(layer)["0"]
    np.testing.assert_allclose(merged, exact, rtol=1e-5, atol=1e-5)
    inputs = inputs_of(f"{kind}_int8")
    before = layer(inputs)
    layer.load_own_variables(stored(layer))
    np.testing.assert_allclose(layer(inputs), before, rtol=1e-4, atol=1e-5)
    assert not np.asarray(getattr(layer, f"lora_{kernel}_b")).any()


def test_adaptation_of_8_bit_floats():
    layer = plain(cornu, "dense")
    layer.enable_lora(2, b_initializer="normal")
    layer.quantize("float8")
    before = layer(inputs_of("dense_float8"))
    layer.load_own_variables(stored(layer))
    np.testing.assert_allclose(layer(inputs_of("dense_float8")), before, atol=0.2)


def test_adaptation_from_the_constructor_and_the_config():
    layer = cornu.layers.Dense(4, lora_rank=2, lora_alpha=5)
    layer.build((None, 3))
    assert layer.lora_enabled
    assert layer.lora_kernel_a.path == "dense/lora_kernel_a"
    again = cornu.layers.Dense.from_config(layer.get_config())
    assert (again.lora_rank, again.lora_alpha) == (2, 5)


# --- errors


def built_dropout():
    layer = cornu.layers.Dropout(0.5)
    layer.build((None, 2))
    return layer


WRONG = {
    "mode": (lambda: plain(cornu, "dense").quantize("int7"), ValueError, "Received: mode='int7'"),
    "nothing": (lambda: plain(cornu, "dense").quantize(), ValueError, "either `mode` or `config`"),
    "contradiction": (
        lambda: plain(cornu, "dense").quantize(
            "int8", config=cornu.quantizers.Int4QuantizationConfig()
        ),
        ValueError,
        "Contradictory",
    ),
    "no config": (
        lambda: plain(cornu, "dense").quantize("int8", config="fast"),
        ValueError,
        "instance of `QuantizationConfig`",
    ),
    "no data": (lambda: plain(cornu, "dense").quantize("gptq"), ValueError, "`GPTQConfig` object"),
    "twice": (
        lambda: make(cornu, "dense_int8").quantize("int4"),
        ValueError,
        "already quantized with dtype_policy='int8_from_float32'",
    ),
    "unbuilt": (lambda: cornu.layers.Dense(2).quantize("int8"), ValueError, "isn't yet built"),
    "half": (
        lambda: plain(cornu, "dense", "float16").quantize("int8"),
        ValueError,
        "doesn't work well with compute_dtype='float16'",
    ),
    "embedding in floats": (
        lambda: plain(cornu, "embedding").quantize("float8"),
        NotImplementedError,
        r"Expected one of \('int8', 'int4'\)",
    ),
    "layer without kernel": (
        lambda: built_dropout().quantize("int8"),
        NotImplementedError,
        "Layer Dropout does not have a `quantize` method",
    ),
    "implicit calibration": (
        lambda: setattr(plain(cornu, "dense"), "dtype_policy", "gptq/4/2_from_float32"),
        ValueError,
        "Implicitly enabling GPTQ quantization",
    ),
    "table": (
        lambda: cornu.layers.Embedding(2, 2, weights=np.ones((2, 2)), dtype="int8_from_float32"),
        ValueError,
        "was given `weights` and a quantized dtype policy",
    ),
    "lora unbuilt": (lambda: cornu.layers.Dense(2).enable_lora(2), ValueError, "isn't yet built"),
    "lora twice": (
        lambda: make(cornu, "dense_int8_lora").enable_lora(2),
        ValueError,
        "already enabled",
    ),
    "lora constrained": (
        lambda: cornu.layers.Dense(2, kernel_constraint="non_neg").enable_lora(2),
        ValueError,
        "incompatible with kernel constraints",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    call, kind, message = WRONG[name]
    with pytest.raises(kind, match=message) as error:
        call()
    assert len(str(error.value)) < 2000


def test_an_error_leaves_the_layer_as_it_was():
    layer = plain(cornu, "dense", "float16")
    weights = layer.weights
    with pytest.raises(ValueError, match="float16"):
        layer.quantize("int8")
    assert layer.weights == weights
    assert layer.quantization_mode is None


class Subclass(cornu.layers.Dense):
    """A layer that might use its kernel in another way."""


def test_subclasses_are_quantised_on_request():
    layer = Subclass(2)
    layer.build((None, 3))
    with pytest.raises(NotImplementedError, match="Layer Subclass does not have a `quantize`"):
        layer.quantize("int8")
    layer.quantize("int8", type_check=False)
    assert layer.kernel.dtype == "int8"


def test_a_layer_of_ones_own_defines_what_a_mode_computes():
    class Scale(cornu.Layer):
        def call(self, inputs):
            return inputs

        def _int8_call(self, inputs):
            return 2 * inputs

    assert Scale()(np.ones(1))[0] == 1
    assert Scale(dtype="int8_from_float32")(np.ones(1))[0] == 2
    with pytest.raises(NotImplementedError, match="_int4_call"):
        Scale(dtype="int4_from_float32")(np.ones(1))
