"""Steps that run uncompiled, for debugging: `compile(run_eagerly=True)`."""

from cornu.backend import engine
from cornu.core import tree


class EagerSteps:
    """Runs a step on one batch after the other, one operation at a time.

    Args:
        step: `step(data) -> logs`.
        data: `ArrayData` or `IterableData`.
    """

    def __init__(self, step, data):
        self.step, self.data = step, data
        self.total = data.steps

    def begin(self):
        """Start an epoch."""
        self.batches = iter(self.data.batches())

    def limit(self, step, count):
        """One step at a time."""
        return 1

    def run(self, step, count):
        """Run a step; returns its logs and 1, or None at the end."""
        batch = next(self.batches, None)
        if batch is None:
            return None
        return (
            self.step(
                tree.map_structure(lambda a: None if a is None else engine.asarray(a), batch)
            ),
            1,
        )
