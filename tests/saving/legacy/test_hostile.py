"""Damaged and hostile HDF5 files are refused with `ModelFileError`, quickly, and change nothing."""

import json
import re
import time

import h5py
import numpy as np
import pytest
from saving.legacy.files import layer, write
from saving.legacy.models import numbers

import cornu
from cornu import layers
from cornu.saving import ModelFileError
from cornu.serial.functions import dump_function

CONFIG = {
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [layer("Dense", "d", units=2, batch_input_shape=[None, 3])]},
}
KERNEL, BIAS = numbers(3, 2), numbers(2, seed=1)


@pytest.fixture
def path(tmp_path):
    stored = {"d": {"d/kernel:0": KERNEL, "d/bias:0": BIAS}}
    return write(tmp_path / "model.h5", CONFIG, stored, version="2.3.1")


@pytest.fixture
def model():
    return cornu.Sequential([layers.Input((3,)), layers.Dense(2)])


def refused(path, match, **options):
    start = time.perf_counter()
    with pytest.raises(ModelFileError, match=match) as caught:
        cornu.models.load_model(path, **options)
    assert time.perf_counter() - start < 1
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 2048
    return caught.value


def edited(path, **changes):
    """The file with another config: `config` with changes in its only layer."""
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"][0].update(changes)
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
    return path


def test_the_file_itself_is_fine(path):
    found = cornu.models.load_model(path).predict(np.eye(3), verbose=0)
    np.testing.assert_allclose(found, KERNEL + BIAS, atol=1e-6)


@pytest.mark.parametrize("link", ["soft", "external"])
@pytest.mark.parametrize("place", ["model_weights", "model_weights/d", "model_weights/d/d/bias:0"])
def test_links_are_refused(path, link, place, tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(path, "a") as file, h5py.File(other, "w") as target:
        file.copy(place, target, "there")
        file.copy(place, "there")
        del file[place]
        kinds = {"soft": h5py.SoftLink("/there"), "external": h5py.ExternalLink(other, "/there")}
        file[place] = kinds[link]
    refused(path, "link to somewhere else")


def test_an_array_that_is_not_there_is_refused(path):
    with h5py.File(path, "a") as file:
        del file["model_weights/d/d/kernel:0"]
        declared = {"shape": (10**6, 10**5), "dtype": "f4", "chunks": (1000, 100)}
        file["model_weights/d"].create_dataset("d/kernel:0", **declared)
    refused(path, "declares 400000000000 bytes, but 0 are stored")


def test_external_storage_is_refused(path, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(24))
    with h5py.File(path, "a") as file:
        del file["model_weights/d/d/kernel:0"]
        outside = [(str(tmp_path / "secret"), 0, 24)]
        file["model_weights/d"].create_dataset("d/kernel:0", (3, 2), "f4", external=outside)
    refused(path, "outside of this file")


def test_a_virtual_array_is_refused(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["x"] = KERNEL
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3, 2))
    with h5py.File(path, "a") as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d"].create_virtual_dataset("d/kernel:0", layout)
    refused(path, "outside of this file|declares")


def test_deep_json_is_refused(path):
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = (b'{"a":' * 50_000) + b"1" + b"}" * 50_000
    refused(path, "nested deeper")


def test_json_that_is_none_is_refused(path):
    nameless = b'{"class_name": 1, "config": 2}'
    for text in (b"{", b"[1, 2]", b'{"class_name": "Sequential"}', nameless):
        with h5py.File(path, "a") as file:
            file.attrs["model_config"] = text
        refused(path, ".")


@pytest.mark.parametrize("form", ["list", "dict"])
def test_code_is_refused(path, form):
    code, defaults, closure = dump_function(lambda x: x * 3)
    config = {"name": "d", "batch_input_shape": [None, 3], "output_shape": None}
    if form == "list":
        config |= {"function": [code, defaults, closure], "function_type": "lambda"}
        config |= {"output_shape_type": "raw", "module": "__main__", "arguments": {}}
    else:
        inner = {"code": code, "defaults": defaults, "closure": closure}
        config["function"] = {"class_name": "__lambda__", "config": inner}
    edited(path, class_name="Lambda", config=config)
    with h5py.File(path, "a") as file:
        del file["model_weights/d"]
        file.create_group("model_weights/d").attrs["weight_names"] = []
    assert refused(path, "lambda").member == "model_config"
    model = cornu.models.load_model(path, safe_mode=False)
    assert np.array_equal(model.predict(np.eye(3), verbose=0), 3 * np.eye(3))


