"""The state of a model to and from a file: checked whole first, then taken over whole."""

import os
from dataclasses import dataclass, field
from typing import Any

from cornu.core.errors import shorten
from cornu.saving.report import LoadReport
from cornu.saving.walk import walk
from cornu.serial.errors import ModelFileError, warn_user
from cornu.serial.registry import EXPORTS

OPTIMIZER = "optimizer"
# Where a backup says how to go on; not the name of an attribute, so no part of a model is called
# this.
TRAINING = "backup.training"
# How many objects an error message lists.
LISTED = 8


def save_state(model, writer, skip=()):
    """Write the variables of everything in a model.

    Args:
        model: the model.
        writer: what gives the store for each object: a `WeightsWriter`, `FlatWriter`, ...
        skip: objects to leave out.
    """
    for path, obj in walk(model):
        if hasattr(obj, "save_own_variables") and not any(obj is other for other in skip):
            name = str(getattr(obj, "name", None) or type(obj).__name__)
            obj.save_own_variables(writer.store(_group(path), name))


def _group(path):
    """Where the variables of the object at `path` are in a file."""
    return f"{path}/vars" if path else "vars"


def save_assets(model, folder):
    """Have every object that keeps files of its own write them below `folder`."""
    for path, obj in walk(model):
        if hasattr(obj, "save_assets"):
            place = os.path.join(folder, *path.split("/"))
            os.makedirs(place, exist_ok=True)
            obj.save_assets(place)


def load_assets(model, folder):
    """Have every object that kept files of its own read them back."""
    for path, obj in walk(model):
        place = os.path.join(folder, *path.split("/"))
        if hasattr(obj, "load_assets") and os.path.isdir(place):
            obj.load_assets(place)


@dataclass
class Entry:
    """One object of a model and what a file holds for it."""

    path: str
    obj: Any
    store: Any
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)


def load_state(model, reader, skip_mismatch=False, skip=(), strict=False, fresh=False):
    """Give a model the variables in a file. If anything fails, all variables are as they were.

    Args:
        model: a built model.
        reader: the file: a `WeightsReader`, `FlatReader`, ...
        skip_mismatch: whether to leave out, with a warning, objects that do not fit the file.
        skip: objects to leave out.
        strict: whether content of the file that has no place in the model is an error.
        fresh: whether the model is thrown away if anything fails, so that its values need not be
            kept meanwhile.

    Returns:
        A `LoadReport`.

    Raises:
        ModelFileError: if the file does not fit the model.
    """
    entries = [
        entry for entry in _entries(model, reader, skip) if not _prepare_optimizer(entry, model)
    ]
    for entry in entries:
        if _has_plain_state(entry.obj):
            _compare(entry)
    if not skip_mismatch:
        _refuse(entries, reader)
    report = LoadReport(unused=_unused(entries, reader, strict))
    if report.unused and not skip:
        _tell_unused(report.unused, reader, strict)
    _assign(model, entries, reader, skip_mismatch, fresh)
    misfits = [entry for entry in entries if entry.problems]
    if misfits:
        warn_user(_describe(misfits, "were left as they are"))
    for entry in entries:
        _note(entry, report)
    return report


def _entries(model, reader, skip):
    """Everything of a model that has state, each with its place in the file.

    An object that the model has under several names is under the first of them in files of the
    same class, but perhaps under another in a file of a class that shares less.
    """
    again = []
    objects = [
        (path, obj)
        for path, obj in walk(model, again)
        if hasattr(obj, "load_own_variables") and not any(obj is other for other in skip)
    ]
    for path, obj in objects:
        store = reader.store(_group(path))
        if not len(store):
            others = [other + path[len(first) :] for other, first in again if _within(path, first)]
            found = (reader.store(_group(other)) for other in others)
            store = next((other for other in found if len(other)), store)
        yield Entry(path, obj, store)


def _within(path, first):
    return path == first or path.startswith(f"{first}/")


def _unused(entries, reader, strict):
    """Names of the arrays of a file that no entry has a use for."""
    used = [f"/{entry.store.path}/" for entry in entries]
    # A model that is not compiled has no use for an optimizer's state, and none for how a training
    # was to go on; that is no surprise.
    used.append(f"/{TRAINING}/")
    if not strict or not any(entry.path == OPTIMIZER for entry in entries):
        used.append(f"/{OPTIMIZER}/")
    return reader.unread(tuple(used))


def _tell_unused(unused, reader, strict):
    message = (
        f"The file holds {len(unused)} arrays that this model has no place for: "
        f"{shorten(unused[:LISTED], 600)}"
    )
    if strict:
        raise ModelFileError(message, *reader.where)
    warn_user(message)


