"""Every layer and every optimizer passes between Keras 3.15.1 and this package.

Keras's files and results are in `data/matrix.*`, written by `record_keras.py`. The other direction
needs Keras: with CORNU_PEER_PYTHON set to a Python that has Keras 3, it opens a file of ours for
each and goes on training; without, our files are compared with Keras's, member by member.
"""

import os
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from saving import matrix
from saving.test_interchange import DATA, PEER, members, plain

import cornu

HERE = Path(__file__).parent
with zipfile.ZipFile(DATA / "matrix.zip") as archive:
    FILES = {name.removesuffix(".keras"): archive.read(name) for name in archive.namelist()}
RESULTS = np.load(DATA / "matrix.npz")
# A step of training is compiled for every model: a few of each kind, all when asked for.
EVERY_ROW = os.environ.get("CORNU_EVERY_ROW")
# Keras loses on JAX, and only there, what a layer assigns to a trainable weight in a step.
NOT_TRAINED_ALIKE = {"layer_spectral_normalization"}
TRAINED = [
    name for name in FILES if f"{name}/trained/000" in RESULTS and name not in NOT_TRAINED_ALIKE
]
CHOSEN = TRAINED if EVERY_ROW else [name for name in TRAINED if "settings" in name][::2]


def recorded(name, kind):
    return [RESULTS[key] for key in sorted(RESULTS.files) if key.startswith(f"{name}/{kind}/")]


@pytest.fixture
def file(request, tmp_path):
    path = tmp_path / "keras.keras"
    path.write_bytes(FILES[request.param])
    return request.param, path


def check(found, expected, rtol=1e-6):
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=rtol, atol=1e-6)


def test_the_matrix_is_complete():
    assert set(FILES) == set(matrix.names(cornu))


@pytest.mark.parametrize("file", FILES, indirect=True)
def test_a_file_of_keras_gives_the_same_and_is_saved_the_same(file, tmp_path):
    name, path = file
    model = cornu.saving.load_model(path)
    check(matrix.outputs_of(cornu, model, name), recorded(name, "outputs"), rtol=1e-5)
    model.save(tmp_path / "again.keras")
    config, layout, arrays = members(tmp_path / "again.keras")
    keras_config, keras_layout, keras_arrays = members(path)
    assert of_arrays(layout) == of_arrays(keras_layout)
    for place, array in arrays.items():
        assert np.array_equal(array, keras_arrays[place]), place
    assert comparable(plain(config), arrays) == comparable(plain(keras_config), arrays)


@pytest.mark.parametrize("file", CHOSEN, indirect=True)
def test_the_next_step_of_training_is_the_same(file):
    name, path = file
    model = cornu.saving.load_model(path)
    check(matrix.train(cornu, model, name), recorded(name, "trained"), rtol=1e-5)


def of_arrays(layout):
    """Groups may be empty: those of parts without variables, which only Keras has."""
    return {place: what for place, what in layout.items() if what != "group"}


def comparable(config, arrays):
    """A config without what Keras also writes: `training: false` of calls that were not given it,
    and the shapes that models' layers without variables were built for."""
    if isinstance(config, list):
        return [comparable(item, arrays) for item in config]
    if not isinstance(config, dict):
        return config
    left_out = {key for key in ("training",) if config.get(key) is False}
    if not any(place.startswith("layers/") for place in arrays):
        left_out.add("build_config")
    return {key: comparable(v, arrays) for key, v in config.items() if key not in left_out}


OPEN_IN_KERAS = """
import sys
import warnings
import numpy as np
import keras
sys.path.insert(0, sys.argv[1])
from saving import matrix
warnings.simplefilter("ignore")
arrays = {}
for name in sys.argv[3:]:
    model = keras.models.load_model(f"{sys.argv[2]}/{name}.keras")
    for kind, values in (
        ("outputs", matrix.outputs_of(keras, model, name)),
        ("trained", matrix.train(keras, model, name)),
    ):
        for index, value in enumerate(values):
            arrays[f"{name}/{kind}/{index:03d}"] = value
np.savez(f"{sys.argv[2]}/results.npz", **arrays)
"""


@pytest.mark.skipif(not PEER, reason="needs Keras: CORNU_PEER_PYTHON names a Python that has it")
@pytest.mark.parametrize("part", range(8))
def test_a_file_written_here_opens_in_keras(part, tmp_path):
    expected = {}
    for name in list(FILES)[part::8]:
        cornu.utils.set_random_seed(2)
        model = matrix.build(cornu, name)
        matrix.train(cornu, model, name)
        model.save(tmp_path / f"{name}.keras")
        expected[name, "outputs"] = matrix.outputs_of(cornu, model, name)
        if name not in NOT_TRAINED_ALIKE:
            expected[name, "trained"] = matrix.train(cornu, model, name)
    names = [path.stem for path in sorted(tmp_path.glob("*.keras"))]
    subprocess.run(
        [PEER, "-c", OPEN_IN_KERAS, str(HERE.parent), str(tmp_path), *names],
        check=True,
        timeout=500,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    with np.load(tmp_path / "results.npz") as found:
        for (name, kind), values in expected.items():
            keys = [key for key in sorted(found.files) if key.startswith(f"{name}/{kind}/")]
            check([found[key] for key in keys], values, rtol=1e-5)
