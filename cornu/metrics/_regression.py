"""How far numbers are from what they should be."""

from cornu import losses, ops
from cornu.core.masks import SCORES, set_mask, wanted_mask
from cornu.losses.reduction import same_rank
from cornu.metrics._reduction import Mean, MeanMetricWrapper
from cornu.serial.registry import export


def cosine_similarity(y_true, y_pred, axis=-1):
    """Cosine of the angle between vectors along `axis`, from -1 to 1."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class _Error(MeanMetricWrapper):
    # What callbacks take for better.
    _direction = "down"


@export("keras.metrics.MeanSquaredError")
class MeanSquaredError(_Error):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
        5.0
    """

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)


@export("keras.metrics.MeanAbsoluteError")
class MeanAbsoluteError(_Error):
    """Mean of `|y_true - y_pred|`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
        2.0
    """

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name, dtype)


@export("keras.metrics.MeanAbsolutePercentageError")
class MeanAbsolutePercentageError(_Error):
    """Mean of `100 * |y_true - y_pred| / |y_true|`, percent.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanAbsolutePercentageError()
        >>> round(float(metric([[1.0], [2.0]], [[1.5], [3.0]])), 2)
        50.0
    """

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


@export("keras.metrics.MeanSquaredLogarithmicError")
class MeanSquaredLogarithmicError(_Error):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2`, for numbers that are not negative.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanSquaredLogarithmicError()
        >>> round(float(metric([[0.0], [0.0]], [[1.0], [1.0]])), 4)
        0.4805
    """

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


@export("keras.metrics.LogCoshError")
class LogCoshError(_Error):
    """Mean of `log(cosh(y_pred - y_true))`: half the square of small errors, the absolute value
    less log 2 of large ones.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> round(float(cornu.metrics.LogCoshError()([[0.0], [0.0]], [[1.0], [0.0]])), 4)
        0.2169
    """

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(losses.log_cosh, name, dtype)


@export("keras.metrics.RootMeanSquaredError")
class RootMeanSquaredError(Mean):
    """Square root of the mean of `(y_true - y_pred)**2`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [3.0]]))
        3.0
    """

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch; a mask that `y_pred` carries says which steps count."""
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        y_true, y_pred = same_rank(ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype))
        errors = ops.square(y_pred - y_true)
        set_mask(errors, mask)
        super().update_state(errors, sample_weight=sample_weight)

    def result(self):
        """The root of the mean; 0 of nothing."""
        return ops.sqrt(super().result())


@export("keras.metrics.CosineSimilarity")
class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine of the angles between targets and predictions, from -1 to 1.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        axis: the axis of the vectors' components.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.CosineSimilarity()
        >>> round(float(metric([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])), 4)
        0.5
    """

    _direction = "up"

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self):
        """The constructor's arguments; `axis` only if it is not the last, as Keras writes none."""
        config = super().get_config()
        if config["axis"] == -1:
            del config["axis"]
        return config
