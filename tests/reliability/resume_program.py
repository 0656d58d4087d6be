"""A training that may be killed: `python resume_program.py CASE FOLDER [BATCH]`.

It kills its own process at that batch of its 60. Called again for the same folder, it goes on. At
the end it writes weights, optimizer, history and counters of callbacks into the folder.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

import cornu as keras

EPOCHS, BATCHES, BATCH_SIZE = 6, 10, 16
FEATURES = 5


class Kill(keras.callbacks.Callback):
    """Kills the process at a batch counted over all epochs."""

    def __init__(self, at):
        super().__init__()
        self.at = at
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch * BATCHES + batch == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Batches(keras.utils.PyDataset):
    """The same data batch by batch."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        part = slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)
        return self.x[part], self.y[part]


def make_model():
    """A small model with dropout and a metric, compiled with Adam."""
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dropout(0.4),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"])
    return model


def saving(case, folder):
    """The callback that backs up."""
    if case == "checkpoint":
        path = folder / "at-{epoch}-{batch}.weights.h5"
        return keras.callbacks.ModelCheckpoint(
            path, save_weights_only=True, save_state=True, save_freq=4
        )
    frequency = {"epoch": "epoch", "every": 1}.get(case, 3)
    return keras.callbacks.BackupAndRestore(folder / "backup", frequency, double_checkpoint=True)


def train(case, folder, kill_at=None):
    """Train to the end, or to the kill; writes the result."""
    keras.utils.set_random_seed(7)
    random = np.random.RandomState(3)
    x = random.normal(size=(BATCHES * BATCH_SIZE, FEATURES)).astype("float32")
    y = (x[:, :1] * x[:, 1:2]).astype("float32")
    model = make_model()
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=4, restore_best_weights=True)
    slower = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1)
    others = [saving(case, folder), stopping, slower, keras.callbacks.CSVLogger(folder / "log.csv")]
    if kill_at is not None:
        others.append(Kill(kill_at))
    data = {"x": Batches(x, y)} if case == "dataset" else {"x": x, "y": y, "batch_size": BATCH_SIZE}
    history = model.fit(
        **data,
        epochs=EPOCHS,
        verbose=0,
        validation_data=(x[:40] + 0.1, y[:40]),
        callbacks=others,
    )
    arrays = [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)]
    np.savez(folder / "end.npz", *arrays)
    counters = [stopping.wait, stopping.best_epoch, float(stopping.best), slower.wait]
    record = {"history": history.history, "epoch": history.epoch, "counters": counters}
    (folder / "end.json").write_text(json.dumps(record))


if __name__ == "__main__":
    case, folder, *kill = sys.argv[1:]
    train(case, Path(folder), *map(int, kill))
