"""One rate at the best threshold at which another rate is high enough."""

import math
import numbers

from cornu import ops
from cornu.core.errors import shorten
from cornu.metrics import _confusion
from cornu.metrics._metric import Metric
from cornu.serial.registry import export


def sensitivity(found):
    """Part of what is positive that is predicted so, from counts; 0 of nothing."""
    positives = found["true_positives"]
    return ops.divide_no_nan(positives, positives + found["false_negatives"])


def specificity(found):
    """Part of what is negative that is predicted so, from counts; 0 of nothing."""
    negatives = found["true_negatives"]
    return ops.divide_no_nan(negatives, negatives + found["false_positives"])


def precision(found):
    """Part of what is predicted positive that is, from counts; 0 of nothing."""
    positives = found["true_positives"]
    return ops.divide_no_nan(positives, positives + found["false_positives"])


class _BestAt(Metric):
    """The largest `_rate` among the thresholds at which `_required` is at least the value of the
    argument called `_argument`."""

    _direction = "up"
    _argument = ""
    _rate = _required = None

    def __init__(self, value, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.value = self._checked_rate(value)
        self.num_thresholds = _checked_count(num_thresholds)
        self.class_id = class_id
        self.thresholds = _confusion.evenly_spaced(num_thresholds)
        self._even = _confusion.are_even(self.thresholds)
        for kind in _confusion.KINDS:
            setattr(self, kind, self.add_variable((num_thresholds,), "zeros", name=kind))

    def _checked_rate(self, value):
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ValueError(
                f"Argument `{self._argument}` must be in the range [0, 1]. Received: "
                f"{self._argument}={shorten(value)}"
            )
        return value

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: tensor of 0 and 1.
            y_pred: probabilities, of the same shape.
            sample_weight: weights that fit the leading axes, None for 1.
        """
        y_true, y_pred, mask = _confusion.aligned(y_true, y_pred, self.dtype)
        y_true, y_pred = _confusion.of_class(y_true, y_pred, self.class_id)
        columns = _confusion.in_columns(y_true, y_pred, sample_weight, mask)
        found = _confusion.counts(columns, self.thresholds, self._even)
        for kind in _confusion.KINDS:
            getattr(self, kind).assign_add(found[kind][:, 0])

    def result(self):
        """The rate, a scalar; 0 if no threshold will do."""
        found = {kind: getattr(self, kind).value for kind in _confusion.KINDS}
        enough = ops.greater_equal(self._required(found), self.value)
        best = ops.max(ops.where(enough, self._rate(found), -math.inf))
        return ops.where(ops.any(enough), best, ops.zeros_like(best))


def _checked_count(count):
    if not isinstance(count, numbers.Integral) or count <= 0:
        raise ValueError(
            "Argument `num_thresholds` must be an integer > 0. Received: "
            f"num_thresholds={shorten(count)}"
        )
    return count


@export("keras.metrics.SensitivityAtSpecificity")
class SensitivityAtSpecificity(_BestAt):
    """The best sensitivity, TP / (TP + FN), with a specificity, TN / (TN + FP), of at least so
    much.

    Args:
        specificity: number from 0 to 1.
        num_thresholds: number of thresholds between 0 and 1 that are looked at.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a rate outside of [0, 1], or no threshold.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.SensitivityAtSpecificity(0.5)
        >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    _argument = "specificity"
    _rate, _required = staticmethod(sensitivity), staticmethod(specificity)

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


@export("keras.metrics.SpecificityAtSensitivity")
class SpecificityAtSensitivity(_BestAt):
    """The best specificity, TN / (TN + FP), with a sensitivity, TP / (TP + FN), of at least so
    much.

    Args:
        sensitivity: number from 0 to 1.
        num_thresholds: number of thresholds between 0 and 1 that are looked at.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a rate outside of [0, 1], or no threshold.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.SpecificityAtSensitivity(0.5)
        >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
        0.6667
    """

    _argument = "sensitivity"
    _rate, _required = staticmethod(specificity), staticmethod(sensitivity)

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


@export("keras.metrics.PrecisionAtRecall")
class PrecisionAtRecall(_BestAt):
    """The best precision, TP / (TP + FP), with a recall, TP / (TP + FN), of at least so much.

    Args:
        recall: number from 0 to 1.
        num_thresholds: number of thresholds between 0 and 1 that are looked at.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a rate outside of [0, 1], or no threshold.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.PrecisionAtRecall(0.5)
        >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    _argument = "recall"
    _rate, _required = staticmethod(precision), staticmethod(sensitivity)

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


@export("keras.metrics.RecallAtPrecision")
class RecallAtPrecision(_BestAt):
    """The best recall, TP / (TP + FN), with a precision, TP / (TP + FP), of at least so much.

    Args:
        precision: number from 0 to 1.
        num_thresholds: number of thresholds between 0 and 1 that are looked at.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a rate outside of [0, 1], or no threshold.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.RecallAtPrecision(0.8)
        >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
        0.5
    """

    _argument = "precision"
    _rate, _required = staticmethod(sensitivity), staticmethod(precision)

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
