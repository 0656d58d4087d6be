"""Steps that run uncompiled, for debugging: `compile(run_eagerly=True)`."""

from cornu.backend import engine
from cornu.core import tree


class EagerSteps:
    """Runs a step on one batch after the other, one operation at a time.

    Args:
        step: `step(data) -> logs`.
        data: `ArrayData` or `IterableData`.
        checks: `DataChecks` of the values in batches, or None.
    """

    def __init__(self, step, data, checks=None):
        self.step = self.program = step
        self.data, self.checks = data, checks
        self.total = data.total

    def begin(self, first=0, loader=None):
        """Start an epoch, from the batch `first` on and in the order of a `loader` state if there
        is one."""
        self.batches = self.data.batches_from(first, loader)
        self.total = self.data.total  # a dataset may change between epochs
        self.waiting = None

    def goes_on(self):
        """Whether an epoch may go on with batches that the last one left; it begins then."""
        return self.data.goes_on()

    def loader_state(self):
        """What the order of the epoch can be made from again."""
        return self.data.loader_state()

    def ready(self, step):
        """Whether there is a batch for a step."""
        if self.waiting is None:
            self.waiting = next(self.batches, None)
        return self.waiting is not None

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
            self.step(
                tree.map_structure(lambda a: None if a is None else engine.asarray(a), batch)
            ),
            1,
        )
