"""Objects from JSON. Names are looked up in dictionaries only; nothing is imported because a file
names it."""

import inspect

import ml_dtypes  # noqa: F401  (gives NumPy the names "bfloat16", "float8_...")
import numpy as np

from cornu.core.dtypes import standardize_dtype
from cornu.core.errors import shorten
from cornu.serial import sharing
from cornu.serial.errors import ConfigError, ModelFileError
from cornu.serial.functions import load_function, refuse_unless_allowed, safety
from cornu.serial.lookup import find_class, find_function, find_named
from cornu.serial.registry import EXPORTS, CustomObjectScope, export


@export("keras.saving.deserialize_keras_object", "keras.utils.deserialize_keras_object")
def deserialize_keras_object(config, custom_objects=None, safe_mode=True, **kwargs):
    """Build what `serialize_keras_object` described.

    Classes and functions are found, in this order, among our own public ones (by `module` and
    `class_name`), in `custom_objects`, in the open `CustomObjectScope`s and among those registered
    by `register_keras_serializable`.

    Args:
        config: plain values, as read from JSON.
        custom_objects: dictionary, name in the config -> class or function.
        safe_mode: whether code in the config (a lambda) is refused.
        **kwargs: `module_objects`, a further dictionary of names, tried last (a name alone of a
            class there stands for an object made without arguments), and `printable_module_name`,
            what to call the objects in an error message.

    Returns:
        The object; lists and dictionaries are rebuilt with what they hold.

    Raises:
        ModelFileError: if a name is unknown, a config does not fit its class, or code was refused.

    Example:
        >>> import cornu
        >>> config = cornu.saving.serialize_keras_object(cornu.regularizers.L2(0.5))
        >>> cornu.saving.deserialize_keras_object(config).l2
        0.5
    """
    names = kwargs.pop("module_objects", None)
    kind = kwargs.pop("printable_module_name", "class")
    if kwargs:
        raise TypeError(f"deserialize_keras_object() got unexpected arguments: {sorted(kwargs)}")
    with CustomObjectScope(custom_objects), safety(safe_mode), sharing.sharing():
        try:
            found = _revive(config, names, kind)
        except ModelFileError as error:
            raise error.inside(config) from error.__cause__
        known_only_there = isinstance(config, str) and find_named(config) is None
        return found() if known_only_there and isinstance(found, type) else found


def _revive(config, names=None, kind="class"):
    if config is None or isinstance(config, (bool, int, float)):
        return config
    if isinstance(config, str):
        found = find_named(config, names)
        return config if found is None else found
    if isinstance(config, (list, tuple)):
        return [_revive(item, names, kind) for item in config]
    if not isinstance(config, dict):
        raise ConfigError(
            f"Could not parse config: {shorten(config)} of type {type(config).__name__}."
        )
    class_name = config.get("class_name")
    if class_name == "__tuple__" and "items" in config:  # Keras 2 wrote these
        return tuple(_revive(item, names, kind) for item in config["items"])
    if "class_name" not in config or "config" not in config:
        return {key: _revive(value, names, kind) for key, value in config.items()}
    if isinstance(class_name, str) and class_name in SPECIAL:
        return _revive_special(config)
    if class_name == "function" and not isinstance(config["config"], str):
        raise ConfigError(
            "Expected 'config' to be a non-null string for a function, found "
            f"{shorten(config['config'])}.",
            pointer="$",
            config=config,
        )
    if isinstance(config["config"], str) and config.get("registered_name", "function") is not None:
        return find_function(config, names)
    return _revive_object(config, names, kind)


def _revive_special(config):
    inner = config["config"]
    try:
        return SPECIAL[config["class_name"]](inner, config)
    except ModelFileError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise ConfigError(
            f"A {config['class_name']} entry is malformed: {error}", pointer="$", config=config
        ) from error


def _revive_array(inner, config):
    dtype = np.dtype(standardize_dtype(inner["dtype"]))
    if dtype.kind not in "biufcV":
        raise ConfigError(f"Arrays of {dtype} are not read.", pointer="$", config=config)
    return np.array(inner["value"], dtype=dtype)


def _revive_tensor(inner, config):
    values = _revive_array(inner, config)
    return EXPORTS["keras.ops.convert_to_tensor"](values, dtype=values.dtype.name)


def _revive_symbol(inner, config):
    tensor = EXPORTS["keras.KerasTensor"](tuple(inner["shape"]), dtype=inner["dtype"])
    tensor._pre_serialized_keras_history = inner["keras_history"]
    return tensor


def _revive_lambda(inner, config):
    refuse_unless_allowed(config=config)
    if "value" in inner:
        return load_function(*inner["value"])
    return load_function(inner["code"], inner.get("defaults"), inner.get("closure"))


def _refuse_typespec(inner, config):
    if not isinstance(inner, (list, tuple)):
        raise ConfigError(
            "Expected 'config' to be a list or a tuple for a __typespec__, "
            f"found {shorten(inner)}.",
            pointer="$",
            config=config,
        )
    raise ConfigError(
        "A TensorFlow type specification is read only where TensorFlow runs the model, not here.",
        pointer="$",
        config=config,
    )


SPECIAL = {
    "__bytes__": lambda inner, config: inner["value"].encode("utf-8"),
    "__ellipsis__": lambda inner, config: Ellipsis,
    "__slice__": lambda inner, config: slice(
        *(_revive(inner[bound]) for bound in ("start", "stop", "step"))
    ),
    "__numpy__": _revive_array,
    "__tensor__": _revive_tensor,
    "__keras_tensor__": _revive_symbol,
    "__lambda__": _revive_lambda,
    "__typespec__": _refuse_typespec,
}


def _revive_object(config, names, kind):
    identity = config.get(sharing.KEY)
    known = sharing.loaded(identity)
    if known is not None:
        return known
    found = find_class(config, names, kind)
    inner = {} if config["config"] is None else config["config"]
    if not isinstance(inner, dict):
        raise ConfigError(
            f"Expected 'config' to be a dictionary for {shorten(config['class_name'])}, "
            f"found {shorten(inner)}.",
            pointer="$.config",
            config=config,
        )
    if not hasattr(found, "from_config"):
        if not inspect.isclass(found):
            return found
        raise ConfigError(
            f"Unable to reconstruct an instance of '{found.__name__}' because the class is missing "
            "a `from_config()` method.",
            pointer="$",
            config=config,
        )
    instance = _construct(found, inner, config)
    _build_and_compile(instance, config)
    sharing.remember(identity, instance)
    return instance


def _construct(found, inner, config):
    try:
        return found.from_config(dict(inner))
    except ModelFileError as error:
        raise error.inside(config) from error.__cause__
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        name = getattr(found, "__name__", type(found).__name__)
        raise ConfigError(
            f"{name} could not be deserialized properly: {type(error).__name__}: {error}. "
            "The config must hold the constructor's arguments. Please ensure that the objects in "
            "it (layers and the like) are explicitly deserialized in the class's `from_config()`.",
            pointer="$",
            config=config,
        ) from error


def _build_and_compile(instance, config):
    """Give a new object the shapes and the compilation that its description notes."""
    build_config = config.get("build_config")
    if (
        build_config
        and not getattr(instance, "built", False)
        and hasattr(instance, "build_from_config")
    ):
        instance.build_from_config(build_config)
    compile_config = config.get("compile_config")
    if compile_config and hasattr(instance, "compile_from_config"):
        instance.compile_from_config(compile_config)
