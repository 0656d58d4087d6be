"""`add_loss` and `add_metric`, in `call` and on tensors of a functional model, as in Keras 2."""

import numpy as np
import pytest

import cornu as keras
from cornu import layers, ops

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")


class Watched(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(1)

    def call(self, x):
        self.add_metric(ops.abs(x), name="size", aggregation="mean")
        return self.dense(x)


@pytest.mark.parametrize("eagerly", [False, True])
def test_metric_of_a_layer(eagerly):
    model = keras.Sequential([keras.Input((3,)), Watched()])
    model.compile("sgd", "mse", run_eagerly=eagerly)
    history = model.fit(X, X[:, :1], batch_size=16, epochs=2, verbose=0)
    np.testing.assert_allclose(history.history["size"], [np.abs(X).mean()] * 2, rtol=1e-5)
    assert model.metrics_names == ["loss", "size"]
    assert model.evaluate(X, X[:, :1], verbose=0)[1] == pytest.approx(np.abs(X).mean(), rel=1e-5)


def test_metric_needs_a_name():
    layer = layers.Dense(1)
    with pytest.raises(ValueError, match="needs a name"):
        layer.add_metric(1.0)
    with pytest.raises(ValueError, match="`aggregation` must be 'mean'"):
        layer.add_metric(1.0, "a", aggregation="sum")


def make_coder():
    """An auto-encoder whose code is kept small, as a graph."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((3,))
    code = layers.Dense(2, name="code")(inputs)
    outputs = layers.Dense(3, name="out")(code)
    model = keras.Model(inputs, outputs)
    model.add_loss(0.5 * ops.square(code))
    model.add_metric(ops.abs(code), name="code_size")
    return model


def test_loss_of_a_graph():
    model = make_coder()
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    model.compile("sgd", "mse")
    found = model.evaluate(X, X, verbose=0, return_dict=True)
    code = X @ weights["code"][0]
    out = code @ weights["out"][0]
    assert found["loss"] == pytest.approx(np.mean((out - X) ** 2) + 0.5 * np.mean(code**2), 1e-5)
    assert found["code_size"] == pytest.approx(np.abs(code).mean(), rel=1e-5)
    assert len(model.outputs) == 1 and model.predict(X, verbose=0).shape == (64, 3)
    history = model.fit(X, X, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] and len(history["code_size"]) == 5


def test_without_another_loss():
    model = make_coder()
    model.compile("adam")
    history = model.fit(X, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_what_was_added_is_saved(tmp_path):
    model = make_coder()
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    restored = keras.models.load_model(tmp_path / "m.keras")
    expected = model.evaluate(X, X, verbose=0)
    np.testing.assert_array_equal(restored.evaluate(X, X, verbose=0), expected)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile("sgd", "mse")
    np.testing.assert_allclose(copy.evaluate(X, X, verbose=0), expected, rtol=1e-6)


def test_tensor_of_another_graph():
    model, other = make_coder(), keras.Input((2,))
    model.add_loss(ops.sum(other))  # as in the shape inference of a user's own `call`
    assert len(model.outputs) == 1
