"""Intersection over union: how well regions of classes overlap."""

import numbers
import warnings

from cornu import ops
from cornu.core import dtypes
from cornu.core.errors import shorten
from cornu.core.masks import SCORES, set_mask, wanted_mask
from cornu.metrics._metric import Metric
from cornu.metrics._reduction import joined_weight
from cornu.serial.registry import export


def confusion_matrix(y_true, y_pred, classes, weight):
    """Sum of the weights for each pair of classes, of the target (rows) and of the prediction.

    Args:
        y_true, y_pred: class numbers, int32 (n,); what is no class doesn't count.
        classes: number of classes.
        weight: (n,), of the dtype of the result.

    Returns:
        Tensor (classes, classes).
    """
    exists = ops.logical_and(
        ops.logical_and(y_true >= 0, y_true < classes),
        ops.logical_and(y_pred >= 0, y_pred < classes),
    )
    # Negative segments are left out.
    pairs = ops.where(exists, y_true * classes + y_pred, -ops.ones_like(y_true))
    sums = ops.segment_sum(weight, pairs, num_segments=classes * classes)
    return ops.reshape(sums, (classes, classes))


class _Overlap(Metric):
    """The confusion matrix of class numbers, and the overlap of some classes."""

    _direction = "up"

    def __init__(
        self, num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis, targets
    ):
        # Counts are whole numbers, and float32 can't count beyond 2**24.
        super().__init__(name=name, dtype=dtype or "int")
        if not isinstance(num_classes, numbers.Integral) or num_classes < 1:
            raise ValueError(
                f"`num_classes` must be a positive integer. Received: {shorten(num_classes)}"
            )
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", name="total_confusion_matrix"
        )
        self._targets = _checked_targets(
            range(num_classes) if targets is None else targets, num_classes
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: class numbers, or, if `sparse_y_true` is False, scores of classes along `axis`,
                whose largest counts.
            y_pred: predicted ones, likewise.
            sample_weight: weights that fit the leading axes of the class numbers, None for 1.

        Raises:
            ValueError: for shapes that don't fit.
        """
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        y_true = self._labels(y_true, self.sparse_y_true)
        y_pred = self._labels(y_pred, self.sparse_y_pred)
        self._warn_of_rounding(sample_weight)
        y_true, y_pred = _same_shape(y_true, y_pred)
        weight, fitted = joined_weight(ops.ones_like(y_pred, dtype=self.dtype), sample_weight, mask)
        weight = fitted if weight is None else ops.broadcast_to(weight, fitted.shape)
        if self.ignore_class is not None:
            y_true = ops.where(ops.equal(y_true, self.ignore_class), -ops.ones_like(y_true), y_true)
        flat = (ops.reshape(each, (-1,)) for each in (y_true, y_pred, weight))
        y_true, y_pred, weight = flat
        self.total_cm.assign_add(confusion_matrix(y_true, y_pred, self.num_classes, weight))

    def _labels(self, values, sparse):
        values = ops.convert_to_tensor(values)
        return ops.cast(values if sparse else ops.argmax(values, axis=self.axis), "int32")

    def _warn_of_rounding(self, sample_weight):
        if sample_weight is None or not dtypes.is_int_dtype(self.dtype):
            return
        given = ops.convert_to_tensor(sample_weight).dtype
        if dtypes.is_float_dtype(given):
            warnings.warn(
                "You are passing weight as `float`, but dtype is `int`: casting rounds it down. "
                f"Make the metric with dtype='float32', or pass whole numbers. Received: {given}",
                stacklevel=3,
            )

    def result(self):
        """The mean overlap of the classes, a scalar."""
        counts = ops.cast(self.total_cm, _result_dtype(self.dtype))
        both = ops.diagonal(counts)
        either = ops.sum(counts, axis=0) + ops.sum(counts, axis=1) - both
        targets = ops.convert_to_tensor(list(self._targets), dtype="int32")
        both, either = ops.take(both, targets), ops.take(either, targets)
        present = ops.sum(ops.cast(either > 0, either.dtype))
        return ops.divide_no_nan(ops.sum(ops.divide_no_nan(both, either)), present)


def _result_dtype(dtype):
    return "float64" if dtype == "float64" else "float32"


def _same_shape(y_true, y_pred):
    """Class numbers in one shape: they may differ by axes of size 1."""
    shapes = tuple(y_true.shape), tuple(y_pred.shape)
    if shapes[0] != shapes[1]:
        sizes = [[size for size in shape if size != 1] for shape in shapes]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f"Class numbers of the targets have shape {shapes[0]}, but those of the "
                f"predictions {shapes[1]}. Say with `sparse_y_true` and `sparse_y_pred` which are "
                "class numbers and which scores of classes."
            )
        y_true = ops.reshape(y_true, shapes[1])
    return y_true, y_pred


def _checked_targets(targets, classes):
    targets = list(targets)
    if any(not 0 <= target < classes for target in targets):
        raise ValueError(
            f"Target class id {max(targets)} is out of range, which is [0, {classes}): "
            f"`num_classes` is {classes}. Received: {shorten(targets)}"
        )
    return targets


@export("keras.metrics.IoU")
class IoU(_Overlap):
    """Intersection over union of some classes, the mean of them: TP / (TP + FP + FN).

    Args:
        num_classes: number of classes.
        target_class_ids: list of the classes that count in the result.
        name: name.
        dtype: dtype of the counts, by default int32; weights that are no whole numbers need a
            float.
        ignore_class: class number; targets of it don't count. A number beyond the classes, such as
            255, will do.
        sparse_y_true: whether targets are class numbers, or vectors along `axis`.
        sparse_y_pred: whether predictions are class numbers, or scores along `axis`.
        axis: the class axis.

    Raises:
        ValueError: for targets that are no classes.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.IoU(num_classes=2, target_class_ids=[0])
        >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
            targets=target_class_ids,
        )
        self.target_class_ids = list(target_class_ids)


@export("keras.metrics.BinaryIoU")
class BinaryIoU(IoU):
    """Intersection over union of what is below and above a threshold.

    Args:
        target_class_ids: which of 0 (below) and 1 count in the result.
        threshold: from it on, a prediction stands for 1.
        name: name.
        dtype: dtype of the counts, by default int32; weights that are no whole numbers need a
            float.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
        >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
        0.3333
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true: tensor of 0 and 1.
            y_pred: numbers that are compared with the threshold, of the same shape.
            sample_weight: weights that fit the leading axes, None for 1.
        """
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        above = ops.cast(ops.convert_to_tensor(y_pred) >= self.threshold, "int32")
        set_mask(above, mask)
        super().update_state(y_true, above, sample_weight)


@export("keras.metrics.MeanIoU")
class MeanIoU(_Overlap):
    """Intersection over union of all classes, the mean of them: TP / (TP + FP + FN).

    Args:
        num_classes: number of classes.
        name: name.
        dtype: dtype of the counts, by default int32; weights that are no whole numbers need a
            float.
        ignore_class: class number; targets of it don't count. A number beyond the classes, such as
            255, will do.
        sparse_y_true: whether targets are class numbers, or vectors along `axis`.
        sparse_y_pred: whether predictions are class numbers, or scores along `axis`.
        axis: the class axis.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanIoU(num_classes=2)
        >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
            targets=None,
        )
