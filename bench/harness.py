"""What a benchmark row is made of.

A row names its contenders and gives one function, `setup(contender, quick)`, which prepares a
measurement and returns it as a function without arguments that returns seconds. Each contender
lives in a process of its own (`bench.worker`), and the runner (`bench.run`) asks them in turn,
round after round, so that whatever disturbs the machine disturbs all of them alike. The median over
the rounds is what counts. The contender `jax` is always the same thing done by hand, without any
library on top; `cornu` uses `cornu-native` where that is installed, `cornu-portable` never does.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Each contender's name and the engine that Keras is told to use in its process.
ENGINES = {"keras-jax": "jax", "keras-tensorflow": "tensorflow", "keras-torch": "torch"}
PORTABLE = "cornu-portable"
BOTH = ("cornu", PORTABLE)


@dataclass(frozen=True)
class Target:
    """A figure computed from the medians, and the bound that it is to keep.

    With `native`, the bound is that of `cornu-native` and counts only where that is installed.
    """

    label: str
    value: Callable[[Mapping[str, float]], float]
    at_most: float | None = None
    at_least: float | None = None
    unit: str = "x"
    native: bool = False

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
    operations: float | None = None  # floating-point ones in what is measured, where they bound it


def environment(contender):
    """The environment variables that tell a process which contender it is."""
    if contender == PORTABLE:
        return {"CORNU_NATIVE": "0"}
    return {"KERAS_BACKEND": ENGINES[contender]} if contender in ENGINES else {}


def module(contender):
    """The name of the module that a contender's user would import as `keras`."""
    return "cornu" if contender.startswith("cornu") else "keras"


def library(contender):
    """The module that a contender's user would import as `keras`."""
    if module(contender) == "cornu":
        import cornu

        return cornu
    os.environ["KERAS_BACKEND"] = ENGINES[contender]
    import keras

    return keras


def quotient(above, below):
    """A figure: how many times the median of `below` that of `above` is."""
    return lambda median: median[above] / median[below]


def against_fastest(contender):
    """A figure: how many times faster than the fastest of Keras's engines a contender is."""
    return lambda median: min(median[name] for name in ENGINES) / median[contender]


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
