"""`LearningRateScheduler`: a learning rate for each epoch."""

import inspect

import numpy as np

from cornu.callbacks._output import say
from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


def rated_optimizers(model):
    """The optimizers with a learning rate of their own, by the name under which it is logged: one,
    or those inside a `MultiOptimizer`.

    Raises:
        ValueError: if there is none.
    """
    optimizer = getattr(model, "optimizer", None)
    several = getattr(getattr(optimizer, "inner_optimizer", optimizer), "optimizers", None)
    if several:
        return {f"learning_rate_{each.name}": each for each in several}
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError('Optimizer must have a "learning_rate" attribute.')
    return {"learning_rate": optimizer}


def learning_rate_of(optimizer):
    """An optimizer's learning rate, a float."""
    return float(np.asarray(optimizer.learning_rate))


def learning_rates_of(model):
    """The learning rates of a model's optimizers, by the names under which they are logged."""
    return {name: learning_rate_of(each) for name, each in rated_optimizers(model).items()}


@export("keras.callbacks.LearningRateScheduler")
class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch, and logs it after.

    Args:
        schedule: function of `(epoch, learning_rate)` or of `(epoch)`, epochs counted from 0, that
            returns a float.
        verbose: 1 to print what happens.

    Raises:
        ValueError: when `schedule` returns something that is no number.

    Example:
        >>> import cornu
        >>> halve = cornu.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch, logs=None):
        for name, optimizer in rated_optimizers(self.model).items():
            whose = "" if name == "learning_rate" else f"{optimizer.name} "
            self._set(epoch, optimizer, whose)

    def on_epoch_resume(self, epoch, batch):
        """Nothing: the rate of the epoch was set, and is part of the optimizer's state."""

    def _set(self, epoch, optimizer, whose):
        rate = learning_rate_of(optimizer)
        found = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
        if isinstance(found, str) or np.ndim(found) or not _is_number(found):
            raise ValueError(
                f"The output of the `schedule` function should be a float. Got: {found!r:.100}"
            )
        optimizer.learning_rate = float(found)
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose}learning rate to "
                f"{float(found)}."
            )

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs.update(learning_rates_of(self.model))


def _takes_two(schedule):
    try:
        signature = inspect.signature(schedule)
        signature.bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a builtin that doesn't say
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = [p for p in signature.parameters.values() if p.kind in kinds]
    many = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
    return many or len(places) >= 2


def _is_number(value):
    return np.asarray(value).dtype.kind in "fiu" or hasattr(value, "dtype")
