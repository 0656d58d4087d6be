"""Steps that run uncompiled, for debugging: `compile(run_eagerly=True)`."""

from cornu.backend import engine
from cornu.core import tree
from cornu.training.loop import BatchSteps


class EagerSteps(BatchSteps):
    """Runs a step on one batch after the other, one operation at a time.

    Args:
        step: `step(data) -> logs`.
        data: `ArrayData` or `IterableData`.
        checks: `DataChecks` of the values in batches, or None.
    """

    def limit(self, step, count):
        """One step at a time."""
        return 1

    def run(self, step, count):
        """Run a step for which there is a batch; returns its logs and 1."""
        self.ready(step)
        batch, self.waiting = self.waiting, None
        if self.checks is not None:
            self.checks.batch(batch, step)
        return (
            self.program(
                tree.map_structure(lambda a: None if a is None else engine.asarray(a), batch)
            ),
            1,
        )
