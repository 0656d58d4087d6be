"""Callbacks, driven by hand and by `fit`."""

import io
import math
import sys
import warnings

import numpy as np
import pytest

import cornu
from cornu import callbacks


class Model:
    """As much of a model as callbacks touch."""

    def __init__(self, metrics=()):
        self.stop_training = False
        self.weight = 0
        self.metrics = list(metrics)
        self.optimizer = cornu.optimizers.SGD(0.1)
        self.saved = []

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights

    def save(self, path, overwrite=True):
        self.saved.append(path)

    save_weights = save


def drive(callback, values, name="val_loss", model=None):
    """Run epochs whose logs have the given values; returns the model and the last epoch's
    number."""
    model = model or Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weight = epoch
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 1.0, name: value})
        if model.stop_training:
            break
    callback.on_train_end({})
    return model, epoch


def fit(epochs=3, verbose=0, metrics=(), **settings):
    model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=list(metrics))
    x = np.ones((12, 3), "float32")
    return model, model.fit(x, x[:, :1], batch_size=4, epochs=epochs, verbose=verbose, **settings)


# --- EarlyStopping --------------------------------------------------------------------------------

STOPS = {  # settings, values, (last epoch, wait, best, best epoch) as in Keras 3.15.1
    "at_once": ({}, [1, 0.5, 0.6, 0.7], (2, 1, 0.5, 1)),
    "patience": ({"patience": 2}, [1, 0.5, 0.6, 0.7, 0.8], (3, 2, 0.5, 1)),
    "never": ({"patience": 5}, [1, 0.5, 0.6], (2, 1, 0.5, 1)),
    "baseline": ({"baseline": 0.5, "patience": 2}, [1, 1, 1], (1, 2, 1, 0)),
    "min_delta": ({"min_delta": 0.1, "patience": 1}, [1, 0.95, 0.94], (1, 1, 1, 0)),
    "max": ({"mode": "max"}, [1, 2, 3, 2], (3, 1, 3, 2)),
    "late": ({"start_from_epoch": 2, "patience": 1}, [5, 4, 3, 4, 5], (3, 1, 3, 2)),
    "first_epoch": ({}, [1], (0, 0, 1, 0)),
}


@pytest.mark.parametrize("case", STOPS)
def test_early_stopping(case):
    settings, values, expected = STOPS[case]
    callback = callbacks.EarlyStopping(**settings)
    _, last = drive(callback, values)
    assert (last, callback.wait, callback.best, callback.best_epoch) == expected


