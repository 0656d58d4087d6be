"""NumPy's global generator, from which orders of samples are drawn."""

from contextlib import contextmanager

import numpy as np


@contextmanager
def drawing_from(state):
    """Have the generator draw from `state` inside (None: from where it is), and go on afterwards as
    if nothing had been drawn."""
    present = np.random.get_state()
    if state is not None:
        np.random.set_state(tuple(state))
    try:
        yield
    finally:
        np.random.set_state(present)


def same_state(first, second):
    """Whether two states of the generator are equal."""
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
