"""R2, the coefficient of determination."""

import numbers
import warnings

from cornu import ops
from cornu.backend import engine
from cornu.core.errors import did_you_mean, shorten
from cornu.core.masks import SCORES, wanted_mask
from cornu.losses.reduction import same_rank
from cornu.metrics._metric import Metric
from cornu.metrics._reduction import joined_weight
from cornu.serial.registry import export

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@export("keras.metrics.R2Score")
class R2Score(Metric):
    """R2, the part of the variance of targets that predictions explain: 1 - sum((t - p)^2) / sum((t
    - mean(t))^2). It is 1 for perfect predictions and 0 for their mean.

    Args:
        class_aggregation: how the scores of several outputs become one: `"uniform_average"`, their
            mean; `"variance_weighted_average"`, their mean weighted by the variance of targets;
            None, not at all.
        num_regressors: number of independent variables for the adjusted score (Theil 1961), 1 - (1
            - R2) (n - 1) / (n - regressors - 1); 0 leaves it as it is.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Raises:
        ValueError: for another aggregation, or a negative number.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.R2Score()
        >>> round(float(metric([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
        0.5714
    """

    _direction = "up"

    def __init__(
        self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                "Invalid value for argument `class_aggregation`."
                f"{did_you_mean(class_aggregation, AGGREGATIONS[1:])} Expected one of "
                f"{AGGREGATIONS}. Received: class_aggregation={shorten(class_aggregation)}"
            )
        if not isinstance(num_regressors, numbers.Integral) or num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. Received: "
                f"num_regressors={shorten(num_regressors)}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, outputs):
        for attribute, name in (
            ("squared_sum", "squared_sum"),
            ("sum", "sum"),
            ("total_mse", "residual"),
            ("count", "count"),
        ):
            setattr(self, attribute, self.add_variable((outputs,), "zeros", name=name))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true, y_pred: tensors (batch, outputs).
            sample_weight: weights of the samples, None for 1.

        Raises:
            ValueError: for other shapes.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        y_true, y_pred = same_rank(ops.convert_to_tensor(y_true, dtype=self.dtype), y_pred)
        self._check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        if not self._built:
            self._build(y_true.shape[1])
        weight, _ = joined_weight(y_true, sample_weight, mask)
        weight = ops.ones_like(y_true[:, :1]) if weight is None else weight
        weight = ops.broadcast_to(weight, y_true.shape)
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        # Keras counts targets, not rows.
        self.num_samples.assign_add(y_true.shape[0] * y_true.shape[1])

    def _check_shapes(self, true, pred):
        if len(true) != 2 or len(pred) != 2 or None in (true[-1], pred[-1]):
            raise ValueError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim), with output_dim "
                "fully defined (not None). Received input shapes: "
                f"y_pred.shape={pred} and y_true.shape={true}."
            )
        known = self.sum.shape[0] if self._built else pred[1]
        if true != pred or pred[1] != known:
            raise ValueError(
                f"R2Score: `y_true` and `y_pred` must have the same shape, with {known} outputs. "
                f"Received: y_pred.shape={pred} and y_true.shape={true}"
            )

    def result(self):
        """The score, a scalar, or one for each output if `class_aggregation` is None; 0 of
        nothing."""
        if not self._built:
            return ops.zeros((0,) if self.class_aggregation is None else (), self.dtype)
        total = self.squared_sum - ops.divide_no_nan(ops.square(self.sum), self.count)
        # Where targets are constant there is nothing to explain.
        raw = ops.where(
            ops.equal(total, 0), ops.zeros_like(total), 1 - ops.divide_no_nan(self.total_mse, total)
        )
        if self.class_aggregation == "uniform_average":
            raw = ops.mean(raw)
        elif self.class_aggregation == "variance_weighted_average":
            raw = ops.divide_no_nan(ops.sum(total * raw), ops.sum(total))
        return self._adjusted(raw) if self.num_regressors else raw

    def _adjusted(self, score):
        samples = self.num_samples.value
        freedom = samples - self.num_regressors - 1
        if not engine.is_traced(freedom) and float(freedom) <= 0 < float(samples):
            warnings.warn(
                f"The adjusted R2 score of {self.num_regressors} regressors needs more than "
                f"{self.num_regressors + 1} targets, but there are {int(samples)}: this is the "
                "standard score.",
                stacklevel=3,
            )
        enough = freedom > 0
        ratio = ops.cast(samples - 1, score.dtype) / ops.cast(ops.maximum(freedom, 1), score.dtype)
        return ops.where(enough, 1 - (1 - score) * ratio, score)
