"""`BackupAndRestore`: go on with a training that was cut off."""

import contextlib
import os

from cornu.callbacks._backup_file import back_up, restore_newest
from cornu.callbacks._frequency import SavesByFrequency
from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


@export("keras.callbacks.BackupAndRestore")
class BackupAndRestore(SavesByFrequency, Callback):
    """Backs training up, so that the same `fit`, called again after a crash, goes on from there.

    A backup holds the weights, the optimizer's state, the states of all random generators that
    training uses (NumPy's global one too), the metrics so far, what the other callbacks of the same
    `fit` keep by `state_dict`, and the number of the next batch. Where the same `fit` is called
    again, on data whose batches have numbers (arrays, a `PyDataset`), the end is the same to the
    bit as without interruption (on a processor; on an accelerator as far as it computes the same
    twice). After an epoch the backup is written last, when all other callbacks are done. It is one
    file that is there whole or not at all, whenever the process dies.

    Args:
        backup_dir: folder for the backup; a training of its own needs one of its own.
        save_freq: `"epoch"`, or a number of batches.
        double_checkpoint: whether to keep the backup before the last too, which is used if the last
            one cannot be read.
        delete_checkpoint: whether to delete the backup when training ends.

    Raises:
        ValueError: for no `backup_dir`, another `save_freq`; and by `fit`, for a backup of another
            model or of other data, saying what differs.

    Example:
        >>> import cornu
        >>> backup = cornu.callbacks.BackupAndRestore("backup")
        >>> model = cornu.Sequential([cornu.Input((2,)), cornu.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> x = np.ones((4, 2))
        >>> model.fit(x, x[:, :1], epochs=2, verbose=0, callbacks=[backup]).epoch
        [0, 1]
    """

    # In a `CallbackList` it stands behind those whose state it backs up.
    runs_last = True

    def __init__(
        self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._path = os.path.join(self.backup_dir, "latest.weights.h5")
        self._previous_path = f"{self._path}.bkp"
        self._callbacks = None
        self._restored = False
        self._save_every(save_freq)

    def restore(self, callbacks=None):
        """Go on from the backup, if there is one. A `CallbackList` calls this before any callback's
        `on_train_begin`.

        Args:
            callbacks: the `CallbackList` whose state is backed up too.
        """
        self._callbacks = callbacks
        self._restored = True
        restore_newest([self._path, self._previous_path], self.model, callbacks)

    def on_train_begin(self, logs=None):
        if not self._restored:  # not called by a `CallbackList`
            self.restore()
        self._restored = False
        self._batches_since_save = 0

    def _save(self, epoch, batch, logs):
        os.makedirs(self.backup_dir, exist_ok=True)
        keep = self._previous_path if self.double_checkpoint else None
        back_up(self._path, self.model, epoch, batch, logs, self._callbacks, keep)

    def on_train_end(self, logs=None):
        self._callbacks = None
        if not self.delete_checkpoint:
            return
        for path in (self._path, self._previous_path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        with contextlib.suppress(OSError):  # something else is in the folder, or there is none
            os.rmdir(self.backup_dir)
