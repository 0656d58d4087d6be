"""Losses of probabilities."""

import warnings

import numpy as np

from cornu import ops
from cornu.core.masks import set_mask
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.reduction import same_rank
from cornu.serial.registry import export

NO_CLASSES = (
    "In loss categorical_crossentropy, expected y_pred.shape to be (batch_size, num_classes) with "
    "num_classes > 1. "
    "Received: y_pred.shape={shape}. Consider using 'binary_crossentropy' if you only have 2 "
    "classes."
)


@export("keras.losses.categorical_crossentropy", "keras.metrics.categorical_crossentropy")
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`-sum(y_true * log(y_pred))` along the class axis.

    Args:
        y_true: probabilities of the classes, one-hot for instance.
        y_pred: predicted ones (rescaled to sum 1), or their logits.
        from_logits: whether `y_pred` are logits.
        label_smoothing: from 0 to 1; so much of the probability in `y_true` is spread over all
            classes evenly.
        axis: the class axis.

    Returns:
        A tensor without the class axis.

    Example:
        >>> import cornu
        >>> y_pred = [[0.25, 0.5, 0.25]]
        >>> cornu.losses.categorical_crossentropy([[0.0, 1.0, 0.0]], y_pred).round(4)
        Array([0.6931], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    if y_pred.shape and y_pred.shape[-1] == 1:
        warnings.warn(NO_CLASSES.format(shape=tuple(y_pred.shape)), SyntaxWarning, stacklevel=3)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@export(
    "keras.losses.sparse_categorical_crossentropy", "keras.metrics.sparse_categorical_crossentropy"
)
def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """`-log(y_pred[class])`, the class being an integer in `y_true`.

    Args:
        y_true: class numbers, shaped as `y_pred` without the class axis (or with size 1 there).
        y_pred: predicted probabilities (rescaled to sum 1), or their logits.
        from_logits: whether `y_pred` are logits.
        ignore_class: a number in `y_true` whose places don't count: their loss is 0, and a mask
            says so.
        axis: the class axis.

    Returns:
        A tensor without the class axis.

    Raises:
        ValueError: if shapes don't fit; and, where `y_true` comes from the host, for a number that
            is no class.

    Example:
        >>> import cornu
        >>> cornu.losses.sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).round(4)
        Array([0.6931], dtype=float32)
    """
    losses, counts = _sparse(y_true, y_pred, from_logits, ignore_class, axis)
    if counts is not None:
        set_mask(losses, counts)
    return losses


def _sparse(y_true, y_pred, from_logits, ignore_class, axis):
    """Losses, and where they count (None for everywhere)."""
    y_pred = ops.convert_to_tensor(y_pred)
    if isinstance(y_true, (list, tuple, np.ndarray)) and y_pred.shape:
        check_labels(y_true, y_pred.shape[axis], ignore_class)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    counts = None
    if ignore_class is not None:
        counts = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
        y_true = ops.where(counts, y_true, ops.zeros_like(y_true))
    losses = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    if counts is not None:
        losses = ops.where(counts, losses, ops.zeros_like(losses))
    return losses, counts


def check_labels(labels, classes, ignore_class=None):
    """See that class numbers are classes; compiled code can't, so whoever has them on the host does
    it.

    Args:
        labels: array or nested list of numbers.
        classes: number of classes.
        ignore_class: a number that is allowed too.

    Raises:
        ValueError: naming the first number below 0 or not below `classes`.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iufb":
        return
    wrong = (labels < 0) | (labels >= classes)
    if ignore_class is not None:
        wrong &= labels != ignore_class
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        raise ValueError(
            f"`y_true` holds {labels[place]} at index {place}, but `y_pred` has {classes} "
            "classes, numbered from 0 to "
            f"{classes - 1}. Give the last layer as many units as there are classes, or correct "
            "the labels; a label "
            "for places that don't count is the argument `ignore_class`."
        )


@export("keras.losses.binary_crossentropy", "keras.metrics.binary_crossentropy")
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Mean of `-(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))` along `axis`.

    Args:
        y_true: probabilities of independent events, 0 or 1 for instance.
        y_pred: predicted ones, or their logits, of the same shape.
        from_logits: whether `y_pred` are logits.
        label_smoothing: from 0 to 1; `y_true` moves so much of the way to 0.5.
        axis: axis or axes along which the mean is taken.

    Example:
        >>> import cornu
        >>> cornu.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        Array([0.6931], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


@export("keras.losses.CategoricalCrossentropy")
class CategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy between probabilities of classes and predicted ones.

    Args:
        from_logits, label_smoothing, axis: as of `categorical_crossentropy`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.CategoricalCrossentropy()
        >>> round(float(loss([[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@export("keras.losses.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy between class numbers and predicted probabilities.

    Args:
        from_logits, ignore_class, axis: as of `sparse_categorical_crossentropy`. Places of an
            ignored class don't count in the mean either.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> loss = cornu.losses.SparseCategoricalCrossentropy()
        >>> round(float(loss([1], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    _integer_targets = True
    _unwritten = {"axis": -1}

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def _losses_and_mask(self, y_true, y_pred):
        # Inside compiled code a tensor can't carry a mask.
        y_true, y_pred = same_rank(y_true, y_pred)
        return _sparse(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)


@export("keras.losses.BinaryCrossentropy")
class BinaryCrossentropy(LossFunctionWrapper):
    """Crossentropy between probabilities of independent events and predicted ones.

    Args:
        from_logits, label_smoothing, axis: as of `binary_crossentropy`.
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> round(float(cornu.losses.BinaryCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
