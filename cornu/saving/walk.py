"""Which objects of a model have state in its files, and under which path: exactly Keras's naming.

Attributes are visited in alphabetical order, private ones last; an object found twice belongs to
its first path. Items of lists, tuples and dictionaries are called after their class, numbered from
the second on; a functional or sequential model starts with its `layers`.
"""

import functools

from cornu.core.names import to_snake_case
from cornu.serial.registry import EXPORTS

# What a class keeps for itself on every object; never a child.
_NEVER = frozenset({"_init_call", "_init_args"})
_LAYERS_FIRST = ("keras.Sequential", "keras.src.models.functional.Functional")
_ROOTS = (
    "keras.Sequential",
    "keras.Model",
    "keras.layers.Layer",
    "keras.optimizers.Optimizer",
    "keras.metrics.Metric",
    "keras.losses.Loss",
    "keras.Operation",
)
# Of these, an object without anything of a user's can be made, to see what it keeps for itself.
_PLAIN = ("keras.Sequential", "keras.Model", "keras.layers.Layer")


def walk(root, again=None):
    """Yield `(path, object)` for everything of `root` that may have state, `root` itself first.

    Args:
        root: the model.
        again: a list that takes `(path, first path)` of what is met again under another path, or
            None.
    """
    yield from _visit(root, "", {}, [] if again is None else again)


def is_saveable(obj):
    """Whether an object may have state in a file: a layer, optimizer, metric, loss or operation."""
    roots = tuple(EXPORTS[path] for path in _ROOTS if path in EXPORTS)
    return isinstance(obj, roots) or (
        hasattr(obj, "save_own_variables") and not isinstance(obj, type)
    )


def children(obj):
    """Yield `(name, value)` of the attributes of an object in the order in which files list them.

    An object may name its children itself, by a method `_saved_children()` that returns a
    dictionary.
    """
    own = getattr(obj, "_saved_children", None)
    if own is not None:
        yield from own().items()
        return
    skip = _skipped(_root_of(type(obj)))
    if isinstance(obj, tuple(EXPORTS[path] for path in _LAYERS_FIRST if path in EXPORTS)):
        yield "layers", obj.layers
        skip = skip | {"layers"}
    for name in sorted(dir(obj), key=lambda name: (name.startswith("_"), name)):
        if name.startswith("__") or name in skip:
            continue
        yield name, _value(obj, name)


def _value(obj, name):
    try:
        return getattr(obj, name)
    except Exception:  # a property that has no value now, whatever it raises, is no child
        return None


def _visit(obj, path, seen, again):
    first = seen.setdefault(id(obj), path)
    if first != path:
        again.append((path, first))
        return
    yield path, obj
    for name, value in children(obj):
        yield from _visit_value(value, f"{path}/{name}" if path else name, seen, again)


def _visit_value(value, path, seen, again, above=()):
    if isinstance(value, (list, tuple, dict)):
        if id(value) not in above:
            yield from _visit_container(value, path, seen, again, (*above, id(value)))
    elif is_saveable(value):
        yield from _visit(value, path, seen, again)


def _visit_container(container, path, seen, again, above):
    counts = {}
    for item in container.values() if isinstance(container, dict) else container:
        if isinstance(item, (list, tuple, dict)):
            name = "container"
        elif is_saveable(item):
            name = to_snake_case(type(item).__name__)
        else:
            continue
        count = counts[name] = counts.get(name, -1) + 1
        numbered = f"{name}_{count}" if count else name
        yield from _visit_value(item, f"{path}/{numbered}", seen, again, above)


def _root_of(cls):
    roots = (EXPORTS[path] for path in _ROOTS if path in EXPORTS)
    return next((root for root in roots if issubclass(cls, root)), object)


@functools.cache
def _skipped(root):
    """The attributes that every object of a kind has: what the library keeps there is no child."""
    names = set(dir(root)) | _NEVER
    if root in [EXPORTS.get(path) for path in _PLAIN]:
        names |= set(dir(root(name="reference")))
    return frozenset(names - {"layers", "optimizer"})
