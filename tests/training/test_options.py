"""Options of training and what they do: executions, stopping, limits, single batches, metrics."""

import time

import numpy as np
import pytest

import cornu as keras

X = np.ones((14, 3), "float32")
Y = np.zeros((14, 1), "float32")


class Events(keras.callbacks.Callback):
    """Notes what it is told."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(f"b{batch}")

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(f"e{batch}")

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin
    on_test_batch_end = on_predict_batch_end = on_train_batch_end


def make(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", **options)
    return model


RUNS = {
    "fit": lambda model, x, events: model.fit(
        x, Y[: len(x)], batch_size=2, verbose=0, callbacks=[events]
    ),
    "evaluate": lambda model, x, events: model.evaluate(
        x, Y[: len(x)], batch_size=2, verbose=0, callbacks=[events]
    ),
    "predict": lambda model, x, events: model.predict(
        x, batch_size=2, verbose=0, callbacks=[events]
    ),
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("count", [14, 13])
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("auto", " ".join(f"b{i} e{i}" for i in range(7))),
        (1, " ".join(f"b{i} e{i}" for i in range(7))),
        (3, "b0 e2 b3 e5 b6 e8"),
        (5, "b0 e4 b5 e9"),
        (101, "b0 e100"),
    ],
)
def test_quirk_an_execution_ends_with_its_last_number(run, count, steps, expected):
    # As in Keras 3.15.1, also where the data end before that.
    events = Events()
    RUNS[run](make(steps_per_execution=steps), X[:count], events)
    assert events.seen == expected.split()


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_stopping(method):
    class Stop(Events):
        def on_test_batch_end(self, batch, logs=None):
            super().on_test_batch_end(batch, logs)
            self.model.stop_evaluating = self.model.stop_predicting = batch == 1

        on_predict_batch_end = on_test_batch_end

    stop = Stop()
    RUNS[method](make(), X, stop)
    assert stop.seen == ["b0", "e0", "b1", "e1"]


def test_limits_of_the_process():
    keras.config.set_max_epochs(2)
    keras.config.set_max_steps_per_epoch(3)
    try:
        events, model = Events(), make()
        history = model.fit(X, Y, batch_size=2, epochs=9, verbose=0, callbacks=[events])
        assert history.epoch == [0, 1] and len(events.seen) == 12
        assert model.predict(X, batch_size=2, verbose=0).shape == (6, 1)
        assert keras.config.max_epochs() == 2 and keras.config.max_steps_per_epoch() == 3
        events = Events()
        RUNS["evaluate"](model, X, events)
        assert len(events.seen) == 6
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(ValueError, match="`max_epochs` must be a positive int or None"):
            keras.config.set_max_epochs(wrong)


def test_limits_from_the_environment(run_python):
    program = "import cornu; print(cornu.config.max_epochs(), cornu.config.max_steps_per_epoch())"
    found = run_python(program, KERAS_MAX_EPOCHS="3", KERAS_MAX_STEPS_PER_EPOCH="x")
    assert found.split() == ["3", "None"]


def test_metrics_of_single_batches_are_theirs_alone():
    # Recorded from Keras 3.15.1.
    model = make(metrics=["mae"])
    found = [model.train_on_batch(X[:4], Y[:4]) for _ in range(3)]
    np.testing.assert_allclose(found, [[9.0, 3.0], [7.6176, 2.76], [6.44753695, 2.5392]], rtol=1e-6)
    logs = model.test_on_batch(X[:4], Y[:4], return_dict=True)
    assert logs == model.test_on_batch(X[:4], Y[:4], return_dict=True)
    assert all(type(value) is float for value in logs.values())


def test_metrics_are_those_of_the_model_alone():
    inner = make(metrics=["mae"])
    assert [metric.name for metric in inner.metrics] == ["loss", "compile_metrics"]
    outer = keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(1)])
    outer.compile("sgd", "mse", metrics=["mse"])
    outer.fit(X, Y, verbose=0)
    assert len(outer.metrics) == 2 and outer.metrics_names == ["loss", "mse"]


def test_compute_loss_of_keras_2():
    class Own(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return keras.ops.mean(keras.ops.abs(y - y_pred))

    model = Own([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(3.0)


def test_a_loss_for_one_output_and_a_target_for_it():
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"b": "mse"})
    assert len(model.fit(X, Y, epochs=2, verbose=0).history["loss"]) == 2


def test_share_of_time_spent_on_waiting_for_data():
    def slow():
        for start in range(0, 14, 2):
            time.sleep(0.05)
            yield X[start : start + 2], Y[start : start + 2]

    model = make()
    model.fit(X, Y, batch_size=2, verbose=0)
    found = {}
    for name, data in (("slow", (slow(),)), ("arrays", (X, Y))):
        logger = keras.callbacks.DataWaitLogger()
        history = model.fit(*data, verbose=0, callbacks=[logger]).history
        (found[name],) = history["data_wait"]
    assert 0 <= found["arrays"] < found["slow"] <= 1


def test_trainable_takes_effect_at_the_next_fit():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(4), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    slots = [variable.numpy() for variable in model.optimizer.variables]
    layers[0].trainable = False
    first, second = (layer.get_weights()[0] for layer in layers)
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(layers[0].get_weights()[0], first)
    assert (layers[1].get_weights()[0] != second).any()
    kept = model.optimizer.variables[2:4]  # of the frozen kernel
    for variable, before in zip(kept, slots[2:4], strict=True):
        np.testing.assert_array_equal(variable.numpy(), before)
    layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert (layers[0].get_weights()[0] != first).any()
    assert int(model.optimizer.iterations) == 3


@pytest.mark.parametrize("hooks", [False, True])
@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize("steps", [1, 4, "auto"])
def test_results_depend_on_no_option_of_how_steps_run(hooks, verbose, steps, capsys):
    random = np.random.default_rng(0)
    x = random.normal(size=(50, 3)).astype("float32")
    y = x.sum(-1, keepdims=True)
    found = []
    for options in ({"steps_per_execution": 7}, {"steps_per_execution": steps}):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse", metrics=["mae"], **options)
        events = [Events()] if hooks and found else []
        shown = verbose if found else 0
        history = model.fit(
            x, y, batch_size=8, epochs=2, verbose=shown, callbacks=events, validation_data=(x, y)
        )
        found.append((history.history, [weight.tolist() for weight in model.get_weights()]))
    assert found[0] == found[1]


class TwoOutputs(keras.Model):
    """Gives a dictionary, in another order than that of its keys."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, kernel_initializer="ones")

    def call(self, x):
        y = self.dense(x)
        return {"second": y + 1.0, "first": y}


