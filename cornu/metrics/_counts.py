"""Counts of right and wrong decisions, and precision and recall made of them."""

from cornu import ops
from cornu.metrics import _confusion
from cornu.metrics._metric import Metric
from cornu.serial.registry import export


class _AtThresholds(Metric):
    """A metric of counts at thresholds that the user gives.

    Subclasses say in `_kinds` which counts they keep: `(kind, name of the variable)`.
    """

    _kinds = ()
    # As of `_confusion.only_top` and `of_class`.
    top_k = None
    class_id = None

    def __init__(self, thresholds=None, name=None, dtype=None, default=0.5):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = _confusion.checked_thresholds(thresholds, default)
        self._even = _confusion.are_even(self.thresholds)
        for _, attribute in self._kinds:
            shape = (len(self.thresholds),)
            setattr(self, attribute, self.add_variable(shape, "zeros", name=attribute))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: tensor of 0 and 1.
            y_pred: probabilities, of the same shape.
            sample_weight: weights that fit the leading axes, None for 1.
        """
        y_true, y_pred, mask = _confusion.aligned(y_true, y_pred, self.dtype)
        y_pred = _confusion.only_top(y_pred, self.top_k)
        y_true, y_pred = _confusion.of_class(y_true, y_pred, self.class_id)
        columns = _confusion.in_columns(y_true, y_pred, sample_weight, mask)
        found = _confusion.counts(columns, self.thresholds, self._even)
        for kind, attribute in self._kinds:
            getattr(self, attribute).assign_add(found[kind][:, 0])

    def _one_or_all(self, values):
        """A scalar if there is one threshold only."""
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _Count(_AtThresholds):
    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(thresholds, name, dtype)

    def result(self):
        """The count, a scalar for one threshold, else one for each."""
        return self._one_or_all(ops.convert_to_tensor(self.accumulator))


@export("keras.metrics.FalsePositives")
class FalsePositives(_Count):
    """Number (weight) of predictions above the threshold whose target is 0.

    Args:
        thresholds: number from 0 to 1, or a list of them; by default 0.5.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> float(cornu.metrics.FalsePositives()([0, 1, 0, 0], [0.0, 0.0, 1.0, 1.0]))
        2.0
    """

    _kinds = (("false_positives", "accumulator"),)
    _direction = "down"


@export("keras.metrics.FalseNegatives")
class FalseNegatives(_Count):
    """Number (weight) of predictions not above the threshold whose target is 1.

    Args:
        thresholds: number from 0 to 1, or a list of them; by default 0.5.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> float(cornu.metrics.FalseNegatives()([0, 1, 1, 1], [0.0, 1.0, 0.0, 0.0]))
        2.0
    """

    _kinds = (("false_negatives", "accumulator"),)
    _direction = "down"


@export("keras.metrics.TrueNegatives")
class TrueNegatives(_Count):
    """Number (weight) of predictions not above the threshold whose target is 0.

    Args:
        thresholds: number from 0 to 1, or a list of them; by default 0.5.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> float(cornu.metrics.TrueNegatives()([0, 1, 0, 0], [0.0, 0.0, 1.0, 0.0]))
        2.0
    """

    _kinds = (("true_negatives", "accumulator"),)
    _direction = "up"


@export("keras.metrics.TruePositives")
class TruePositives(_Count):
    """Number (weight) of predictions above the threshold whose target is 1.

    Args:
        thresholds: number from 0 to 1, or a list of them; by default 0.5.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> float(cornu.metrics.TruePositives()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0]))
        2.0
    """

    _kinds = (("true_positives", "accumulator"),)
    _direction = "up"


class _Ratio(_AtThresholds):
    """The part that true positives are of themselves and another kind."""

    _direction = "up"

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        # Among the k largest, everything is positive unless the user says otherwise.
        default = 0.5 if top_k is None else float("-inf")
        super().__init__(thresholds, name, dtype, default=default)
        self.top_k = top_k
        self.class_id = class_id

    def result(self):
        """The ratio, 0 of nothing: a scalar for one threshold, else one for each."""
        (_, positives), (_, others) = self._kinds
        found, missed = getattr(self, positives).value, getattr(self, others).value
        return self._one_or_all(ops.divide_no_nan(found, found + missed))


@export("keras.metrics.Precision")
class Precision(_Ratio):
    """How much of what is predicted positive is positive: TP / (TP + FP).

    Args:
        thresholds: number from 0 to 1, or a list of them; above it, a prediction is positive. By
            default 0.5, or with `top_k` none.
        top_k: int; only the `k` largest predictions of each row (the last axis) can be positive.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.Precision()
        >>> round(float(metric([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])), 4)
        0.6667
    """

    _kinds = (("true_positives", "true_positives"), ("false_positives", "false_positives"))


@export("keras.metrics.Recall")
class Recall(_Ratio):
    """How much of what is positive is predicted so: TP / (TP + FN).

    Args:
        thresholds: number from 0 to 1, or a list of them; above it, a prediction is positive. By
            default 0.5, or with `top_k` none.
        top_k: int; only the `k` largest predictions of each row (the last axis) can be positive.
        class_id: int; only predictions of this class, an index along the last axis, count.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for a threshold outside of [0, 1].

    Example:
        >>> import cornu
        >>> round(float(cornu.metrics.Recall()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])), 4)
        0.6667
    """

    _kinds = (("true_positives", "true_positives"), ("false_negatives", "false_negatives"))
