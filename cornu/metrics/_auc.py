"""Area under the curve of two rates."""

import numbers

import numpy as np

from cornu import ops
from cornu.core import config
from cornu.core.errors import did_you_mean, shorten
from cornu.metrics import _confusion
from cornu.metrics._at_rates import precision, sensitivity
from cornu.metrics._metric import Metric
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export

CURVES = ("ROC", "PR", "PRGAIN")
# Height of the curve between two thresholds, from those at its ends.
HEIGHTS = {
    "interpolation": lambda first, second: (first + second) / 2,
    "minoring": ops.minimum,
    "majoring": ops.maximum,
}


def roc_curve(found):
    """False positive rates and true positive rates, from counts."""
    wrong = found["false_positives"]
    return ops.divide_no_nan(wrong, wrong + found["true_negatives"]), sensitivity(found)


def pr_curve(found):
    """Recalls and precisions, from counts."""
    return sensitivity(found), precision(found)


def pr_gain_curve(found):
    """Recall gains and precision gains (Flach and Kull 2015, Precision-Recall-Gain Curves), from
    counts: 1 - (FN / TP) (P / N), no less than 0, and 1 - (FP / TP) (P / N)."""
    hits = found["true_positives"]
    positives = hits + found["false_negatives"]
    negatives = found["true_negatives"] + found["false_positives"]
    odds = ops.divide_no_nan(positives, negatives)
    recall_gain = ops.maximum(1 - odds * ops.divide_no_nan(found["false_negatives"], hits), 0)
    precision_gain = 1 - odds * ops.divide_no_nan(found["false_positives"], hits)
    return ops.where(hits > 0, recall_gain, ops.zeros_like(hits)), precision_gain


POINTS = {"ROC": roc_curve, "PR": pr_curve, "PRGAIN": pr_gain_curve}


def area(points, height):
    """Area below the points of a curve (thresholds, ...), which go from right to left."""
    x, y = points
    return ops.sum((x[:-1] - x[1:]) * height(y[:-1], y[1:]), axis=0)


def interpolated_pr_area(found):
    """Area below recalls and precisions, where counts, not precisions, are linear between
    thresholds (Davis and Goadrich 2006, The Relationship Between Precision-Recall and ROC Curves).

    Between two thresholds TP = a + b * (TP + FP), so that the integral of the precision has a
    closed form.
    """
    hits, chosen = found["true_positives"], found["true_positives"] + found["false_positives"]
    more_hits = hits[:-1] - hits[1:]
    slope = ops.divide_no_nan(more_hits, ops.maximum(chosen[:-1] - chosen[1:], 0))
    start = hits[1:] - slope * chosen[1:]
    grows = ops.logical_and(chosen[:-1] > 0, chosen[1:] > 0)
    one = ops.ones_like(start)
    ratio = ops.where(grows, chosen[:-1], one) / ops.where(grows, chosen[1:], one)
    positives = ops.maximum(hits[1:] + found["false_negatives"][1:], 0)
    return ops.sum(
        ops.divide_no_nan(slope * (more_hits + start * ops.log(ratio)), positives), axis=0
    )


