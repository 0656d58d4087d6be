"""A config is the constructor's arguments: remembered when an object is made, described when it is
saved."""

import inspect

import numpy as np

from cornu.core.errors import did_you_mean, shorten
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.errors import ModelFileError
from cornu.serial.registry import is_registered, path_of, public_class

NEEDS_GET_CONFIG = (
    "{name} was created with {what}, which cannot be saved automatically. "
    "Give the class a `get_config()` that returns its constructor's arguments as plain values:\n\n"
    "    def get_config(self):\n"
    "        return {{**super().get_config(), {entry!r}: ...}}\n\n"
    "and, if an argument needs to be rebuilt from its plain form, a `from_config(cls, config)`."
)


class Configurable:
    """Base of everything that has a config: `get_config` and `from_config` follow from the
    constructor.

    A class keeps each constructor argument in an attribute of the same name (an argument without
    one is described as it was passed). `config_exclude` names arguments that are no part of the
    config.
    """

    config_exclude = frozenset()

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        object.__setattr__(self, "_init_call", (args, kwargs))
        return self

    @property
    def _init_args(self):
        """The constructor's arguments by name, defaults included."""
        args, kwargs = self.__dict__.get("_init_call", ((), {}))
        fields = constructor_fields(type(self))
        bound = {name: default for name, default in fields.items() if default is not inspect._empty}
        return {**bound, **dict(zip(fields, args, strict=False)), **kwargs}

    def get_config(self):
        """The constructor's arguments, as plain values."""
        cls = type(self)
        owner = public_class(cls) or cls
        if owner is not cls and is_automatic(cls, owner):
            config = auto_config(self, required=False)
            if config is not None:
                return config
        given = self._init_args
        config = {}
        for name, default in constructor_fields(owner).items():
            if name not in owner.config_exclude:
                value = getattr(self, name, given.get(name, default))
                if value is inspect._empty:
                    continue  # made by a subclass in another way, without this argument
                config[name] = _serialize_argument(value)
        return config

    @classmethod
    def from_config(cls, config):
        """An object built from its config.

        Args:
            config: what `get_config` returned.

        Returns:
            A new object of this class.
        """
        owner = public_class(cls) or cls
        if owner is not cls and is_automatic(cls, owner):
            config = {name: _revive_argument(value) for name, value in config.items()}
        try:
            return cls(**config)
        except ModelFileError:
            raise
        except (TypeError, ValueError) as error:
            fields = constructor_fields(cls)
            unknown = next((name for name in config if name not in fields), None)
            if unknown is None and isinstance(error, TypeError):
                raise
            hint = f"{did_you_mean(unknown, fields)} Its constructor takes: {', '.join(fields)}."
            raise TypeError(
                f"{cls.__name__} cannot be built from this config: {error}"
                + (f".{hint}" if unknown is not None else "")
            ) from error


def constructor_fields(cls):
    """The constructor's parameters, name -> default, those reached through `**kwargs` of base
    classes included.

    Worked out once per class; a `*args` is listed under its name with a star.
    """
    fields = cls.__dict__.get("_constructor_fields")
    if fields is None:
        fields = _collect_fields(cls)
        cls._constructor_fields = fields
    return fields


def _collect_fields(cls):
    fields = {}
    for base in cls.__mro__:
        if "__init__" not in base.__dict__ or base is object:
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind is parameter.VAR_POSITIONAL:
                fields.setdefault(f"*{parameter.name}", inspect._empty)
            elif parameter.kind is not parameter.VAR_KEYWORD:
                fields.setdefault(parameter.name, parameter.default)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return fields


def is_automatic(cls, owner):
    """Whether a user's class has a constructor of its own but no `get_config`."""
    users = cls.__mro__[: cls.__mro__.index(owner)]
    return not any("get_config" in base.__dict__ for base in users) and any(
        "__init__" in base.__dict__ for base in users
    )


def auto_config(obj, required=True):
    """The config of a user's object whose class defines no `get_config`: its constructor's
    arguments, if all are plain.

    Plain are None, booleans, numbers, strings, lists, tuples and dictionaries of these, and
    registered objects.

    Args:
        obj: a `Configurable`.
        required: whether to raise where an argument is not plain; else None is returned.

    Returns:
        Dictionary, argument name -> plain value. Only arguments that the class names or that were
        passed.

    Raises:
        NotImplementedError: if an argument is not plain.
    """
    cls = type(obj)
    args, kwargs = obj.__dict__.get("_init_call", ((), {}))
    own = _own_parameters(cls)
    what, entry = None, "argument"
    named = [p for p in own if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    nameless = [p.name for p in own if p.kind in (p.VAR_POSITIONAL, p.POSITIONAL_ONLY)]
    if nameless and len(args) > sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in own):
        what, entry = f"positional only or variadic arguments ({', '.join(nameless)})", nameless[0]
    config = {p.name: p.default for p in named if p.default is not p.empty}
    config.update(zip((p.name for p in named), args, strict=False))
    config.update(kwargs)
    for name, value in config.items():
        if what is None and not is_plain(value):
            what, entry = f"a non-serializable argument value, {name}={shorten(value)}", name
    if what is None:
        return {name: _serialize_argument(value) for name, value in config.items()}
    if required:
        raise NotImplementedError(
            NEEDS_GET_CONFIG.format(name=cls.__name__, what=what, entry=entry)
        )
    return None


def _own_parameters(cls):
    owner = next(base for base in cls.__mro__ if "__init__" in base.__dict__)
    return list(inspect.signature(owner.__init__).parameters.values())[1:]


def is_plain(value):
    """Whether `auto_config` may write `value` down."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return not isinstance(value, np.generic)
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if inspect.isroutine(value):
        return path_of(value) is not None or is_registered(value)
    return hasattr(value, "get_config") and (
        path_of(type(value)) is not None or is_registered(type(value))
    )


def _serialize_argument(value):
    path = path_of(value) if callable(value) else None
    if path is not None and path.startswith("keras.activations."):
        return path.rpartition(".")[2]
    return serialize_keras_object(value)


def _revive_argument(value):
    """Rebuild the objects within a plain value; leave everything else as it is."""
    if isinstance(value, dict) and {"class_name", "config"} <= value.keys():
        return deserialize_keras_object(value)
    if isinstance(value, dict):
        return {key: _revive_argument(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_revive_argument, value))
    return value
