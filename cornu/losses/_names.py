"""Losses by name."""

from cornu.losses import _crossentropy, _regression
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "loss",
    [
        _crossentropy.binary_crossentropy,
        _crossentropy.categorical_crossentropy,
        _regression.mean_absolute_error,
        _regression.mean_squared_error,
        _crossentropy.sparse_categorical_crossentropy,
        _crossentropy.BinaryCrossentropy,
        _crossentropy.CategoricalCrossentropy,
        _regression.MeanAbsoluteError,
        _regression.MeanSquaredError,
        _crossentropy.SparseCategoricalCrossentropy,
    ],
    BCE=_crossentropy.binary_crossentropy,
    MAE=_regression.mean_absolute_error,
    MSE=_regression.mean_squared_error,
    bce=_crossentropy.binary_crossentropy,
    mae=_regression.mean_absolute_error,
    mse=_regression.mean_squared_error,
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