@pytest.mark.parametrize("weights", [None, [2.0, 3.0], {"first": 2.0, "second": 3.0}])
def test_a_list_of_losses_belongs_to_the_sorted_keys_of_the_outputs(weights):
    model = TwoOutputs()
    model.compile("sgd", ["mse", "mae"], loss_weights=weights, metrics=[["mae"], ["mse"]])
    x, zeros = np.full((2, 3), 1.0), np.zeros((2, 1))
    logs = model.evaluate(x, {"first": zeros, "second": zeros}, verbose=0, return_dict=True)
    first, second = (1.0, 1.0) if weights is None else (2.0, 3.0)
    assert logs["loss"] == pytest.approx(first * 9.0 + second * 4.0)
    assert (logs["first_loss"], logs["second_loss"]) == (9.0, 4.0)
    assert (logs["first_mae"], logs["second_mse"]) == (3.0, 16.0)
    model.compile("sgd", ["mse"])
    with pytest.raises(ValueError, match="`loss` has 1 entries"):
        model.fit(x, {"first": zeros, "second": zeros}, verbose=0)


def test_a_loss_that_is_one_number_ignores_the_mask_of_the_output():
    embedding = keras.layers.Embedding(5, 4, mask_zero=True, embeddings_initializer="zeros")
    model = keras.Sequential([embedding])
    model.compile("sgd", lambda y, p: 3.0 * keras.ops.mean(keras.ops.square(y - p)))
    x, y = np.array([[1, 2, 0], [3, 0, 0]]), np.ones((2, 3, 4))
    assert model.evaluate(x, y, verbose=0) == pytest.approx(3.0)


class Steps(keras.metrics.Metric):
    """Gives its variable itself as the result."""

    def __init__(self, name="steps"):
        super().__init__(name=name)
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(1.0)

    def result(self):
        return self.count


class CountsItself(keras.Sequential):
    """Has such a metric of its own."""

    def __init__(self, layers):
        super().__init__(layers)
        self.own = Steps("own")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.own.update_state(y, y_pred)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def test_a_metric_may_give_a_variable():
    model = CountsItself([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Steps()])
    history = model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, epochs=2, verbose=0).history
    assert history["steps"] == history["own"] == [3.0, 3.0]


def test_a_list_of_dictionaries_of_losses_applies_all_of_them():
    model = TwoOutputs()
    model.compile("sgd", [{"first": "mse"}, {"second": "mae"}])
    x, zeros = np.full((2, 3), 1.0), np.zeros((2, 1))
    logs = model.evaluate(x, {"first": zeros, "second": zeros}, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(9.0 + 4.0)
