"""Crossentropies that count easy samples less (Lin et al. 2017, "Focal Loss for Dense Object
Detection")."""

from cornu import ops
from cornu.core import config
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import paired
from cornu.serial.registry import export

# Powers of what is less have no finite gradient for every exponent.
TINY = 1e-30


@export("keras.losses.binary_focal_crossentropy", "keras.metrics.binary_focal_crossentropy")
def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """Mean along `axis` of the binary crossentropy times `(1 - p)**gamma`, where `p` is the
    predicted probability of what is true.

    Args:
        y_true: 0 or 1, a tensor (batch, ...); or probabilities, for which `1 - p` is
            `y_true * (1 - y_pred) + (1 - y_true) * y_pred`.
        y_pred: predicted probabilities of a 1, or their logits, a tensor of the same shape.
        apply_class_balancing: whether the loss of a 1 is multiplied by `alpha` and that of a 0 by
            `1 - alpha`.
        alpha: from 0 to 1.
        gamma: at least 0; the larger, the less do easy samples count. 0 gives the crossentropy.
        from_logits: whether `y_pred` are logits.
        label_smoothing: from 0 to 1; `y_true` moves so much of the way to 0.5.
        axis: axis or axes along which the mean is taken.

    Returns:
        A tensor without `axis`.

    Example:
        >>> import cornu
        >>> cornu.losses.binary_focal_crossentropy([[1.0, 0.0]], [[0.5, 0.5]]).round(4)
        Array([0.1733], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    losses = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    ones, zeros = _of_events(y_pred, from_logits)
    losses = losses * _focus(y_true * zeros + (1 - y_true) * ones, gamma)
    if apply_class_balancing:
        losses = losses * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return ops.cast(ops.mean(losses, axis=axis), dtype)


def _focus(missed, gamma):
    """`missed**gamma`, of probabilities, with finite gradients."""
    return ops.power(ops.maximum(missed, TINY), gamma)


@export(
    "keras.losses.categorical_focal_crossentropy", "keras.metrics.categorical_focal_crossentropy"
)
def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """`-sum(alpha * (1 - y_pred)**gamma * y_true * log(y_pred))` along the class axis.

    Args:
        y_true: probabilities of the classes, one-hot for instance, a tensor (batch, ..., classes).
        y_pred: predicted ones (rescaled to sum 1), or their logits, a tensor of the same shape.
        alpha: a factor, or one for each class.
        gamma: at least 0; the larger, the less do easy samples count.
        from_logits: whether `y_pred` are logits.
        label_smoothing: from 0 to 1; so much of the probability in `y_true` is spread over all
            classes evenly.
        axis: the class axis.

    Returns:
        A tensor without the class axis.

    Example:
        >>> import cornu
        >>> y_pred = [[0.25, 0.5, 0.25]]
        >>> cornu.losses.categorical_focal_crossentropy([[0.0, 1.0, 0.0]], y_pred).round(4)
        Array([0.0433], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    logs, missed = _of_classes(y_pred, from_logits, axis)
    # A class without probability adds nothing, even if its logit is -inf.
    losses = ops.where(ops.equal(y_true, 0), 0.0, -y_true * logs)
    losses = losses * _focus(missed, gamma) * _factors(alpha, y_pred, axis)
    return ops.cast(ops.sum(losses, axis=axis), dtype)


def _of_events(y_pred, from_logits):
    """Probabilities of a 1 and of a 0."""
    if not from_logits:
        return y_pred, 1 - y_pred
    return tuple(ops.exp(ops.log_sigmoid(logits)) for logits in (y_pred, -y_pred))


def _of_classes(y_pred, from_logits, axis):
    """Logarithms of probabilities, and 1 minus the probabilities."""
    if from_logits:
        logs = ops.log_softmax(y_pred, axis=axis)
        return logs, -ops.expm1(logs)
    total = ops.sum(y_pred, axis=axis, keepdims=True)
    y_pred = y_pred / ops.where(ops.equal(total, 0), 1.0, total)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0 - config.epsilon())
    return ops.log(y_pred), 1 - y_pred


def _factors(alpha, y_pred, axis):
    """`alpha` as a tensor, with its axis, if it has one, as the class axis."""
    alpha = ops.convert_to_tensor(alpha, dtype=y_pred.dtype)
    if len(alpha.shape) != 1:
        return alpha
    if alpha.shape[0] not in (1, y_pred.shape[axis]):
        raise ValueError(
            f"`alpha` must be one number or one for each of the {y_pred.shape[axis]} classes. "
            f"Received: {alpha.shape[0]} numbers."
        )
    sizes = [1] * len(y_pred.shape)
    sizes[axis] = alpha.shape[0]
    return ops.reshape(alpha, sizes)


@export("keras.losses.BinaryFocalCrossentropy")
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary crossentropy that counts what is predicted well already less.

    Args:
        apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis: as of
            `binary_focal_crossentropy`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.BinaryFocalCrossentropy()
        >>> round(float(loss([[1.0, 0.0]], [[0.5, 0.5]])), 4)
        0.1733
    """

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@export("keras.losses.CategoricalFocalCrossentropy")
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Crossentropy of classes that counts what is predicted well already less.

    Args:
        alpha, gamma, from_logits, label_smoothing, axis: as of `categorical_focal_crossentropy`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.CategoricalFocalCrossentropy()
        >>> round(float(loss([[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]])), 4)
        0.0433
    """

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
