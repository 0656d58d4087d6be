"""The JSON of models of Keras 1 and 2, and `keras.legacy.saving`."""

import json

import numpy as np
import pytest
from saving.legacy.files import layer, node

import cornu
from cornu import layers
from cornu.saving import ModelFileError


def sequential(*described, version="2.9.0", **config):
    content = {"name": "s", "layers": list(described), **config}
    return json.dumps(
        {"class_name": "Sequential", "config": content, "keras_version": version, "backend": "x"}
    )


def functional(*entries, outputs):
    config = {
        "name": "model",
        "layers": list(entries),
        "input_layers": [["in", 0, 0]],
        "output_layers": outputs,
    }
    return json.dumps({"class_name": "Model", "config": config, "keras_version": "2.4.0"})


def first(**config):
    return node(layer("InputLayer", "in", batch_input_shape=[None, 3], dtype="float32", **config))


@pytest.mark.parametrize(
    ("described", "checks"),
    [
        (layer("BatchNormalizationV1", "x", axis=[1], fused=None), {"axis": 1}),
        (
            layer("BatchNormalization", "x", axis={"class_name": "ListWrapper", "config": [-1]}),
            {"axis": -1},
        ),
        (layer("SyncBatchNormalization", "x", axis=[1]), {"synchronized": True}),
        (layer("Dense", "x", units=2, dtype="float64"), {"dtype": "float64"}),
        (
            layer(
                "Dense",
                "x",
                units=2,
                dtype={"class_name": "PolicyV1", "config": {"name": "mixed_bfloat16"}},
            ),
            {"compute_dtype": "bfloat16", "variable_dtype": "float32"},
        ),
        (layer("LeakyReLU", "x", alpha=0.25), {"negative_slope": 0.25}),
        (layer("ThresholdedReLU", "x", theta=0.5), {"threshold": 0.5}),
        (layer("Embedding", "x", input_dim=4, output_dim=2, input_length=3), {"input_dim": 4}),
    ],
)
def test_old_words(described, checks):
    described["config"]["batch_input_shape"] = [None, 3]
    model = cornu.models.model_from_json(sequential(described))
    found = model.layers[0]
    assert model.input_shape == (None, 3)
    for name, value in checks.items():
        assert getattr(found, name) == value, name


def test_initializers_with_a_dtype_and_old_distributions():
    kernel = {
        "class_name": "VarianceScaling",
        "config": {"scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": None},
    }
    bias = {"class_name": "Constant", "config": {"value": 2, "dtype": "float32"}}
    described = layer(
        "Dense",
        "x",
        units=2,
        kernel_initializer=kernel,
        bias_initializer=bias,
        batch_input_shape=[None, 3],
    )
    found = cornu.models.model_from_json(sequential(described)).layers[0]
    assert found.kernel_initializer.distribution == "truncated_normal"
    assert np.array_equal(found.bias, [2, 2])


def test_the_hard_sigmoid_of_keras_2_keeps_its_slope():
    """Keras 3 gave the name to another function, of slope 1/6."""
    described = layer("Activation", "x", activation="hard_sigmoid", batch_input_shape=[None, 3])
    model = cornu.models.model_from_json(sequential(described))
    data = np.array([[-1.0, 1.0, 5.0]])
    np.testing.assert_allclose(model.predict(data, verbose=0), [[0.3, 0.7, 1.0]], atol=1e-6)
    again = cornu.models.model_from_json(model.to_json())
    np.testing.assert_allclose(again.predict(data, verbose=0), [[0.3, 0.7, 1.0]], atol=1e-6)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.1"])
def test_a_sequential_model_may_be_a_list(version):
    dense = layer("Dense", "x", batch_input_shape=[None, 3])
    dense["config"]["output_dim" if version[0] == "1" else "units"] = 2
    text = json.dumps({"class_name": "Sequential", "config": [dense], "keras_version": version})
    assert cornu.models.model_from_json(text).count_params() == 8


def test_where_no_version_is_given_the_words_tell():
    dense = layer("Dense", "x", batch_input_shape=[None, 3], output_dim=2, init="uniform")
    text = json.dumps({"class_name": "Sequential", "config": [dense]})
    assert cornu.models.model_from_json(text).count_params() == 8


def test_constants_and_arguments_of_calls():
    entries = [
        first(),
        {
            "class_name": "TFOpLambda",
            "name": "tf.math.subtract",
            "config": {"name": "tf.math.subtract", "function": "math.subtract"},
            "inbound_nodes": [["_CONSTANT_VALUE", -1, 2.0, {"y": ["in", 0, 0], "name": None}]],
        },
        node(layer("Dropout", "d", rate=0.99), ["tf.math.subtract", 0, 0, {"training": False}]),
    ]
    model = cornu.models.model_from_json(functional(*entries, outputs=[["d", 0, 0]]))
    data = np.array([[1.0, 2.0, 5.0]])
    assert np.array_equal(model.predict(data, verbose=0), 2 - data)
    assert np.array_equal(model(data, training=True), 2 - data)


