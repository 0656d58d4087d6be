"""Optimizers by name."""

from cornu.optimizers._loss_scale import LossScaleOptimizer
from cornu.optimizers._multi import MultiOptimizer
from cornu.optimizers._optimizer import Optimizer
from cornu.optimizers.adadelta import Adadelta
from cornu.optimizers.adafactor import Adafactor
from cornu.optimizers.adagrad import Adagrad
from cornu.optimizers.adam import Adam, AdamW
from cornu.optimizers.adamax import Adamax
from cornu.optimizers.ftrl import Ftrl
from cornu.optimizers.lamb import Lamb
from cornu.optimizers.lion import Lion
from cornu.optimizers.muon import Muon
from cornu.optimizers.nadam import Nadam
from cornu.optimizers.rmsprop import RMSprop
from cornu.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from cornu.optimizers.sgd import SGD
from cornu.serial.family import Family
from cornu.serial.registry import export

FAMILY = Family(
    "optimizer",
    [
        Adam,
        AdamW,
        RMSprop,
        SGD,
        Adadelta,
        Adafactor,
        Adagrad,
        Adamax,
        Ftrl,
        Lamb,
        Lion,
        LossScaleOptimizer,
        MultiOptimizer,
        Muon,
        Nadam,
        ScheduleFreeAdamW,
    ],
)
LOWER = {name.lower(): name for name in FAMILY.names}


def _known(name):
    """A name in whatever case, as the family has it."""
    return LOWER.get(name.lower(), name) if isinstance(name, str) else name


@export("keras.optimizers.get")
def get(identifier):
    """The optimizer that `identifier` stands for.

    Args:
        identifier: a name such as `"adam"` (in any case), an optimizer or its class, a config, or
            None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.optimizers.get("adam").beta_1
        0.9
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    found = identifier
    if isinstance(identifier, (str, dict)):
        found = deserialize(_known(identifier))
    if isinstance(found, type) and issubclass(found, Optimizer):
        return found()
    if isinstance(found, Optimizer):
        return found
    raise ValueError(FAMILY.unknown(identifier))


@export("keras.optimizers.serialize")
def serialize(optimizer):
    """The config of an optimizer.

    Example:
        >>> import cornu
        >>> cornu.optimizers.serialize(cornu.optimizers.SGD(0.5))["config"]["learning_rate"]
        0.5
    """
    return FAMILY.serialize(optimizer)


@export("keras.optimizers.deserialize")
def deserialize(config, custom_objects=None):
    """The optimizer that `serialize` described.

    Args:
        config: dictionary; the class's name may be in any case.
        custom_objects: dict of your own optimizers by name.

    Example:
        >>> import cornu
        >>> config = {"class_name": "SGD", "config": {"learning_rate": 0.5}}
        >>> float(cornu.optimizers.deserialize(config).learning_rate)
        0.5
    """
    if isinstance(config, dict) and "class_name" in config:
        config = {**config, "class_name": _known(config["class_name"])}
    return FAMILY.deserialize(config, custom_objects)
