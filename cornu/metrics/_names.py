"""Metrics by name."""

from cornu.metrics import (
    _accuracy,
    _at_rates,
    _auc,
    _correlation,
    _counts,
    _f_score,
    _hinge,
    _iou,
    _iou_one_hot,
    _probabilistic,
    _r2,
    _reduction,
    _regression,
)
from cornu.metrics._metric import Metric
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "metric",
    [
        _accuracy.Accuracy,
        _accuracy.BinaryAccuracy,
        _accuracy.CategoricalAccuracy,
        _accuracy.SparseCategoricalAccuracy,
        _accuracy.SparseTopKCategoricalAccuracy,
        _accuracy.TopKCategoricalAccuracy,
        _at_rates.PrecisionAtRecall,
        _at_rates.RecallAtPrecision,
        _at_rates.SensitivityAtSpecificity,
        _at_rates.SpecificityAtSensitivity,
        _auc.AUC,
        _correlation.ConcordanceCorrelation,
        _correlation.PearsonCorrelation,
        _counts.FalseNegatives,
        _counts.FalsePositives,
        _counts.Precision,
        _counts.Recall,
        _counts.TrueNegatives,
        _counts.TruePositives,
        _f_score.F1Score,
        _f_score.FBetaScore,
        _hinge.CategoricalHinge,
        _hinge.Hinge,
        _hinge.SquaredHinge,
        _iou.BinaryIoU,
        _iou.IoU,
        _iou.MeanIoU,
        _iou_one_hot.OneHotIoU,
        _iou_one_hot.OneHotMeanIoU,
        Metric,
        _probabilistic.BinaryCrossentropy,
        _probabilistic.CategoricalCrossentropy,
        _probabilistic.KLDivergence,
        _probabilistic.Poisson,
        _probabilistic.SparseCategoricalCrossentropy,
        _r2.R2Score,
        _reduction.Mean,
        _reduction.MeanMetricWrapper,
        _reduction.Sum,
        _regression.CosineSimilarity,
        _regression.LogCoshError,
        _regression.MeanAbsoluteError,
        _regression.MeanAbsolutePercentageError,
        _regression.MeanSquaredError,
        _regression.MeanSquaredLogarithmicError,
        _regression.RootMeanSquaredError,
    ],
    BCE=_probabilistic.BinaryCrossentropy,
    MAE=_regression.MeanAbsoluteError,
    MAPE=_regression.MeanAbsolutePercentageError,
    MSE=_regression.MeanSquaredError,
    MSLE=_regression.MeanSquaredLogarithmicError,
    bce=_probabilistic.BinaryCrossentropy,
    mae=_regression.MeanAbsoluteError,
    mape=_regression.MeanAbsolutePercentageError,
    mse=_regression.MeanSquaredError,
    msle=_regression.MeanSquaredLogarithmicError,
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
