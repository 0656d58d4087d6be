"""Metrics by name."""

from cornu.metrics import _accuracy, _reduction, _regression
from cornu.metrics._metric import Metric
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "metric",
    [
        _accuracy.Accuracy,
        _accuracy.BinaryAccuracy,
        _accuracy.CategoricalAccuracy,
        _reduction.Mean,
        _regression.MeanAbsoluteError,
        _reduction.MeanMetricWrapper,
        _regression.MeanSquaredError,
        Metric,
        _accuracy.SparseCategoricalAccuracy,
        _accuracy.SparseTopKCategoricalAccuracy,
        _reduction.Sum,
        _accuracy.TopKCategoricalAccuracy,
    ],
    MAE=_regression.MeanAbsoluteError,
    MSE=_regression.MeanSquaredError,
    mae=_regression.MeanAbsoluteError,
    mse=_regression.MeanSquaredError,
)


@export("keras.metrics.get")
def get(identifier):
    """The metric that `identifier` stands for.

    Args:
        identifier: a name such as `"mse"` or `"MeanSquaredError"`, a metric or its class, a
            callable, a config, or None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.metrics.get("mse")
        <MeanSquaredError name=mean_squared_error>
    """
    return FAMILY.get(identifier)


@export("keras.metrics.serialize")
def serialize(metric):
    """The config of a metric.

    Example:
        >>> import cornu
        >>> cornu.metrics.serialize(cornu.metrics.Mean())["config"]
        {'name': 'mean', 'dtype': 'float32'}
    """
    return FAMILY.serialize(metric)


@export("keras.metrics.deserialize")
def deserialize(config, custom_objects=None):
    """The metric that `serialize` described.

    Args:
        config: name or config.
        custom_objects: dict of your own metrics by name.

    Example:
        >>> import cornu
        >>> cornu.metrics.deserialize({"class_name": "Mean", "config": {"name": "average"}})
        <Mean name=average>
    """
    return FAMILY.deserialize(config, custom_objects)