def test_best_weights_come_back(capsys):
    callback = callbacks.EarlyStopping(patience=1, restore_best_weights=True, verbose=1)
    model, _ = drive(callback, [1, 0.5, 0.6, 0.7])
    assert model.weight == 1
    assert capsys.readouterr().out == (
        "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_quirk_fixed_nan_is_not_the_best():
    # In Keras a first NaN stays the best value for ever.
    callback = callbacks.EarlyStopping(patience=5)
    drive(callback, [math.nan, 0.5, math.nan, 0.4])
    assert callback.best == 0.4 and callback.best_epoch == 3


def test_direction_follows_the_metric():
    model = Model([cornu.metrics.Accuracy(name="acc"), cornu.metrics.MeanSquaredError(name="mse")])
    for name, best in ("val_acc", 0.3), ("val_mse", 0.1):
        callback = callbacks.EarlyStopping(monitor=name, patience=5)
        drive(callback, [0.2, 0.3, 0.1], name, model)
        assert callback.best == best
    with pytest.raises(ValueError, match="mode='max'"):
        drive(callbacks.EarlyStopping(monitor="val_own"), [1.0], "val_own", model)


def test_misspelt_monitor():
    for make in (
        lambda: callbacks.EarlyStopping(monitor="val_los"),
        lambda: callbacks.ReduceLROnPlateau(monitor="val_los"),
        lambda: callbacks.ModelCheckpoint("m.keras", monitor="val_los", save_best_only=True),
    ):
        with pytest.raises(
            ValueError, match="Did you mean 'val_loss'\\? Available are: loss, val_loss"
        ):
            drive(make(), [1.0])
    drive(callbacks.ModelCheckpoint("m.keras", monitor="nothing"), [1.0])  # does not matter


def test_epoch_without_validation():
    callback = callbacks.EarlyStopping(patience=1)
    with pytest.warns(UserWarning, match="no validation"):
        drive(callback, [1.0], "mae")
    assert callback.best is None


def test_state_goes_on():
    first = callbacks.EarlyStopping(patience=3)
    drive(first, [1.0, 0.5, 0.6])
    second = callbacks.EarlyStopping(patience=3)
    second.load_state_dict(first.state_dict())
    _, last = drive(second, [0.7, 0.8, 0.9])
    assert second.best == 0.5 and last == 1
    drive(second, [3.0])
    assert second.best == 3.0  # the next training begins anew
    with pytest.raises(ValueError, match="keeps"):
        second.load_state_dict({"patience": 3})


def test_early_stopping_in_fit():
    callback = callbacks.EarlyStopping(monitor="loss", min_delta=100.0)
    _, history = fit(epochs=9, callbacks=[callback])
    assert history.epoch == [0, 1]
    with pytest.raises(ValueError, match="none of the logs"):
        fit(callbacks=[callbacks.EarlyStopping(monitor="accurracy", mode="max")])


# --- ModelCheckpoint ------------------------------------------------------------------------------

SAVES = {  # settings, values, files
    "epoch": ({}, [3, 2, 4], ["m.keras"] * 3),
    "best": ({"save_best_only": True}, [3, 4, 2, 2], ["m.keras"] * 2),
    "threshold": ({"save_best_only": True, "initial_value_threshold": 2.5}, [3, 2], ["m.keras"]),
    "pattern": (
        {"filepath": "{epoch:02d}-{val_loss:.1f}.keras"},
        [3, 2],
        ["01-3.0.keras", "02-2.0.keras"],
    ),
    "weights": (
        {"filepath": "w.weights.h5", "save_weights_only": True},
        [3, 2],
        ["w.weights.h5"] * 2,
    ),
}


@pytest.mark.parametrize("case", SAVES)
def test_model_checkpoint(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings, values, expected = SAVES[case]
    model, _ = drive(callbacks.ModelCheckpoint(**{"filepath": "m.keras", **settings}), values)
    assert model.saved == expected


def test_checkpoint_messages(capsys, tmp_path):
    path = str(tmp_path / "deep" / "m.keras")
    drive(callbacks.ModelCheckpoint(path, verbose=1, save_best_only=True), [1.0, 2.0])
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 1.00000, saving model to {path}\n"
        f"\nEpoch 1: finished saving model to {path}\n"
        "\nEpoch 2: val_loss did not improve from 1.00000\n"
    )
    assert (tmp_path / "deep").is_dir()


def test_checkpoint_by_batches():
    callback = callbacks.ModelCheckpoint("{epoch}-{batch}.keras", save_freq=2)
    model = Model()
    callback.set_model(model)
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(3):
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert model.saved == ["1-2.keras", "2-1.keras", "2-3.keras"]


def test_checkpoint_in_fit(tmp_path):
    path = tmp_path / "{epoch}.keras"
    model, _ = fit(epochs=2, callbacks=[callbacks.ModelCheckpoint(path)])
    loaded = cornu.saving.load_model(tmp_path / "2.keras")
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.keras", "2.keras"]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"filepath": "m.tf"}, "must end in `.keras`"),
        ({"filepath": "m.h5", "save_weights_only": True}, "must end in `.weights.h5`"),
        ({"filepath": "m.keras", "save_freq": "day"}, "Unrecognized save_freq"),
    ],
)
def test_checkpoint_mistakes(settings, text):
    with pytest.raises(ValueError, match=text):
        callbacks.ModelCheckpoint(**settings)


def test_checkpoint_pattern_with_unknown_name():
    with pytest.raises(KeyError, match="Did you mean .*val_loss"):
        drive(callbacks.ModelCheckpoint("{val_los}.keras"), [1.0])


# --- learning rates, NaN, functions ---------------------------------------------------------------


def rates(callback, values=(1.0, 1.0, 1.0, 1.0), model=None):
    model = model or Model()
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, value in enumerate(values):
        logs = {"loss": 1.0, "val_loss": value}
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs)
        found.append(round(float(model.optimizer.learning_rate), 6))
        assert "learning_rate" in logs
    return found


