"""A loss of embeddings: near for the same label, far for others."""

from cornu import ops
from cornu.core.masks import set_mask
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import HALF, float_dtype
from cornu.serial.registry import export

# The logarithm of 0, finite so that gradients are.
LOG_ZERO = -1e30


@export("keras.losses.circle")
def circle(
    y_true,
    y_pred,
    ref_labels=None,
    ref_embeddings=None,
    remove_diagonal=True,
    gamma=80,
    margin=0.4,
):
    """Circle loss of each embedding (Sun et al. 2020): similarities to embeddings of the same label
    are drawn to 1, those to embeddings of other labels to 0, the more so the further off they are.

    Args:
        y_true: labels (batch,) or (batch, 1).
        y_pred: embeddings (batch, n) of length 1.
        ref_labels: labels (references,) of the embeddings to compare with, by default `y_true`.
        ref_embeddings: these embeddings (references, n), of length 1, by default `y_pred`.
        remove_diagonal: whether the embedding at the same place among the references is left out,
            as it is the same one if there are no others.
        gamma: how strongly the similarities far off prevail, positive.
        margin: how far from 1 and 0 similarities may be.

    Returns:
        A tensor (batch,); 0 where there are no others of the same label, or none of another, which
        its mask says.

    Example:
        >>> import cornu
        >>> embeddings = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
        >>> cornu.losses.circle([0, 0, 1], embeddings, gamma=2.0).round(3)
        Array([0.546, 1.284, 0.   ], dtype=float32)
    """
    losses, counts = _circle(
        y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin
    )
    set_mask(losses, counts)
    return losses


def _circle(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin):
    """Losses, and which of them count."""
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = float_dtype(y_pred)
    wide = "float32" if dtype in HALF else dtype
    y_pred = ops.cast(y_pred, wide)
    others = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings, wide)
    same = _same_labels(y_true, y_true if ref_labels is None else ref_labels)
    near = same
    if remove_diagonal:
        near = ops.logical_and(same, ops.logical_not(ops.eye(*same.shape, dtype="bool")))
    likeness = ops.matmul(y_pred, ops.transpose(others))
    # How far off a similarity is also says how much it counts.
    pull = ops.relu(1 + margin - likeness) * (1 - margin - likeness)
    push = ops.relu(likeness + margin) * (likeness - margin)
    far = ops.logical_not(same)
    pull, push = (
        ops.logsumexp(ops.where(mask, gamma * logits, LOG_ZERO), axis=-1)
        for mask, logits in ((near, pull), (far, push))
    )
    counts = ops.logical_and(ops.any(near, axis=-1), ops.any(far, axis=-1))
    return ops.cast(ops.softplus(pull + push), dtype), counts


def _same_labels(labels, ref_labels):
    """Whether labels are equal: (batch, references)."""
    labels = ops.reshape(ops.convert_to_tensor(labels), (-1, 1))
    return ops.equal(labels, ops.reshape(ops.convert_to_tensor(ref_labels), (1, -1)))


@export("keras.losses.Circle")
class Circle(LossFunctionWrapper):
    """Circle loss of embeddings: near for the same label, far for others.

    Embeddings without another of their label, or without one of another label, don't count in the
    mean.

    Args:
        gamma, margin, remove_diagonal: as of `circle`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.Circle(gamma=2.0, reduction="sum")
        >>> round(float(loss([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])), 4)
        1.8301
    """

    _integer_targets = True

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        super().__init__(
            circle,
            reduction,
            name,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )

    def _losses_and_mask(self, y_true, y_pred):
        # Inside compiled code a tensor can't carry a mask.
        return _circle(y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)
