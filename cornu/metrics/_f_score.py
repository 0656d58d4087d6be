"""The F score: precision and recall as one number."""

import math

from cornu import ops
from cornu.core.errors import did_you_mean, shorten
from cornu.core.masks import SCORES, wanted_mask
from cornu.metrics._metric import Metric
from cornu.metrics._reduction import joined_weight
from cornu.serial.registry import export

AVERAGES = (None, "micro", "macro", "weighted")
KINDS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
# A row whose largest prediction is not above it chooses no class.
SMALLEST = 1e-9


def f_score(hits, wrong, missed, beta):
    """(1 + beta^2) P R / (beta^2 P + R), P being precision and R recall; 0 of nothing."""
    precision = ops.divide_no_nan(hits, hits + wrong)
    recall = ops.divide_no_nan(hits, hits + missed)
    product = (1 + beta**2) * precision * recall
    return ops.divide_no_nan(product, beta**2 * precision + recall)


@export("keras.metrics.FBetaScore")
class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall of each class: (1 + beta^2) P R / (beta^2 P +
    R) (van Rijsbergen 1979, Information Retrieval).

    Args:
        average: how scores of the classes become one: `"macro"`, their mean; `"weighted"`, their
            mean weighted by the number of samples in each class; `"micro"`, one score of all
            counts; None, not at all.
        beta: number above 0; so many times as important is recall as precision.
        threshold: number in (0, 1]; above it, a class is predicted. By default the largest
            prediction of each sample is.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for another `average`, `beta` or `threshold`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.FBetaScore(beta=2.0, threshold=0.5)
        >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
        >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
        >>> [round(float(score), 4) for score in metric(y_true, y_pred)]
        [0.3846, 0.9091, 0.8333]
    """

    _direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if average not in AVERAGES:
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', "
                f"'weighted'}}. Received: average={average}.{did_you_mean(average, AVERAGES[1:])}"
            )
        self.average = average
        self.beta = _checked_beta(beta)
        self.threshold = _checked_threshold(threshold)
        self._built = False

    def _build(self, y_true_shape, y_pred_shape):
        self._check_shapes(tuple(y_true_shape), tuple(y_pred_shape))
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        for kind in KINDS:
            setattr(self, kind, self.add_variable(shape, "zeros", name=kind))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: one-hot or many-hot classes (batch, classes).
            y_pred: scores (batch, classes).
            sample_weight: weights of the samples, None for 1.

        Raises:
            ValueError: for other shapes.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        if not self._built:
            self._build(y_true.shape, y_pred.shape)
        self._check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        chosen = ops.cast(self._chosen(y_pred), self.dtype)
        weight, _ = joined_weight(y_pred, sample_weight, mask)
        axis = None if self.average == "micro" else 0
        values = (chosen * y_true, chosen * (1 - y_true), (1 - chosen) * y_true, y_true)
        for kind, value in zip(KINDS, values, strict=True):
            value = value if weight is None else value * weight
            getattr(self, kind).assign_add(ops.sum(value, axis=axis))

    def _chosen(self, y_pred):
        """Where a class is predicted."""
        if self.threshold is not None:
            return y_pred > self.threshold
        largest = ops.max(y_pred, axis=-1, keepdims=True)
        return ops.logical_and(y_pred >= largest, ops.absolute(y_pred) > SMALLEST)

    def _check_shapes(self, true, pred):
        flat = len(true) == len(pred) == 2
        if not flat or None in (true[-1], pred[-1]):
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim)"
                f"{', with output_dim fully defined (not None)' if flat else ''}. Received input "
                f"shapes: y_pred.shape={pred} and y_true.shape={true}. Flatten what has more axes; "
                "class numbers must be one-hot vectors."
            )
        known = self.true_positives.shape[0] if self._built and self.average != "micro" else pred[1]
        if not true[1] == pred[1] == known:
            raise ValueError(
                f"{type(self).__name__}: `y_true` and `y_pred` must have as many classes each, "
                f"{known}. Received: y_pred.shape={pred} and y_true.shape={true}"
            )

    def result(self):
        """The score, a scalar, or one for each class if `average` is None; 0 of nothing."""
        if not self._built:
            return ops.zeros((0,) if self.average is None else (), self.dtype)
        hits, wrong, missed, weights = (getattr(self, kind).value for kind in KINDS)
        scores = f_score(hits, wrong, missed, self.beta)
        if self.average == "weighted":
            return ops.sum(scores * ops.divide_no_nan(weights, ops.sum(weights)))
        return ops.mean(scores) if self.average == "macro" else scores


def _checked_beta(beta):
    if not isinstance(beta, float):
        raise ValueError(
            "Invalid `beta` argument value. It should be a Python float. Received: "
            f"beta={shorten(beta)} of type '{type(beta)}'"
        )
    if not 0 < beta < math.inf:  # infinity is recall alone, and not a number here
        raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
    return beta


def _checked_threshold(threshold):
    if threshold is None:
        return None
    if not isinstance(threshold, float):
        raise ValueError(
            "Invalid `threshold` argument value. It should be a Python float. Received: "
            f"threshold={threshold} of type '{type(threshold)}'"
        )
    if not 0 < threshold <= 1:
        raise ValueError(
            "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. Received: "
            f"threshold={threshold}"
        )
    return threshold


@export("keras.metrics.F1Score")
class F1Score(FBetaScore):
    """Harmonic mean of precision and recall of each class: 2 P R / (P + R).

    Args:
        average, threshold: as of `FBetaScore`.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for another `average` or `threshold`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.F1Score(threshold=0.5)
        >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
        >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
        >>> [round(float(score), 4) for score in metric(y_true, y_pred)]
        [0.5, 0.8, 0.6667]
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)
