"""How the tables of this package become functions: an op of ours under TensorFlow's parameters."""

import functools
import inspect
import types

from cornu.core.errors import LIMIT, did_you_mean


def renamed(function, names, public):
    """`function` with other names for its parameters.

    Args:
        function: an op.
        names: TensorFlow's names of the first parameters, in their order, separated by spaces.
            `name`, which TensorFlow takes everywhere as a label of graph nodes, may come after
            them.
        public: the function's name.
    """
    theirs = names.split()

    def call(*args, **kwargs):
        if not kwargs and len(args) <= len(theirs):
            return function(*args)
        unknown = [name for name in kwargs if name not in theirs and name != "name"]
        if unknown or len(args) > len(theirs) + 1:
            raise TypeError(
                f"`tf.{public}` takes the arguments {', '.join(theirs)}. Received:"
                f" {len(args)} arguments and {', '.join(kwargs) or 'no keywords'}."
                f"{did_you_mean(unknown[0], theirs) if unknown else ''}"
            )
        ours = dict(zip(theirs, _parameters(function), strict=False))
        given = {**dict(zip(theirs, args, strict=False)), **kwargs}
        return function(**{ours[name]: value for name, value in given.items() if name in ours})

    call.__name__ = call.__qualname__ = public
    op = function.__name__
    call.__doc__ = f"`tf.{public}`" + ("." if op == "<lambda>" else f": see `keras.ops.{op}`.")
    call.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in theirs]
    )
    return call


@functools.cache
def _parameters(function):
    return list(inspect.signature(function).parameters)


def fill(module_globals, rows):
    """Put the functions of a table into a module.

    Args:
        module_globals: `globals()` of the module.
        rows: from a name to `(function, names)` as for `renamed`, or to a function.
    """
    for public, row in rows.items():
        if isinstance(row, tuple):
            row = renamed(*row, public=public)
        module_globals[public] = row


class Namespace(types.ModuleType):
    """A module of the stand-in whose missing names say what is there instead.

    Args:
        name: as users write it, such as `"tf.nn"`.
        members: dict of what it holds.
        absent: from names that are left out on purpose to what to do instead.
    """

    def __init__(self, name, members=(), absent=()):
        super().__init__("tensorflow" + name[2:], f"`{name}`: TensorFlow's names on cornu.")
        self._label = name
        self._absent = dict(absent)
        self.__path__ = []  # so that `import tensorflow.compat.v1` finds what is in it
        vars(self).update(members)

    def __getattr__(self, name):
        raise missing(self._label, name, vars(self), self._absent)


def missing(space, name, members, absent=()):
    """The AttributeError for a name that a namespace does not have."""
    absent = dict(absent)
    if name.startswith("__"):
        return AttributeError(name)
    if name in absent:
        return AttributeError(f"`{space}.{name}` is not there: {absent[name]}")
    near = did_you_mean(name, [each for each in members if not each.startswith("_")])
    return AttributeError(
        f"`{space}.{name}` is not part of the TensorFlow that cornu stands in for.{near} Use"
        f" `keras.ops`, or a TensorFlow that is installed: `python -m cornu --tensorflow=real`."[
            :LIMIT
        ]
    )
