"""Code that asks for the value of a tensor that has none yet: what it was, and the way out."""

import re
from contextlib import contextmanager

from cornu import ops
from cornu.backend import engine
from cornu.control_flow.retry import reason_of
from cornu.core import source

WAYS_OUT = {
    "truth": (
        "Python's `if`, `while`, `and`, `or`, `not` and `assert` need a value. Use"
        " `keras.ops.cond(condition, if_true, if_false)` to choose what is computed,"
        " `keras.ops.where(condition, x, y)` to choose element by element, or"
        " `keras.ops.while_loop`."
    ),
    "integer": (
        "`range`, indexing lists and `int` need a value. Use `keras.ops.fori_loop` to repeat"
        " something, `keras.ops.take` to pick elements; sizes of tensors are in `x.shape`."
    ),
    "number": (
        "`float`, `int`, `.item()` and arguments that are no tensors need a value. Go on with the"
        " tensor itself: `keras.ops.cast` changes its dtype."
    ),
    "array": "NumPy needs a value. Use the function of the same kind in `keras.ops`.",
    "mask": (
        "How many elements a boolean mask picks depends on its values. Use"
        " `keras.ops.where(mask, x, 0)`, or multiply by the mask."
    ),
}


class TensorValueError(TypeError):
    """Code asks for the value of a tensor while it is compiled, or while shapes are inferred."""


def value_error(error, where):
    """A `TensorValueError` for JAX's error of that kind; None for any other.

    Args:
        error: what was raised.
        where: whose code it is.
    """
    kind = engine.missing_value(error)
    if kind is None:
        return None
    place = source.of_error(error)
    lines = [
        f"{where} asks for the value of a tensor, which it does not have yet: the code is being"
        " compiled, or shapes are inferred from it.",
        *([f"  at {place}"] if place else []),
        WAYS_OUT[kind] + _same_in_ops(kind, place or ""),
        "To run the code as it is, step by step and slowly: `model.compile(...,"
        " run_eagerly=True)`.",
        *filter(None, [reason_of(error)]),
    ]
    return TensorValueError("\n".join(lines))


def _same_in_ops(kind, place):
    """The op for the NumPy function that is called in a line, in words."""
    names = re.findall(r"\b(?:np|numpy)\.(\w+)\(", place) if kind == "array" else []
    found = [f"`keras.ops.{name}`" for name in names if hasattr(ops, name)]
    return f" Here: {', '.join(dict.fromkeys(found))}." if found else ""


@contextmanager
def teaching(where):
    """Within, JAX's errors about missing values become `TensorValueError`s."""
    try:
        yield
    except Exception as error:
        taught = value_error(error, where)
        if taught is None:
            raise
        raise taught from error
