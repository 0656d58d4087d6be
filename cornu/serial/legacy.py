"""`keras.legacy.saving`: objects as dictionaries of a class name and a config, as Keras 2 had
them."""

import inspect

from cornu.core.errors import shorten
from cornu.serial.decode import deserialize_keras_object as deserialize
from cornu.serial.encode import serialize_dict
from cornu.serial.errors import ConfigError
from cornu.serial.registry import (
    CustomObjectScope,
    export,
    get_registered_name,
    get_registered_object,
    path_of,
)

UNKNOWN = (
    "Unknown {kind}: {name!r}. Pass it in `custom_objects` or `module_objects`, open a "
    "`keras.utils.custom_object_scope` that has it, or register it by "
    "`keras.saving.register_keras_serializable`."
)


@export("keras.legacy.saving.serialize_keras_object", "keras.utils.legacy.serialize_keras_object")
def serialize_keras_object(instance):
    """Describe an object by its class name and config, or a function by its name.

    Unlike `keras.saving.serialize_keras_object` it does not say where the class is.

    Args:
        instance: an object with `get_config`, a function, or None.

    Returns:
        A dictionary with `class_name` and `config`, a name, or None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.legacy.saving.serialize_keras_object(cornu.regularizers.L2(0.5))
        {'class_name': 'L2', 'config': {'l2': 0.5}}
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config") and not inspect.isclass(instance):
        name = get_registered_name(type(instance))
        path = path_of(type(instance))
        name = path.rpartition(".")[2] if path else name
        return {"class_name": name, "config": serialize_dict(instance.get_config())}
    if hasattr(instance, "__name__") and not inspect.isclass(instance):
        return get_registered_name(instance)
    raise ValueError(
        f"Cannot serialize {shorten(instance)} because it doesn't implement `get_config()`."
    )


@export(
    "keras.legacy.saving.deserialize_keras_object", "keras.utils.legacy.deserialize_keras_object"
)
def deserialize_keras_object(
    identifier, module_objects=None, custom_objects=None, printable_module_name="object"
):
    """Build what `serialize_keras_object` of this module described.

    Classes and functions are found by their names in `custom_objects`, the open scopes, among those
    registered, and in `module_objects`; nowhere else.

    Args:
        identifier: a dictionary with `class_name` and `config`, the name of a function, a function
            or None.
        module_objects: dictionary, name -> class or function, looked in last.
        custom_objects: dictionary, name -> class or function.
        printable_module_name: what to call the object in an error message.

    Returns:
        The object; a function as it is.

    Raises:
        ValueError: if the name is unknown or `identifier` is anything else.

    Example:
        >>> import cornu
        >>> cornu.legacy.saving.deserialize_keras_object(
        ...     {"class_name": "L2", "config": {"l2": 0.5}}, {"L2": cornu.regularizers.L2}
        ... ).l2
        0.5
    """
    if identifier is None:
        return None
    with CustomObjectScope(custom_objects):
        if isinstance(identifier, dict):
            return _object(identifier, module_objects, printable_module_name)
        if isinstance(identifier, str):
            return _named(identifier, module_objects, printable_module_name)
    if inspect.isfunction(identifier):
        return identifier
    raise ValueError(f"Could not interpret serialized object: {shorten(identifier)}")


def _object(description, module_objects, kind):
    name, config = description.get("class_name"), description.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise ConfigError(
            f"Improper config format for {shorten(description)}. Expecting python dict contains "
            "`class_name` and `config` as keys"
        )
    found = _found(name, module_objects, kind)
    if not hasattr(found, "from_config"):
        return found(**_revived(config))
    parameters = inspect.signature(found.from_config).parameters
    if "custom_objects" in parameters and not hasattr(found, "load_own_variables"):
        return found.from_config(dict(config), custom_objects={})
    return found.from_config(dict(config))


def _revived(config):
    """The arguments of a class without `from_config`, which would deserialize them."""
    return {
        key: deserialize(value) if isinstance(value, dict) and "class_name" in value else value
        for key, value in config.items()
    }


def _named(name, module_objects, kind):
    found = _found(name, module_objects, kind)
    return found() if inspect.isclass(found) else found


def _found(name, module_objects, kind):
    found = get_registered_object(name, module_objects=module_objects)
    if found is None:
        raise ValueError(UNKNOWN.format(kind=kind, name=shorten(name)))
    return found
