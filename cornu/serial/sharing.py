"""Objects that occur twice in one saved model stay one object when it is loaded."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

KEY = "shared_object_id"


@dataclass(slots=True)
class Shared:
    """What one save or load has met so far."""

    numbers: dict[int, int] = field(default_factory=dict)
    keep: list[Any] = field(default_factory=list)
    loaded: dict[int, Any] = field(default_factory=dict)


# What the save or load around has met, or None outside of one.
SHARED: ContextVar[Shared | None] = ContextVar("SHARED", default=None)


@contextmanager
def sharing(fresh=False):
    """Number the objects that are serialised inside; unless `fresh`, a block around is joined."""
    token = SHARED.set(Shared() if fresh or SHARED.get() is None else SHARED.get())
    try:
        yield
    finally:
        SHARED.reset(token)


def number(obj):
    """The number of `obj` in this save, or None: only what has state of its own needs to stay one
    object."""
    shared = SHARED.get()
    if shared is None or not hasattr(obj, "save_own_variables"):
        return None
    if id(obj) not in shared.numbers:
        shared.numbers[id(obj)] = len(shared.numbers) + 1
        shared.keep.append(obj)  # its id must not be given to another object meanwhile
    return shared.numbers[id(obj)]


def loaded(identity):
    """The object that was loaded under this number before, or None."""
    shared = SHARED.get()
    return shared.loaded.get(identity) if shared is not None and identity is not None else None


def remember(identity, obj):
    """Note the object that was loaded under this number."""
    shared = SHARED.get()
    if shared is not None and identity is not None:
        shared.loaded[identity] = obj


def without_single_numbers(config):
    """A copy of a serialised object in which only the numbers that occur more than once are
    left."""
    counts = {}
    for node in _dicts(config):
        if KEY in node:
            counts[node[KEY]] = counts.get(node[KEY], 0) + 1
    return _drop(config, {identity for identity, count in counts.items() if count == 1})


def _dicts(node):
    if isinstance(node, dict):
        yield node
    if isinstance(node, (dict, list, tuple)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _dicts(child)


def _drop(node, single):
    if isinstance(node, dict):
        return {k: _drop(v, single) for k, v in node.items() if not (k == KEY and v in single)}
    if isinstance(node, (list, tuple)):
        return [_drop(item, single) for item in node]
    return node
