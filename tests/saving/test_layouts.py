"""Every array is where Keras 3.15.1 puts it; recorded by `record_keras.py`."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import pytest
from saving.layouts import LAYOUTS, describe

import cornu

RECORDED = json.loads((Path(__file__).parent / "data" / "layouts.json").read_text())


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_layout(name, tmp_path):
    path = tmp_path / "model.keras"
    model = LAYOUTS[name](cornu)
    cornu.saving.save_model(model, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "r") as file:
        assert describe(h5py, file) == RECORDED[name]


@pytest.mark.parametrize("name", ["attributes", "subclassed", "nested", "half", "own_format"])
def test_what_was_saved_is_loaded_where_it_belongs(name, tmp_path):
    path = tmp_path / "model.weights.h5"
    first, second = LAYOUTS[name](cornu), LAYOUTS[name](cornu)
    for number, variable in enumerate(first.variables):
        variable.assign(cornu.ops.full(variable.shape, number, dtype=variable.dtype))
    first.save_weights(path)
    second.load_weights(path)
    random = [variable for variable in second.variables if "seed" in variable.path]
    for number, variable in enumerate(second.variables):
        if not any(variable is other for other in random):
            assert (cornu.ops.convert_to_numpy(variable) == number).all(), variable.path
