"""`TerminateOnNaN`: end training when the loss is no number."""

import math

from cornu.callbacks._output import say
from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


@export("keras.callbacks.TerminateOnNaN")
class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite. It looks after every batch.

    Args:
        raise_error: whether to raise an error rather than to end quietly.

    Raises:
        RuntimeError: when the loss is NaN or infinite, if `raise_error`.

    Example:
        >>> import cornu
        >>> callback = cornu.callbacks.TerminateOnNaN(raise_error=True)
    """

    def __init__(self, raise_error=False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = None if logs is None else logs.get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating "
                "training immediately."
            )
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
