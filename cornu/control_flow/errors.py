"""Control flow that can't be converted: where it is, what is wrong, and what to write instead."""

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


def in_words(name):
    """A name as the user knows it: the value that is returned has none."""
    return "the returned value" if name.startswith(RETURNED) else f"`{name}`"
