"""Models pass between Keras 3.15.1 and this package unchanged.

Keras's files are in `data/`, written by `record_keras.py`. The other direction needs Keras: set
CORNU_PEER_PYTHON to a Python that has Keras 3, and it opens our files and predicts. Without, the
files are compared with Keras's own, member by member: the same arrays at the same places with the
same types, and configs with the same keys and values.
"""

import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from saving.layouts import describe
from saving.models import MODELS, inputs_and_targets, outputs_of

import cornu

HERE = Path(__file__).parent
DATA = HERE / "data"
PEER = os.environ.get("CORNU_PEER_PYTHON")


def recorded(name):
    """What Keras predicts for the inputs, and its loss in the next epoch of training."""
    with np.load(DATA / f"{name}.npz") as arrays:
        outputs = [arrays[key] for key in sorted(arrays) if key.startswith("output")]
        return outputs, float(arrays["next_loss"][0])


def check_outputs(model, name):
    expected, _ = recorded(name)
    found = outputs_of(model, inputs_and_targets(name)[0])
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_file_of_keras_predicts_the_same(name):
    check_outputs(cornu.saving.load_model(DATA / f"{name}.keras"), name)


@pytest.mark.parametrize("name", MODELS)
def test_weights_of_keras_fit_a_model_built_here(name):
    model = MODELS[name](cornu)
    model.load_weights(DATA / f"{name}.keras")
    check_outputs(model, name)


def test_a_weights_file_of_keras_is_read():
    model = MODELS["mlp"](cornu)
    model.load_weights(DATA / "mlp.weights.h5")
    assert int(model.optimizer.iterations) == 12
    check_outputs(model, "mlp")


def test_training_goes_on_where_keras_left():
    model = cornu.saving.load_model(DATA / "graph.keras")
    inputs, targets = inputs_and_targets("graph")
    history = model.fit(inputs, targets, epochs=1, shuffle=False, batch_size=16, verbose=0)
    expected = recorded("graph")[1]
    np.testing.assert_allclose(history.history["loss"][0], expected, rtol=1e-5)
    assert int(model.optimizer.iterations) == 7


def members(path):
    with zipfile.ZipFile(path) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
        config = json.loads(archive.read("config.json"))
    with h5py.File(weights, "r") as file:
        return config, describe(h5py, file), arrays_of(file)


def arrays_of(file):
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset):
            found[path] = item[()]

    file.visititems(visit)
    return found


def plain(config):
    """A config without what may differ: numbers of shared objects, keys that are None, and the
    shapes that layers without weights were built for."""
    if isinstance(config, dict):
        left_out = {"shared_object_id"}
        if config.get("class_name") == "Flatten":
            left_out.add("build_config")
        return {
            key: plain(value)
            for key, value in config.items()
            if value is not None and key not in left_out
        }
    return [plain(item) for item in config] if isinstance(config, list) else config


@pytest.mark.parametrize("name", MODELS)
def test_saving_a_model_of_keras_again_gives_the_same_file(name, tmp_path):
    path = tmp_path / "again.keras"
    cornu.saving.load_model(DATA / f"{name}.keras").save(path)
    config, layout, arrays = members(path)
    keras_config, keras_layout, keras_arrays = members(DATA / f"{name}.keras")
    assert layout == keras_layout
    for place, array in arrays.items():
        assert np.array_equal(array, keras_arrays[place]), place
    assert plain(config) == plain(keras_config)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_built_here_is_saved_as_keras_saves_it(name, tmp_path):
    cornu.utils.clear_session()
    path = tmp_path / "ours.keras"
    model = MODELS[name](cornu)
    model.optimizer.build(model.trainable_variables)
    model.save(path)
    config, layout, _ = members(path)
    keras_config, keras_layout, _ = members(DATA / f"{name}.keras")
    assert layout == keras_layout
    assert plain(config) == plain(keras_config)


OPEN_IN_KERAS = """
import sys
import numpy as np
import keras
sys.path.insert(0, sys.argv[1])
from saving.models import inputs_and_targets, outputs_of
model = keras.models.load_model(sys.argv[3])
outputs = outputs_of(model, inputs_and_targets(sys.argv[2])[0])
inputs, targets = inputs_and_targets(sys.argv[2])
steps = int(model.optimizer.iterations.value)
model.fit(inputs, targets, epochs=1, verbose=0)
np.savez(sys.argv[4], *outputs, steps=steps)
"""


@pytest.mark.parametrize("name", MODELS)
def test_a_file_written_here_opens_in_keras(name, tmp_path):
    cornu.utils.set_random_seed(3)
    model = MODELS[name](cornu)
    inputs, targets = inputs_and_targets(name)
    model.fit(inputs, targets, epochs=2, batch_size=8, verbose=0)
    path = tmp_path / "ours.keras"
    model.save(path)
    if not PEER:  # what Keras needs in order to open it
        _, layout, _ = members(path)
        assert layout == members(DATA / f"{name}.keras")[1]
        return
    result = tmp_path / "result.npz"
    arguments = [str(HERE.parent), name, str(path), str(result)]
    subprocess.run(
        [PEER, "-c", OPEN_IN_KERAS, *arguments],
        check=True,
        timeout=240,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    with np.load(result) as found:
        assert int(found["steps"]) == int(model.optimizer.iterations)
        for index, expected in enumerate(outputs_of(model, inputs)):
            np.testing.assert_allclose(found[f"arr_{index}"], expected, rtol=1e-5, atol=1e-6)
