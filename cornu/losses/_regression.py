"""Losses of numbers."""

from cornu import ops
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.reduction import same_rank
from cornu.serial.registry import export


def _aligned(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return same_rank(y_true, y_pred)


@export("keras.losses.mean_squared_error", "keras.metrics.mean_squared_error")
def mean_squared_error(y_true, y_pred):
    """Mean of `(y_true - y_pred)**2` along the last axis.

    Args:
        y_true, y_pred: tensors (batch, ..., n).

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.mean_squared_error([[0.0, 0.0]], [[1.0, 2.0]])
        Array([2.5], dtype=float32)
    """
    y_true, y_pred = _aligned(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@export("keras.losses.mean_absolute_error", "keras.metrics.mean_absolute_error")
def mean_absolute_error(y_true, y_pred):
    """Mean of `|y_true - y_pred|` along the last axis.

    Args:
        y_true, y_pred: tensors (batch, ..., n).

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.mean_absolute_error([[0.0, 0.0]], [[1.0, 2.0]])
        Array([1.5], dtype=float32)
    """
    y_true, y_pred = _aligned(y_true, y_pred)
    return ops.mean(ops.absolute(y_true - y_pred), axis=-1)


@export("keras.losses.MeanSquaredError")
class MeanSquaredError(LossFunctionWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.MeanSquaredError()([[0.0], [0.0]], [[1.0], [2.0]]))
        2.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


@export("keras.losses.MeanAbsoluteError")
class MeanAbsoluteError(LossFunctionWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [2.0]]))
        1.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction, name, dtype)
