"""A loss that is not finite: found at its first step, with where it came from, and without changing
any result."""

import warnings

import numpy as np
import pytest

import cornu as keras
from cornu import ops
from cornu.training import watch

SAMPLES, FEATURES = 100, 6


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(SAMPLES, FEATURES)).astype("float32")
    return x, rng.normal(size=(SAMPLES, 1)).astype("float32")


@keras.saving.register_keras_serializable("test_nan")
class Root(keras.layers.Layer):
    """A square root, which is not finite for negative numbers."""

    def call(self, x):
        return ops.sqrt(x)


def make_model(*extra, optimizer="sgd", **compiled):
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dense(8, "relu", name="first"), keras.layers.Dropout(0.2), *extra]
    model = keras.Sequential(
        [keras.Input((FEATURES,)), *layers, keras.layers.Dense(1, name="last")], name="net"
    )
    model.compile(optimizer, "mse", metrics=["mae"], **compiled)
    return model


def told(run):
    """The message of the one warning, or of the error, that `run()` gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run()
        except FloatingPointError as error:
            return str(error)
    assert [type(one.message) for one in caught] == [RuntimeWarning]
    return str(caught[0].message)


def batches(x, y, size=16):
    class Batches:
        def __iter__(self):
            return iter([(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)])

    return Batches()


class EveryBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


def spoiled(data, which=0, place=53, value=np.nan):
    parts = [part.copy() for part in data]
    parts[which][place, 0] = value
    return parts


WAYS_OF_RUNNING = {
    "many steps a visit": ({}, {}),
    "fixed": ({"steps_per_execution": 3}, {}),
    "every batch": ({}, {"callbacks": [EveryBatch()]}),
    "eager": ({"run_eagerly": True}, {}),
}


@pytest.mark.parametrize(
    "name, which, part", [*((name, 0, "x") for name in WAYS_OF_RUNNING), ("fixed", 1, "y")]
)
def test_data_that_are_not_finite_are_named(data, name, which, part):
    compiled, fitted = WAYS_OF_RUNNING[name]
    model = make_model(**compiled)
    found = told(
        lambda: model.fit(
            *spoiled(data, which), batch_size=16, epochs=2, shuffle=False, verbose=0, **fitted
        )
    )
    assert "epoch 1, batch 4 (counted from 1)" in found
    assert f"`{part}` holds nan at index" in found
    if name != "eager":
        assert f"`{part}` holds nan at index 53, 0 (1 of" in found
    assert len(found) < 2000


def test_the_sample_is_named_in_shuffled_data_too(data):
    found = told(lambda: make_model().fit(*spoiled(data), batch_size=16, verbose=0))
    assert "`x` holds nan at index 53, 0 " in found


def test_the_last_smaller_batch_counts(data):
    bad = spoiled(data, place=98)
    found = told(lambda: make_model().fit(*bad, batch_size=16, shuffle=False, verbose=0))
    assert "epoch 1, batch 7 " in found and "index 98, 0 " in found


@pytest.mark.parametrize("steps", [1, 4])
def test_batches_of_an_iterable(data, steps):
    model = make_model(steps_per_execution=steps)
    found = told(lambda: model.fit(batches(*spoiled(data)), epochs=2, verbose=0))
    assert "epoch 1, batch 4 " in found
    assert "`x` holds nan at index 5, 0 of the batch" in found


def test_weights_of_samples_are_named(data):
    weights = np.ones(SAMPLES, "float32")
    weights[20] = np.inf
    model = make_model()
    found = told(
        lambda: model.fit(*data, sample_weight=weights, batch_size=16, shuffle=False, verbose=0)
    )
    assert "`sample_weight` holds inf at index 20 (1 of the 16 numbers" in found
    assert "batch 2 " in found


def test_the_first_layer_is_named(data):
    model = make_model(keras.layers.Dense(4), Root(name="root"), keras.layers.ReLU())
    found = told(lambda: model.fit(*data, epochs=2, verbose=0))
    assert "'net/root' (Root), on finite inputs" in found
    assert "holds" not in found


def test_the_layer_inside_of_another_is_named(data):
    inner = keras.Sequential([keras.layers.Dense(4), Root(name="root")], name="inner")
    found = told(lambda: make_model(inner).fit(*data, verbose=0))
    assert "inner/root' (Root), on finite inputs" in found


def test_a_loss_that_is_not_finite_on_its_own_is_named(data):
    model = make_model()
    model.compile("sgd", lambda y, p: ops.log(p - p - 1.0))
    found = told(lambda: model.fit(*data, verbose=0))
    assert "outputs of all layers are finite" in found and "loss function" in found


def test_a_training_that_diverges_is_told_of_once(data):
    model = make_model(optimizer=keras.optimizers.SGD(1e6))
    found = told(lambda: model.fit(*data, epochs=5, verbose=0))
    assert "The loss is not finite from epoch 1" in found
    assert "clipnorm" in found


def test_a_spoiled_weight_is_named(data):
    model = make_model()
    model.layers[0].kernel.assign(np.full((FEATURES, 8), np.nan))
    found = told(lambda: model.fit(*data, verbose=0))
    assert "first/kernel'" in found and "first' (Dense), whose weights are not finite" in found


def test_an_index_that_only_the_device_sees_is_explained():
    class Lookup(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = keras.layers.Embedding(10, 2, name="table")

        def call(self, x):
            return ops.mean(self.table(x), axis=(1, 2))[:, None]

    model = Lookup()
    model.compile("sgd", "mse")
    x = np.full((8, 3), 12)
    found = told(lambda: model.fit(x, np.zeros((8, 1)), verbose=0))
    assert "inputs are from 12 to 12, but its vocabulary has 10 entries" in found


def test_nothing_else_changes(data):
    results = {}
    for way in ("ignore", "warn"):
        model = make_model(optimizer="adam", on_nan=way)
        history = model.fit(*data, epochs=3, batch_size=16, verbose=0).history
        results[way] = (history, [*model.get_weights(), *_values(model.optimizer)])
    assert results["ignore"][0] == results["warn"][0]
    for a, b in zip(results["ignore"][1], results["warn"][1], strict=True):
        np.testing.assert_array_equal(a, b)


def _values(optimizer):
    return [np.asarray(variable) for variable in optimizer.variables]


@pytest.mark.parametrize("name", WAYS_OF_RUNNING)
def test_raising_restores_the_state_before_the_step(data, name):
    compiled, fitted = WAYS_OF_RUNNING[name]
    model = make_model(on_nan="raise", **compiled)
    run = {"batch_size": 16, "shuffle": False, "verbose": 0, **fitted}
    message = told(lambda: model.fit(*spoiled(data), **run))
    assert "batch 4 " in message and "state of the model is that before this step" in message
    reference = make_model(**compiled)
    reference.fit(data[0][:48], data[1][:48], **run)
    assert int(model.optimizer.iterations) == 3
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.fit(*data, verbose=0)  # goes on


def test_a_callback_is_not_told_of_the_step_that_raises(data):
    seen = []

    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(logs["loss"]))

    model = make_model(on_nan="raise")
    with pytest.raises(FloatingPointError):
        model.fit(*spoiled(data), shuffle=False, verbose=0, batch_size=16, callbacks=[Seen()])
    assert np.isfinite(seen).all() and len(seen) == 3


def test_single_batches(data):
    model = make_model(on_nan="raise")
    model.train_on_batch(*data)
    before = model.get_weights()
    with pytest.raises(FloatingPointError, match="from this batch on.*`x` holds nan"):
        model.train_on_batch(*spoiled(data))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_large_models_name_epoch_and_batch_only(data, monkeypatch):
    monkeypatch.setattr(watch, "STATE_LIMIT", 100)
    model = make_model(on_nan="raise")
    found = told(lambda: model.fit(*spoiled(data), batch_size=16, shuffle=False, verbose=0))
    assert "epoch 1, batch 4 " in found and "index 53, 0" in found
    assert "Which layer it began in is not known" in found and "is that after it" in found


def test_ignoring_is_silent(data):
    history = make_model(on_nan="ignore").fit(*spoiled(data), verbose=0).history
    assert np.isnan(history["loss"]).all()


def test_steps_of_the_users_are_watched_by_their_loss(data):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.root = Root(name="root")
            self.head = keras.layers.Dense(1)

        def call(self, x):
            return self.root(self.head(x))

        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = ops.mean(ops.square(y - self(x, training=True)))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss}

    model = Own()
    model.compile("sgd")
    assert "'root' (Root)" in told(lambda: model.fit(*data, epochs=2, verbose=0)).replace(
        "own/root", "root"
    )


def test_steps_without_a_loss_are_left_alone(data):
    class Silent(keras.Sequential):
        def train_step(self, data):
            return {"seven": ops.log(-ops.ones(()))}

    model = Silent([keras.layers.Dense(1)])
    model.compile("sgd")
    assert np.isnan(model.fit(*data, verbose=0).history["seven"]).all()


def test_terminate_on_nan_works(data):
    callback = keras.callbacks.TerminateOnNaN()
    model = make_model()
    with pytest.warns(RuntimeWarning, match="not finite from epoch 1, batch 4 "):
        history = model.fit(
            *spoiled(data), batch_size=16, epochs=3, shuffle=False, verbose=0, callbacks=[callback]
        )
    assert history.epoch == [0]


def test_an_evaluation_names_data_that_are_not_finite(data):
    model = make_model()
    with pytest.warns(RuntimeWarning, match=r"evaluation is not finite. `y` holds nan at index 53"):
        model.evaluate(*spoiled(data, 1), verbose=0)


def test_the_way_is_checked_and_kept(data, tmp_path):
    with pytest.raises(ValueError, match=r"on_nan='stop'"):
        make_model(on_nan="stop")
    assert "on_nan" not in make_model().get_compile_config()
    make_model(on_nan="raise").save(tmp_path / "model.keras")  # Keras has no such argument
    assert keras.models.load_model(tmp_path / "model.keras").on_nan == "warn"


def test_nothing_is_kept_after_fit(data):
    model = make_model()
    model.fit(*data, verbose=0)
    assert model.train_function.visit is None


def test_the_warning_is_at_the_users_line(data):
    with pytest.warns(RuntimeWarning) as caught:
        make_model().fit(*spoiled(data), verbose=0)
    assert caught[0].filename == __file__
