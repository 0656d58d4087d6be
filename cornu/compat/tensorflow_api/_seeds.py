"""Seeds as TensorFlow takes them."""

import random as python_random

import numpy as np

from cornu.core.scopes import GLOBAL_SEEDS
from cornu.state.seeds import GLOBAL_NAME, SeedGenerator

_by_operation = {}


def set_seed(seed):
    """Make all draws without a seed of their own repeatable from here on, and the first weights of
    layers, whose seeds come from Python's `random`.

    The numbers are not those that TensorFlow draws.
    """
    python_random.seed(int(seed))
    GLOBAL_SEEDS["default"] = SeedGenerator(int(seed), name=GLOBAL_NAME)
    _by_operation.clear()


def seed_of(seed):
    """A seed of TensorFlow's functions that keep state: new numbers at each call, the same ones in
    each process.

    Args:
        seed: int, or None for the process's generator.
    """
    if seed is None or isinstance(seed, SeedGenerator):
        return seed
    key = int(np.asarray(seed).ravel()[0])
    if key not in _by_operation:
        _by_operation[key] = SeedGenerator(key)
    return _by_operation[key]


def stateless_seed(seed):
    """A pair of ints as the seed of functions without state, as one int.

    Raises:
        ValueError: if it is no pair.
    """
    pair = np.asarray(seed).ravel()
    if pair.size != 2:
        raise ValueError(f"A stateless seed is a pair of ints. Received: {seed!r}")
    mixed = np.random.SeedSequence([int(each) & 0xFFFFFFFF for each in pair])
    return int(mixed.generate_state(1)[0])
