"""Mistakes: one error each, short, with what was expected, what came, and what to do."""

import re
import warnings

import numpy as np
import pytest
from training import bad_input_cases

import cornu as keras

X, Y = np.zeros((10, 4), "float32"), np.zeros((10, 1), "float32")


def model(compiled=True):
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="only")], name="net")
    if compiled:
        made.compile("sgd", "mse")
    return made


def branching():
    class Branching(keras.layers.Layer):
        def call(self, x):
            return x * 2 if keras.ops.sum(x) > 0 else x

    return keras.Sequential([keras.Input((4,)), Branching(name="branching")])


# Name of the mistake: what makes it, the error, and what its message must say.
MISTAKES = {
    "width of the input": (lambda: model()(np.zeros((2, 3))), ValueError, r"2, 3.*None, 4.*net"),
    "rank of the input": (lambda: model()(np.zeros((2, 2, 4))), ValueError, r"2, 2, 4.*None, 4"),
    "width into a layer": (
        lambda: [d := keras.layers.Dense(2, name="d"), d(X), d(np.zeros((1, 3)))],
        ValueError,
        r"layer 'd'.*value 4.*\(1, 3\)",
    ),
    "width in fit": (lambda: model().fit(np.zeros((10, 3)), Y), ValueError, "None, 4.*10, 3"),
    "lengths": (lambda: model().fit(X, Y[:5]), ValueError, "'x' sizes: 10.*'y' sizes: 5"),
    "no samples": (lambda: model().fit(X[:0], Y[:0]), ValueError, "no data.*0 samples"),
    "unknown loss": (lambda: model().compile("sgd", "msee"), ValueError, "msee.*mean 'mse'"),
    "unknown optimizer": (lambda: model().compile("adm"), ValueError, "adm.*mean 'adam'"),
    "unknown metric": (
        lambda: model().compile("sgd", "mse", metrics=["acuracy_"]),
        ValueError,
        "acuracy_.*[Aa]ccuracy",
    ),
    "unknown activation": (
        lambda: keras.layers.Dense(1, activation="reluu"),
        ValueError,
        "reluu.*mean 'relu'",
    ),
    "unknown initializer": (
        lambda: keras.layers.Dense(1, kernel_initializer="glorot"),
        ValueError,
        "glorot",
    ),
    "unknown argument": (lambda: keras.layers.Dense(1, unit=3), ValueError, "Dense.*unit"),
    "units": (lambda: keras.layers.Dense(0), ValueError, "positive integer.*units=0"),
    "not compiled": (lambda: model(compiled=False).fit(X, Y), ValueError, "compile"),
    "weights of an unbuilt model": (
        lambda: keras.Sequential([keras.layers.Dense(2)]).set_weights([X]),
        ValueError,
        "length 1.*expecting 0.*not built",
    ),
    "kernel of an unbuilt layer": (lambda: keras.layers.Dense(2).kernel, AttributeError, "build"),
    "layer name": (lambda: model().get_layer("onli"), ValueError, "onli.*mean 'only'"),
    "missing file": (
        lambda: keras.models.load_model("/nowhere/m.keras"),
        FileNotFoundError,
        "nowhere",
    ),
    "suffix of a file": (lambda: model().save("m.foo"), ValueError, r"\.keras"),
    "batch size": (lambda: model().fit(X, Y, batch_size=0), ValueError, "batch_size=0"),
    "epochs": (lambda: model().fit(X, Y, epochs="3"), ValueError, "epochs='3'"),
    "validation split": (
        lambda: model().fit(X, Y, validation_split=-0.5),
        ValueError,
        "between 0 and 1.*-0.5",
    ),
    "dropout rate": (lambda: keras.layers.Dropout(1.5), ValueError, "between 0 and 1.*1.5"),
    "text": (lambda: model().fit(np.array([["a"] * 4]), Y[:1]), ValueError, "text"),
    "ragged lists": (lambda: model().fit([[[1, 2]], [[3]]], Y[:2]), ValueError, "different shapes"),
    "loss for an unknown output": (
        lambda: two_outputs({"a": "mse", "c": "mse"}),
        ValueError,
        r"'c'.*mean 'a'|c.*\['a', 'b'\]",
    ),
    "too many losses": (lambda: two_outputs(["mse"] * 3), ValueError, "3 entries.*2 output"),
    "no loss": (lambda: without_loss(), ValueError, "No loss"),
    "a branch on a tensor": (branching, Exception, "branching"),
}


def two_outputs(loss):
    x = keras.Input((4,))
    made = keras.Model(x, [keras.layers.Dense(1, name=n)(x) for n in "ab"])
    made.compile("sgd", loss)
    made.fit(X, [Y, Y], verbose=0)


def without_loss():
    made = model(compiled=False)
    made.compile("sgd")
    made.fit(X, Y, verbose=0)


@pytest.fixture(autouse=True)
def no_conversion(monkeypatch):
    """Control flow on values stays the mistake that it is without conversion."""
    monkeypatch.setenv("CORNU_CONTROL_FLOW", "0")


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    run, kind, pattern = MISTAKES[name]
    with pytest.raises(kind, match=rf"(?s){pattern}") as caught:
        run()
    text = str(caught.value) + "\n".join(getattr(caught.value, "__notes__", ()))
    assert len(text) < 2000


def test_an_error_in_a_layer_names_it_and_the_users_line():
    class Broken(keras.layers.Layer):
        def call(self, x):
            return keras.ops.matmul(x, np.zeros((7, 2), "float32"))  # the line to be named

    with pytest.raises(Exception) as caught:
        Broken(name="broken_one")(X)
    text = str(caught.value) + "\n".join(getattr(caught.value, "__notes__", ()))
    assert "broken_one" in text
    assert "the line to be named" in text or "test_bad_input.py" in text
    assert "(10, 4)" in text


@pytest.mark.parametrize("damage", ["truncated", "random", "empty"])
def test_a_damaged_file_is_named(damage, tmp_path):
    path = tmp_path / "model.keras"
    model().save(path)
    whole = path.read_bytes()
    contents = {"truncated": whole[: len(whole) // 2], "random": b"\x01\x02" * 500, "empty": b""}
    path.write_bytes(contents[damage])
    with pytest.raises(ValueError, match="model.keras") as caught:
        keras.models.load_model(path)
    assert len(str(caught.value)) < 2000


def test_labels_out_of_range_are_an_error():
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.array([0, 1, 2, 3, 0, 1, 2, 0, 1, 2])
    with pytest.raises(ValueError, match=r"label 3.*0 to 2"):
        made.fit(X, labels, verbose=0)
    with pytest.raises(ValueError, match=r"label -1"):
        made.fit(X, labels - 4 * (labels == 3), verbose=0)


@pytest.mark.parametrize("name", bad_input_cases.CASES)
def test_case(name):
    run, kind, pattern = bad_input_cases.CASES[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run()
        except Exception as error:
            told = [error]
        else:
            told = list({str(one.message): one.message for one in caught}.values())
    assert len(told) == 1, told
    assert isinstance(told[0], kind)
    assert re.search(pattern, str(told[0]), re.DOTALL), str(told[0])
    assert len(str(told[0])) < 2000
