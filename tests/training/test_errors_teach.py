"""Code that asks for the value of a tensor that has none yet: one error that says where and what
to write instead."""

import numpy as np
import pytest

import cornu as keras
from cornu import ops

X, Y = np.ones((10, 4), "float32"), np.zeros((10, 1), "float32")


@pytest.fixture(autouse=True)
def unconverted(monkeypatch):
    """As where the package for it is not installed: `tests/control_flow` is about the rest."""
    monkeypatch.setenv("CORNU_CONTROL_FLOW", "0")


def branch(x):
    return x * 2 if ops.sum(x) > 0 else x


def repeat(x):
    while ops.sum(x) < 100.0:
        x = x * 2
    return x


def number(x):
    return x * float(ops.max(x))


def whole(x):
    return x * int(ops.max(x))


def item(x):
    return x * ops.max(x).item()


def from_numpy(x):
    return x + np.sin(x)


def counted(x):
    for _ in range(ops.cast(ops.max(x), "int32")):
        x = x + 1
    return x


def picked(x):
    return x[x > 0] * 2


# The code, the line of it that is named, the expression, and what must be advised.
CASES = {
    "if": (branch, "return x * 2 if ops.sum(x) > 0 else x", "[ops.sum(x) > 0]", "keras.ops.cond"),
    "while": (repeat, "while ops.sum(x) < 100.0:", "[ops.sum(x) < 100.0]", "keras.ops.while_loop"),
    "float": (number, "return x * float(ops.max(x))", "[float(ops.max(x))]", "keras.ops.cast"),
    "int": (whole, "return x * int(ops.max(x))", "[int(ops.max(x))]", "keras.ops"),
    "item": (item, "return x * ops.max(x).item()", "[ops.max(x).item()]", "keras.ops"),
    "numpy": (from_numpy, "return x + np.sin(x)", "[np.sin(x)]", "Here: `keras.ops.sin`"),
    "range": (counted, "for _ in range(ops.cast(", "[range(", "keras.ops.fori_loop"),
    "mask": (picked, "return x[x > 0] * 2", "[x[x > 0]]", "keras.ops.where"),
}


class Within(keras.layers.Layer):
    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


class Net(keras.Model):
    def __init__(self, function):
        super().__init__(name="net")
        self.odd = Within(function, name="odd")
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(self.odd(x))


class OwnStep(keras.Model):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(x)

    def train_step(self, data):
        x, y = data
        return {"loss": ops.mean(self.function(x))}


def graph(function):
    Within(function, name="odd")(keras.Input((4,)))


def training(function):
    model = Net(function)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)


def own_step(function):
    model = OwnStep(function)
    model.compile("sgd")
    model.fit(X, Y, verbose=0)


def prediction(function):
    Net(function).predict(X, verbose=0)


def loss(function):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", lambda true, predicted: ops.mean(function(predicted)))
    model.fit(X, Y, verbose=0)


PLACES = {
    "loss": (loss, "A compiled step"),
    "graph": (graph, "Layer 'odd' (Within)"),
    "training": (training, "Layer 'net/odd' (Within)"),
    "own step": (own_step, "A compiled step"),
    "prediction": (prediction, "Layer 'net/odd' (Within)"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
def test_the_error_says_where_and_what_to_write(case, place):
    function, line, expression, advice = CASES[case]
    run, named = PLACES[place]
    with pytest.raises(TypeError) as caught:
        run(function)
    text = str(caught.value)
    assert text.startswith(f"{named} asks for the value of a tensor")
    assert f"{__file__}:" in text and line in text
    assert expression in text or line == expression[1:-1]
    assert advice in text and "run_eagerly=True" in text
    assert len(text) < 2000
    assert "Tracer" in type(caught.value.__cause__).__name__ or "Concret" in repr(
        type(caught.value.__cause__)
    )


@pytest.mark.parametrize("case", [case for case in CASES if case != "mask"])
def test_the_way_out_by_running_eagerly_works(case):
    model = Net(CASES[case][0])
    model(X)
    model.compile("sgd", "mse", run_eagerly=True)
    assert np.isfinite(model.evaluate(X, Y, verbose=0))


SYMBOLIC = {
    "if": (branch, "return x * 2 if ops.sum(x) > 0 else x", "ops.cond"),
    "float": (number, "return x * float(ops.max(x))", "ops.cast"),
    "numpy": (from_numpy, "return x + np.sin(x)", "keras.ops"),
    "range": (counted, "for _ in range(ops.cast(", "ops"),
}


@pytest.mark.parametrize("case", SYMBOLIC)
def test_tensors_of_a_functional_model_say_where_too(case):
    function, line, advice = SYMBOLIC[case]
    with pytest.raises((TypeError, ValueError)) as caught:
        function(keras.Input((4,)))
    text = str(caught.value)
    assert "KerasTensor" in text and advice in text
    assert f"{__file__}:" in text and line in text


def test_other_errors_stay_what_they_are():
    def wrong(x):
        raise RuntimeError("not about values")

    with pytest.raises(RuntimeError, match="not about values"):
        training(wrong)
