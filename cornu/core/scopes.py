"""Every piece of ambient state, in one place.

A `ContextVar` is what a `with` block sets for the code it runs; new threads start from the
defaults. The few plain dictionaries are per process and are emptied by `clear_session`.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

# Values that stand in for variables while pure code runs (`state.functional.Frame`), or None.
FRAME: ContextVar[Any] = ContextVar("FRAME", default=None)
# The dtype to which a float variable is cast when read, or None.
AUTOCAST: ContextVar[str | None] = ContextVar("AUTOCAST", default=None)
# What a layer's call passes on to the layers called inside it (`CallContext`), or None.
CALL: ContextVar[Any] = ContextVar("CALL", default=None)
# Names of the open name scopes, outermost first.
NAME_SCOPE: ContextVar[tuple[str, ...]] = ContextVar("NAME_SCOPE", default=())
# Custom names that saved configs may use (`serial.registry`).
CUSTOM_OBJECTS: ContextVar[dict[str, Any]] = ContextVar("CUSTOM_OBJECTS", default={})  # noqa: B039
# Open gradient tapes, innermost last; a variable tells them that it was read.
TAPES: ContextVar[tuple[Any, ...]] = ContextVar("TAPES", default=())
# True while a function is traced that may be traced again: a branch, or the body of a loop.
PROVISIONAL: ContextVar[bool] = ContextVar("PROVISIONAL", default=False)
# True while shapes are inferred: nothing is computed, states must not change.
SYMBOLIC: ContextVar[bool] = ContextVar("SYMBOLIC", default=False)
# The rematerialisation mode that a `RematScope` sets, or None.
REMAT: ContextVar[Any] = ContextVar("REMAT", default=None)
# The name of the device chosen by `device(...)`, or None.
DEVICE: ContextVar[str | None] = ContextVar("DEVICE", default=None)
# Variables whose first values wait until somebody asks for them (`state.variable`), or None.
DEFERRED: ContextVar[list[Any] | None] = ContextVar("DEFERRED", default=None)
# Data that the running `fit`, `evaluate` or `predict` opened and has to close, or None.
OPEN_DATA: ContextVar[list[Any] | None] = ContextVar("OPEN_DATA", default=None)

# How often each automatic name was given out.
NAME_COUNTS: dict[str, int] = {}
# Seed generators that the process as a whole owns, by use.
GLOBAL_SEEDS: dict[str, Any] = {}
# Not empty once a tensor of the process had a mask: nothing is looked for before.
MASKS: dict[str, bool] = {}
# {"value": 0 or 1} once code of Keras 2 called `set_learning_phase`: what a layer's call takes for
# `training` where neither the caller nor the call around it says anything.
LEARNING_PHASE: dict[str, int] = {}
# Ops that dropped a mask, with who wanted it, of which the user was told.
MASK_WARNINGS: set[tuple[str, str]] = set()


@dataclass(slots=True)
class CallContext:
    """What the outermost layer call of a stack shares with the calls below it."""

    layer: Any
    training: bool | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    masks: dict[tuple[str, int], tuple[Any, Any]] = field(default_factory=dict)


@contextmanager
def setting(variable, value):
    """Set one of the context variables above for the time of a `with` block."""
    token = variable.set(value)
    try:
        yield value
    finally:
        variable.reset(token)


class name_scope:
    """Prefix the paths of variables and layers made inside with `name`.

    Args:
        name: a word without `/`.

    Example:
        >>> import cornu
        >>> with cornu.name_scope("encoder"):
        ...     v = cornu.Variable([1.0], name="scale")
        >>> v.path
        'encoder/scale'
    """

    def __init__(self, name, **kwargs):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"`name` must be a string without '/', received: {name!r}")
        self.name = name
        self._tokens = []

    def __enter__(self):
        self._tokens.append(NAME_SCOPE.set((*NAME_SCOPE.get(), self.name)))
        return self

    def __exit__(self, *exc):
        NAME_SCOPE.reset(self._tokens.pop())


def current_path():
    """The open name scopes, joined by `/`."""
    return "/".join(NAME_SCOPE.get())
