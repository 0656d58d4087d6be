"""`KerasFileEditor`: looking at, comparing and changing what a file of weights holds."""

import os
import zipfile

import h5py
import numpy as np
import pytest

import cornu
from cornu.saving import KerasFileEditor, ModelFileError

RNG = np.random.default_rng(3)


class Scaled(cornu.Model):
    """Has a weight of its own besides its layers'."""

    def __init__(self):
        super().__init__()
        self.inner = cornu.Sequential([cornu.layers.Dense(3), cornu.layers.BatchNormalization()])
        self.head = cornu.layers.Dense(2, dtype="bfloat16")
        self.scale = self.add_weight(shape=(2,), name="scale")

    def call(self, x):
        return self.head(self.inner(x)) * cornu.ops.cast(self.scale, "bfloat16")


def scaled():
    model = Scaled()
    model(np.ones((1, 4), "float32"))
    return model


def chain(hidden=3, outputs=2):
    return cornu.Sequential(
        [cornu.layers.Input((4,)), cornu.layers.Dense(hidden), cornu.layers.Dense(outputs)]
    )


def values(model):
    return [np.asarray(cornu.ops.convert_to_numpy(variable)) for variable in model.variables]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.weights.h5"
    chain().save_weights(path)
    return path


@pytest.mark.parametrize("kind", ["model.weights.h5", "model.keras", "folder"])
def test_what_is_saved_again_is_the_same(tmp_path, kind, capsys):
    model = scaled()
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4), "float32"), np.ones((2, 2), "float32"), verbose=0)
    source, target = tmp_path / kind, tmp_path / "again.weights.h5"
    if kind == "model.weights.h5":
        model.save_weights(source)
    else:
        model.save(source, zipped=kind == "model.keras")
    editor = KerasFileEditor(source)
    assert repr(str(source)) in capsys.readouterr().out
    assert set(editor.weights_dict) == {"0", "head", "inner", "optimizer"}
    assert editor.weights_dict["head"]["0"].dtype.name == "bfloat16"
    editor.resave_weights(target)
    again = scaled()
    again.compile("adam", "mse")
    again.load_weights(target)
    for left, right in zip(values(model), values(again), strict=True):
        assert left.tobytes() == right.tobytes()
    assert int(again.optimizer.iterations) == 1
    described = editor.config and editor.config["class_name"]
    assert described == (None if kind == "model.weights.h5" else "Scaled")
    assert (editor.metadata is None) == (kind == "model.weights.h5")
    assert editor.compare(again)["error_count"] == 0


def test_summary(path, capsys):
    editor = KerasFileEditor(path)
    editor.add_object("layers/dense/below", {"a": np.int8(3)})
    capsys.readouterr()
    editor.summary()
    assert capsys.readouterr().out.splitlines() == [
        "Weights structure",
        "  └─ layers",
        "      ├─ dense",
        "      │   ├─ 0: shape=(4, 3), dtype=float32",
        "      │   ├─ 1: shape=(3,), dtype=float32",
        "      │   └─ below",
        "      │       └─ a: shape=(), dtype=int8",
        "      └─ dense_1",
        "          ├─ 0: shape=(3, 2), dtype=float32",
        "          └─ 1: shape=(2,), dtype=float32",
    ]


@pytest.mark.parametrize("name", ["dense", "layers/dense", "/layers/dense"])
def test_names_of_objects(path, name):
    editor = KerasFileEditor(path)
    editor.rename_object(name, new_name="first")
    assert list(editor.weights_dict["layers"]) == ["first", "dense_1"]
    editor.rename_object("/layers", "things")
    editor.delete_object("things/first")
    assert list(editor.weights_dict["things"]) == ["dense_1"]


def test_weights_of_an_object(path, tmp_path):
    editor = KerasFileEditor(path)
    kernel = RNG.normal(size=(4, 3)).astype("float32")
    editor.add_weights("dense", {"0": kernel, "2": [1, 2]})
    editor.delete_weight("dense", "1")
    editor.save(tmp_path / "edited.weights.h5")
    found = KerasFileEditor(tmp_path / "edited.weights.h5").weights_dict["layers"]["dense"]
    assert list(found) == ["0", "2"]
    assert (found["0"] == kernel).all()
    assert found["2"].dtype == "int64"


