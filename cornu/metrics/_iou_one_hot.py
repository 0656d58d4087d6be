"""Intersection over union where targets are one-hot vectors."""

from cornu.metrics._iou import IoU, MeanIoU
from cornu.serial.registry import export


@export("keras.metrics.OneHotIoU")
class OneHotIoU(IoU):
    """Intersection over union of some classes, the mean of them; targets are one-hot.

    Args:
        num_classes: number of classes.
        target_class_ids: list of the classes that count in the result.
        name: name.
        dtype: dtype of the counts, by default int32; weights that are no whole numbers need a
            float.
        ignore_class: class number; targets of it don't count.
        sparse_y_pred: whether predictions are class numbers, or scores along `axis`.
        axis: the class axis.

    Raises:
        ValueError: for targets that are no classes.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
        >>> y_true = [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> y_pred = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]]
        >>> round(float(metric(y_true, y_pred)), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            target_class_ids,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )


@export("keras.metrics.OneHotMeanIoU")
class OneHotMeanIoU(MeanIoU):
    """Intersection over union of all classes, the mean of them; targets are one-hot.

    Args:
        num_classes: number of classes.
        name: name.
        dtype: dtype of the counts, by default int32; weights that are no whole numbers need a
            float.
        ignore_class: class number; targets of it don't count.
        sparse_y_pred: whether predictions are class numbers, or scores along `axis`.
        axis: the class axis.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.OneHotMeanIoU(num_classes=2)
        >>> y_true = [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> y_pred = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]]
        >>> round(float(metric(y_true, y_pred)), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )
