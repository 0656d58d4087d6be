"""How much memory the variables of a model may take while it is built from a file.

A config of a few bytes can name a layer of gigabytes. What a file may make is bounded by what it
holds: the weights, some times over for what is not saved (an optimizer that has not begun, other
dtypes), and a little more.
"""

import math
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from cornu.serial.errors import ModelFileError

# Bytes that may be made for each byte of weights in the file, and in any case.
PER_BYTE, SLACK = 8, 8 * 2**20


class _Budget:
    def __init__(self, stored):
        self.stored = stored
        self.left = PER_BYTE * stored + SLACK


# What the load around may still make, or None outside of one.
_BUDGET: ContextVar[_Budget | None] = ContextVar("BUDGET", default=None)


@contextmanager
def memory_budget(stored, safe_mode=True):
    """Bound the variables that are made inside.

    Args:
        stored: bytes of weights that the file holds.
        safe_mode: without it, there is no bound.
    """
    token = _BUDGET.set(_Budget(stored) if safe_mode else None)
    try:
        yield
    finally:
        _BUDGET.reset(token)


def spend(shape, dtype, what):
    """Account for an array that is about to be made.

    Args:
        shape: tuple of ints.
        dtype: name of its dtype.
        what: what to call it in the message.

    Raises:
        ModelFileError: if a file is being loaded that holds too little for it.
    """
    budget = _BUDGET.get()
    if budget is None:
        return
    size = math.prod(shape) * np.dtype(dtype).itemsize
    budget.left -= size
    if budget.left < 0:
        raise ModelFileError(
            f"The config declares more variables than the file has weights for: {what} "
            f"{tuple(shape)} takes {size} bytes, but the file holds {budget.stored} bytes of "
            "weights. If you trust the file, pass `safe_mode=False` to the loading function."
        )
