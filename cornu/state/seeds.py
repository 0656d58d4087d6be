"""Seeds of random numbers: generators whose state is a variable, so that compiled steps advance
it."""

import random as python_random

import numpy as np

from cornu.backend import engine
from cornu.core import scopes
from cornu.core.names import auto_name
from cornu.core.scopes import GLOBAL_SEEDS
from cornu.serial.registry import export
from cornu.state.variable import Variable

GLOBAL_NAME = "global_seed_generator"


def make_default_seed():
    """A seed drawn from Python's `random`, which `set_random_seed` makes repeatable."""
    return python_random.randint(1, int(1e9))


@export("keras.random.SeedGenerator")
class SeedGenerator:
    """Gives out a different seed at each use, in a repeatable order.

    Args:
        seed: int from which all follows; None draws one from Python's `random`.
        name: name, by default `seed_generator`, `seed_generator_1`, ...

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
        self.name = name or auto_name("SeedGenerator")
        self._initial_seed = int(seed)
        with scopes.name_scope(self.name):
            self.state = Variable(
                _first_key(seed),
                dtype="uint32",
                trainable=False,
                autocast=False,
                aggregation="none",
                name="seed_generator_state",
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
        """The name and the seed given to the constructor."""
        return {"name": self.name, "seed": self._initial_seed}

    @classmethod
    def from_config(cls, config):
        """A generator from `get_config()`."""
        return cls(**config)


def global_seed_generator():
    """The generator used where no seed is given."""
    found = GLOBAL_SEEDS.get("default")
    if found is None:
        found = GLOBAL_SEEDS["default"] = SeedGenerator(name=GLOBAL_NAME)
    return found


def _first_key(seed):
    return np.array([int(seed) & 0xFFFFFFFF, 0], "uint32")


def draw_seed(seed):
    """A raw key from a `SeedGenerator`, an int, a key of the engine's own, or None (the global
    generator).

    Raises:
        ValueError: for anything else, and for None in compiled code that doesn't carry the global
            generator's state: all its runs would draw the same numbers.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        if scopes.FRAME.get() is None and engine.is_tracing():
            raise ValueError(
                "When tracing a JAX function, you should only use seeded random ops: without a"
                " seed, every run of the compiled function would draw the same numbers. Pass"
                " `seed=`, for example a `keras.random.SeedGenerator` whose state the function"
                " takes and returns, or a JAX key."
            )
        return global_seed_generator().next()
    if isinstance(seed, (int, np.integer)):
        return engine.asarray(_first_key(seed))
    if engine.is_key(seed):
        return engine.raw_key(seed)
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
    GLOBAL_SEEDS["default"] = SeedGenerator(int(seed), name=GLOBAL_NAME)