def _note(entry, report):
    """Add to a report what became of the variables of an object."""
    report.missing += entry.missing
    report.mismatched += entry.mismatched
    if entry.problems:
        if not entry.missing + entry.mismatched:
            report.mismatched.append(entry.path)
    elif _has_plain_state(entry.obj):
        expected = _Recorder()
        entry.obj.save_own_variables(expected)
        report.loaded += [getattr(v, "path", name) for name, v in expected.items()]
    else:
        report.loaded += [f"{entry.path}/{name}" if entry.path else name for name in entry.store]


def _prepare_optimizer(entry, model):
    """Make room for an optimizer's state; True if a file only says that it never made a step.

    (Keras drops the state of an optimizer that was not built, and warns of one without steps.)
    """
    optimizer, store = entry.obj, entry.store
    if entry.path != OPTIMIZER:
        return False
    if not getattr(optimizer, "built", True) and len(store) > len(optimizer.variables):
        optimizer.build(model.trainable_variables)
    if len(store) == 2 < len(optimizer.variables):
        return int(store["0"]) == 0 == int(optimizer.iterations)
    return False


def _has_plain_state(obj):
    """Whether an object saves and loads as every layer does, so that a file can be checked for
    it."""
    layer = EXPORTS.get("keras.layers.Layer")
    cls = type(obj)
    return layer is not None and all(
        getattr(cls, method, None) is getattr(layer, method)
        for method in ("save_own_variables", "load_own_variables")
    )


class _Recorder(dict):
    """Stands for a file in `save_own_variables`, to see what an object would write."""


def _compare(entry):
    """Note in an entry what does not fit between the object and the file."""
    expected, store = _Recorder(), entry.store
    entry.obj.save_own_variables(expected)
    if not expected and len(store) and not getattr(entry.obj, "built", True):
        entry.problems.append(
            f"the layer is not built yet, but the file has {len(store)} variables for it"
        )
        return
    received = "" if len(store) else f" (expected {len(expected)}, received 0 variables)"
    for name, variable in expected.items():
        label = getattr(variable, "path", name)
        if name not in store:
            entry.missing.append(label)
            entry.problems.append(
                f"{label} {_spec(variable.shape, variable.dtype)} is not in the file{received}"
            )
            continue
        shape, dtype = store.header(name)
        if tuple(shape) != tuple(variable.shape) or _kind(dtype) != _kind(variable.dtype):
            entry.mismatched.append(label)
            entry.problems.append(
                f"{label} is {_spec(variable.shape, variable.dtype)} here and "
                f"{_spec(shape, dtype)} in the file; they must match"
            )
    if any(name not in expected for name in store) and not entry.problems:
        entry.problems.append(
            f"the layer has {len(expected)} variables and the file has {len(store)} for it"
        )


def _spec(shape, dtype):
    return f"{dtype}{tuple(shape)}"


def _kind(dtype):
    name = str(dtype)
    return "float" if "float" in name else "bool" if name == "bool" else "int"


def _refuse(entries, reader):
    misfits = [entry for entry in entries if entry.problems]
    if misfits:
        path, member = reader.where
        raise ModelFileError(_describe(misfits, "could not be loaded"), path=path, member=member)


def _describe(misfits, what):
    lines = [f"A total of {len(misfits)} objects {what}:"]
    for entry in misfits[:LISTED]:
        reasons = "; ".join(entry.problems[:2])
        more = f"; and {len(entry.problems) - 2} more" if len(entry.problems) > 2 else ""
        name = f"{type(entry.obj).__name__} {getattr(entry.obj, 'name', '')!r}"
        lines.append(
            f"  {name} (in the file: {entry.path or 'the model itself'}): {reasons}{more}"[:220]
        )
    if len(misfits) > LISTED:
        lines.append(f"  and {len(misfits) - LISTED} more objects")
    return "\n".join(lines)


def _assign(model, entries, reader, skip_mismatch, fresh):
    before = [] if fresh else _snapshot(model, entries)
    try:
        for entry in entries:
            if not entry.problems:
                _load(entry)
        if not skip_mismatch:
            _refuse(entries, reader)
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def _load(entry):
    try:
        entry.obj.load_own_variables(entry.store)
    except ModelFileError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        entry.problems.append(str(error).split("\n")[0][:200] or type(error).__name__)


def _snapshot(model, entries):
    """Every variable of a model and of its optimizers, with the value it has now."""
    variables = {}
    for obj in (model, *(entry.obj for entry in entries)):
        if obj is model or not _has_plain_state(obj):
            variables.update((id(v), v) for v in getattr(obj, "variables", None) or ())
    return [(variable, variable.value) for variable in variables.values()]
