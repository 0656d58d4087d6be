"""Losses of numbers."""

import math

from cornu import ops
from cornu.core import config
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import paired, row_mean
from cornu.serial.registry import export


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
    y_true, y_pred, dtype = paired(y_true, y_pred)
    return row_mean(ops.square(y_true - y_pred), dtype)


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
    y_true, y_pred, dtype = paired(y_true, y_pred)
    return row_mean(ops.absolute(y_true - y_pred), dtype)


@export(
    "keras.losses.mean_absolute_percentage_error", "keras.metrics.mean_absolute_percentage_error"
)
def mean_absolute_percentage_error(y_true, y_pred):
    """Mean of `100 |y_true - y_pred| / |y_true|` along the last axis.

    Args:
        y_true: tensor (batch, ..., n); a target nearer to 0 than `keras.config.epsilon()` is
            divided by that.
        y_pred: tensor of the same shape.

    Returns:
        A tensor (batch, ...), in percent.

    Example:
        >>> import cornu
        >>> cornu.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]])
        Array([37.5], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    size = ops.maximum(ops.absolute(y_true), config.epsilon())
    return row_mean(100 * ops.absolute((y_true - y_pred) / size), dtype)


@export(
    "keras.losses.mean_squared_logarithmic_error", "keras.metrics.mean_squared_logarithmic_error"
)
def mean_squared_logarithmic_error(y_true, y_pred):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2` along the last axis.

    Args:
        y_true, y_pred: tensors (batch, ..., n); what is less than `keras.config.epsilon()` counts
            as that.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.mean_squared_logarithmic_error([[0.0, 3.0]], [[0.0, 1.0]]).round(4)
        Array([0.2402], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    logs = [ops.log1p(ops.maximum(y, config.epsilon())) for y in (y_true, y_pred)]
    return row_mean(ops.square(logs[0] - logs[1]), dtype)


@export("keras.losses.huber", "keras.metrics.huber")
def huber(y_true, y_pred, delta=1.0):
    """Mean along the last axis of a loss that is quadratic near 0 and linear beyond (Huber 1964).

    With the error `e = |y_true - y_pred|` it is `e**2 / 2` up to `delta`, then
    `delta * (e - delta / 2)`.

    Args:
        y_true, y_pred: tensors (batch, ..., n).
        delta: the error at which the loss becomes linear.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.huber([[0.0, 0.0]], [[1.0, 3.0]])
        Array([1.5], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    error = ops.absolute(y_true - y_pred)
    near = ops.minimum(error, ops.cast(delta, error.dtype))
    return row_mean(near * (error - 0.5 * near), dtype)


@export("keras.losses.log_cosh", "keras.metrics.log_cosh")
def log_cosh(y_true, y_pred):
    """Mean of `log(cosh(y_pred - y_true))` along the last axis: like half the squared error near 0,
    and like the absolute error less `log(2)` far from it.

    Args:
        y_true, y_pred: tensors (batch, ..., n).

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> loss = cornu.losses.log_cosh([[0.0, 0.0]], [[0.0, 1.0]])
        >>> loss.shape, round(float(loss[0]), 4)
        ((1,), 0.2169)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    error = y_pred - y_true
    # Near 0 the terms of the usual formula cancel, to nothing but rounding.
    near = ops.log1p(2 * ops.square(ops.sinh(0.5 * ops.clip(error, -1.0, 1.0))))
    size = ops.absolute(error)
    far = size + ops.log1p(ops.exp(-2 * size)) - math.log(2)
    return row_mean(ops.where(size < 1, near, far), dtype)


@export("keras.losses.cosine_similarity")
def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between `y_true` and `y_pred`: -1 for the same direction, 0 for
    orthogonal ones, 1 for opposite ones.

    Args:
        y_true, y_pred: tensors (..., n, ...) of vectors; the cosine with a vector of zeros is 0.
        axis: the axis along which they are vectors.

    Returns:
        A tensor without that axis.

    Example:
        >>> import cornu
        >>> y_true, y_pred = [[1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 3.0]]
        >>> cornu.losses.cosine_similarity(y_true, y_pred) + 0.0
        Array([-1.,  0.], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    product = ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis)
    return ops.cast(-ops.sum(product, axis=axis), dtype)


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


@export("keras.losses.MeanAbsolutePercentageError")
class MeanAbsolutePercentageError(LossFunctionWrapper):
    """Mean of `100 |y_true - y_pred| / |y_true|`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]))
        25.0
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


@export("keras.losses.MeanSquaredLogarithmicError")
class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.MeanSquaredLogarithmicError()
        >>> round(float(loss([[0.0], [3.0]], [[0.0], [1.0]])), 4)
        0.2402
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


@export("keras.losses.Huber")
class Huber(LossFunctionWrapper):
    """Quadratic for small errors, linear for large ones (Huber 1964).

    Args:
        delta: the error at which the loss becomes linear.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.Huber()([[0.0], [0.0]], [[1.0], [3.0]]))
        1.5
    """

    _unwritten = {"delta": 1.0}

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(huber, reduction, name, dtype, delta=delta)


@export("keras.losses.LogCosh")
class LogCosh(LossFunctionWrapper):
    """Mean of `log(cosh(y_pred - y_true))`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> round(float(cornu.losses.LogCosh()([[0.0], [0.0]], [[0.0], [1.0]])), 4)
        0.2169
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


@export("keras.losses.CosineSimilarity")
class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between targets and predictions.

    Args:
        axis: the axis along which they are vectors.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
        -1.0
    """

    _unwritten = {"axis": -1}

    def __init__(
        self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)