@export("keras.metrics.AUC")
class AUC(Metric):
    """Area under the ROC or precision-recall curve, as a sum over thresholds.

    Args:
        num_thresholds: number of thresholds, evenly spaced from 0 to 1; more are more exact.
        curve: `"ROC"`, sensitivity over false positive rate; `"PR"`, precision over recall; or
            `"PRGAIN"`, precision gain over recall gain (Flach and Kull 2015).
        summation_method: height of the curve between two thresholds. `"interpolation"` is their
            mean (for PR, true positives are interpolated: Davis and Goadrich 2006), `"minoring"`
            the smaller, `"majoring"` the larger.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        thresholds: list of numbers from 0 to 1 to take instead; the ends are added.
        multi_label: whether each label (the last axis) has a curve of its own, of whose areas the
            mean is taken; else all predictions are in one curve.
        num_labels: number of labels if `multi_label`; by default found with the first batch.
        label_weights: list of the weights of labels: in the mean if `multi_label`, else of their
            predictions.
        from_logits: whether predictions are logits.

    Raises:
        ValueError: for an unknown curve or method, and for bad thresholds.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.AUC(num_thresholds=3)
        >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
        0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _checked_choice("curve", curve, CURVES)
        self.summation_method = _checked_choice(
            "summation method", summation_method, tuple(HEIGHTS)
        )
        self._set_thresholds(num_thresholds, thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.ravel(label_weights).tolist()
        self._from_logits = from_logits
        self._check_labels()
        self._built = False
        if not multi_label or num_labels:
            self._build(num_labels)

    def _set_thresholds(self, num_thresholds, thresholds):
        self._init_from_thresholds = thresholds is not None
        if thresholds is not None:
            inner = sorted(_confusion.checked_thresholds(thresholds))
        elif not isinstance(num_thresholds, numbers.Integral) or num_thresholds <= 1:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 1. Received: "
                f"num_thresholds={shorten(num_thresholds)}"
            )
        else:
            inner = _confusion.evenly_spaced(num_thresholds)[1:-1] if num_thresholds > 2 else []
        self._even = _confusion.are_even([0.0, *inner, 1.0])
        # Beyond 0 and 1, so that everything is on one side of the ends.
        self._thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.num_thresholds = len(self._thresholds)

    def _check_labels(self):
        if self.num_labels and not self.multi_label:
            raise ValueError(
                "`num_labels` goes with `multi_label=True` only: without it there is one curve for "
                f"all labels. Received: num_labels={self.num_labels}"
            )
        weights = self.label_weights or []
        if any(weight < 0 for weight in weights):
            raise ValueError(f"All values of `label_weights` must be >= 0. Received: {weights}")
        if weights and self.num_labels and len(weights) != self.num_labels:
            raise ValueError(
                f"`label_weights` must have one number for each of the {self.num_labels} labels. "
                f"Received: {shorten(weights)}"
            )

    @property
    def thresholds(self):
        """The thresholds, the ends just beyond 0 and 1 included."""
        return list(self._thresholds)

    def _build(self, labels):
        """Make the counts, for each label if `multi_label`."""
        shape = (self.num_thresholds, labels) if self.multi_label else (self.num_thresholds,)
        for kind in _confusion.KINDS:
            setattr(self, kind, self.add_variable(shape, "zeros", name=kind))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: tensor of 0 and 1.
            y_pred: probabilities, or logits if so said, of the same shape: if `multi_label`,
                (batch, labels).
            sample_weight: weights that fit the leading axes, None for 1.

        Raises:
            ValueError: for shapes that don't fit.
        """
        y_true, y_pred, mask = _confusion.aligned(y_true, y_pred, self.dtype)
        self._check_shape(tuple(y_pred.shape))
        if not self._built:
            self._build(y_pred.shape[-1])
        if self._from_logits:
            y_pred = ops.sigmoid(y_pred)
        if self.label_weights and not self.multi_label:
            sample_weight, mask = self._with_label_weights(y_pred, sample_weight, mask), None
        columns = _confusion.in_columns(y_true, y_pred, sample_weight, mask, self.multi_label)
        found = _confusion.counts(columns, self._thresholds, self._even)
        for kind in _confusion.KINDS:
            getattr(self, kind).assign_add(found[kind] if self.multi_label else found[kind][:, 0])

    def _check_shape(self, shape):
        if self.multi_label and len(shape) != 2:
            raise ValueError(
                "`y_true` and `y_pred` must have rank 2, (batch, labels), when `multi_label` is "
                f"True. Found rank {len(shape)}. Full shape received: {shape}"
            )
        count = self.true_positives.shape[1] if self.multi_label and self._built else None
        count = len(self.label_weights) if self.label_weights else count
        if count is not None and shape[-1:] != (count,):
            raise ValueError(
                f"The last axis of `y_pred` must have one prediction for each of the {count} "
                f"labels. Received: y_pred.shape={shape}"
            )

    def _with_label_weights(self, y_pred, sample_weight, mask):
        """Weights of all elements of `y_pred` (..., labels), those of the labels included."""
        weight, _ = _confusion.joined_weight(y_pred, sample_weight, mask)
        labels = ops.broadcast_to(self._label_weights(), y_pred.shape)
        return labels if weight is None else labels * weight

    def _label_weights(self):
        return ops.convert_to_tensor(list(self.label_weights), dtype=self.dtype)

    def _counts(self):
        return {kind: getattr(self, kind).value for kind in _confusion.KINDS}

    def interpolate_pr_auc(self):
        """Area below the precision-recall curve, true positives being interpolated (Davis and
        Goadrich 2006)."""
        return self._mean_of_labels(interpolated_pr_area(self._counts()))

    def result(self):
        """The area, a scalar; 0 of nothing."""
        if not self._built:
            return ops.zeros((), self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        points = POINTS[self.curve](self._counts())
        return self._mean_of_labels(area(points, HEIGHTS[self.summation_method]))

    def _mean_of_labels(self, areas):
        if not self.multi_label:
            return areas
        if not self.label_weights:
            return ops.mean(areas)
        weights = self._label_weights()
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))

    def get_config(self):
        """The constructor's arguments; `thresholds` only if they were given."""
        config = {**super().get_config(), "from_logits": self._from_logits}
        if self._init_from_thresholds:
            config["thresholds"] = self._thresholds[1:-1]
        else:
            del config["thresholds"]
        return config

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("label_weights"), dict):  # a tensor, as Keras writes it
            weights = deserialize_keras_object(config["label_weights"])
            config = {**config, "label_weights": weights}
        return super().from_config(config)


def _checked_choice(what, value, choices):
    if value not in choices:
        raise ValueError(
            f'Invalid AUC {what} value: "{value}".{did_you_mean(value, choices)} Expected values '
            f"are {list(choices)}"
        )
    return value