def test_added_objects_are_loaded(tmp_path, path):
    editor = KerasFileEditor(path)
    kernel, bias = RNG.normal(size=(2, 5)).astype("float32"), np.zeros(5, "float32")
    editor.add_object("layers/dense_2", {"0": kernel, "1": bias})
    editor.save(path)
    model = chain()
    model.add(cornu.layers.Dense(5))
    model.load_weights(path)
    assert (model.layers[2].get_weights()[0] == kernel).all()
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("reference", "errors", "matches"),
    [
        (lambda: chain(), 0, 4),
        (lambda: chain(hidden=5), 3, 1),
        (lambda: chain(outputs=4), 2, 2),
        (lambda: cornu.Sequential([cornu.layers.Input((4,)), cornu.layers.Dense(3)]), 1, 2),
        (lambda: cornu.Sequential([*chain().layers, cornu.layers.Dense(1)]), 1, 4),
    ],
    ids=["same", "other width", "other outputs", "fewer layers", "more layers"],
)
def test_compare(path, capsys, reference, errors, matches):
    model = reference()
    model.build((None, 4))
    result = KerasFileEditor(path).compare(model)
    status = "error" if errors else "success"
    assert result == {"status": status, "error_count": errors, "match_count": matches}
    words = f"Found {errors} error" if errors else "The file fits"
    assert words in capsys.readouterr().out


def refusals(editor):
    array = np.ones(3)
    return {
        "no object": (lambda: editor.delete_object("dnse"), r"Did you mean 'dense'\?"),
        "several": (lambda: editor.delete_object("twin"), "whole path: layers/twin, twin"),
        "no path": (lambda: editor.rename_object("layers/nothing", "x"), "no object"),
        "a path as name": (lambda: editor.rename_object("dense", "a/b"), "a word without"),
        "taken": (lambda: editor.rename_object("dense", "dense_1"), "beside 'dense' already"),
        "no weight": (lambda: editor.delete_weight("dense", "9"), r"it has \['0', '1'\]"),
        "nothing above": (lambda: editor.add_object("a/b", {"0": array}), "has no object 'a'"),
        "no name": (lambda: editor.add_object("", {"0": array}), "a word without"),
        "no dictionary": (lambda: editor.add_object("a", array), "must be a dictionary"),
        "text": (lambda: editor.add_weights("dense", {"0": "text"}), "array of numbers"),
        "objects": (lambda: editor.add_weights("dense", {"0": [None]}), "array of numbers"),
        "an object's name": (lambda: editor.add_weights("layers", {"dense": array}), "no such"),
        "another ending": (lambda: editor.save("model.keras"), "must end in"),
        "no model": (lambda: editor.compare("model"), "Expected a model"),
        "unbuilt": (
            lambda: editor.compare(cornu.Sequential([cornu.layers.Dense(1)])),
            "not built",
        ),
    }


@pytest.mark.parametrize("case", list(refusals(None)))
def test_mistakes_are_explained_and_change_nothing(path, case):
    editor = KerasFileEditor(path)
    for place in ("layers/twin", "twin"):
        editor.add_object(place, {"0": np.ones(3)})
    call, words = refusals(editor)[case]
    before = repr(editor.weights_dict)
    with pytest.raises(ValueError, match=words):
        call()
    assert repr(editor.weights_dict) == before


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.keras"):
        KerasFileEditor(tmp_path / "nothing.keras")
    for name, error in (("a.txt", ValueError), ("a.keras", ModelFileError)):
        (tmp_path / name).write_text("text")
        with pytest.raises(error):
            KerasFileEditor(tmp_path / name)
    with pytest.raises(TypeError):
        KerasFileEditor(3)


def test_hostile_files_are_refused(tmp_path, path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(3.0)
    links = {
        "SoftLink": h5py.SoftLink("/layers"),
        "ExternalLink": h5py.ExternalLink(str(secret), "/x"),
    }
    for kind, link in links.items():
        with h5py.File(path, "a") as file:
            file["optimizer"] = link
        with pytest.raises(ModelFileError, match=kind):
            KerasFileEditor(path)
        with h5py.File(path, "a") as file:
            del file["optimizer"]
    with h5py.File(path, "a") as file:
        file["stray"] = np.ones(3)
    with pytest.raises(ModelFileError, match="where Keras 3 keeps weights"):
        KerasFileEditor(path)


def test_damaged_metadata(tmp_path):
    good, bad = tmp_path / "good.keras", tmp_path / "bad.keras"
    chain().save(good)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"[]" if name == "metadata.json" else source.read(name))
    with pytest.raises(ModelFileError, match="metadata.json"):
        KerasFileEditor(bad)
