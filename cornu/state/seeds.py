"""Seeds of random numbers: generators whose state is a variable, so that compiled steps advance
it."""

import random as python_random

import numpy as np

from cornu.backend import engine
from cornu.core.scopes import GLOBAL_SEEDS
from cornu.serial.registry import export
from cornu.state.variable import Variable


def make_default_seed():
    """A seed drawn from Python's `random`, which `set_random_seed` makes repeatable."""
    return python_random.randint(1, int(1e9))


@export("keras.random.SeedGenerator")
class SeedGenerator:
    """Gives out a different seed at each use, in a repeatable order.

    Args:
        seed: int from which all follows; None draws one from Python's `random`.
        name: name, by default `seed_generator`.

    Raises:
        ValueError: if the seed is not an int.

    Example:
        >>> import cornu
        >>> seeds = cornu.random.SeedGenerator(1337)
        >>> first, second = (cornu.random.uniform((2,), seed=seeds) for _ in range(2))
        >>> bool((first == second).all())
        False
    """

    def __init__(self, seed=None, name=None, **kwargs):
        custom_backend = kwargs.pop("backend", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        if custom_backend not in (None, engine):
            raise ValueError("SeedGenerator has one engine here: leave out `backend`.")
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, (int, np.integer)):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")
        self.name = name or "seed_generator"
        self._initial_seed = int(seed)
        self.state = Variable(
            np.array([self._initial_seed & 0xFFFFFFFF, 0], "uint32"),
            dtype="uint32",
            trainable=False,
            autocast=False,
            aggregation="none",
            name=f"{self.name}_state",
        )

    def next(self, ordered=True):
        """A raw key of two uint32; the state moves on by one.

        Args:
            ordered: accepted for compatibility; the order is always kept.
        """
        key = self.state.value
        self.state.assign(key + np.array([0, 1], "uint32"))
        return key

    def get_config(self):
        """The seed given to the constructor."""
        return {"seed": self._initial_seed}

    @classmethod
    def from_config(cls, config):
        """A generator from `get_config()`."""
        return cls(**config)


def global_seed_generator():
    """The generator used where no seed is given."""
    found = GLOBAL_SEEDS.get("default")
    if found is None:
        found = GLOBAL_SEEDS["default"] = SeedGenerator()
    return found


def draw_seed(seed):
    """A raw key from a `SeedGenerator`, an int, or None (the global generator).

    Raises:
        ValueError: for anything else.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, (int, np.integer)):
        return engine.asarray(np.array([int(seed) & 0xFFFFFFFF, 0], "uint32"))
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
        f"Received: seed={seed} (of type {type(seed)})"
    )


def set_random_seed(seed):
    """Make everything random repeatable: Python's `random`, NumPy's global generator, initialisers,
    layers.

    Args:
        seed: int from 0 to 2**32 - 1.

    Raises:
        ValueError: if it is not an int.
    """
    if not isinstance(seed, (int, np.integer)):
        raise ValueError(
            f"Expected `seed` argument to be an integer. Received: seed={seed} (of type"
            f" {type(seed)})"
        )
    python_random.seed(int(seed))
    np.random.seed(int(seed))
    GLOBAL_SEEDS["default"] = SeedGenerator(int(seed))
