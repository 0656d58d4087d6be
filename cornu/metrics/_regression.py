"""How far numbers are from what they should be."""

from cornu.losses import mean_absolute_error, mean_squared_error
from cornu.metrics._reduction import MeanMetricWrapper
from cornu.serial.registry import export


@export("keras.metrics.MeanSquaredError")
class MeanSquaredError(MeanMetricWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
        5.0
    """

    _direction = "down"

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, name, dtype)


@export("keras.metrics.MeanAbsoluteError")
class MeanAbsoluteError(MeanMetricWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
        2.0
    """

    _direction = "down"

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, name, dtype)
