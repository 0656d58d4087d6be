"""Constraints by name."""

from cornu.constraints._constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family("constraint", [Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm])


@export("keras.constraints.get")
def get(identifier):
    """The constraint that `identifier` stands for.

    Args:
        identifier: a name such as `"max_norm"`, a constraint or its class, a callable, a config, or
            None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.constraints.get("unit_norm").axis
        0
    """
    return FAMILY.get(identifier)


@export("keras.constraints.serialize")
def serialize(constraint):
    """The config of a constraint.

    Example:
        >>> import cornu
        >>> cornu.constraints.serialize(cornu.constraints.UnitNorm())["config"]
        {'axis': 0}
    """
    return FAMILY.serialize(constraint)


@export("keras.constraints.deserialize")
def deserialize(config, custom_objects=None):
    """The constraint that `serialize` described.

    Args:
        config: name or config.
        custom_objects: dict of your own constraints by name.

    Example:
        >>> import cornu
        >>> cornu.constraints.deserialize({"class_name": "UnitNorm", "config": {"axis": 1}}).axis
        1
    """
    return FAMILY.deserialize(config, custom_objects)
