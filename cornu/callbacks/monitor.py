"""What callbacks that watch a value share: which one, and which way is better."""

import math
import operator
import warnings

from cornu import ops
from cornu.callbacks.callback import Callback
from cornu.core.errors import did_you_mean

# Comparing on the host keeps all digits.
ON_HOST = {ops.less: operator.lt, ops.greater: operator.gt}
NO_DIRECTION = (
    "{name} callback received monitor={monitor}, but Keras isn't able to automatically determine "
    "whether that metric "
    "should be maximized or minimized. Pass `mode='max'` in order to monitor based on the highest "
    "metric value, or "
    "pass `mode='min'` in order to use the lowest value."
)


class MonitorCallback(Callback):
    """Base of callbacks that watch one of the logs.

    Args:
        monitor: its name.
        mode: `"min"`, `"max"`, or `"auto"`, by what the metric is.
        initial_value_threshold: what counts as the best value at first, or None.
        min_delta: how much better a value must be to count.
    """

    def __init__(self, monitor="val_loss", mode="auto", initial_value_threshold=None, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = initial_value_threshold
        self.min_delta = abs(min_delta)
        self.monitor_op = {"min": ops.less, "max": ops.greater}.get(mode)

    def _watched(self, logs):
        """The watched value, or None in an epoch without validation.

        Raises:
            ValueError: if no log has the name, or it is unknown which way is better.
        """
        logs = {} if logs is None else logs
        if self.monitor not in logs:
            self._missing(list(logs))
            return None
        if self.monitor_op is None:
            self.monitor_op = self._direction()
        return logs[self.monitor]

    def _missing(self, names):
        validated = any(name.startswith("val_") for name in names)
        if self.monitor.startswith("val_") and self.monitor[4:] in names and not validated:
            # There may be validation in a later epoch.
            warnings.warn(
                f"{type(self).__name__} watches `{self.monitor}`, but this epoch had no "
                "validation. Available are: "
                f"{', '.join(names)}. Give `fit` `validation_data`, or watch one of these.",
                stacklevel=4,
            )
            return
        raise ValueError(
            f"{type(self).__name__} watches `{self.monitor}`, which is none of the logs."
            f"{did_you_mean(self.monitor, names)} Available are: {', '.join(names) or 'none'}."
        )

    def _direction(self):
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return ops.less
        for metric in _metrics_of(self.model):
            found = getattr(metric, "_direction", None)
            if found and (name == metric.name or name.endswith(f"_{metric.name}")):
                return ops.greater if found == "up" else ops.less
        raise ValueError(NO_DIRECTION.format(name=type(self).__name__, monitor=self.monitor))

    def _is_improvement(self, value, reference):
        """Whether `value` is better than `reference` by `min_delta`; NaN never is, and is always
        bettered."""
        value = float(value)
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        delta = self.min_delta if self.monitor_op is ops.greater else -self.min_delta
        better = ON_HOST.get(self.monitor_op, self.monitor_op)
        return bool(better(value - delta, reference))


def _metrics_of(model):
    """The metrics of a model, those inside of others too."""
    waiting = list(getattr(model, "metrics", ()))
    while waiting:
        metric = waiting.pop(0)
        yield metric
        inner = getattr(metric, "metrics", None)
        waiting.extend(inner if isinstance(inner, (list, tuple)) else ())
