"""The loop: epochs and steps as events around compiled programs.

Where no callback asks for every batch, many steps run between two visits to the host: as many as
take about a tenth of a second while a progress bar shows them, about a second otherwise. How many
it is changes no result.
"""

import time
import warnings

import numpy as np

from cornu.backend import engine
from cornu.core import config, tree
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

    def count(self, step, left):
        """The number of steps from `step` on, at most `left`."""
        if self.fixed is not None:
            return min(self.fixed - step % self.fixed, left)
        if self.per_step is None:
            return 1
        return max(1, min(left, int(self.seconds / max(self.per_step, 1e-9))))

    def took(self, seconds, count):
        """Learn from a run; the first includes compilation and counts little."""
        if self.warm:
            self.per_step = seconds / count
        elif self.per_step is None:
            self.per_step, self.warm = None, True


def limited(steps, data):
    """A number of steps, or None for all, within the limit that the process is under."""
    limit = config.max_steps_per_epoch()
    if limit is None:
        return steps
    found = [count for count in (steps, data.steps, limit) if count is not None]
    return min(found)


def device_arrays(data):
    """The arrays of `data` on the device as a whole, or None where they don't fit."""
    found = data.__dict__.get("_on_device")
    if found is None:
        memory = engine.device_memory()
        if data.lazy or data.nbytes > (memory // 4 if memory else HOST_LIMIT):
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

    def begin(self, first=0, loader=None):
        """Make the order of an epoch: a new one, or that of a `loader` state."""
        self.order = engine.to_device(self.data.begin(loader))
        self.total = self.data.steps
        self.done = first

    def goes_on(self):
        """Whether an epoch may go on with what the last one left of the order; it begins then."""
        return self.data.goes_on(self.done)

    def loader_state(self):
        """What the order of the epoch can be made from again."""
        return self.data.loader_state()

    def ready(self, step):
        """Whether there is a batch for a step."""
        return self.data.before + step < self.total

    def limit(self, step, count):
        """How many of `count` steps from `step` on have batches of one size."""
        step += self.data.before
        return min(count, self.data.full_steps - step) if step < self.data.full_steps else 1

    def run(self, step, count):
        """Run steps; returns logs on the device and the number of steps."""
        self.done = step + count
        step += self.data.before
        if step >= self.data.full_steps:  # the last, smaller batch, as a batch size of its own
            size = self.data.size - self.data.full_steps * self.data.batch_size
            tail = self.order[self.data.size - size :]
            return self.program.run_on_arrays(self.arrays, tail, 0, 1, size), 1
        batch = self.data.batch_size
        return self.program.run_on_arrays(self.arrays, self.order, step, count, batch), count


class BatchSteps:
    """What steps over batches that come one by one share.

    Args:
        program: what runs them.
        data: `ArrayData` or `IterableData`.
        checks: `DataChecks` of the values in batches, or None.
    """

    def __init__(self, program, data, checks=None):
        self.program, self.data, self.checks = program, data, checks
        self.total = data.total
        self.waiting = None

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


class StreamSteps(BatchSteps):
    """Runs a program over batches as they come from the host, several stacked together where they
    fit.

    Args:
        program: a `LoopProgram`-like object with `run_on_stack(stacked, count)`.
        data: `ArrayData` or `IterableData`.
        checks: `DataChecks` of the values in batches, or None.
    """

    def __init__(self, program, data, checks=None):
        super().__init__(program, data, checks)
        self.capacity = 1

    def limit(self, step, count):
        """Any number of steps may be asked for."""
        return count

    def run(self, step, count):
        """Run up to `count` steps; returns logs on the device and the number of steps."""
        taken = self._take(count)
        stacked = _stack(taken, self.capacity)
        if self.checks is not None:
            self.checks.stack(stacked, step)
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


def tell_of_end(step, limit):
    """Warn that there were fewer batches than an epoch was to have."""
    if step and limit is not None:
        warnings.warn(
            f"The data ended after {step} of {limit} steps, and so did the epoch. They need a batch"
            " for each step of all epochs, or to be something that can be iterated anew.",
            stacklevel=3,
        )


class Epoch:
    """Runs the steps of one epoch (or of an evaluation) with their events.

    Args:
        steps: `ArraySteps` or `StreamSteps`.
        begin, end: called before the first and after the last step of each visit: `begin(index)`,
            `end(index, logs)`.
        every_batch: whether a callback asks for each batch.
        shown: whether a progress bar runs.
        fixed: steps a visit as the user fixed them, or None.
        watch: the `Watch` over the loss, or None.
    """

    def __init__(self, steps, begin, end, every_batch, shown, fixed=None, watch=None):
        self.steps, self.begin, self.end, self.every_batch = steps, begin, end, every_batch
        self.shown, self.watch = shown, watch
        fixed = fixed or (1 if every_batch else None)
        self.pace = Pace(BAR_SECONDS if shown else QUIET_SECONDS, fixed)
        self.begun = None

    def run(self, limit=None, stop=None, position=None, resume=False):
        """Run up to `limit` steps; returns the logs after the last one, or None if there was no
        batch.

        Args:
            limit: number of steps, or None for all.
            stop: `() -> bool`, asked after each visit.
            position: the `Position` that the epoch begins at; it learns how the data are ordered,
                and that the next epoch begins at its first batch.
            resume: whether to go on with the data where the last epoch stopped.
        """
        started_at, waited = time.perf_counter(), self.steps.data.wait_seconds
        step, logs = self._begin(position, resume)
        total = self.steps.total if limit is None else limit
        while total is None or step < total:
            left = (total - step) if total is not None else 2**31
            if not self.steps.ready(step):
                tell_of_end(step, limit)
                break
            count = self.steps.limit(step, self.pace.count(step, left))
            self._open(step)
            started = time.perf_counter()
            logs, count = self.steps.run(step, count)
            step += count
            if self.pace.fixed is None:
                engine.synchronize(logs)
                self.pace.took(time.perf_counter() - started, count)
            if self.watch is not None:
                self.watch.visited(self.steps.program, step - count)
            logs = Logs(logs)
            if self.pace.fixed is None or step % self.pace.fixed == 0:
                self._close(step, logs)
            if stop is not None and stop():
                break
        self._close(step, logs)
        self.steps.data.end_epoch()
        if self.watch is not None:
            self.watch.finish()
        if logs is not None and not (self.every_batch or self.shown):
            self.end(step - 1, logs)  # so that a line an epoch knows how many steps there were
        self.ran = step
        if position is not None:
            waited = self.steps.data.wait_seconds - waited
            position.data_wait = waited / (time.perf_counter() - started_at)
            position.rest = None if limit is None else self.steps.data.rest(step)
        return logs

    def _open(self, step):
        """Tell that steps begin, unless those before them belong to the same execution."""
        if self.begun is None and (self.every_batch or self.shown):
            self.begun = step
            self.begin(step)

    def _close(self, step, logs):
        """Tell that steps are done, if it was told that they begin."""
        if self.begun is None:
            return
        begun, self.begun = self.begun, None
        # As in Keras, an execution ends with the number of its last step also where the data end
        # before.
        whole = self.pace.fixed or step - begun
        self.end(begun + max(whole, step - begun) - 1, logs)

    def _begin(self, position, resume):
        """Start the epoch; returns the number of its first step, and the logs before it."""
        if position is None:
            self.steps.begin()
            return 0, None
        first, loader, logs = position.batch, position.given, position.logs
        position.batch, position.given, position.logs = 0, None, None
        if not resume or first:
            self.steps.begin(first, loader)
        position.loader = self.steps.loader_state()
        return first, logs
