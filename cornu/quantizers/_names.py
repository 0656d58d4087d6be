"""Quantizers by name."""

import inspect

from cornu.quantizers._calibrated import AWQConfig, GPTQConfig
from cornu.quantizers._config import (
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)
from cornu.quantizers._quantizer import AbsMaxQuantizer, Quantizer
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "quantizer",
    [
        AbsMaxQuantizer,
        Quantizer,
        QuantizationConfig,
        Int8QuantizationConfig,
        Int4QuantizationConfig,
        Float8QuantizationConfig,
        GPTQConfig,
        AWQConfig,
    ],
)


@export("keras.quantizers.get")
def get(identifier, **kwargs):
    """The quantizer that `identifier` stands for.

    Args:
        identifier: a name such as `"abs_max_quantizer"`, a class, a config, a callable, or None.
        **kwargs: arguments of the constructor, for a name or class.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.quantizers.get("abs_max_quantizer", axis=0).axis
        (0,)
    """
    if identifier is None:
        return None
    found = FAMILY.names.get(identifier) if isinstance(identifier, str) else identifier
    if isinstance(found, dict):
        found = FAMILY.deserialize(found)
    if inspect.isclass(found):
        found = found(**kwargs)
    if callable(found) or isinstance(found, QuantizationConfig):
        return found
    raise ValueError(FAMILY.unknown(identifier))


@export("keras.quantizers.serialize")
def serialize(initializer):
    """The config of a quantizer or quantisation config.

    Example:
        >>> import cornu
        >>> cornu.quantizers.serialize(cornu.quantizers.AbsMaxQuantizer(axis=0))["class_name"]
        'AbsMaxQuantizer'
    """
    return FAMILY.serialize(initializer)


@export("keras.quantizers.deserialize")
def deserialize(config, custom_objects=None):
    """The object that `serialize` described.

    Args:
        config: name or config.
        custom_objects: dict of your own quantizers by name.

    Example:
        >>> import cornu
        >>> config = {"class_name": "AbsMaxQuantizer", "config": {"axis": 0}}
        >>> cornu.quantizers.deserialize(config).axis
        (0,)
    """
    return FAMILY.deserialize(config, custom_objects)
