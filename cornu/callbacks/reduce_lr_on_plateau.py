"""`ReduceLROnPlateau`: a smaller learning rate when a value no longer gets better."""

import numpy as np

from cornu.callbacks._output import say
from cornu.callbacks.learning_rate_scheduler import learning_rate_of
from cornu.callbacks.monitor import MonitorCallback
from cornu.serial.registry import export


@export("keras.callbacks.ReduceLROnPlateau")
class ReduceLROnPlateau(MonitorCallback):
    """Makes the learning rate smaller when a value has not got better for some epochs, and logs it.

    Args:
        monitor: name of the value in the logs.
        factor: what the learning rate is multiplied by, below 1.
        patience: number of epochs without a better value after which it is.
        verbose: 1 to print what happens.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        min_delta: how much better a value must be to count.
        cooldown: number of epochs after a change that are not looked at.
        min_lr: smallest learning rate.
        **kwargs: `epsilon`, an old name of `min_delta`.

    Raises:
        ValueError: for a `factor` of 1 or more; and at the end of the first epoch, if no log is
            called `monitor`.

    Example:
        >>> import cornu
        >>> reduce = cornu.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=3)
    """

    state_names = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
        **kwargs,
    ):
        min_delta = kwargs.pop("epsilon", min_delta)
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau does not take the arguments {sorted(kwargs)}")
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}"
            )
        super().__init__(monitor, mode, min_delta=min_delta)
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._reset()

    def _reset(self):
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def in_cooldown(self):
        """Whether the last change is too recent to look at values."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self._reset()

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        current = self._watched(logs)
        rate = logs["learning_rate"] = learning_rate_of(self.model)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                self._reduce(epoch, rate)

    def _reduce(self, epoch, rate):
        rate = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = rate
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
