"""What a benchmark row is made of.

A row names its contenders and gives one function, `setup(contender, quick)`, which prepares a
measurement and returns it as a function without arguments that returns seconds. Each contender
lives in a process of its own (`bench.worker`), and the runner (`bench.run`) asks them in turn,
round after round, so that whatever disturbs the machine disturbs all of them alike. The median over
the rounds is what counts. The contender `jax` is always the same thing done by hand, without any
library on top.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Each contender's name and the engine that Keras is told to use in its process.
ENGINES = {"keras-jax": "jax", "keras-tensorflow": "tensorflow", "keras-torch": "torch"}


@dataclass(frozen=True)
class Target:
    """A figure computed from the medians, and the bound that it is to keep."""

    label: str
    value: Callable[[Mapping[str, float]], float]
    at_most: float | None = None
    at_least: float | None = None
    unit: str = "x"

    def bound(self):
        """The bound in words."""
        sign, limit = ("<=", self.at_most) if self.at_least is None else (">=", self.at_least)
        return f"{sign} {show(limit, self.unit)}"

    def met(self, value):
        """Whether `value` keeps the bound."""
        return value <= self.at_most if self.at_least is None else value >= self.at_least


@dataclass(frozen=True)
class Row:
    """One measurement, made alike by several contenders."""

    name: str
    title: str
    setup: Callable[[str, bool], Callable[[], float]]
    contenders: tuple[str, ...]
    targets: tuple[Target, ...] = field(default=())
    rounds: int = 7
    unit: str = "s"  # of what `setup` measures


def library(contender):
    """The module that a contender's user would import as `keras`."""
    if contender == "cornu":
        import cornu

        return cornu
    os.environ["KERAS_BACKEND"] = ENGINES[contender]
    import keras

    return keras


def seconds_per_call(function, calls, finish=lambda result: result):
    """Mean time of `calls` calls in a row; `finish` waits for the last result."""
    start = time.perf_counter()
    for _ in range(calls):
        result = function()
    finish(result)
    return (time.perf_counter() - start) / calls


def show(value, unit):
    """A number with three significant digits and a readable unit."""
    if unit == "x":
        return f"{value:.2f}x"
    if unit != "s":
        return f"{value:.3g} {unit}"
    scales = ((1, "s"), (1e-3, "ms"), (1e-6, "us"))
    factor, name = next((scale for scale in scales if abs(value) >= scale[0]), scales[-1])
    return f"{value / factor:.3g} {name}"