def test_names_are_looked_up_and_not_imported(path):
    for module, name in (("os", "system"), ("keras.utils", "get_file"), (None, "Nonsense")):
        refused(edited(path, module=module, class_name=name), f"{name}|may name")
    with pytest.raises(ModelFileError, match="get_file"):
        config = {"name": "d", "function": "get_file", "function_type": "function"}
        config["batch_input_shape"] = [None, 3]
        cornu.models.load_model(edited(path, class_name="Lambda", config=config), safe_mode=False)


def test_a_truncated_file_is_refused(path, tmp_path):
    data = path.read_bytes()
    for length in range(0, len(data), 997):
        broken = tmp_path / "broken.h5"
        broken.write_bytes(data[:length])
        refused(broken, "HDF5|read|outside")


def test_one_text_is_not_copied_often(path):
    """A list of names whose entries all are one long text."""
    with h5py.File(path, "a") as file:
        file.attrs["layer_names"] = ["x"]
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs["layer_names"] = ["n" * 2**20] + ["m"] * 3000
    data = bytearray(path.read_bytes())
    start = next(
        found.start()
        for found in re.finditer(re.escape((2**20).to_bytes(4, "little")), data)
        if data[int.from_bytes(data[found.end() : found.end() + 8], "little") :][:4] == b"GCOL"
    )
    data[start : start + 16 * 3000] = data[start : start + 16] * 3000
    path.write_bytes(data)
    refused(path, "bytes of text")


@pytest.mark.parametrize("by_name", [False, True])
def test_weights_that_do_not_fit_change_nothing(by_name, tmp_path, model):
    before = model.get_weights()
    name = model.layers[0].name
    for stored, word in (
        ({name: {"k": numbers(3, 5), "b": BIAS}}, "shape"),
        ({name: {"k": KERNEL}}, "1 in the file"),
        ({name: {"k": KERNEL, "b": BIAS.astype("int32")}}, "int32 in the file"),
    ):
        path = write(tmp_path / "weights.h5", None, stored, version="2.3.1")
        with pytest.raises(ModelFileError, match=word):
            model.load_weights(path, by_name=by_name)
        with pytest.warns(UserWarning, match="left as they are"):
            report = model.load_weights(path, by_name=by_name, skip_mismatch=True)
        assert len(report.mismatched) == 2
    for left, right in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(left, right)


def test_an_array_that_is_damaged_changes_nothing(tmp_path, model):
    """The last of the arrays cannot be read; the others are not taken over."""
    model = cornu.Sequential([layers.Input((3,)), layers.Dense(3), layers.Dense(3)])
    path = tmp_path / "weights.hdf5"
    large = numbers(3, 3, seed=4)
    stored = {"a": {"k": large, "b": numbers(3)}, "b": {"k": large, "b": numbers(3)}}
    write(path, None, stored, version="2.3.1")
    with h5py.File(path, "a") as file:
        del file["b/b"]
        file["b"].create_dataset("b", data=numbers(3), chunks=(3,), fletcher32=True)
        offset = file["b/b"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)
    before = model.get_weights()
    with pytest.raises(ModelFileError, match="cannot be read"):
        model.load_weights(path)
    for left, right in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_both_forms_of_headers_are_read(libver, tmp_path):
    """HDF5 has two; texts are found in the headers by our own reading."""
    path = tmp_path / "model.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs["model_config"] = json.dumps(CONFIG)
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array(["d"], dtype=h5py.string_dtype())
        group.create_group("d").attrs["weight_names"] = ["ä/kernel:0", "ä/bias:0"]
        group["d/ä/kernel:0"], group["d/ä/bias:0"] = KERNEL, BIAS
    found = cornu.models.load_model(path).predict(np.eye(3), verbose=0)
    np.testing.assert_allclose(found, KERNEL + BIAS, atol=1e-6)
