"""Checkpoints that `OrbaxCheckpoint` wrote, read back. Needs the package `orbax-checkpoint`."""

import json
import os

import numpy as np

from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.saving.report import LoadReport
from cornu.serial.errors import ModelFileError

orbax = lazy_module("orbax.checkpoint", package="orbax-checkpoint")
# What Orbax puts into the folder of every finished checkpoint.
MARK = "_CHECKPOINT_METADATA"
STATE, MODEL = "state", "model"


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


def read_orbax(path, *items):
    """Items of a checkpoint: of the newest one, if `path` holds several.

    Args:
        path: the folder.
        *items: `STATE` or `MODEL`.

    Returns:
        A list of what `state_of` returned, or of the model's config.

    Raises:
        ImportError: if Orbax is not installed.
        ModelFileError: if the checkpoint has no such item.
    """
    path = os.path.abspath(path)
    steps = _steps(path)
    place = os.path.join(path, str(max(steps))) if steps else path
    missing = [item for item in items if not os.path.isdir(os.path.join(place, item))]
    if missing:
        raise ModelFileError(
            f"The checkpoint has no item {missing[0]!r}: it was saved with "
            "`save_weights_only=True`, or not by `keras.callbacks.OrbaxCheckpoint`.",
            path=place,
        )
    kinds = {STATE: orbax.StandardCheckpointHandler, MODEL: orbax.JsonCheckpointHandler}
    found = []
    for item in items:
        with orbax.Checkpointer(kinds[item]()) as checkpointer:
            found.append(checkpointer.restore(os.path.join(place, item)))
    return found


def config_text(path):
    """The config of the model in a checkpoint, as JSON."""
    return json.dumps(read_orbax(path, MODEL)[0]).encode()


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
    if optimizer is not None and "optimizer_variables" in state and not optimizer.built:
        optimizer.build(model.trainable_variables)
    pairs = []
    for name, variables in _variables_of(model).items():
        values = state.get(name, [])
        if not values and name == "optimizer_variables":
            continue
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
