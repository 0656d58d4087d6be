"""The registry: public paths of our own objects, and the names under which users' objects are
saved.

`EXPORTS` is the whole public API by path (`"keras.layers.Dense"`). Loading a file looks names up in
these dictionaries and nowhere else.
"""

import inspect

from cornu.core.scopes import CUSTOM_OBJECTS

# Public path -> object. The first path given to `export` is canonical: it is what saved files say.
EXPORTS = {}
# Paths that files may hold without being public, such as "keras.src.models.functional.Functional"
# -> object.
ALIASES = {}

_CANONICAL = {}
_CUSTOM = {}
_CUSTOM_NAMES = {}


def export(*paths):
    """Make a class or function public under `paths`; the first is the one that saved files name.

    Nothing is set on the object itself: a subclass is not exported with its parent.

    Args:
        *paths: dotted paths such as `"keras.layers.Dense"`.

    Returns:
        A decorator that returns its argument.

    Example:
        >>> from cornu.serial.registry import export, path_of
        >>> @export("keras.doc_example.Thing")
        ... class Thing:
        ...     pass
        >>> path_of(Thing)
        'keras.doc_example.Thing'
    """

    def register(obj):
        for path in paths:
            if EXPORTS.setdefault(path, obj) is not obj:
                raise ValueError(f"{path!r} is already the public path of {EXPORTS[path]!r}.")
        _CANONICAL.setdefault(obj, paths[0])
        return obj

    return register


def alias(path, obj):
    """Let saved files name `obj` by a path that is not public (where Keras keeps it)."""
    if ALIASES.setdefault(path, obj) is not obj:
        raise ValueError(f"{path!r} already stands for {ALIASES[path]!r}.")
    return obj


def path_of(obj):
    """The canonical public path of a class or function of ours, or None."""
    try:
        return _CANONICAL.get(obj)
    except TypeError:  # not hashable, so never exported
        return None


def public_class(cls):
    """The nearest exported class among `cls` and its bases, or None."""
    return next((base for base in cls.__mro__ if base in _CANONICAL), None)


@export("keras.saving.register_keras_serializable", "keras.utils.register_keras_serializable")
def register_keras_serializable(package="Custom", name=None):
    """Decorator that makes a class or function of yours known to saving and loading.

    It is saved and found again under `"package>name"`. Registering the same name again replaces the
    earlier object.

    Args:
        package: first half of the name; keeps apart objects of different projects.
        name: second half; by default the object's own name.

    Returns:
        A decorator that returns its argument.

    Raises:
        ValueError: for a class without `get_config`.

    Example:
        >>> import cornu
        >>> @cornu.saving.register_keras_serializable(package="zoo")
        ... def double(x):
        ...     return 2 * x
        >>> cornu.saving.get_registered_name(double)
        'zoo>double'
    """

    def register(obj):
        own_name = name if name is not None else getattr(obj, "__name__", None)
        if own_name is None:
            raise TypeError(f"Only classes and functions can be registered, received: {obj!r}")
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(
                f"Cannot register a class that does not have a get_config() method: {own_name}. "
                "Define one that returns the constructor's arguments as a dictionary."
            )
        full_name = f"{package}>{own_name}"
        _CUSTOM[full_name] = obj
        _CUSTOM_NAMES[obj] = full_name
        return obj

    return register


@export("keras.saving.get_custom_objects", "keras.utils.get_custom_objects")
def get_custom_objects():
    """The live dictionary of registered objects, `"package>name"` -> object; you may add to it.

    Example:
        >>> import cornu
        >>> isinstance(cornu.saving.get_custom_objects(), dict)
        True
    """
    return _CUSTOM


@export("keras.saving.get_registered_name", "keras.utils.get_registered_name")
def get_registered_name(obj):
    """The name under which a class or function is saved: `"package>name"` if registered, else its
    own name.

    Example:
        >>> import cornu
        >>> cornu.saving.get_registered_name(cornu.layers.Dense)
        'Dense'
    """
    return _CUSTOM_NAMES.get(obj) or obj.__name__


def is_registered(obj):
    """Whether a user registered this class or function."""
    return obj in _CUSTOM_NAMES


@export("keras.saving.get_registered_object", "keras.utils.get_registered_object")
def get_registered_object(name, custom_objects=None, module_objects=None):
    """The class or function saved as `name`, or None.

    Looked up in the open `CustomObjectScope`s, among the registered objects, in `custom_objects`
    and in `module_objects`, in this order.

    Args:
        name: `"package>name"`, or a key of one of the dictionaries.
        custom_objects: further names, a dictionary.
        module_objects: names to try last, a dictionary.

    Returns:
        The object, or None where no dictionary has the name.

    Example:
        >>> import cornu
        >>> cornu.saving.get_registered_object("double", custom_objects={"double": abs})
        <built-in function abs>
    """
    for names in (CUSTOM_OBJECTS.get(), _CUSTOM, custom_objects, module_objects):
        if names and name in names:
            return names[name]
    return None


@export(
    "keras.saving.CustomObjectScope",
    "keras.saving.custom_object_scope",
    "keras.utils.CustomObjectScope",
    "keras.utils.custom_object_scope",
)
class CustomObjectScope:
    """Names that loading may use inside a `with` block.

    Args:
        custom_objects: dictionary, name in the saved config -> class or function.

    Example:
        >>> import cornu
        >>> def double(x):
        ...     return 2 * x
        >>> with cornu.saving.CustomObjectScope({"double": double}):
        ...     layer = cornu.layers.Dense(1, activation="double")
    """

    def __init__(self, custom_objects):
        self.custom_objects = custom_objects or {}
        self._tokens = []

    def __enter__(self):
        self._tokens.append(CUSTOM_OBJECTS.set({**CUSTOM_OBJECTS.get(), **self.custom_objects}))
        return self

    def __exit__(self, *exc):
        CUSTOM_OBJECTS.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope
