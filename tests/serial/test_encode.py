"""Objects as JSON: what Keras 3.15.1 writes, recorded by `tests/saving/record_keras.py`."""

import json
from pathlib import Path

import numpy as np
import pytest
from serial.cases import custom_cases, layer_cases, plain_cases

import cornu

RECORDED = json.loads(
    (Path(__file__).parents[1] / "saving" / "data" / "encodings.json").read_text(encoding="utf-8")
)
PLAIN, LAYERS, (CUSTOM, CUSTOM_NAMES) = (
    make(cornu) for make in (plain_cases, layer_cases, custom_cases)
)
serialize = cornu.saving.serialize_keras_object
deserialize = cornu.saving.deserialize_keras_object


def as_json(config):
    return json.loads(json.dumps(config))


def normal(config):
    """A config with the order of its keys, and the keys that our classes do not have, left out."""
    if isinstance(config, dict):
        return {
            key: normal(value)
            for key, value in sorted(config.items())
            if key not in LEFT_OUT or value is not None
        }
    return [normal(item) for item in config] if isinstance(config, list) else config


# Arguments of Keras's constructors that are None unless quantization or another extra is used.
LEFT_OUT = {"quantization_config", "activity_regularizer", "input_axes", "output_axes"}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_values_and_objects(name):
    assert normal(as_json(serialize(PLAIN[name]))) == normal(RECORDED[name])


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    assert normal(as_json(serialize(LAYERS[name]))) == normal(RECORDED[name])


@pytest.mark.parametrize("name", CUSTOM)
def test_custom_objects(name):
    assert normal(as_json(serialize(CUSTOM[name]))) == normal(RECORDED[name])


@pytest.mark.parametrize("name", PLAIN)
def test_what_keras_wrote_comes_back(name):
    if name == "symbol":
        tensor = deserialize(RECORDED[name])
        assert (tensor.shape, tensor.dtype) == ((None, 3), "float32")
        return
    again = deserialize(RECORDED[name])
    assert normal(as_json(serialize(again))) == normal(RECORDED[name])


@pytest.mark.parametrize("name", LAYERS)
def test_what_keras_wrote_of_layers_comes_back(name):
    again = deserialize(RECORDED[name])
    assert normal(as_json(serialize(again))) == normal(RECORDED[name])


@pytest.mark.parametrize("name", CUSTOM)
def test_what_keras_wrote_of_custom_objects_comes_back(name):
    again = deserialize(RECORDED[name], custom_objects=CUSTOM_NAMES)
    assert type(again).__name__ == type(CUSTOM[name]).__name__
    assert normal(as_json(serialize(again))) == normal(RECORDED[name])


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(np.float32, "float32"), (np.dtype("int8"), "int8"), ("bfloat16", "bfloat16")],
    ids=str,
)
def test_quirk_dtypes_are_written_by_name(dtype, name):
    """Keras 3.15.1 writes descriptions of these that it cannot read back."""
    assert serialize(dtype) == name


@pytest.mark.parametrize(
    "value",
    [{1, 2}, 1j, object(), range(3), cornu.layers.Dense],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_written(value):
    with pytest.raises(TypeError, match="Cannot serialize") as error:
        serialize(value)
    assert len(str(error.value)) < 2000


def test_a_variable_is_not_written_into_a_config():
    with pytest.raises(TypeError, match="Cannot serialize"):
        serialize(cornu.Variable([1.0]))


def make_lambda(offset):
    return lambda x, factor=3: factor * x + offset


def test_lambdas():
    with pytest.warns(UserWarning, match="lambda is saved as bytecode") as caught:
        config = serialize(make_lambda(4))
    assert caught[0].filename == __file__
    assert list(config) == ["class_name", "config"]
    code, defaults, closure = config["config"]["value"]
    assert (config["class_name"], defaults, closure) == ("__lambda__", (3,), (4,))
    with pytest.raises(cornu.saving.ModelFileError, match="safe_mode=False") as error:
        deserialize(as_json(config))
    assert error.value.pointer == "$"
    assert deserialize(as_json(config), safe_mode=False)(2) == 10


def test_a_lambda_finds_custom_objects_by_name():
    with pytest.warns(UserWarning, match="lambda"):
        config = serialize(lambda x: np.sqrt(x))
    function = deserialize(config, custom_objects={"np": np}, safe_mode=False)
    assert function(16.0) == 4.0
