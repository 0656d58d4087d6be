"""Whatever breaks off `fit`, `evaluate` or `predict`, the model is as after its last finished step:
it can be read, saved, asked and trained on."""

import numpy as np
import pytest

import cornu as keras

X = np.random.default_rng(1).normal(size=(40, 4)).astype("float32")
Y = X.sum(-1, keepdims=True)
BATCH, EPOCHS = 8, 2  # ten steps


class Broken(Exception):
    """What is raised on purpose."""


ERRORS = [Broken, KeyboardInterrupt]
HOOKS = [
    ("on_train_begin", 0),
    ("on_epoch_begin", 1),
    ("on_train_batch_begin", 3),
    ("on_train_batch_end", 3),
    ("on_batch_end", 7),
    ("on_test_begin", 0),
    ("on_test_batch_begin", 2),
    ("on_test_batch_end", 2),
    ("on_test_end", 1),
    ("on_epoch_end", 0),
    ("on_train_end", 0),
]


def breaking(hook, turn, error):
    """A callback that raises when its hook is called for the turn-th time, counted from 0."""
    calls = []

    def method(self, *args, **kwargs):
        calls.append(args)
        if len(calls) > turn:
            raise error("on purpose")

    return type("Breaking", (keras.callbacks.Callback,), {hook: method})()


def make():
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(6), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


class Record(keras.callbacks.Callback):
    """Weights after each number of steps."""

    def on_train_begin(self, logs=None):
        self.weights = {0: self.model.get_weights()}

    def on_train_batch_end(self, batch, logs=None):
        self.weights[int(self.model.optimizer.iterations)] = self.model.get_weights()


@pytest.fixture(scope="module")
def after():
    """Weights of an undisturbed training after each step."""
    record = Record()
    make().fit(X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[record])
    assert len(record.weights) == 11
    return record.weights


def check_whole(model, after, tmp_path):
    """The weights are those after a finished step, and everything still works."""
    steps = int(model.optimizer.iterations)
    for found, expected in zip(model.get_weights(), after[steps], strict=True):
        np.testing.assert_array_equal(found, expected)
    model.save(tmp_path / "m.keras")
    restored = keras.models.load_model(tmp_path / "m.keras")
    expected = model.predict(X, verbose=0)
    np.testing.assert_array_equal(restored.predict(X, verbose=0), expected)
    assert np.isfinite(model.evaluate(X, Y, verbose=0)).all()
    history = model.fit(X, Y, batch_size=BATCH, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert int(model.optimizer.iterations) == steps + 5


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(("hook", "turn"), HOOKS)
def test_a_callback_of_fit(hook, turn, error, after, tmp_path):
    model = make()
    with pytest.raises(error):
        model.fit(
            X,
            Y,
            batch_size=BATCH,
            epochs=EPOCHS,
            verbose=0,
            validation_data=(X, Y),
            validation_batch_size=16,
            callbacks=[breaking(hook, turn, error)],
        )
    check_whole(model, after, tmp_path)


@pytest.mark.parametrize("at", [0, 1, 4, 7])
@pytest.mark.parametrize("error", ERRORS)
def test_the_data(error, at, tmp_path):
    def batches(broken):
        for index in range(10):
            if broken and index == at:
                raise error("on purpose")
            part = slice(index % 5 * BATCH, (index % 5 + 1) * BATCH)
            yield X[part], Y[part]

    record = Record()
    make().fit(batches(False), verbose=0, callbacks=[record])
    model = make()
    with pytest.raises(error):
        model.fit(batches(True), verbose=0)
    check_whole(model, record.weights, tmp_path)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("hook", ["on_test_begin", "on_test_batch_end", "on_test_end"])
def test_a_callback_of_evaluate(hook, error, tmp_path):
    model = make()
    before = model.get_weights()
    with pytest.raises(error):
        model.evaluate(X, Y, verbose=0, callbacks=[breaking(hook, 0, error)])
    check_whole(model, {0: before}, tmp_path)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("hook", ["on_predict_begin", "on_predict_batch_end", "on_predict_end"])
def test_a_callback_of_predict(hook, error, tmp_path):
    model = make()
    before = model.get_weights()
    with pytest.raises(error):
        model.predict(X, verbose=0, callbacks=[breaking(hook, 0, error)])
    check_whole(model, {0: before}, tmp_path)


def test_a_layer_that_raises(tmp_path):
    class Odd(keras.layers.Layer):
        broken = False

        def call(self, x):
            if self.broken:
                raise Broken("on purpose")
            return x

    odd = Odd()
    model = keras.Sequential([keras.Input((4,)), odd, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    weights = model.get_weights()
    odd.broken = True
    with pytest.raises(Broken):
        model.fit(X[:9], Y[:9], batch_size=9, verbose=0)  # another shape is compiled anew
    odd.broken = False
    for found, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(found, expected)
    model.fit(X, Y, verbose=0)
