"""Killed at any batch and started again with the same call, a training ends as one never killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cornu as keras

PROGRAM = Path(__file__).parent / "resume_program.py"
KILLS = {
    "batches": [2, 7, 11, 17, 23, 29, 30, 38, 41, 50, 59],
    "epoch": [12, 35, 59],
    "every": [9, 20, 44],
    "dataset": [13, 47],
    "checkpoint": [27],
}
FIRST = {"batches": [9, 44], "dataset": [13], "checkpoint": [27]}
CHOSEN = KILLS if os.environ.get("CORNU_EVERY_ROW") else FIRST


def run(case, folder, *kill):
    """Train in a process of its own; returns its exit status."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "error", PROGRAM, case, folder, *map(str, kill)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert kill or not done.returncode, done.stderr
    return done.returncode


def differences(folder, other):
    """What of two finished trainings differs."""
    with np.load(folder / "end.npz") as ours, np.load(other / "end.npz") as theirs:
        found = [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()]
    for name in ("end.json", "log.csv"):
        if (folder / name).read_text() != (other / name).read_text():
            found.append(name)
    return found


@pytest.mark.parametrize("case", CHOSEN)
def test_killed_trainings_end_as_one_never_killed(case, tmp_path):
    run(case, tmp_path / "whole")
    outcomes = {}
    for batch in CHOSEN[case]:
        folder = tmp_path / str(batch)
        assert run(case, folder, batch) == -signal.SIGKILL
        assert not (folder / "end.npz").exists()
        run(case, folder)
        outcomes[batch] = differences(folder, tmp_path / "whole")
    assert outcomes == {batch: [] for batch in CHOSEN[case]}


class Stop(Exception):
    """What stands for a crash."""


class StopAt(keras.callbacks.Callback):
    """Raises at a batch of the second epoch."""

    def __init__(self, batch):
        super().__init__()
        self.batch, self.epoch = batch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 1 and batch == self.batch:
            raise Stop


def make(units=3):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


X = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
Y = X.sum(-1, keepdims=True)


def begin(folder, batch=2, **settings):
    """A training of three epochs of six batches, cut off in the second."""
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=1, **settings)
    with pytest.raises(Stop):
        make().fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[backup, StopAt(batch)])


def go_on(folder, model=None, batch_size=8, callbacks=(), **settings):
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=1, **settings)
    model = make() if model is None else model
    return model.fit(
        X, Y, batch_size=batch_size, epochs=3, verbose=0, callbacks=[backup, *callbacks]
    )


class Note(keras.callbacks.Callback):
    """Notes which batches there are."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)


def test_each_batch_is_applied_once(tmp_path):
    begin(tmp_path / "b")
    note, model = Note(), make()
    history = go_on(tmp_path / "b", model, callbacks=[note])
    # The callback that raised stood before the backup of batch 2.
    assert note.seen == [2, 3, 4, 5, 0, 1, 2, 3, 4, 5]
    assert int(model.optimizer.iterations) == 18 and history.epoch == [0, 1, 2]


def test_another_training_is_refused_by_what_differs(tmp_path):
    begin(tmp_path / "b")
    with pytest.raises(ValueError, match="batch_size was 8, now it is 12"):
        go_on(tmp_path / "b", batch_size=12)
    with pytest.raises(ValueError, match="kernel is float32\\(4, 5\\) here"):
        go_on(tmp_path / "b", make(units=5))


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_backup_falls_back_to_the_one_before(tmp_path, damage):
    begin(tmp_path / "b", double_checkpoint=True)
    path = tmp_path / "b" / "latest.weights.h5"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    else:
        content[:64] = bytes(64)
    path.write_bytes(content)
    note = Note()
    with pytest.warns(UserWarning, match="Going on from the backup before"):
        go_on(tmp_path / "b", callbacks=[note], double_checkpoint=True)
    assert note.seen[:2] == [1, 2]


def test_a_generator_goes_on_with_a_warning(tmp_path):
    def generator():
        while True:
            yield X[:8], Y[:8]

    def fit(*others):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "b", save_freq=1)
        return make().fit(
            generator(), steps_per_epoch=6, epochs=3, verbose=0, callbacks=[backup, *others]
        )

    with pytest.raises(Stop):
        fit(StopAt(2))
    with pytest.warns(UserWarning, match="can't be told where to begin"):
        assert fit().epoch == [0, 1, 2]


def test_stopped_trainings_stay_stopped(tmp_path):
    """Killed between the end of the last epoch and that of training."""

    class StopEarly(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs=None):
            raise Stop

    backup = keras.callbacks.BackupAndRestore(tmp_path / "b")
    with pytest.raises(Stop):
        make().fit(X, Y, epochs=5, verbose=0, callbacks=[StopEarly(), backup])
    backup = keras.callbacks.BackupAndRestore(tmp_path / "b")
    assert make().fit(X, Y, epochs=5, verbose=0, callbacks=[backup]).epoch == [0, 1]


def test_checkpoint_with_state(tmp_path):
    path = tmp_path / "now.weights.h5"

    def fit(*others):
        save = keras.callbacks.ModelCheckpoint(path, save_weights_only=True, save_state=True)
        note = Note()
        model = make()
        model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[save, note, *others])
        return model, note.seen

    with pytest.raises(Stop):
        fit(StopAt(3))
    resumed, seen = fit()
    assert len(seen) == 12  # two epochs
    assert len(fit()[1]) == 18  # that training was over: another one begins
    other = make()
    other.load_weights(path)
    assert int(resumed.optimizer.iterations) == 18
    with pytest.raises(ValueError, match="`save_state` needs"):
        keras.callbacks.ModelCheckpoint(tmp_path / "m.keras", save_state=True)


class Parts(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return X[index * 8 : index * 8 + 8], Y[index * 8 : index * 8 + 8]


@pytest.mark.parametrize("save_freq", ["epoch", 1])
@pytest.mark.parametrize("source", ["arrays", "dataset"])
@pytest.mark.parametrize("eagerly", [False, True])
def test_counted_steps_go_on_with_what_was_left(eagerly, source, save_freq, tmp_path):
    """An epoch of three of six batches leaves three for the next."""

    def fit(folder, *others):
        keras.utils.set_random_seed(5)
        model = make()
        model.compile("adam", "mse", run_eagerly=eagerly)
        data = (Parts(),) if source == "dataset" else (X, Y)
        backup = keras.callbacks.BackupAndRestore(folder, save_freq=save_freq)
        history = model.fit(
            *data,
            batch_size=None if source == "dataset" else 8,
            steps_per_epoch=3,
            epochs=5,
            verbose=0,
            callbacks=[backup, *others],
        )
        return history.history, [weight.tolist() for weight in model.get_weights()]

    whole = fit(tmp_path / "a")
    with pytest.raises(Stop):
        fit(tmp_path / "b", StopAt(1))
    assert fit(tmp_path / "b") == whole