def test_learning_rate_scheduler(capsys):
    by_epoch = callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1), verbose=1)
    assert rates(by_epoch, [1.0, 1.0]) == [0.1, 0.05]
    assert (
        "\nEpoch 2: LearningRateScheduler setting learning rate to 0.05.\n"
        in capsys.readouterr().out
    )
    assert rates(callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2), [1.0] * 2) == [
        0.05,
        0.025,
    ]
    schedule = cornu.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    assert rates(callbacks.LearningRateScheduler(schedule), [1.0] * 3) == [1.0, 0.5, 0.25]
    for wrong in ("fast", None, [0.1]):
        with pytest.raises(ValueError, match="should be a float"):
            rates(callbacks.LearningRateScheduler(lambda epoch: wrong))  # noqa: B023


PLATEAUS = {  # settings, learning rates after epochs whose value stays 1
    "patience_1": ({"patience": 1}, [0.1, 0.01, 0.001, 0.0001]),
    "patience_2": ({"patience": 2, "factor": 0.5}, [0.1, 0.1, 0.05, 0.05, 0.025]),
    "cooldown": ({"patience": 1, "cooldown": 2}, [0.1, 0.01, 0.01, 0.001, 0.001, 0.0001]),
    "min_lr": ({"patience": 1, "min_lr": 0.05}, [0.1, 0.05, 0.05]),
}


@pytest.mark.parametrize("case", PLATEAUS)
def test_reduce_on_plateau(case):
    settings, expected = PLATEAUS[case]
    assert rates(callbacks.ReduceLROnPlateau(**settings), [1.0] * len(expected)) == expected


def test_reduce_on_plateau_mistakes():
    with pytest.raises(ValueError, match="factor >= 1.0"):
        callbacks.ReduceLROnPlateau(factor=1.0)
    with pytest.raises(TypeError, match="patients"):
        callbacks.ReduceLROnPlateau(patients=3)


def test_terminate_on_nan(capsys):
    callback, model = callbacks.TerminateOnNaN(), Model()
    callback.set_model(model)
    callback.on_train_batch_end(0, {"loss": 1.0})
    callback.on_train_batch_end(1, {})
    assert not model.stop_training
    callback.on_train_batch_end(2, {"loss": math.inf})
    assert model.stop_training
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"
    with pytest.raises(RuntimeError, match="at batch 3. Loss value: nan"):
        callbacks.TerminateOnNaN(raise_error=True).on_train_batch_end(3, {"loss": math.nan})


def test_lambda_callback():
    seen = []
    callback = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch),
        on_train_batch_end=lambda batch, logs: seen.append(("batch", batch)),
        on_test_begin=lambda logs: seen.append("test"),
        anything=7,
    )
    callback.on_epoch_end(3, {})
    callback.on_train_batch_end(1, {})
    callback.on_test_begin({})
    callback.on_train_begin()
    assert seen == [3, ("batch", 1), "test"] and callback.anything == 7


# --- CallbackList and History ---------------------------------------------------------------------


class Batches(callbacks.Callback):
    def on_batch_end(self, batch, logs=None):
        self.last = batch


class TestBatches(callbacks.Callback):
    __test__ = False

    def on_test_batch_begin(self, batch, logs=None):
        self.last = batch


HOOKS = {
    "none": ([], (False, False)),
    "epochs": ([callbacks.EarlyStopping(), callbacks.ModelCheckpoint("m.keras")], (False, False)),
    "by_class": ([Batches()], (True, False)),
    "test": ([TestBatches()], (False, True)),
    "by_attribute": ([callbacks.LambdaCallback(on_train_batch_begin=print)], (True, False)),
    "checkpoint": ([callbacks.ModelCheckpoint("m.keras", save_freq=5)], (True, False)),
    "nan": ([callbacks.TerminateOnNaN()], (True, False)),
    "backup": ([callbacks.BackupAndRestore("b")], (False, False)),
    "backup_by_batches": ([callbacks.BackupAndRestore("b", save_freq=3)], (True, False)),
    "files": ([callbacks.CSVLogger("log.csv"), callbacks.TensorBoard()], (False, False)),
    "others": ([callbacks.RemoteMonitor(), callbacks.SwapEMAWeights()], (False, False)),
}


