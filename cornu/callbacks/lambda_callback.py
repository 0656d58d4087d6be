"""`LambdaCallback`: a callback made of functions."""

from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


@export("keras.callbacks.LambdaCallback")
class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: functions of `(epoch, logs)`.
        on_train_begin, on_train_end: functions of `(logs)`.
        on_train_batch_begin, on_train_batch_end: functions of `(batch, logs)`.
        **kwargs: further functions by the names of `Callback`'s methods, and whatever else is to be
            an attribute.

    Example:
        >>> import cornu
        >>> show = cornu.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))
        >>> show.on_epoch_end(3, {})
        3
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **kwargs,
    ):
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        self.__dict__.update(kwargs)
        self.__dict__.update({name: value for name, value in given.items() if value is not None})
