"""`ReduceLROnPlateau`: a smaller learning rate when a value no longer gets better."""

import numpy as np

from cornu.callbacks._output import say
from cornu.callbacks.learning_rate_scheduler import (
    learning_rate_of,
    learning_rates_of,
    rated_optimizers,
)
from cornu.callbacks.monitor import MonitorCallback
from cornu.optimizers.schedules import LearningRateSchedule
from cornu.serial.registry import export, register_keras_serializable


@register_keras_serializable(package="cornu")
class ScaledSchedule(LearningRateSchedule):
    """A schedule times a factor: what `ReduceLROnPlateau` makes of an optimizer's schedule.

    Args:
        schedule: a `LearningRateSchedule`.
        factor: float.

    Example:
        >>> import cornu
        >>> from cornu.callbacks.reduce_lr_on_plateau import ScaledSchedule
        >>> decay = cornu.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
        >>> round(float(ScaledSchedule(decay, 0.1)(1)), 3)
        0.05
    """

    def __init__(self, schedule, factor):
        self.schedule = schedule
        self.factor = factor

    def __call__(self, step):
        return self.schedule(step) * self.factor


@export("keras.callbacks.ReduceLROnPlateau")
class ReduceLROnPlateau(MonitorCallback):
    """Makes the learning rate smaller when a value has not got better for some epochs, and logs it.

    The learning rate may be a schedule: then this is the factor by which all that it says from now
    on is multiplied.

    Args:
        monitor: name of the value in the logs.
        factor: what the learning rate is multiplied by, below 1.
        patience: number of epochs without a better value after which it is.
        verbose: 1 to print what happens.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        min_delta: how much better a value must be to count.
        cooldown: number of epochs after a change that are not looked at.
        min_lr: smallest learning rate that a change leads to.
        **kwargs: `epsilon`, an old name of `min_delta`.

    Raises:
        ValueError: for a `factor` of 1 or more; and at the end of the first epoch, if no log is
            called `monitor`.

    Example:
        >>> import cornu
        >>> reduce = cornu.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=3)
    """

    state_names = ("best", "wait", "cooldown_counter", "_schedule_factor")

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
        self._schedule_factor = None

    def in_cooldown(self):
        """Whether the last change is too recent to look at values."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self._reset()
        elif self._schedule_factor is not None:
            for optimizer in rated_optimizers(self.model).values():
                if _schedule(optimizer) is not None:
                    self._use_factor(optimizer, self._schedule_factor)

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        current = self._watched(logs)
        rates = learning_rates_of(self.model)
        logs.update(rates)
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
            if self.wait >= self.patience and max(rates.values()) > np.float32(self.min_lr):
                self._reduce(epoch)

    def _reduce(self, epoch):
        for name, optimizer in rated_optimizers(self.model).items():
            whose = "" if name == "learning_rate" else f"{optimizer.name} "
            self._lower(epoch, optimizer, whose)
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def _lower(self, epoch, optimizer, whose):
        rate = learning_rate_of(optimizer)
        if rate <= np.float32(self.min_lr):
            return
        lower = max(rate * self.factor, self.min_lr)
        schedule = _schedule(optimizer)
        if schedule is None:
            optimizer.learning_rate = lower
        else:
            before = schedule.factor if isinstance(schedule, ScaledSchedule) else 1.0
            self._use_factor(optimizer, before * lower / rate)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {whose}learning rate to {lower}.")

    def _use_factor(self, optimizer, factor):
        """Have the optimizer follow its own schedule times `factor`."""
        schedule = _schedule(optimizer)
        own = schedule.schedule if isinstance(schedule, ScaledSchedule) else schedule
        getattr(optimizer, "inner_optimizer", optimizer).learning_rate = ScaledSchedule(own, factor)
        self._schedule_factor = factor


def _schedule(optimizer):
    """The schedule that an optimizer follows, or None."""
    source = getattr(getattr(optimizer, "inner_optimizer", optimizer), "_learning_rate", None)
    return source if isinstance(source, LearningRateSchedule) else None
