"""`EarlyStopping`: end training when a value no longer gets better."""

from cornu.callbacks._output import say
from cornu.callbacks.monitor import MonitorCallback
from cornu.serial.registry import export


@export("keras.callbacks.EarlyStopping")
class EarlyStopping(MonitorCallback):
    """Ends training when a value has not got better for some epochs.

    Args:
        monitor: name of the value in the logs.
        min_delta: how much better a value must be to count.
        patience: number of epochs without a better value after which training ends.
        verbose: 1 to print what happens.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        baseline: value that must be bettered for the epochs not to count.
        restore_best_weights: whether to set the weights, at the end, to those of the best epoch.
        start_from_epoch: number of epochs at the start that are not looked at.

    Raises:
        ValueError: at the end of the first epoch, if no log is called `monitor`.

    Example:
        >>> import cornu
        >>> stop = cornu.callbacks.EarlyStopping(monitor="loss", patience=3)
    """

    state_names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self):
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights = None

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self._reset()

    def on_epoch_end(self, epoch, logs=None):
        current = self._watched(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # So that there is something to go back to if no epoch is better than the baseline.
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            if self.wait == 0:
                return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs):
        """The watched value in `logs`."""
        return self._watched(logs)
