"""The programs of one model: what its steps assign, and how their results come back into its
variables."""

from cornu.core.scopes import GLOBAL_SEEDS
from cornu.state.variable import store_of
from cornu.training.steps import BatchProgram, LoopProgram


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
    """

    def __init__(self, step, variables, results):
        self.variables = unique(variables)
        self.key = tuple(map(id, self.variables))
        self.program = LoopProgram(step, self.variables, results)

    def store(self):
        """The list that holds the variables' values, bound anew if others took variables over."""
        return store_of(self.variables, self.key)

    def run_on_arrays(self, *arguments):
        """Run steps on arrays; see `LoopProgram`."""
        store = self.store()
        store[:], logs = self.program.on_arrays(list(store), *arguments)
        return logs

    def run_on_stack(self, *arguments):
        """Run steps on stacked batches; see `LoopProgram`."""
        store = self.store()
        store[:], logs = self.program.on_stack(list(store), *arguments)
        return logs


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
        values, logs = found
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
