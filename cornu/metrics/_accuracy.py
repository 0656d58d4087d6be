"""How often predictions are right."""

from cornu import ops
from cornu.core import config
from cornu.losses.reduction import same_rank
from cornu.metrics._reduction import MeanMetricWrapper
from cornu.serial.registry import export


def _aligned(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return same_rank(ops.convert_to_tensor(y_true, dtype=y_pred.dtype), y_pred)


def _as_float(x):
    return ops.cast(x, config.floatx())


def accuracy(y_true, y_pred):
    """1 where `y_true` and `y_pred` are equal, 0 elsewhere."""
    return _as_float(ops.equal(*_aligned(y_true, y_pred)))


@export("keras.metrics.binary_accuracy")
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where `y_pred > threshold` is what `y_true` says, 0 elsewhere.

    Args:
        y_true: tensor of 0 and 1.
        y_pred: tensor of the same shape.
        threshold: above it, a prediction stands for 1.

    Example:
        >>> import cornu
        >>> cornu.metrics.binary_accuracy([1, 0, 1], [0.9, 0.8, 0.7])
        Array([1., 0., 1.], dtype=float32)
    """
    y_true, y_pred = _aligned(y_true, y_pred)
    chosen = ops.cast(y_pred > (0.5 if threshold is None else threshold), y_true.dtype)
    return _as_float(ops.equal(y_true, chosen))


@export("keras.metrics.categorical_accuracy")
def categorical_accuracy(y_true, y_pred):
    """1 where `y_true` and `y_pred` are largest at the same place of the last axis, 0 elsewhere.

    Args:
        y_true, y_pred: tensors (batch, ..., classes).

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.2, 0.8], [0.1, 0.9]])
        Array([1., 0.], dtype=float32)
    """
    return _as_float(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)))


@export("keras.metrics.sparse_categorical_accuracy")
def sparse_categorical_accuracy(y_true, y_pred):
    """1 where `y_pred` is largest at the place that `y_true` says, 0 elsewhere.

    Args:
        y_true: class numbers (batch, ...), or (batch, ..., 1).
        y_pred: tensor (batch, ..., classes).

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.metrics.sparse_categorical_accuracy([1, 0], [[0.2, 0.8], [0.1, 0.9]])
        Array([1., 0.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _without_class_axis(ops.convert_to_tensor(y_true), y_pred)
    chosen = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    return _as_float(ops.equal(y_true, chosen))


def _without_class_axis(y_true, y_pred):
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape and y_true.shape[-1] == 1:
        return ops.squeeze(y_true, -1)
    return y_true


@export("keras.metrics.top_k_categorical_accuracy")
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class that `y_true` is largest at is among the `k` with the largest `y_pred`, 0
    elsewhere.

    Args:
        y_true, y_pred: tensors (batch, ..., classes).
        k: int.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.5, 0.2, 0.3]], k=2)
        Array([1.], dtype=float32)
    """
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k=k)


@export("keras.metrics.sparse_top_k_categorical_accuracy")
def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the class `y_true` is among the `k` with the largest `y_pred`, 0 elsewhere; ties
    count.

    Args:
        y_true: class numbers (batch, ...).
        y_pred: tensor (batch, ..., classes); or class numbers, the likeliest first, if
            `from_sorted_ids`.
        k: int.
        from_sorted_ids: what `y_pred` is.

    Returns:
        A tensor shaped as `y_true`.

    Example:
        >>> import cornu
        >>> cornu.metrics.sparse_top_k_categorical_accuracy([2], [[0.5, 0.2, 0.3]], k=2)
        Array([1.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    shape = y_true.shape
    labels = ops.cast(_without_class_axis(y_true, y_pred), "int32")
    if from_sorted_ids:
        found = ops.any(ops.equal(ops.expand_dims(labels, -1), y_pred[..., :k]), axis=-1)
    else:
        exists = ops.logical_and(labels >= 0, labels < y_pred.shape[-1])
        inside = ops.where(exists, labels, ops.zeros_like(labels))
        found = ops.logical_and(exists, ops.in_top_k(inside, y_pred, k=k))
    return ops.reshape(_as_float(found), shape)


class _Accuracy(MeanMetricWrapper):
    # What callbacks take for better.
    _direction = "up"


@export("keras.metrics.Accuracy")
class Accuracy(_Accuracy):
    """How often predictions equal targets.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
        0.75
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


@export("keras.metrics.BinaryAccuracy")
class BinaryAccuracy(_Accuracy):
    """How often predictions are on the right side of a threshold.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        threshold: above it, a prediction stands for 1.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1.0, 0.0, 0.6]))
        0.75
    """

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


@export("keras.metrics.CategoricalAccuracy")
class CategoricalAccuracy(_Accuracy):
    """How often the likeliest class is the right one; targets are one-hot.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.CategoricalAccuracy()
        >>> float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.1, 0.9]]))
        0.5
    """

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


@export("keras.metrics.SparseCategoricalAccuracy")
class SparseCategoricalAccuracy(_Accuracy):
    """How often the likeliest class is the right one; targets are class numbers.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> float(cornu.metrics.SparseCategoricalAccuracy()([1, 0], [[0.2, 0.8], [0.1, 0.9]]))
        0.5
    """

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


@export("keras.metrics.TopKCategoricalAccuracy")
class TopKCategoricalAccuracy(_Accuracy):
    """How often the right class is among the `k` likeliest; targets are one-hot.

    Args:
        k: int.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.TopKCategoricalAccuracy(k=2)
        >>> float(metric([[0, 0, 1]], [[0.5, 0.2, 0.3]]))
        1.0
    """

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


@export("keras.metrics.SparseTopKCategoricalAccuracy")
class SparseTopKCategoricalAccuracy(_Accuracy):
    """How often the right class is among the `k` likeliest; targets are class numbers.

    Args:
        k: int.
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        from_sorted_ids: whether predictions are class numbers, the likeliest first.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.SparseTopKCategoricalAccuracy(k=2)
        >>> float(metric([2], [[0.5, 0.2, 0.3]]))
        1.0
    """

    def __init__(
        self,
        k=5,
        name="sparse_top_k_categorical_accuracy",
        dtype=None,
        from_sorted_ids=False,
    ):
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def get_config(self):
        """The constructor's arguments; `from_sorted_ids` only if set, as Keras writes it."""
        config = super().get_config()
        if not config.get("from_sorted_ids"):
            config.pop("from_sorted_ids", None)
        return config
