"""Metrics that only tf.keras 2 has."""

from cornu import ops
from cornu.core.errors import shorten
from cornu.metrics import Mean, Metric
from cornu.serial.registry import export


@export("keras.metrics.MeanTensor")
class MeanTensor(Metric):
    """The mean over batches of each element of a tensor.

    Args:
        name: name of the metric.
        dtype: dtype of the result.
        shape: shape of the tensors; by default that of the first one, which then must come outside
            of compiled code.

    Raises:
        ValueError: for a tensor of another shape than the first one.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanTensor()
        >>> metric.update_state(cornu.ops.convert_to_tensor([0.0, 1.0]))
        >>> metric.update_state(cornu.ops.convert_to_tensor([2.0, 5.0]))
        >>> metric.result()
        Array([1., 3.], dtype=float32)
    """

    def __init__(self, name="mean_tensor", dtype=None, shape=None):
        super().__init__(name=name, dtype=dtype)
        self.shape = None
        if shape is not None:
            self._make(tuple(shape))

    def _make(self, shape):
        self.shape = shape
        self.total = self.add_weight(shape=shape, name="total")
        self.count = self.add_weight(shape=shape, name="count")

    def update_state(self, values, sample_weight=None):
        """Take in a tensor.

        Args:
            values: tensor of the metric's shape.
            sample_weight: weight of each element, or of the leading axes; 1 by default.
        """
        values = ops.cast(values, self.dtype)
        shape = tuple(values.shape)
        if self.shape is None:
            self._make(shape)
        if shape != self.shape:
            raise ValueError(
                f"MeanTensor takes tensors of one shape, {self.shape}. Received: {shorten(values)}"
            )
        count = ops.ones_like(values)
        if sample_weight is not None:
            weight = ops.cast(sample_weight, self.dtype)
            missing = len(shape) - len(weight.shape)
            if missing > 0 and tuple(weight.shape) == shape[: len(weight.shape)]:
                weight = ops.reshape(weight, (*weight.shape, *(1,) * missing))
            count = ops.broadcast_to(weight, shape)
        self.total.assign_add(values * count)
        self.count.assign_add(count)

    def result(self):
        """The means, a tensor.

        Raises:
            ValueError: before the first tensor, if the shape is not known.
        """
        if self.shape is None:
            raise ValueError(
                "MeanTensor does not have a result yet: call `update_state` before, or pass"
                " `shape` to the constructor."
            )
        return ops.divide_no_nan(self.total, self.count)


@export("keras.metrics.MeanRelativeError")
class MeanRelativeError(Mean):
    """The mean of `|y_true - y_pred| / normalizer`; where the normalizer is 0, of 0.

    Args:
        normalizer: array of the shape of the predictions, or one that broadcasts to it.
        name: name of the metric.
        dtype: dtype of the result.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanRelativeError(normalizer=[1, 3, 2, 3])
        >>> metric.update_state([1, 3, 2, 3], [2, 4, 6, 8])
        >>> round(float(metric.result()), 4)
        1.25
    """

    def __init__(self, normalizer, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.normalizer = ops.convert_to_numpy(ops.cast(normalizer, self.dtype))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch.

        Args:
            y_true, y_pred: tensors of one shape.
            sample_weight: weight of each value; 1 by default.
        """
        y_true, y_pred = ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype)
        errors = ops.divide_no_nan(ops.abs(y_true - y_pred), self.normalizer)
        super().update_state(errors, sample_weight)

    def get_config(self):
        """The constructor's arguments, the normalizer as lists."""
        return {**super().get_config(), "normalizer": self.normalizer.tolist()}
