"""HDF5 files written here are those that Keras 3.15.1 writes, and it and tf.keras 2 read them.

The other libraries are asked where CORNU_PEER_PYTHON names a Python that has Keras 3.
"""

import json
import os
import subprocess

import h5py
import numpy as np
import pytest
from saving.legacy.models import MODELS, outputs_of
from saving.legacy.test_recorded import unpacked

import cornu
from cornu import layers
from cornu.saving import legacy_h5

PEER = os.environ.get("CORNU_PEER_PYTHON")
SAVED_AS_HDF5 = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def built(name):
    build, optimizer, loss, metrics = MODELS[name]
    model, inputs, targets = build(cornu)
    if optimizer is not None:
        optimizer = getattr(cornu.optimizers, optimizer[0])(**optimizer[1])
        model.compile(optimizer, loss=loss, metrics=metrics)
        optimizer.build(model.trainable_variables)
    return model, inputs, targets


def text(name):
    return name.decode() if isinstance(name, bytes) else name


def described(path):
    """The groups, arrays and attributes of a file, without numbers, and its two configs."""
    found, configs = {}, {}

    def visit(name, item):
        attributes = {
            key: list(map(text, value)) if isinstance(value, np.ndarray) else value
            for key, value in item.attrs.items()
            if key not in ("crc32", "model_config", "training_config")
        }
        shape = (item.shape, item.dtype.name) if isinstance(item, h5py.Dataset) else None
        found[name] = (shape, attributes)

    with h5py.File(path, "r") as file:
        visit("/", file)
        file.visititems(visit)
        for key in ("model_config", "training_config"):
            configs[key] = json.loads(file.attrs[key]) if key in file.attrs else None
    return found, configs


def plain(config):
    """A config without what is None."""
    if isinstance(config, dict):
        return {key: plain(value) for key, value in config.items() if value is not None}
    return [plain(item) for item in config] if isinstance(config, list) else config


@SAVED_AS_HDF5
@pytest.mark.parametrize("name", ["dense", "several", "rmsprop"])
def test_a_file_is_as_keras_writes_it(name, tmp_path):
    theirs, _ = unpacked("keras_3", name, tmp_path)
    model, *_ = built(name)
    ours = tmp_path / "ours.h5"
    model.save(ours)
    found, configs = described(ours)
    expected, keras_configs = described(theirs)
    assert found == expected
    assert plain(configs) == plain(keras_configs)


@SAVED_AS_HDF5
@pytest.mark.parametrize("name", ["dense", "several", "nested"])
def test_a_model_comes_back(name, tmp_path):
    model, inputs, targets = built(name)
    model.train_on_batch(inputs, targets)
    path = tmp_path / "model.hdf5"
    model.save(path)
    again = cornu.models.load_model(path)
    for left, right in zip(outputs_of(model, inputs), outputs_of(again, inputs), strict=True):
        assert np.array_equal(left, right)
    assert len(again.optimizer.variables) == len(model.optimizer.variables)
    values = {v.path: np.asarray(v) for v in model.optimizer.variables}
    for variable in again.optimizer.variables:
        assert np.array_equal(np.asarray(variable), values[variable.path]), variable.path


@SAVED_AS_HDF5
def test_without_an_optimizer(tmp_path):
    model, *_ = built("dense")
    model.save(tmp_path / "model.h5", include_optimizer=False)
    found, configs = described(tmp_path / "model.h5")
    assert configs["training_config"] is None
    assert "optimizer_weights" not in found
    assert not cornu.models.load_model(tmp_path / "model.h5").compiled


@SAVED_AS_HDF5
def test_ops_and_classes_of_users(tmp_path):
    @cornu.saving.register_keras_serializable("zoo")
    class Scale(layers.Layer):
        def __init__(self, factor, **options):
            super().__init__(**options)
            self.factor = factor
            self.shift = self.add_weight(shape=(), initializer="ones")

        def call(self, inputs):
            return inputs * self.factor + self.shift

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    inputs = layers.Input((3,))
    x = Scale(2.0)(cornu.ops.concatenate([inputs, inputs * 3.0], axis=-1)[:, 1:])
    model = cornu.Model(inputs, cornu.ops.mean(layers.Add()([x, x]), axis=1))
    path = tmp_path / "model.h5"
    model.save(path)
    data = np.arange(6.0).reshape(2, 3)
    again = cornu.models.load_model(path)
    assert np.array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))


