"""`ModelCheckpoint`: save the model while it trains."""

import glob
import os
import re
from pathlib import Path

from cornu.callbacks._backup_file import back_up, restore_newest
from cornu.callbacks._frequency import SavesByFrequency
from cornu.callbacks._output import say
from cornu.callbacks.monitor import MonitorCallback
from cornu.core.errors import did_you_mean
from cornu.serial.registry import export


@export("keras.callbacks.ModelCheckpoint")
class ModelCheckpoint(SavesByFrequency, MonitorCallback):
    """Saves the model, or its weights, while it trains.

    Args:
        filepath: where to: `"model.keras"`, or a pattern such as
            `"{epoch:02d}-{val_loss:.2f}.keras"`, filled from the logs and the numbers `epoch` and
            (with a number as `save_freq`) `batch`, from 1. Weights alone go to a `.weights.h5`
            file.
        monitor: name of the value that says which model is best.
        verbose: 1 to print what happens.
        save_best_only: whether to save only when the value is better than ever before.
        save_weights_only: whether to save the weights alone.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: value that must be bettered by the first model that is saved.
        save_state: whether the files also hold all that a training needs to go on, as those of
            `BackupAndRestore` do; needs `save_weights_only`. The same `fit`, called again, goes on
            from the newest one, unless that is of the end.

    Raises:
        ValueError: for a file name that does not end as said, another `save_freq`, `save_state`
            of the best weights only; and at the end of the first epoch, if no log is called
            `monitor` and it matters.

    Example:
        >>> import cornu
        >>> save = cornu.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
    """

    state_names = ("best", "_batches_since_save", "_last_batch", "_epoch")

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
        save_state=False,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_state = save_state
        self.runs_last = save_state  # after those whose state is saved
        self._callbacks = None
        self._save_every(save_freq)
        if save_state and (save_best_only or not save_weights_only):
            raise ValueError(
                "`save_state` needs `save_weights_only=True` and `save_best_only=False`: a training"
                " goes on from where it was, not from its best weights."
            )
        if save_weights_only and not self.filepath.endswith(".weights.h5"):
            raise ValueError(
                "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided "
                "must end in "
                f"`.weights.h5` (Keras weights format). Received: filepath={self.filepath}"
            )
        if not save_weights_only and not self.filepath.endswith((".keras", ".h5")):
            raise ValueError(
                "The filepath provided must end in `.keras` (Keras model format). Received: "
                f"filepath={self.filepath}"
            )

    def restore(self, callbacks=None):
        """Go on from the newest file, if it holds the state of a training that is not over. A
        `CallbackList` calls this before any callback's `on_train_begin`.

        Args:
            callbacks: the `CallbackList` whose state is saved too.
        """
        self._callbacks = callbacks
        if self.save_state:
            pattern = "*".join(map(glob.escape, re.split(r"{[^}]*}", self.filepath)))
            paths = sorted(glob.glob(pattern), key=os.path.getmtime, reverse=True)
            restore_newest(paths, self.model, callbacks, (self.params or {}).get("epochs"))

    def on_train_end(self, logs=None):
        self._callbacks = None

    def _save(self, epoch, batch, logs):
        logs = {} if logs is None else logs
        head = f"\nEpoch {epoch + 1}: "
        reason = ""
        if self.save_best_only:
            current = self._watched(logs)
            if current is None:
                return
            best = "None" if self.best is None else f"{self.best:.5f}"
            if not self._is_improvement(current, self.best):
                self._tell(f"{head}{self.monitor} did not improve from {best}")
                return
            reason = f"{self.monitor} improved from {best} to {current:.5f}, "
            self.best = current
        path = self._path(epoch, batch, logs)
        self._tell(f"{head}{reason}saving model to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_state:
            back_up(path, self.model, epoch, batch, logs, self._callbacks)
        elif self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._tell(f"{head}finished saving model to {path}")

    def _tell(self, message):
        if self.verbose > 0:
            say(message)

    def _path(self, epoch, batch, logs):
        names = {**dict(logs.items()), "epoch": epoch + 1}
        if batch is not None:
            names["batch"] = batch + 1
        try:
            return self.filepath.format(**names)
        except KeyError as error:
            wanted = error.args[0]
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Nothing is called '
                f"{wanted!r}.{did_you_mean(wanted, names)} Available are: {', '.join(names)}."
            ) from error
