"""The loss of sequences of labels whose places are not known."""

import numpy as np

from cornu import ops
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import float_dtype
from cornu.serial.registry import export


@export("keras.losses.ctc")
def ctc(y_true, y_pred):
    """Connectionist temporal classification (Graves et al. 2006): `-log` of the probability of the
    labels, wherever they lie in time.

    Args:
        y_true: class numbers (batch, labels), from 1; after the last label of a sequence, 0. The
            class 0 is the blank.
        y_pred: logits (batch, steps, classes); all steps count.

    Returns:
        A tensor (batch,). `keras.ops.ctc_loss` is the same for sequences of several lengths.

    Raises:
        ValueError: for other shapes; and, where `y_true` comes from the host, for a number that is
            no class.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.ctc([[1, 0]], cornu.ops.zeros((1, 2, 3)))  # 1 1, 0 1 and 1 0, of 9
        >>> round(float(cornu.ops.exp(-loss[0])), 4)
        0.3333
    """
    on_host = isinstance(y_true, (list, tuple, np.ndarray))
    y_true = np.asarray(y_true, "int32") if on_host else ops.cast(y_true, "int32")
    y_pred = ops.convert_to_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "`ctc` takes `y_true` of shape (batch, labels) and `y_pred` of shape (batch, steps, "
            f"classes). Received: y_true.shape={tuple(y_true.shape)}, "
            f"y_pred.shape={tuple(y_pred.shape)}"
        )
    counts = (np if on_host else ops).count_nonzero(y_true, axis=-1)
    steps = ops.sum(ops.ones_like(y_pred[..., 0], dtype="int32"), axis=-1)
    return ops.cast(ops.ctc_loss(y_true, y_pred, counts, steps), float_dtype(y_pred))


@export("keras.losses.CTC")
class CTC(LossFunctionWrapper):
    """Connectionist temporal classification: `-log` of the probability of sequences of labels.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.CTC()
        >>> round(float(loss([[1, 0]], cornu.ops.zeros((1, 2, 3)))), 4)
        1.0986
    """

    _integer_targets = True

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)
