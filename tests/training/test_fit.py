"""`fit`, `evaluate` and `predict`: results that depend on nothing they should not depend on."""

import threading

import jax
import numpy as np
import pytest

import cornu as keras

SAMPLES, FEATURES, CLASSES = 100, 12, 3


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(SAMPLES, FEATURES)).astype("float32")
    y = (x @ rng.normal(size=(FEATURES, CLASSES))).argmax(-1).astype("int32")
    return x, y


def make_model(optimizer="adam", dropout=0.2, **compile_options):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(CLASSES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"], **compile_options)
    return model


class EveryBatch(keras.callbacks.Callback):
    """Asks for each batch, so that steps run one at a time."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, "auto"])
def test_results_do_not_depend_on_steps_between_visits(data, steps):
    reference = make_model(steps_per_execution=5)
    expected = reference.fit(*data, epochs=3, batch_size=16, verbose=0).history
    model = make_model(steps_per_execution=steps)
    history = model.fit(*data, epochs=3, batch_size=16, verbose=0).history
    assert history == expected
    assert_same(model.get_weights(), reference.get_weights())


def test_a_callback_for_each_batch_changes_nothing(data):
    reference, callback = make_model(), EveryBatch()
    expected = reference.fit(*data, epochs=2, batch_size=16, verbose=0).history
    model = make_model()
    history = model.fit(*data, epochs=2, batch_size=16, verbose=0, callbacks=[callback]).history
    assert history == expected
    assert len(callback.losses) == 14
    assert_same(model.get_weights(), reference.get_weights())


def test_arrays_and_an_iterable_of_the_same_batches_train_alike(data):
    x, y = data
    batches = [(x[i : i + 16], y[i : i + 16]) for i in range(0, SAMPLES, 16)]
    reference, model = make_model(), make_model()
    reference.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0)
    model.fit(batches_of(batches), epochs=2, verbose=0)
    for a, b in zip(reference.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def batches_of(batches):
    class Batches:
        def __iter__(self):
            return iter(batches)

    return Batches()


def test_an_endless_generator_goes_on_over_epochs(data):
    seen = []

    def generate():
        index = 0
        while True:
            seen.append(index)
            yield data[0][:8], data[1][:8]
            index += 1

    model = make_model()
    history = model.fit(generate(), steps_per_epoch=3, epochs=2, verbose=0).history
    assert len(history["loss"]) == 2
    assert int(model.optimizer.iterations) == 6
    assert seen[:6] == list(range(6))


def count_compilations(run):
    """How many programs JAX compiles while `run()` runs."""
    found = []

    def listen(event, seconds, **kwargs):
        if event.endswith("backend_compile_duration"):
            found.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        run()
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    return len(found)


def test_the_second_fit_compiles_nothing(data):
    model = make_model()

    def run():
        model.fit(*data, batch_size=16, epochs=2, verbose=0, validation_data=data)

    assert count_compilations(run) > 0
    assert count_compilations(run) == 0


def test_history_and_metrics_names(data):
    model = make_model()
    history = model.fit(*data, epochs=2, verbose=0, validation_split=0.2)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.epoch == [0, 1]
    found = model.evaluate(*data, verbose=0, return_dict=True)
    assert list(found) == model.metrics_names == ["loss", "accuracy"]
    assert model.evaluate(*data, verbose=0) == list(found.values())


def test_evaluate_is_the_mean_over_samples_whatever_the_batch_size(data):
    model = make_model()
    model.fit(*data, verbose=0)
    first = model.evaluate(*data, batch_size=100, verbose=0)
    second = model.evaluate(*data, batch_size=7, verbose=0)
    np.testing.assert_allclose(first, second, rtol=1e-5)
    logits = model.predict(data[0], verbose=0).astype("float64")
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    oracle = -logs[np.arange(SAMPLES), data[1]].mean()
    np.testing.assert_allclose(first[0], oracle, rtol=1e-5)
    assert first[1] == pytest.approx((logits.argmax(-1) == data[1]).mean(), rel=1e-6)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 100])
def test_predict_of_any_number_of_samples(data, count):
    model = make_model()
    x = np.concatenate([data[0]])[:count]
    expected = np.asarray(model(x, training=False))
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_weights_of_samples_and_classes(data):
    x, y = data
    weights = {0: 0.5, 1: 2.0, 2: 1.0}
    by_class = make_model()
    by_class.fit(x, y, class_weight=weights, verbose=0)
    per_sample = np.array([weights[label] for label in y], "float32")
    by_sample = make_model()
    by_sample.fit(x, y, sample_weight=per_sample, verbose=0)
    assert_same(by_class.get_weights(), by_sample.get_weights())


def test_freezing_takes_effect_at_the_next_fit(data):
    model = make_model()
    model.fit(*data, verbose=0)
    frozen = model.layers[0]
    before = frozen.get_weights()
    frozen.trainable = False
    model.compile("sgd", model.loss)
    model.fit(*data, verbose=0)
    assert_same(frozen.get_weights(), before)


HOOKS = [
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("hook", HOOKS)
def test_an_exception_in_a_callback_leaves_the_model_whole(data, hook, error, tmp_path):
    model = make_model()

    def fail(*args, **kwargs):
        raise error("planted")

    callback = type("Planted", (keras.callbacks.Callback,), {hook: fail})()
    with pytest.raises(error, match="planted"):
        model.fit(*data, validation_split=0.2, verbose=0, callbacks=[callback])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    model.save(tmp_path / "model.keras")
    model.fit(*data, verbose=0)
    assert model.predict(data[0], verbose=0).shape == (SAMPLES, CLASSES)


def test_an_exception_in_the_data_keeps_the_last_finished_step(data):
    def generate():
        for _ in range(3):
            yield data[0][:8], data[1][:8]
        raise OSError("the disk is gone")

    model, reference = make_model(), make_model()
    with pytest.raises(OSError, match="the disk is gone"):
        model.fit(generate(), verbose=0, callbacks=[EveryBatch()])
    steps = int(model.optimizer.iterations)
    assert steps == 3
    reference.fit(batches_of([(data[0][:8], data[1][:8])] * 3), verbose=0)
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_threads_predict_what_one_predicts(data):
    model = make_model()
    expected = model.predict(data[0], verbose=0)
    problems = []

    def work():
        for _ in range(20):
            try:
                np.testing.assert_array_equal(model.predict(data[0], verbose=0), expected)
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert model.evaluate(*data, verbose=0)


def test_single_batches(data):
    model = make_model()
    first = model.train_on_batch(data[0][:16], data[1][:16], return_dict=True)
    assert set(first) == {"loss", "accuracy"}
    assert int(model.optimizer.iterations) == 1
    assert len(model.test_on_batch(data[0][:16], data[1][:16])) == 2
    assert model.predict_on_batch(data[0][:4]).shape == (4, CLASSES)


def test_running_eagerly_gives_the_same(data):
    compiled = make_model(dropout=0.0)
    compiled.fit(*data, verbose=0)
    eager = make_model(dropout=0.0, run_eagerly=True)
    eager.fit(*data, verbose=0)
    for a, b in zip(compiled.get_weights(), eager.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_stop_training_ends_the_epoch_loop(data):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert make_model().fit(*data, epochs=5, verbose=0, callbacks=[Stop()]).epoch == [0, 1]


def test_several_outputs_with_names(data):
    inputs = keras.Input((FEATURES,))
    number = keras.layers.Dense(1, name="number")(inputs)
    label = keras.layers.Dense(CLASSES, name="label")(inputs)
    model = keras.Model(inputs, [number, label])
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        "adam",
        loss={"number": "mse", "label": cross_entropy},
        loss_weights={"number": 0.5, "label": 1.0},
        metrics={"label": ["accuracy"]},
    )
    targets = {"number": data[1].astype("float32"), "label": data[1]}
    logs = model.fit(data[0], targets, verbose=0).history
    assert sorted(logs) == ["label_accuracy", "label_loss", "loss", "number_loss"]
    found = model.evaluate(data[0], targets, verbose=0, return_dict=True)
    total = 0.5 * found["number_loss"] + found["label_loss"]
    assert found["loss"] == pytest.approx(total, rel=1e-5)


def test_an_optimizer_setting_changed_between_two_fits_takes_effect(data):
    model = make_model(optimizer="sgd")
    model.fit(*data, verbose=0)
    before = model.get_weights()[0]
    model.optimizer.clipnorm = 1e-12
    model.fit(*data, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)


@pytest.mark.parametrize("name", ["crossentropy", "ce", "CrossEntropy"])
@pytest.mark.parametrize(
    "meant, units, targets",
    [
        ("BinaryCrossentropy", 1, lambda y: (y > 0).astype("float32")[:, None]),
        ("SparseCategoricalCrossentropy", CLASSES, lambda y: y),
        ("CategoricalCrossentropy", CLASSES, lambda y: np.eye(CLASSES, dtype="float32")[y]),
    ],
)
def test_crossentropy_is_the_one_that_the_shapes_ask_for(data, name, meant, units, targets):
    x, y = data[0], targets(data[1])

    def trained(loss):
        keras.utils.set_random_seed(3)
        activation = "sigmoid" if units == 1 else "softmax"
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(units, activation)])
        model.compile("sgd", loss)
        return model.fit(x, y, epochs=2, verbose=0).history

    assert trained(name) == trained(getattr(keras.losses, meant)())


def test_accuracy_is_no_loss():
    with pytest.raises(ValueError, match="accuracy"):
        keras.Sequential([keras.layers.Dense(1)]).compile("sgd", "accuracy")
