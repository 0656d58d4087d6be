"""Losses of margins: how far a score is on the right side of a boundary."""

from cornu import ops
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import paired, row_mean
from cornu.serial.registry import export


def _margin(y_true, y_pred):
    """`1 - y_true * y_pred`, where that is positive; and the dtype of the loss."""
    y_true, y_pred, dtype = paired(y_true, y_pred)
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    y_true = ops.where(binary, 2 * y_true - 1, y_true)
    return ops.relu(1 - y_true * y_pred), dtype


@export("keras.losses.hinge", "keras.metrics.hinge")
def hinge(y_true, y_pred):
    """Mean of `max(1 - y_true * y_pred, 0)` along the last axis.

    Args:
        y_true: tensor (batch, ..., n) of -1 and 1; if all of it is 0 or 1, a 0 stands for -1.
        y_pred: scores, a tensor of the same shape.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.hinge([[-1.0, 1.0]], [[0.5, 2.0]])
        Array([0.75], dtype=float32)
    """
    margin, dtype = _margin(y_true, y_pred)
    return row_mean(margin, dtype)


@export("keras.losses.squared_hinge", "keras.metrics.squared_hinge")
def squared_hinge(y_true, y_pred):
    """Mean of `max(1 - y_true * y_pred, 0)**2` along the last axis.

    Args:
        y_true: tensor (batch, ..., n) of -1 and 1; if all of it is 0 or 1, a 0 stands for -1.
        y_pred: scores, a tensor of the same shape.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.squared_hinge([[-1.0, 1.0]], [[0.5, 2.0]])
        Array([1.125], dtype=float32)
    """
    margin, dtype = _margin(y_true, y_pred)
    return row_mean(ops.square(margin), dtype)


@export("keras.losses.categorical_hinge", "keras.metrics.categorical_hinge")
def categorical_hinge(y_true, y_pred):
    """`max(1 + wrong - right, 0)`, where `right` is the score of the true class and `wrong` the
    largest one of the others (Crammer & Singer 2001).

    Args:
        y_true: one-hot tensor (batch, ..., classes).
        y_pred: scores, a tensor of the same shape. If all scores of other classes are negative,
            `wrong` is 0.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.categorical_hinge([[0.0, 1.0, 0.0]], [[0.5, 0.75, 0.25]])
        Array([0.75], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1 - y_true) * y_pred, axis=-1)
    return ops.cast(ops.relu(1 + wrong - right), dtype)


@export("keras.losses.Hinge")
class Hinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
        0.75
    """

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


@export("keras.losses.SquaredHinge")
class SquaredHinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.SquaredHinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
        1.125
    """

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


@export("keras.losses.CategoricalHinge")
class CategoricalHinge(LossFunctionWrapper):
    """How far the score of the true class is from being 1 above all others.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> float(cornu.losses.CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 0.75, 0.25]]))
        0.75
    """

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)
