"""`CSVLogger`: the logs of each epoch as lines of a file."""

import csv
import os
from collections.abc import Iterable

import numpy as np

from cornu.callbacks.callback import Callback
from cornu.serial.registry import export

ABSENT = "NA"


@export("keras.callbacks.CSVLogger")
class CSVLogger(Callback):
    """Writes the logs of each epoch to a file of comma-separated values.

    The first line names the columns: `epoch`, then the logs of the first epoch in alphabetical
    order, then the same with `val_` in front if it had no validation. A value that an epoch does
    not have is `NA`. The file is complete after each epoch.

    Args:
        filename: path of the file.
        separator: what stands between values.
        append: whether lines are added to a file that is there, rather than written anew.

    Example:
        >>> import pathlib
        >>> import cornu
        >>> logger = cornu.callbacks.CSVLogger("log.csv")
        >>> logger.on_train_begin()
        >>> logger.on_epoch_end(0, {"loss": 0.5, "accuracy": 1.0})
        >>> print(pathlib.Path("log.csv").read_text())
        epoch,accuracy,loss,val_accuracy,val_loss
        0,1.0,0.5,NA,NA
        <BLANKLINE>
    """

    state_names = ("keys", "_size")

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys = None
        self._size = 0  # of the file in bytes, after the last line of this training

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self.keys = None
            if not self.append:
                self._write([], "w")
        elif self._has_lines() and os.path.getsize(self.filename) > self._size:
            os.truncate(self.filename, self._size)  # lines of epochs that are trained once more

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        rows = []
        if self.keys is None:
            self.keys = self._columns(logs)
            if not self._has_lines():
                rows.append(["epoch", *self.keys])
        values = (logs.get(key, ABSENT) for key in self.keys)
        self._write([*rows, [epoch, *map(_cell, values)]], "a")
        self._size = os.path.getsize(self.filename)

    def _columns(self, logs):
        """Names of the columns: those that the file has, else by the first epoch."""
        if self._has_lines():
            with open(self.filename, newline="") as file:
                head = next(csv.reader(file, delimiter=self.sep), [])
            if head[:1] == ["epoch"]:
                return head[1:]
        names = sorted(logs)
        if not any(name.startswith("val_") for name in names):  # a later epoch may have them
            names += [f"val_{name}" for name in names]
        return names

    def _has_lines(self):
        return os.path.exists(self.filename) and os.path.getsize(self.filename) > 0

    def _write(self, rows, mode):
        with open(self.filename, mode, newline="") as file:
            csv.writer(file, delimiter=self.sep).writerows(rows)


def _cell(value):
    """A value as one cell; an array as a list in brackets."""
    if isinstance(value, str) or (hasattr(value, "ndim") and np.ndim(value) == 0):
        return value
    if isinstance(value, Iterable):
        return f'"[{", ".join(map(str, value))}]"'
    return value
