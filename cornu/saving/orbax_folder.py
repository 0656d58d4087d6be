"""Checkpoints that `OrbaxCheckpoint` wrote, read back. Needs the package `orbax-checkpoint`."""

import base64
import json
import os
import tempfile

import numpy as np

from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.saving import safety
from cornu.saving.report import LoadReport
from cornu.saving.weights import load_assets, save_assets
from cornu.serial.errors import ModelFileError

orbax = lazy_module("orbax.checkpoint", package="orbax-checkpoint")
# What Orbax puts into the folder of every finished checkpoint.
MARK = "_CHECKPOINT_METADATA"
STATE, MODEL, ASSETS = "state", "model", "assets"


def is_orbax(path):
    """Whether a folder is a checkpoint of Orbax, or holds some, numbered."""
    return os.path.exists(os.path.join(path, MARK)) or bool(_steps(path))


def _steps(path):
    """The numbers of the finished checkpoints in a folder."""
    entries = os.listdir(path) if os.path.isdir(path) else []
    return [
        int(entry)
        for entry in entries
        if entry.isdigit() and os.path.exists(os.path.join(path, entry, MARK))
    ]


def _newest(path):
    path = os.path.abspath(path)
    steps = _steps(path)
    return os.path.join(path, str(max(steps))) if steps else path


def read_orbax(path, *items):
    """Items of a checkpoint: of the newest one, if `path` holds several.

    Args:
        path: the folder.
        *items: `STATE`, `MODEL` or `ASSETS`.

    Returns:
        A list of what `state_of` or `assets_of` returned, or of the model's config.

    Raises:
        ImportError: if Orbax is not installed.
        ModelFileError: if the checkpoint has no such item.
    """
    place = _newest(path)
    missing = [item for item in items if not os.path.isdir(os.path.join(place, item))]
    if missing:
        raise ModelFileError(
            f"The checkpoint has no item {missing[0]!r}: it was saved with "
            "`save_weights_only=True`, or not by `keras.callbacks.OrbaxCheckpoint`.",
            path=place,
        )
    found = []
    for item in items:
        arrays = item == STATE
        handler = orbax.StandardCheckpointHandler if arrays else orbax.JsonCheckpointHandler
        with orbax.Checkpointer(handler()) as checkpointer:
            found.append(checkpointer.restore(os.path.join(place, item)))
    return found


def config_text(path):
    """The config of the model in a checkpoint, as JSON."""
    return json.dumps(read_orbax(path, MODEL)[0]).encode()


def assets_of(model):
    """The files that objects of a model keep, such as vocabularies: a dict from their paths to
    their contents as base64, which JSON can hold."""
    with tempfile.TemporaryDirectory() as folder:
        save_assets(model, folder)
        found = {}
        for root, _, names in os.walk(folder):
            for name in names:
                place = os.path.join(root, name)
                with open(place, "rb") as file:
                    contents = base64.b64encode(file.read()).decode()
                found[os.path.relpath(place, folder).replace(os.sep, "/")] = contents
    return found


def set_assets(model, path):
    """Give the objects of a model the files that a checkpoint has for them, if it has any.

    Raises:
        ModelFileError: if a file's name or contents are not such as `assets_of` makes.
    """
    if not os.path.isdir(os.path.join(_newest(path), ASSETS)):
        return
    (assets,) = read_orbax(path, ASSETS)
    if not isinstance(assets, dict):
        raise ModelFileError("It holds no files by name.", path=path, member=ASSETS)
    with tempfile.TemporaryDirectory() as folder:
        for name, contents in assets.items():
            if safety.leaves_folder(name):
                raise ModelFileError(
                    "The file's name could leave the folder it is read into.",
                    path=path,
                    member=name[:200],
                )
            try:
                contents = base64.b64decode(contents, validate=True)
            except (ValueError, TypeError) as error:
                raise ModelFileError(
                    f"It is not base64: {error}", path=path, member=name[:200]
                ) from error
            place = os.path.join(folder, *name.split("/"))
            try:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "xb") as file:
                    file.write(contents)
            except OSError as error:  # a file that is to be a folder too, a name too long
                raise ModelFileError(
                    f"The file cannot be written: {error.strerror}", path=path, member=name[:200]
                ) from error
        load_assets(model, folder)


def state_of(model, weights_only):
    """What a checkpoint keeps: lists of arrays, in the order of a model's variables.

    By order and not by path: the paths of a model's variables depend on how it was made.

    Args:
        model: a built model.
        weights_only: whether to leave out the optimizer.
    """
    groups = _variables_of(model, weights_only)
    return {name: [v.numpy() for v in variables] for name, variables in groups.items() if variables}


def _variables_of(model, weights_only=False):
    groups = {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
    }
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not weights_only:
        groups["optimizer_variables"] = optimizer.variables
    return groups


def set_state(model, path):
    """Give a model its variables in a checkpoint.

    Args:
        model: a built model.
        path: the folder.

    Returns:
        A `LoadReport`.

    Raises:
        ModelFileError: if they do not fit the model, which then is as it was.
    """
    (state,) = read_orbax(path, STATE)
    optimizer = getattr(model, "optimizer", None)
    saved = len(state.get("optimizer_variables", ()))
    if saved and optimizer is not None and saved > len(optimizer.variables):
        optimizer.build(model.trainable_variables)
    pairs = []
    for name, variables in _variables_of(model).items():
        values = state.get(name, [])
        if name == "optimizer_variables":
            if not values:
                continue
            if not int(optimizer.iterations):  # so what one has that never trained is the same
                variables = variables[: len(values)]
        if [tuple(v.shape) for v in variables] != [tuple(value.shape) for value in values]:
            raise ModelFileError(
                f"It does not fit the model: the {name} have other shapes. Here: "
                f"{shorten([tuple(v.shape) for v in variables])}; in the checkpoint: "
                f"{shorten([tuple(value.shape) for value in values])}.",
                path=path,
            )
        pairs += zip(variables, values, strict=True)
    for variable, value in pairs:
        variable.assign(np.asarray(value))
    return LoadReport([variable.path for variable, _ in pairs])
