"""Where in a user's own code something happened."""

import linecache
import os
import sys
import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1])
STANDARD = os.path.dirname(os.__file__)
OTHERS = (PACKAGE, STANDARD, "<frozen", "<__array_function__")
LIMIT = 160  # characters of a line that are shown
# For files that were made of a user's code: from a line to the file and line it was made of.
ORIGINS: dict[str, dict[int, tuple[str, int]]] = {}


def is_users(path):
    """Whether a file is neither of this package nor of an installed one."""
    return not path.startswith(OTHERS) and "site-packages" not in path


def of_error(error):
    """File, line and source of the innermost frame of an error that is the user's; None if there is
    none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_users(frame.filename):
            return _in_words(_original(frame))
    return None


def of_caller():
    """File, line and source of the innermost frame at work that is the user's; None if there is
    none."""
    frame = sys._getframe(1)
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return None
    return _in_words(_original(traceback.extract_stack(frame, limit=1)[0]))


def _original(frame):
    """The frame, as one of the file that its file was made of."""
    lines = ORIGINS.get(frame.filename, {})
    known = [number for number in lines if number <= frame.lineno]
    if not known:
        return frame
    file, number = lines[max(known)]
    return traceback.FrameSummary(file, number, frame.name)


def level():
    """The `stacklevel` with which the caller's warning names the line of the user's."""
    frame, count = sys._getframe(1), 1
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame, count = frame.f_back, count + 1
    return count


def _in_words(frame):
    """Such as `model.py:12: if ops.sum(x) > 0: (ops.sum(x) > 0)`."""
    line = (frame.line or "").strip()
    expression = _expression(frame)
    shown = f"{frame.filename}:{frame.lineno}: {line[:LIMIT]}"
    return shown if expression in ("", line) else f"{shown}  [{expression[:LIMIT]}]"


def _expression(frame):
    """The part of the line that was being run, where Python knows it."""
    first, last = getattr(frame, "colno", None), getattr(frame, "end_colno", None)
    if first is None or last is None or getattr(frame, "end_lineno", None) != frame.lineno:
        return ""
    line = linecache.getline(frame.filename, frame.lineno).encode()  # columns count bytes
    return line[first:last].decode(errors="replace").strip()
