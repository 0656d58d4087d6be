"""The hostile files, one for each known way to make a loader do what it must not.

Each probe makes its file in a `Workshop` and returns what to call: a function that loads it. All
are harmless: at most they leave a marker, read a canary file or declare 400 MB. The sections are
the classes of holes that were found in loaders of models.
"""

from saving.hostile import probes_bombs, probes_code, probes_files, probes_forms  # noqa: F401
from saving.hostile.workshop import PROBES

__all__ = ["PROBES"]
