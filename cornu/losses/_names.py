"""Losses by name."""

from cornu.losses import (
    _circle,
    _crossentropy,
    _ctc,
    _divergence,
    _focal,
    _generalized,
    _hinge,
    _overlap,
    _regression,
)
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "loss",
    [
        _crossentropy.binary_crossentropy,
        _focal.binary_focal_crossentropy,
        _crossentropy.categorical_crossentropy,
        _focal.categorical_focal_crossentropy,
        _generalized.categorical_generalized_cross_entropy,
        _hinge.categorical_hinge,
        _circle.circle,
        _regression.cosine_similarity,
        _ctc.ctc,
        _overlap.dice,
        _hinge.hinge,
        _regression.huber,
        _divergence.kl_divergence,
        _regression.log_cosh,
        _regression.mean_absolute_error,
        _regression.mean_absolute_percentage_error,
        _regression.mean_squared_error,
        _regression.mean_squared_logarithmic_error,
        _divergence.poisson,
        _crossentropy.sparse_categorical_crossentropy,
        _hinge.squared_hinge,
        _overlap.tversky,
        _crossentropy.BinaryCrossentropy,
        _focal.BinaryFocalCrossentropy,
        _crossentropy.CategoricalCrossentropy,
        _focal.CategoricalFocalCrossentropy,
        _generalized.CategoricalGeneralizedCrossEntropy,
        _hinge.CategoricalHinge,
        _circle.Circle,
        _regression.CosineSimilarity,
        _ctc.CTC,
        _overlap.Dice,
        _hinge.Hinge,
        _regression.Huber,
        _divergence.KLDivergence,
        _regression.LogCosh,
        _regression.MeanAbsoluteError,
        _regression.MeanAbsolutePercentageError,
        _regression.MeanSquaredError,
        _regression.MeanSquaredLogarithmicError,
        _divergence.Poisson,
        _crossentropy.SparseCategoricalCrossentropy,
        _hinge.SquaredHinge,
        _overlap.Tversky,
    ],
    BCE=_crossentropy.binary_crossentropy,
    KLD=_divergence.kl_divergence,
    MAE=_regression.mean_absolute_error,
    MAPE=_regression.mean_absolute_percentage_error,
    MSE=_regression.mean_squared_error,
    MSLE=_regression.mean_squared_logarithmic_error,
    bce=_crossentropy.binary_crossentropy,
    kld=_divergence.kl_divergence,
    mae=_regression.mean_absolute_error,
    mape=_regression.mean_absolute_percentage_error,
    mse=_regression.mean_squared_error,
    msle=_regression.mean_squared_logarithmic_error,
)


@export("keras.losses.get")
def get(identifier):
    """The loss that `identifier` stands for.

    Args:
        identifier: a name such as `"mse"` (a function) or `"MeanSquaredError"` (an object), a loss
            or its class, a callable, a config, or None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.losses.get("mse") is cornu.losses.mean_squared_error
        True
    """
    return FAMILY.get(identifier)


@export("keras.losses.serialize")
def serialize(loss):
    """The config of a loss.

    Example:
        >>> import cornu
        >>> cornu.losses.serialize(cornu.losses.MeanSquaredError())["class_name"]
        'MeanSquaredError'
    """
    return FAMILY.serialize(loss)


@export("keras.losses.deserialize")
def deserialize(name, custom_objects=None):
    """The loss that `serialize` described.

    Args:
        name: name or config.
        custom_objects: dict of your own losses by name.

    Example:
        >>> import cornu
        >>> config = cornu.losses.serialize(cornu.losses.MeanSquaredError(reduction="sum"))
        >>> cornu.losses.deserialize(config).reduction
        'sum'
    """
    return FAMILY.deserialize(name, custom_objects)
