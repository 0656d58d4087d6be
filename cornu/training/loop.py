"""The loop: epochs and steps as events around compiled programs.

Where no callback asks for every batch, many steps run between two visits to the host: as many as
take about a tenth of a second while a progress bar shows them, about a second otherwise. How many
it is changes no result.
"""

import time

import numpy as np

from cornu.backend import engine
from cornu.core import tree
from cornu.training.logs import Logs

BAR_SECONDS = 0.1
QUIET_SECONDS = 1.0
HOST_LIMIT = (
    2**31
)  # bytes of data that go to the device as a whole, where it doesn't say how much memory it has
STACK_LIMIT = 2**26  # bytes of batches from an iterable that go to the device together


class Pace:
    """How many steps to run before the host is visited again.

    Args:
        seconds: the time that they should take.
        fixed: the number, if it is given.
    """

    def __init__(self, seconds, fixed=None):
        self.seconds, self.fixed = seconds, fixed
        self.per_step = None
        self.warm = False

    def count(self, left):
        """The number of steps, at most `left`."""
        if self.fixed is not None:
            return min(self.fixed, left)
        if self.per_step is None:
            return 1
        return max(1, min(left, int(self.seconds / max(self.per_step, 1e-9))))

    def took(self, seconds, count):
        """Learn from a run; the first includes compilation and counts little."""
        if self.warm:
            self.per_step = seconds / count
        elif self.per_step is None:
            self.per_step, self.warm = None, True


def device_arrays(data):
    """The arrays of `data` on the device as a whole, or None where they don't fit."""
    found = data.__dict__.get("_on_device")
    if found is None:
        memory = engine.device_memory()
        if data.nbytes > (memory // 4 if memory else HOST_LIMIT):
            return None
        found = tree.map_structure(
            lambda a: None if a is None else engine.to_device(a), data.arrays
        )
        data._on_device = found
    return found


class ArraySteps:
    """Runs a program over arrays that lie on the device.

    Args:
        program: a `LoopProgram`-like object with `run_on_arrays(arrays, order, start, count,
            batch_size)`.
        data: `ArrayData`.
        arrays: its arrays on the device.
    """

    def __init__(self, program, data, arrays):
        self.program, self.data, self.arrays = program, data, arrays

    def begin(self):
        """Make the order of an epoch."""
        self.order = engine.to_device(self.data.order())
        self.total = self.data.steps

    def limit(self, step, count):
        """How many of `count` steps from `step` on have batches of one size."""
        return min(count, self.data.full_steps - step) if step < self.data.full_steps else 1

    def run(self, step, count):
        """Run steps; returns logs on the device, or None at the end of the data."""
        if step >= self.data.full_steps:  # the last, smaller batch, as a batch size of its own
            size = self.data.size - self.data.full_steps * self.data.batch_size
            tail = self.order[self.data.size - size :]
            return self.program.run_on_arrays(self.arrays, tail, 0, 1, size), 1
        batch = self.data.batch_size
        return self.program.run_on_arrays(self.arrays, self.order, step, count, batch), count


class StreamSteps:
    """Runs a program over batches as they come from the host, several stacked together where they
    fit.

    Args:
        program: a `LoopProgram`-like object with `run_on_stack(stacked, count)`.
        data: `ArrayData` or `IterableData`.
    """

    def __init__(self, program, data):
        self.program, self.data = program, data
        self.total = data.steps
        self.capacity = 1
        self.waiting = None

    def begin(self):
        """Start an epoch."""
        self.batches = iter(self.data.batches())
        self.waiting = None

    def limit(self, step, count):
        """Any number of steps may be asked for."""
        return count

    def run(self, step, count):
        """Run up to `count` steps; returns logs on the device and the number of steps, or None at
        the end."""
        taken = self._take(count)
        if not taken:
            return None
        stacked = _stack(taken, self.capacity)
        return self.program.run_on_stack(stacked, len(taken)), len(taken)

    def _take(self, count):
        taken = []
        while len(taken) < count:
            batch = self.waiting if self.waiting is not None else next(self.batches, None)
            self.waiting = None
            if batch is None:
                break
            if taken and _shapes(batch) != _shapes(taken[0]):
                self.waiting = batch
                break
            taken.append(batch)
            size = sum(a.nbytes for a in tree.flatten(batch) if a is not None)
            # Stacks have few different heights, since each is a program of its own.
            self.capacity = max(1, min(16, STACK_LIMIT // max(size, 1)))
            if len(taken) >= self.capacity:
                break
        return taken


def _shapes(batch):
    return [None if a is None else (a.shape, str(a.dtype)) for a in tree.flatten(batch)]


def _stack(batches, capacity):
    """Batches along a new first axis of size `capacity` (or 1), the places left over filled with
    the last."""
    height = capacity if len(batches) > 1 else 1

    def leaf(*arrays):
        if arrays[0] is None:
            return None
        arrays = [np.asarray(a) for a in arrays]
        return np.stack(arrays + [arrays[-1]] * (height - len(arrays)))

    return tree.map_structure(leaf, *batches)


class Epoch:
    """Runs the steps of one epoch (or of an evaluation) with their events.

    Args:
        steps: `ArraySteps` or `StreamSteps`.
        begin, end: called before the first and after the last step of each visit: `begin(index)`,
            `end(index, logs)`.
        every_batch: whether a callback asks for each batch.
        shown: whether a progress bar runs.
        fixed: steps a visit as the user fixed them, or None.
    """

    def __init__(self, steps, begin, end, every_batch, shown, fixed=None):
        self.steps, self.begin, self.end, self.every_batch = steps, begin, end, every_batch
        self.shown = shown
        self.pace = Pace(BAR_SECONDS if shown else QUIET_SECONDS, 1 if every_batch else fixed)

    def run(self, limit=None, stop=None, first=0, resume=False):
        """Run up to `limit` steps; returns the logs after the last one, or None if there was no
        batch.

        Args:
            limit: number of steps, or None for all.
            stop: `() -> bool`, asked after each visit.
            resume: whether to go on with the data where the last epoch stopped.
        """
        if not resume:
            self.steps.begin()
        total = self.steps.total if limit is None else limit
        step, logs = 0, None
        while total is None or step < total:
            left = (total - step) if total is not None else 2**31
            count = self.steps.limit(step, self.pace.count(left))
            if self.every_batch or self.shown:
                self.begin(step)
            started = time.perf_counter()
            found = self.steps.run(step, count)
            if found is None:
                break
            logs, count = found
            step += count
            if self.pace.fixed is None:
                engine.synchronize(logs)
                self.pace.took(time.perf_counter() - started, count)
            logs = Logs(logs)
            if self.every_batch or self.shown:
                self.end(step - 1, logs)
            if stop is not None and stop():
                break
        if logs is not None and not (self.every_batch or self.shown):
            self.end(step - 1, logs)  # so that a line an epoch knows how many steps there were
        self.ran = step
        return logs
