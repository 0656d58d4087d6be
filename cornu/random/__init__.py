"""`keras.random`: tensors of random numbers, repeatable by their seeds."""

from cornu.random.draws import (
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from cornu.state.seeds import SeedGenerator

__all__ = [
    "SeedGenerator",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
