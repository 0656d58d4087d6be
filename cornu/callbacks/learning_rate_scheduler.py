"""`LearningRateScheduler`: a learning rate for each epoch."""

import inspect

import numpy as np

from cornu.callbacks._output import say
from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


def learning_rate_of(model):
    """The optimizer's learning rate, a float.

    Raises:
        ValueError: if it has none.
    """
    optimizer = getattr(model, "optimizer", None)
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError('Optimizer must have a "learning_rate" attribute.')
    return float(np.asarray(optimizer.learning_rate))


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
        rate = learning_rate_of(self.model)
        found = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
        if isinstance(found, str) or np.ndim(found) or not _is_number(found):
            raise ValueError(
                f"The output of the `schedule` function should be a float. Got: {found!r:.100}"
            )
        self.model.optimizer.learning_rate = float(found)
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to "
                f"{float(found)}."
            )

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = learning_rate_of(self.model)


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
