"""Schedules to and from configs."""

from cornu.optimizers.schedules import _decays
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "learning rate schedule",
    [
        _decays.CosineDecay,
        _decays.CosineDecayRestarts,
        _decays.ExponentialDecay,
        _decays.InverseTimeDecay,
        _decays.PiecewiseConstantDecay,
        _decays.PolynomialDecay,
    ],
)


@export("keras.optimizers.schedules.serialize")
def serialize(learning_rate_schedule):
    """The config of a schedule.

    Example:
        >>> import cornu
        >>> schedules = cornu.optimizers.schedules
        >>> schedules.serialize(schedules.CosineDecay(1.0, 10))["class_name"]
        'CosineDecay'
    """
    return FAMILY.serialize(learning_rate_schedule)


@export("keras.optimizers.schedules.deserialize")
def deserialize(config, custom_objects=None):
    """The schedule that `serialize` described.

    Args:
        config: dictionary.
        custom_objects: dict of your own schedules by name.

    Example:
        >>> import cornu
        >>> schedules = cornu.optimizers.schedules
        >>> schedules.deserialize(schedules.serialize(schedules.CosineDecay(1.0, 10))).decay_steps
        10
    """
    return FAMILY.deserialize(config, custom_objects)
