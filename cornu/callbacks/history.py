"""`History`: what the logs of each epoch were."""

from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


@export("keras.callbacks.History")
class History(Callback):
    """Keeps the logs of each epoch; `fit` adds and returns one.

    Attributes:
        history: dict from a name to the list of its values.
        epoch: list of the epochs.

    Example:
        >>> import cornu
        >>> history = cornu.callbacks.History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.history
        {'loss': [0.5]}
    """

    state_names = ("epoch", "history")

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in ({} if logs is None else logs).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self
