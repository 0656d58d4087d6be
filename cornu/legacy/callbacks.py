"""Callbacks that only Keras 2 has."""

from cornu.callbacks import Callback


class BaseLogger(Callback):
    """Puts the means over the batches of an epoch into the epoch's logs.

    In Keras 3 logs are such means already. A batch counts as often as its log `"size"` says, and
    logs that are there at the end of the epoch for no batch are left as they are.

    Args:
        stateful_metrics: names of metrics that gather over batches themselves.

    Example:
        >>> import cornu
        >>> logger = cornu.callbacks.BaseLogger()
        >>> logger.on_epoch_begin(0)
        >>> logger.on_batch_end(0, {"size": 1, "loss": 4.0})
        >>> logger.on_batch_end(1, {"size": 3, "loss": 0.0})
        >>> logs = {}
        >>> logger.on_epoch_end(0, logs)
        >>> logs
        {'loss': 1.0}
    """

    def __init__(self, stateful_metrics=None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen, self.totals = 0, {}

    def on_epoch_begin(self, epoch, logs=None):
        self.seen, self.totals = 0, {}

    def on_batch_end(self, batch, logs=None):
        logs = {} if logs is None else dict(logs)
        size = logs.pop("size", 0)
        steps = logs.pop("num_steps", 1)
        self.seen += size * steps
        logs.pop("batch", None)
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0.0) + value * size * steps

    def on_epoch_end(self, epoch, logs=None):
        if logs is None or not self.seen:
            return
        for name, total in self.totals.items():
            logs[name] = total if name in self.stateful_metrics else total / self.seen
