"""Control flow that can't be converted: where it is, what is wrong, and what to write instead."""

import contextlib
import linecache
import traceback

from cornu.core import source

# What converted code calls the value that a function returns.
RETURNED = "retval_"


class ControlFlowError(ValueError):
    """Control flow that depends on the value of a tensor, and can't be compiled as it is written.

    Raised while a function is traced, for what has no meaning in a compiled program, such as a
    variable that is set in one branch only.
    """


def control_flow_error(complaint, advice):
    """A `ControlFlowError` that names the line of the user's code that is being run."""
    place = source.of_caller()
    lines = [complaint, *([f"  at {place}"] if place else []), advice]
    return ControlFlowError("\n".join(lines))


@contextlib.contextmanager
def nothing_raised(statement):
    """Within, where all ways are traced, a `raise` of the user's is a ControlFlowError."""
    try:
        yield
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        line = linecache.getline(last.filename, last.lineno).strip()
        if last.filename not in source.ORIGINS or not line.startswith("raise"):
            raise
        place = source.of_error(error)
        raise ControlFlowError(
            f"{type(error).__name__} is raised inside a `{statement}` that depends on the value of"
            f" a tensor, which compiled code can't do: {error}\n  at {place}\n"
            "Look at values before they go into the model, or run it with `run_eagerly=True`."
        ) from error


def in_words(name):
    """A name as the user knows it: the value that is returned has none."""
    return "the returned value" if name.startswith(RETURNED) else f"`{name}`"
