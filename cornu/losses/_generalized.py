"""A crossentropy that bears wrong labels (Zhang & Sabuncu 2018, "Generalized Cross Entropy Loss for
Training Deep Neural Networks with Noisy Labels")."""

import numpy as np

from cornu import ops
from cornu.losses._crossentropy import check_labels
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import HALF, float_dtype
from cornu.serial.registry import export


@export("keras.losses.categorical_generalized_cross_entropy")
def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """`(1 - p**q) / q`, where `p` is the predicted probability of the class in `y_true`.

    Args:
        y_true: class numbers (batch, ...), or (batch, ..., 1).
        y_pred: predicted probabilities (batch, ..., classes).
        q: between 0 and 1; towards 0 the loss becomes the crossentropy, towards 1 the absolute
            error, which bears more wrong labels but is slower to train.

    Returns:
        A tensor (batch, ...).

    Raises:
        ValueError: for another `q`; and, where `y_true` comes from the host, for a number that is
            no class.

    Example:
        >>> import cornu
        >>> y_pred = [[0.25, 0.5, 0.25]]
        >>> cornu.losses.categorical_generalized_cross_entropy([1], y_pred, q=0.5).round(4)
        Array([0.5858], dtype=float32)
    """
    _check_exponent(q)
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = float_dtype(y_pred)
    y_pred = ops.cast(y_pred, "float32" if dtype in HALF else dtype)
    if isinstance(y_true, (list, tuple, np.ndarray)):
        check_labels(y_true, y_pred.shape[-1])
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    _check_rank(y_true.shape, y_pred.shape)
    chosen = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    probability = ops.sum(chosen * y_pred, axis=-1)
    # The gradient at 0 is infinite: there is none there.
    impossible = ops.equal(probability, 0)
    powers = ops.power(ops.where(impossible, 1.0, probability), q)
    return ops.cast((1 - ops.where(impossible, 0.0, powers)) / q, dtype)


def _check_rank(true, pred):
    if len(true) != len(pred) - 1 or any(
        m != n for m, n in zip(true, pred, strict=False) if m is not None and n is not None
    ):
        raise ValueError(
            "`y_true` must have the shape of `y_pred` without the class axis, which is the last. "
            f"Received: y_true.shape={tuple(true)}, y_pred.shape={tuple(pred)}"
        )


def _check_exponent(q):
    if not 0 < q < 1:
        raise ValueError(f"`q` must be between 0 and 1, both excluded. Received: q={q}")


@export("keras.losses.CategoricalGeneralizedCrossEntropy")
class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Crossentropy between class numbers, of which some may be wrong, and probabilities.

    Args:
        q: as of `categorical_generalized_cross_entropy`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.CategoricalGeneralizedCrossEntropy()
        >>> round(float(loss([1], [[0.25, 0.5, 0.25]])), 4)
        0.5858
    """

    _integer_targets = True

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        _check_exponent(q)
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