@pytest.mark.parametrize("case", HOOKS)
def test_who_wants_every_batch(case):
    given, expected = HOOKS[case]
    found = callbacks.CallbackList(given, add_history=True, add_progbar=True)
    assert (found.has_train_batch_hooks, found.has_test_batch_hooks) == expected
    assert not found.has_predict_batch_hooks


def test_callback_list():
    given = callbacks.EarlyStopping()
    model = Model()
    found = callbacks.CallbackList(
        given, add_history=True, add_progbar=True, model=model, epochs=2, steps=3, verbose=0
    )
    names = [type(callback).__name__ for callback in found.callbacks]
    assert names == ["EarlyStopping", "History", "ProgbarLogger"]
    assert given.params == {"epochs": 2, "steps": 3, "verbose": 0} and given.model is model
    own = [callbacks.ProgbarLogger(), callbacks.History()]
    assert callbacks.CallbackList(own, add_history=True, add_progbar=True).callbacks == own
    for wrong in ("a", [callbacks.History]):
        with pytest.raises(TypeError, match="`callbacks` holds"):
            callbacks.CallbackList(wrong)


def test_callback_without_super():
    class Forgot(callbacks.Callback):
        def __init__(self):
            self.epochs = []

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(epoch)

    callback = Forgot()
    fit(epochs=2, callbacks=[callback])
    assert callback.epochs == [0, 1] and callback.params["epochs"] == 2


def test_events_of_fit():
    events = []

    class Record(callbacks.Callback):
        pass

    for name in dir(callbacks.Callback):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):

            def note(self, *args, name=name):
                events.append(name.removeprefix("on_"))

            setattr(Record, name, note)
    x = np.ones((4, 3), "float32")
    fit(epochs=1, callbacks=[Record()], validation_data=(x, x[:, :1]))
    steps = ["train_batch_begin", "train_batch_end"] * 3
    tests = ["test_begin", "test_batch_begin", "test_batch_end", "test_end"]
    assert events == ["train_begin", "epoch_begin", *steps, *tests, "epoch_end", "train_end"]


def test_history():
    model, history = fit(epochs=2, metrics=["mae"])
    assert history.epoch == [0, 1] and set(history.history) == {"loss", "mae"}
    assert all(type(value) is float for value in history.history["loss"])
    assert model.history is history


# --- what is printed ------------------------------------------------------------------------------


def printed(monkeypatch, stream, **settings):
    monkeypatch.setattr(sys, "stdout", stream)
    fit(**settings)
    return stream.getvalue()


def test_file_gets_one_plain_line_an_epoch(monkeypatch):
    lines = printed(monkeypatch, io.StringIO(), epochs=2, verbose="auto").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Epoch 2/2 - 3/3 - 0s - ") and " - loss: " in lines[1]
    assert not set("\033\b\r") & set("".join(lines))


def test_verbose_2(monkeypatch):
    lines = printed(monkeypatch, io.StringIO(), epochs=2, verbose=2).splitlines()
    assert lines[0] == "Epoch 1/2" and lines[1].startswith("3/3 - ") and len(lines) == 4


def test_terminal(monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    x = np.ones((4, 3), "float32")
    text = printed(monkeypatch, stream, epochs=2, verbose=1, validation_data=(x, x[:, :1]))
    assert text.startswith("Epoch 1/2\n\r\033[1m1/3\033[0m ")
    last = text.split("\r")[-1]
    assert last.startswith("\033[1m3/3\033[0m ") and " - val_loss: " in last
    assert text.count("\n") == 4


def test_bar_bears_jumps():
    logger = callbacks.ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": None})
    with warnings.catch_warnings():
        logger.on_epoch_begin(0)
        for batch in (0, 40, 99):
            logger.on_train_batch_end(batch, {"loss": 1.0})
        logger.on_epoch_end(0, {"loss": 1.0})
    assert logger.target == 100


def test_verbose_must_be_known():
    with pytest.raises(ValueError, match="`verbose` must be 0, 1, 2"):
        callbacks.CallbackList(add_progbar=True, verbose=3)
