"""Initializers, regularizers, constraints, activations and dtypes as Keras 1 and 2 described
them."""

from cornu import ops
from cornu.serial.errors import ConfigError
from cornu.serial.registry import EXPORTS, get_registered_object, register_keras_serializable

# Kind of object -> its part of the public API.
SPACES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "layer": "keras.layers",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
}
_INITIALIZERS = {
    "uniform": "random_uniform",
    "normal": "random_normal",
    "zero": "zeros",
    "one": "ones",
}
_DISTRIBUTIONS = {"normal": "truncated_normal"}
# Keys that an initializer's config had and ours has no use for.
_FORGOTTEN = ("dtype", "partition_info")
_REGULARIZERS = dict.fromkeys(
    ("WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer"), "L1L2"
)
_CONSTRAINTS = {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"}


@register_keras_serializable(package="cornu", name="hard_sigmoid_of_keras_2")
def hard_sigmoid(x):
    """`clip(0.2 x + 0.5, 0, 1)`: what Keras 1 and 2 call hard sigmoid (3 has the slope 1/6)."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


HARD_SIGMOID = {
    "module": "builtins",
    "class_name": "function",
    "config": "cornu>hard_sigmoid_of_keras_2",
    "registered_name": "function",
}


def described(kind, class_name, config):
    """An object's description with the module that it is public in, unless the name is a
    user's."""
    module = SPACES.get(kind)
    known = module is not None and f"{module}.{class_name}" in EXPORTS
    if not known or get_registered_object(class_name) is not None:
        return {"class_name": class_name, "config": config}
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def parts(value):
    """`(class name, config)` of a description, or None if it is none."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("class_name"), str):
        config = value.get("config")
        return value["class_name"], dict(config) if isinstance(config, dict) else config
    if isinstance(value.get("name"), str):  # Keras 1: the arguments are beside the name
        return value["name"], {key: item for key, item in value.items() if key != "name"}
    return None


def initializer(value):
    """The description of an initializer."""
    if isinstance(value, str):
        return _INITIALIZERS.get(value, value)
    found = parts(value)
    if found is None or not isinstance(found[1], dict):
        return value
    name, config = found
    if get_registered_object(name) is not None:
        return value
    for key in _FORGOTTEN:
        config.pop(key, None)
    if name == "VarianceScaling":
        config["distribution"] = _DISTRIBUTIONS.get(
            config.get("distribution"), config.get("distribution", "truncated_normal")
        )
    for ending in ("V1", "V2"):
        name = name.removesuffix(ending)
    return described("initializer", name, config)


def regularizer(value):
    """The description of a regularizer."""
    found = parts(value)
    if found is None or not isinstance(found[1], dict):
        return value
    name = _REGULARIZERS.get(found[0], found[0])
    return described("regularizer", name, found[1])


def constraint(value):
    """The description of a constraint."""
    if isinstance(value, str):
        return _CONSTRAINTS.get(value, value)
    found = parts(value)
    if found is None or not isinstance(found[1], dict):
        return value
    name, config = _CONSTRAINTS.get(found[0], found[0]), found[1]
    if "m" in config:
        config["max_value"] = config.pop("m")
    return described("constraint", name, config)


def activation(value, version):
    """The description of an activation: its name, or a function or layer of somebody's."""
    found = parts(value)
    name = value if isinstance(value, str) else None
    if found and found[0] == "function" and isinstance(value.get("config"), str):
        name = value["config"]
    if name == "hard_sigmoid" and version < 3 and get_registered_object(name) is None:
        return dict(HARD_SIGMOID)
    return value


def plain_name(name):
    """A layer's name without slashes, which Keras 2 allowed."""
    return name.replace("/", "_") if isinstance(name, str) else name


def dtype(value):
    """The name of a dtype or of a policy."""
    if not isinstance(value, dict):
        return None if value in ("infer", "_infer") else value
    config = value.get("config")
    if value.get("class_name") in ("Policy", "PolicyV1") and isinstance(config, dict):
        return dtype(config.get("name"))
    return value


def refuse(what, data=None):
    """Raise the error that something old has no counterpart."""
    raise ConfigError(what, pointer="$", config=data)