def test_nodes_of_a_tensorflow_graph():
    """tf.keras 2.0 to 2.3 kept them as layers."""

    def op(name, kind, inputs, constants, attributes, *places):
        spec = {"name": name, "op": kind, "input": inputs, "attr": attributes}
        return node(layer("TensorFlowOpLayer", name, node_def=spec, constants=constants), *places)

    entries = [
        first(),
        op("scaled", "Mul", ["in", "y"], {"1": 3.0}, {}, "in"),
        op("sum", "Sum", ["scaled", "i"], {"1": [1]}, {"keep_dims": {"b": True}}, "scaled"),
        op("both", "ConcatV2", ["in", "sum", "axis"], {"2": -1}, {}, "in", "sum"),
        op("root", "Sqrt", ["both"], {}, {}, "both"),
    ]
    model = cornu.models.model_from_json(functional(*entries, outputs=[["root", 0, 0]]))
    data = np.array([[1.0, 4.0, 4.0]])
    np.testing.assert_allclose(model.predict(data, verbose=0), [[1, 2, 2, np.sqrt(27)]], atol=1e-5)


@pytest.mark.parametrize(
    ("described", "word"),
    [
        (layer("MaxoutDense", "x", output_dim=2), "MaxoutDense"),
        (layer("LSTM", "x", units=2, time_major=True), "time_major=True"),
        (layer("Nonsense", "x"), "Nonsense"),
        (layer("Lambda", "x", function=["4wAA", None, None], function_type="lambda"), "lambda"),
    ],
)
def test_what_cannot_be_had_is_named(described, word):
    described["config"]["batch_input_shape"] = [None, 3, 3]
    with pytest.raises(ModelFileError, match=word):
        cornu.models.model_from_json(sequential(described))


def test_functions_of_tensorflow_that_are_not_known_are_named():
    entry = {
        "class_name": "TFOpLambda",
        "name": "tf.io.read_file",
        "config": {"name": "tf.io.read_file", "function": "io.read_file"},
        "inbound_nodes": [["in", 0, 0, {}]],
    }
    with pytest.raises(ModelFileError, match="tf.io.read_file"):
        cornu.models.model_from_json(
            functional(first(), entry, outputs=[["tf.io.read_file", 0, 0]])
        )


def test_classes_of_users_get_what_they_wrote():
    class Twice(layers.Layer):
        def __init__(self, old_word, **options):
            super().__init__(**options)
            self.old_word = old_word

        def call(self, inputs):
            return inputs * 2

    described = layer("Twice", "x", old_word=[3], dtype="float32", batch_input_shape=[None, 3])
    model = cornu.models.model_from_json(sequential(described), custom_objects={"Twice": Twice})
    assert model.layers[0].old_word == [3]
    assert np.array_equal(model.predict(np.ones((1, 3)), verbose=0), [[2, 2, 2]])


class Box:
    """Something with a config."""

    def __init__(self, size=1):
        self.size = size

    def get_config(self):
        return {"size": self.size}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def double(x):
    return 2 * x


def test_legacy_objects_there_and_back():
    saving = cornu.legacy.saving
    assert cornu.utils.legacy.serialize_keras_object is saving.serialize_keras_object
    described = saving.serialize_keras_object(Box(3))
    assert described == {"class_name": "Box", "config": {"size": 3}}
    assert saving.deserialize_keras_object(described, custom_objects={"Box": Box}).size == 3
    assert saving.deserialize_keras_object(described, {"Box": Box}).size == 3
    with cornu.saving.custom_object_scope({"Box": Box}):
        assert saving.deserialize_keras_object(described).size == 3
    for nothing in (saving.serialize_keras_object, saving.deserialize_keras_object):
        assert nothing(None) is None
    assert saving.serialize_keras_object(double) == "double"
    assert saving.deserialize_keras_object("double", {"double": double}) is double
    assert saving.deserialize_keras_object(double) is double
    dense = saving.serialize_keras_object(layers.Dense(2, name="d"))
    assert dense["class_name"] == "Dense"
    assert saving.deserialize_keras_object(dense, vars(layers)).units == 2


def test_legacy_objects_that_are_none():
    saving = cornu.legacy.saving
    for value in (3, "relu", [1], {"a": 1}):
        with pytest.raises(ValueError, match="Cannot serialize"):
            saving.serialize_keras_object(value)
    for value in (3, [1], Box()):
        with pytest.raises(ValueError, match="Could not interpret"):
            saving.deserialize_keras_object(value)
    for value in ({"a": 1}, {"class_name": "Box"}, {"class_name": "Box", "config": "x"}):
        with pytest.raises(ValueError, match="Improper config format"):
            saving.deserialize_keras_object(value, {"Box": Box})
    for value in ({"class_name": "Dense", "config": {}}, "relu"):
        with pytest.raises(ValueError, match="Unknown layer"):
            saving.deserialize_keras_object(value, printable_module_name="layer")
    with pytest.warns(UserWarning, match="bytecode"):
        code = saving.serialize_keras_object(layers.Lambda(lambda x: x))
    with pytest.raises(ValueError, match="lambda"):
        saving.deserialize_keras_object(code, vars(layers))
