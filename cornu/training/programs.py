"""The programs of one model: what its steps assign, and how their results come back into its
variables."""

import numpy as np

from cornu.core import tree
from cornu.core.scopes import GLOBAL_SEEDS
from cornu.state.variable import store_of
from cornu.training import watch
from cornu.training.steps import BatchProgram, LoopProgram
from cornu.training.watch import Visit, first_bad, kept_bytes


def unique(variables):
    """Variables without repetitions, in order."""
    return list({id(variable): variable for variable in variables}.values())


def global_seeds():
    """States of the generators that belong to no model."""
    return [generator.state for generator in GLOBAL_SEEDS.values()]


class Training:
    """The compiled training loop of a model; all variables share one store while it runs.

    Args:
        step: `step(data) -> logs`.
        variables: all that it may assign.
        results: `() -> logs`, or None where the step returns its own.
        watched: whether the steps note the first of them whose loss is not finite.
    """

    def __init__(self, step, variables, results, watched=False):
        self.variables = unique(variables)
        self.key = tuple(map(id, self.variables))
        self.keeps = watched and kept_bytes(self.variables) <= watch.STATE_LIMIT
        self.program = LoopProgram(
            step,
            self.variables,
            results,
            flag=first_bad if watched else None,
            donate=not self.keeps,
        )
        self.visit = None

    def store(self):
        """The list that holds the variables' values, bound anew if others took variables over."""
        return store_of(self.variables, self.key)

    def run_on_arrays(self, arrays, order, start, count, batch_size):
        """Run steps on arrays; see `LoopProgram`."""

        def run(values, count):
            return self.program.on_arrays(values, arrays, order, start, count, batch_size)

        def batch(step):
            places = np.asarray(order)[(start + step) * batch_size :][:batch_size]
            return tree.map_structure(lambda a: None if a is None else a[places], arrays), places

        return self._run(run, count, batch)

    def run_on_stack(self, stacked, count):
        """Run steps on stacked batches; see `LoopProgram`."""

        def run(values, count):
            return self.program.on_stack(values, stacked, count)

        def batch(step):
            return tree.map_structure(lambda a: None if a is None else a[step], stacked), None

        return self._run(run, count, batch)

    def _run(self, run, count, batch):
        store = self.store()
        before = list(store)
        store[:], logs, bad = run(before, count)
        if bad is not None:
            self.visit = Visit(bad, before if self.keeps else None, run, batch)
        return logs

    def take_visit(self):
        """The steps that ran last, as the watch over the loss wants to know them; None if they were
        taken."""
        visit, self.visit = self.visit, None
        return visit


class EagerTraining:
    """A training step that runs uncompiled, with what the watch over the loss wants to know of it.

    Args:
        step: `step(data) -> logs`.
        variables: all that it may assign.
    """

    def __init__(self, step, variables):
        self.step, self.variables = step, unique(variables)
        self.visit = None

    def __call__(self, batch):
        before = [variable._store[variable._index] for variable in self.variables]
        logs = self.step(batch)
        self.visit = Visit(first_bad(-1, 0, logs), before, None, lambda step: (batch, None))
        return logs

    take_visit = Training.take_visit


class Evaluation:
    """The compiled evaluation loop of a model: reads all variables, carries those that it may
    assign.

    Args:
        step: `step(data) -> logs`.
        carried: variables that it may assign.
        fixed: the others.
        results: `() -> logs`, or None where the step returns its own.
    """

    def __init__(self, step, carried, fixed, results):
        self.carried = unique(carried)
        inside = set(map(id, self.carried))
        self.fixed = [variable for variable in unique(fixed) if id(variable) not in inside]
        self.program = LoopProgram(step, self.carried, results, fixed=self.fixed)

    def _values(self):
        return (
            [variable._store[variable._index] for variable in self.carried],
            [variable._store[variable._index] for variable in self.fixed],
        )

    def _take(self, found):
        values, logs, _ = found
        for variable, value in zip(self.carried, values, strict=True):
            variable._store[variable._index] = value
        return logs

    def run_on_arrays(self, *arguments):
        """Run steps on arrays; see `LoopProgram`."""
        carried, fixed = self._values()
        return self._take(self.program.on_arrays(carried, *arguments, fixed))

    def run_on_stack(self, *arguments):
        """Run steps on stacked batches; see `LoopProgram`."""
        carried, fixed = self._values()
        return self._take(self.program.on_stack(carried, *arguments, fixed))


Prediction = BatchProgram
