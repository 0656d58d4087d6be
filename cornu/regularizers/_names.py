"""Regularizers by name."""

from cornu.regularizers._regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family("regularizer", [L1, L1L2, L2, OrthogonalRegularizer, Regularizer], l1_l2=L1L2)


@export("keras.regularizers.get")
def get(identifier):
    """The regularizer that `identifier` stands for.

    Args:
        identifier: a name such as `"l2"`, a regularizer or its class, a callable, a config, or
            None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.regularizers.get("l2").l2
        0.01
    """
    return FAMILY.get(identifier)


@export("keras.regularizers.serialize")
def serialize(regularizer):
    """The config of a regularizer.

    Example:
        >>> import cornu
        >>> cornu.regularizers.serialize(cornu.regularizers.L2(0.5))["config"]
        {'l2': 0.5}
    """
    return FAMILY.serialize(regularizer)


@export("keras.regularizers.deserialize")
def deserialize(config, custom_objects=None):
    """The regularizer that `serialize` described.

    Args:
        config: name or config.
        custom_objects: dict of your own regularizers by name.

    Example:
        >>> import cornu
        >>> cornu.regularizers.deserialize({"class_name": "L1", "config": {"l1": 0.5}}).l1
        0.5
    """
    return FAMILY.deserialize(config, custom_objects)