@SAVED_AS_HDF5
def test_variables_of_the_model_itself(tmp_path):
    @cornu.saving.register_keras_serializable("zoo")
    class Shifted(cornu.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = layers.Dense(2)
            self.shift = self.add_weight(shape=(2,), initializer="normal", name="shift")

        def call(self, inputs):
            return self.dense(inputs) + self.shift

    model, data = Shifted(), np.ones((1, 3))
    before = model.predict(data, verbose=0)
    path = tmp_path / "model.h5"
    model.save(path)
    with pytest.raises(cornu.saving.ModelFileError, match="cannot be built"):
        cornu.models.load_model(path)
    other = Shifted()
    other.build((None, 3))
    assert other.load_weights(path).complete
    assert np.array_equal(other.predict(data, verbose=0), before)


def test_many_layers_and_long_names(tmp_path):
    """HDF5 keeps 64 kB of attributes for a group: longer lists of names are split."""
    names = [f"{'a_rather_long_name_' * 12}{number}" for number in range(400)]
    rows = [layers.Identity(name=name) for name in names[:-1]]
    model = cornu.Sequential([layers.Input((2,)), *rows, layers.Dense(2, name=names[-1])])
    path = tmp_path / "weights.h5"
    legacy_h5.save_model_h5(model, path)
    with h5py.File(path, "r") as file:
        assert {"layer_names0", "layer_names1"} <= set(file["model_weights"].attrs)
    expected = model.get_weights()
    model.set_weights([np.zeros_like(array) for array in expected])
    assert len(model.load_weights(path, by_name=True).loaded) == 2
    assert np.array_equal(model.get_weights()[0], expected[0])


@SAVED_AS_HDF5
def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.h5"
    path.write_bytes(b"old")

    class Odd(layers.Layer):
        def __init__(self, thing):
            super().__init__()

        def call(self, inputs):
            return inputs

    model = cornu.Sequential([layers.Input((2,)), Odd(object())])
    with pytest.raises((NotImplementedError, TypeError)):
        model.save(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model.h5"]


OPEN_IN_KERAS = """
import sys
import numpy as np
import keras
sys.path.insert(0, sys.argv[1])
from saving.legacy.models import MODELS, outputs_of
model = keras.models.load_model(sys.argv[3])
inputs = MODELS[sys.argv[2]][0](keras)[1]
np.savez(sys.argv[4], *outputs_of(model, inputs), steps=int(model.optimizer.iterations.value))
"""


@SAVED_AS_HDF5
@pytest.mark.skipif(not PEER, reason="CORNU_PEER_PYTHON names no Python that has Keras 3")
@pytest.mark.parametrize("name", ["dense", "several"])
def test_a_file_written_here_opens_in_keras(name, tmp_path):
    model, inputs, targets = built(name)
    model.train_on_batch(inputs, targets)
    path, result = tmp_path / "ours.h5", tmp_path / "result.npz"
    model.save(path)
    tests = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    subprocess.run(
        [PEER, "-c", OPEN_IN_KERAS, tests, name, str(path), str(result)],
        check=True,
        timeout=240,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    with np.load(result) as found:
        assert int(found["steps"]) == 1
        for index, expected in enumerate(outputs_of(model, inputs)):
            np.testing.assert_allclose(found[f"arr_{index}"], expected, rtol=1e-5, atol=1e-6)


@SAVED_AS_HDF5
def test_subclasses_of_models_and_functions_of_users(tmp_path):
    @cornu.saving.register_keras_serializable("zoo")
    class Row(cornu.Sequential):
        pass

    class Graph(cornu.Model):
        pass

    def double(x):
        return 2 * x

    inputs = layers.Input((3,))
    row = Row([layers.Input((3,)), layers.Dense(2, activation=double)])
    model = Graph(inputs, row(inputs))
    model.compile("sgd", cornu.losses.MeanSquaredError(), metrics=[cornu.metrics.AUC(), "acc"])
    path = tmp_path / "model.h5"
    model.save(path)
    with pytest.raises(cornu.saving.ModelFileError, match="'Graph'|'double'"):
        cornu.models.load_model(path)
    again = cornu.models.load_model(path, custom_objects={"Graph": Graph, "double": double})
    assert type(again) is Graph
    assert type(again.layers[1]) is Row
    data = np.ones((1, 3))
    assert np.array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))
    assert isinstance(again.loss, cornu.losses.MeanSquaredError)
