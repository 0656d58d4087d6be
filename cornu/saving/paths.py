"""Paths that users give: whether there is a file, whether it may be replaced."""

import difflib
import os
import sys

from cornu.serial.errors import ModelFileError


class MissingFileError(ModelFileError, FileNotFoundError):
    """There is no file at the path given."""


def as_path(filepath):
    return os.fsdecode(os.fspath(filepath))


def may_overwrite(path):
    """Whether an existing file may be replaced, as a person at the terminal answers."""
    if not os.path.exists(path):
        return True
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        raise FileExistsError(
            f"There is a file at {path} already: pass `overwrite=True` to replace it."
        )
    answer = ""
    while answer not in ("y", "n"):
        answer = input(f"{path} already exists - overwrite? [y/n] ").strip().lower()
    return answer == "y"


def check_built(model, action):
    if not getattr(model, "built", True):
        raise ValueError(
            f"You are {action} a model that has not yet been built. Call it on some data first, or "
            "call its `build()`."
        )


def check_exists(path):
    if os.path.exists(path):
        return
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise MissingFileError(f"File not found: there is no folder {folder}.", path=path)
    near = difflib.get_close_matches(name, os.listdir(folder), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise MissingFileError(
        f"File not found. Please ensure the file is an accessible one.{hint}", path=path
    )
