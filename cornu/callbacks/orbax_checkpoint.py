"""`OrbaxCheckpoint`: save the model's state with Orbax while it trains."""

import json
import os

from cornu.callbacks._frequency import SavesByFrequency
from cornu.callbacks._output import say
from cornu.callbacks.monitor import MonitorCallback
from cornu.core.lazy import lazy_module
from cornu.saving import orbax_folder
from cornu.serial.registry import export

orbax = lazy_module("orbax.checkpoint", package="orbax-checkpoint")


@export("keras.callbacks.OrbaxCheckpoint")
class OrbaxCheckpoint(SavesByFrequency, MonitorCallback):
    """Saves the state of the model with Orbax while it trains, in the background, also from several
    hosts. Needs the package `orbax-checkpoint`.

    A checkpoint is a step of an `orbax.checkpoint.CheckpointManager`: its item `state` holds the
    values of the variables, and, unless only weights are saved, its item `model` the config and its
    item `assets` the files of layers, such as vocabularies.
    `model.load_weights(directory)` brings the newest one back, and `load_model(directory)` makes
    the model too.

    Args:
        directory: folder of the checkpoints, which are numbered by epochs from 0, or, with a number
            as `save_freq`, by batches; in a folder that has some, on from those.
        monitor: name of the value that says which model is best.
        verbose: 1 to print what happens.
        save_best_only: whether to save only when the value is better than ever before.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: value that must be bettered by the first model that is saved.
        max_to_keep: number of checkpoints that are kept, the newest ones; None for all.
        save_on_background: whether training goes on while a checkpoint is written.
        save_weights_only: whether to leave out the config, the files of layers and the state of the
            optimizer.

    Attributes:
        checkpointer: the `orbax.checkpoint.CheckpointManager`.

    Raises:
        ImportError: if Orbax is not installed.
        ValueError: for another `save_freq`; and at the end of the first epoch, if no log is called
            `monitor` and it matters.
    """

    state_names = ("best", "_batches_since_save", "_last_batch", "_batches")

    def __init__(
        self,
        directory,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
        max_to_keep=1,
        save_on_background=True,
        save_weights_only=False,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        directory = os.fspath(directory)
        self.directory = directory if "://" in directory else os.path.abspath(directory)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._batches = 0
        self._save_every(save_freq)
        options = orbax.CheckpointManagerOptions(
            max_to_keep=max_to_keep, enable_async_checkpointing=save_on_background, create=True
        )
        self.checkpointer = orbax.CheckpointManager(self.directory, options=options)

    def _after_batch(self, batch, logs=None):
        before = self._last_batch if batch > self._last_batch else -1
        self._batches += batch - before
        super()._after_batch(batch, logs)

    def _save(self, epoch, batch, logs):
        step = epoch if batch is None else self._batches
        latest = self.checkpointer.latest_step()
        step = step if latest is None else max(step, latest + 1)
        head = f"\nEpoch {epoch + 1}: "
        if self.save_best_only:
            current = self._watched(logs)
            if current is None:
                return
            if not self._is_improvement(current, self.best):
                self._tell(f"{head}{self.monitor} did not improve from {self.best:.5f}")
                return
            self.best = float(current)
        self._tell(f"{head}saving checkpoint {step} to {self.directory}")
        self._save_checkpoint(step)

    def _save_checkpoint(self, step):
        self.checkpointer.save(step, args=orbax.args.Composite(**self._items()), force=True)

    def _items(self):
        state = orbax_folder.state_of(self.model, self.save_weights_only)
        items = {orbax_folder.STATE: orbax.args.StandardSave(state)}
        if not self.save_weights_only:
            items[orbax_folder.MODEL] = orbax.args.JsonSave(json.loads(self.model.to_json()))
            if assets := orbax_folder.assets_of(self.model):
                items[orbax_folder.ASSETS] = orbax.args.JsonSave(assets)
        return items

    def _tell(self, message):
        if self.verbose > 0:
            say(message)

    def wait_until_finished(self):
        """Wait until everything that is being saved is on the disk."""
        self.checkpointer.wait_until_finished()

    def is_multihost_enabled(self):
        """Whether several processes train together."""
        return orbax.multihost.process_count() > 1

    def is_primary_host(self):
        """Whether this process is the one that writes what all share."""
        return orbax.multihost.is_primary_host(0)

    def on_train_end(self, logs=None):
        self.wait_until_finished()
