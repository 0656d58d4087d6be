"""Sums and means over batches, and metrics made of functions."""

from cornu import ops
from cornu.core.masks import SCORES, get_mask, set_mask, wanted_mask
from cornu.losses import reduction
from cornu.metrics._metric import Metric
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export


def joined_weight(values, sample_weight, mask):
    """The product of weights and mask, of the rank of `values` or a scalar, and None if there is
    neither.

    Args:
        values: tensor.
        sample_weight, mask: what fits the leading axes of `values`, or None.

    Returns:
        The weight, and values, which may have lost a last axis of size 1.

    Raises:
        ValueError: if shapes don't fit.
    """
    weight = None
    for name, each in (("sample_weight", sample_weight), ("mask", mask)):
        if each is not None:
            each, values = reduction.fit_weight(ops.cast(each, values.dtype), values, name)
            weight = each if weight is None else weight * each
    return weight, values


def by_sample(values, sample_weight, reduce, dtype):
    """One value and one weight for each sample of a batch.

    Args:
        values: tensor (batch, ...), or a scalar; a mask that it carries is a weight.
        sample_weight: what fits the leading axes of `values`, or None; a number makes one sample of
            all of them.
        reduce: `ops.sum` or `ops.mean`, along the axes after the first.
        dtype: of the result.

    Returns:
        Values and weights; weights are None where there are none.
    """
    mask = get_mask(values)
    weight, values = joined_weight(ops.cast(values, dtype), sample_weight, mask)
    if weight is None:
        return _over_axes(values, reduce, 1), None
    first = 1 if weight.shape else 0
    values = values * weight
    if weight.shape:
        weight = ops.broadcast_to(weight, values.shape)
    return _over_axes(values, reduce, first), _over_axes(weight, reduce, first)


def _over_axes(tensor, reduce, first):
    """`tensor` reduced along the axes from `first` on."""
    axes = tuple(range(first, len(tensor.shape)))
    return reduce(tensor, axis=axes) if axes else tensor


@export("keras.metrics.Sum")
class Sum(Metric):
    """Sum of values over batches.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.Sum()
        >>> float(metric([1.0, 3.0])), float(metric([5.0]))
        (4.0, 9.0)
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values, sample_weight=None):
        """Add `values` (batch, ...), each times its weight."""
        values, _ = by_sample(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self):
        """The sum."""
        return ops.cast(self.total, self.dtype)


@export("keras.metrics.Mean")
class Mean(Metric):
    """Weighted mean of values over batches.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.Mean()
        >>> float(metric([1.0, 3.0])), float(metric([8.0]))
        (2.0, 4.0)
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values, sample_weight=None):
        """Take in `values` (batch, ...), each sample with its weight, 1 by default."""
        values, weight = by_sample(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        if weight is not None:
            self.count.assign_add(ops.sum(weight))
        else:
            self.count.assign_add(values.shape[0] if values.shape else 1)

    def result(self):
        """The mean; 0 of nothing."""
        total, count = self.total.value, self.count.value
        return ops.where(
            ops.equal(count, 0), 0.0, total / ops.where(ops.equal(count, 0), 1.0, count)
        )


@export("keras.metrics.MeanMetricWrapper")
class MeanMetricWrapper(Mean):
    """Weighted mean, over batches, of a function of targets and predictions.

    Args:
        fn: from targets and predictions (batch, ...) to values (batch, ...).
        name: name, by default made from the class's.
        dtype: dtype or policy of the computation, by default `floatx()`.
        **kwargs: further arguments of `fn`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.MeanMetricWrapper(cornu.losses.mean_squared_error)
        >>> float(metric([[0.0], [0.0]], [[1.0], [3.0]]))
        5.0
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch; a mask that `y_pred` carries says which steps count."""
        mask = wanted_mask(y_pred, f"the metric '{self.name}'", SCORES)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        if mask is None and sample_weight is None and get_mask(values) is not None:
            # As in Keras: without weights, what a loss leaves out (an ignored class) is a zero.
            set_mask(values, None)
        if mask is not None and sample_weight is not None:
            mask, weight = reduction.same_rank(
                ops.cast(mask, self.dtype), ops.cast(sample_weight, self.dtype)
            )
            missing = len(mask.shape) - len(weight.shape)
            if weight.shape and missing > 0:
                weight = ops.reshape(weight, (*weight.shape, *[1] * missing))
            sample_weight = mask * weight
        elif mask is not None:
            sample_weight = mask
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self):
        """The constructor's arguments."""
        if type(self) is not MeanMetricWrapper:
            return super().get_config()
        fixed = {"name": self.name, "dtype": self.dtype, "fn": self._fn, **self._fn_kwargs}
        return {key: serialize_keras_object(value) for key, value in fixed.items()}

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": deserialize_keras_object(config["fn"])}
        return super().from_config(config)
