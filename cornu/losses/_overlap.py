"""Losses of how well two sets, such as the pixels of an object, overlap."""

from cornu import ops
from cornu.core import config
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import paired
from cornu.serial.registry import export


@export("keras.losses.dice")
def dice(y_true, y_pred, axis=None):
    """1 minus the Dice coefficient, `2 |A and B| / (|A| + |B|)` (Milletari et al. 2016).

    Args:
        y_true: 0 or 1 for each element, whether it belongs to A.
        y_pred: predicted probabilities of that, of the same shape.
        axis: the axes along which the elements of one pair of sets lie; None for all, the batch
            too.

    Returns:
        A tensor without these axes. `keras.config.epsilon()` is added to both sides of the
        fraction, so that two empty sets overlap.

    Example:
        >>> import cornu
        >>> y_true, y_pred = [[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]]
        >>> cornu.losses.dice(y_true, y_pred, axis=-1).round(4)
        Array([0.3333], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    sizes = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return ops.cast(1 - _ratio(2 * both, sizes), dtype)


@export("keras.losses.tversky")
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 minus the Tversky index, `|A and B| / (|A and B| + alpha |A - B| + beta |B - A|)` (Salehi
    et al. 2017).

    Args:
        y_true: 0 or 1 for each element, whether it belongs to A.
        y_pred: predicted probabilities of that, of the same shape: B.
        alpha: the weight of what is missed (so in Keras's numbers; its documentation says the
            opposite).
        beta: the weight of what is predicted wrongly. With 0.5 for both this is `dice`.
        axis: the axes along which the elements of one pair of sets lie; None for all, the batch
            too.

    Returns:
        A tensor without these axes. `keras.config.epsilon()` is added to both sides of the
        fraction, so that two empty sets overlap.

    Example:
        >>> import cornu
        >>> y_true, y_pred = [[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]]
        >>> cornu.losses.tversky(y_true, y_pred, alpha=1.0, axis=-1).round(4)
        Array([0.5], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1 - y_pred), axis=axis)
    wrong = ops.sum((1 - y_true) * y_pred, axis=axis)
    return ops.cast(1 - _ratio(both, both + alpha * missed + beta * wrong), dtype)


def _ratio(part, whole):
    return (part + config.epsilon()) / (whole + config.epsilon())


@export("keras.losses.Dice")
class Dice(LossFunctionWrapper):
    """1 minus the Dice coefficient.

    Args:
        reduction, name, dtype: as of `Loss`.
        axis: as of `dice`; by default the whole batch is one pair of sets, so that samples can't
            have weights.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.Dice(axis=(1, 2))
        >>> round(float(loss([[[1.0, 1.0], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 0.0]]])), 4)
        0.3333
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(dice, reduction, name, dtype, axis=axis)


@export("keras.losses.Tversky")
class Tversky(LossFunctionWrapper):
    """1 minus the Tversky index.

    Args:
        alpha, beta: as of `tversky`.
        reduction, name, dtype: as of `Loss`.
        axis: as of `tversky`; by default the whole batch is one pair of sets, so that samples can't
            have weights.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.Tversky(alpha=1.0, axis=1)
        >>> round(float(loss([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]])), 4)
        0.5
    """

    def __init__(
        self,
        alpha=0.5,
        beta=0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
