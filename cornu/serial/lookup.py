"""Which class or function a config means: the allow-list that loading goes by."""

import inspect

from cornu.core.errors import did_you_mean, shorten
from cornu.core.scopes import CUSTOM_OBJECTS
from cornu.serial.errors import ConfigError
from cornu.serial.registry import (
    ALIASES,
    EXPORTS,
    get_custom_objects,
    get_registered_object,
)

# Where a class that a config names without a module is looked for.
CLASS_NAMESPACES = (
    "layers",
    "models",
    "optimizers",
    "optimizers.schedules",
    "losses",
    "metrics",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "callbacks",
    "dtype_policies",
    "random",
)
# The functions that a config may name: nothing in these reads or writes files or changes settings.
FUNCTION_NAMESPACES = (
    "activations",
    "losses",
    "metrics",
    "regularizers",
    "constraints",
    "initializers",
)
CANNOT_LOCATE = (
    "Could not locate {kind} {name!r}{where}. If it is yours, pass it when loading, "
    "custom_objects={{{key!r}: ...}}, or decorate its definition with "
    "@keras.saving.register_keras_serializable() and import that before loading.{hint}"
)


def find_named(name, names=None):
    """What a bare string stands for: a custom object, an entry of `names`, or None."""
    return get_registered_object(name, module_objects=names)


def find_class(config, names=None, kind="class"):
    """The class (or public function) that a serialised object's description names.

    Raises:
        ConfigError: if there is none, or the description could mean two things.
    """
    module, class_name = config.get("module"), config["class_name"]
    registered_name = config.get("registered_name") or class_name
    for text in (module, class_name, registered_name):
        if text is not None and not isinstance(text, str):
            raise ConfigError(
                f"A name must be a string, found {text!r:.100}.", pointer="$", config=config
            )
    own = _own(module, class_name) if module else None
    if own is not None:
        if registered_name != class_name:
            raise ConfigError(
                f"`registered_name={registered_name!r}` says that the entry is a custom object, "
                f"but {module}.{class_name} resolved to a Keras built-in; it cannot mean both.",
                pointer="$",
                config=config,
            )
        return own
    for name in (registered_name, class_name):
        found = get_registered_object(name, module_objects=names) if name else None
        if found is not None:
            return found
    if not module:
        own = _bare(class_name)
        if own is not None:
            return own
    raise ConfigError(
        _cannot_locate(kind, module, class_name, registered_name), pointer="$", config=config
    )


def find_function(config, names=None):
    """The function that a description such as `{"class_name": "function", "config": "relu"}`
    names."""
    name = config["config"]
    found = get_registered_object(name)
    if found is None:
        found = (names or {}).get(name) or _own_function(name)
        registered_name = config.get("registered_name")
        if found is not None and registered_name not in (None, "function", name):
            raise ConfigError(
                f"`registered_name={shorten(registered_name)}` says that the entry is a custom "
                f"function, but {name!r} resolved to a Keras built-in; it cannot mean both.",
                pointer="$",
                config=config,
            )
    if found is None:  # Keras 3.0 to 3.6 wrote the bare name of a registered function
        ending = [
            obj
            for names in (CUSTOM_OBJECTS.get(), get_custom_objects())
            for key, obj in names.items()
            if key.endswith(f">{name}")
        ]
        found = ending[0] if len({id(obj) for obj in ending}) == 1 else None
    if found is None:
        raise ConfigError(_cannot_locate("function", None, name, name), pointer="$", config=config)
    return found


def _own(module, class_name):
    """What we have under a path of a file: public, or where Keras keeps it internally."""
    path = f"{module}.{class_name}"
    found = EXPORTS.get(path, ALIASES.get(path))
    if found is None:
        parts = module.split(".")
        spaces = [space for space in CLASS_NAMESPACES if space.split(".")[0] in parts[1:]]
        if parts[0] != "keras" or parts[1:2] == ["saving"]:
            return None
        candidates = (EXPORTS.get(f"keras.{space}.{class_name}") for space in spaces)
        found = next((obj for obj in candidates if obj is not None), None)
    if found is None or may_be_named(found):
        return found
    raise ConfigError(f"{path} is not something that a saved object may name.", pointer="$")


def may_be_named(obj):
    """Classes that have configs, and functions of the mathematical namespaces; nothing else of the
    public API."""
    if hasattr(obj, "from_config"):
        return True
    return not inspect.isclass(obj) and _own_function(getattr(obj, "__name__", "")) is obj


def _own_function(name):
    for space in FUNCTION_NAMESPACES:
        found = EXPORTS.get(f"keras.{space}.{name}")
        if (
            found is not None
            and not inspect.isclass(found)
            and name not in ("get", "serialize", "deserialize")
        ):
            return found
    return None


def _bare(class_name):
    """A class of ours that an old config names without its module."""
    paths = (f"keras.{space}.{class_name}" for space in CLASS_NAMESPACES)
    found = (EXPORTS.get(path) for path in (*paths, f"keras.{class_name}"))
    return next((obj for obj in found if obj is not None and may_be_named(obj)), None)


def _cannot_locate(kind, module, class_name, registered_name):
    name = str(class_name)[:100]
    where = f" of module {str(module)[:100]!r}" if module else ""
    if registered_name != class_name:
        where += f", registered as {str(registered_name)[:100]!r}"
    known = {path.rpartition(".")[2] for path in EXPORTS if path.count(".") == 2}
    known |= {key.rpartition(">")[2] for key in (*get_custom_objects(), *CUSTOM_OBJECTS.get())}
    hint = did_you_mean(name, known - {name})
    return CANNOT_LOCATE.format(
        kind=kind, name=name, where=where, key=str(registered_name)[:100], hint=hint
    )
