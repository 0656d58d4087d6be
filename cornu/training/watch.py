"""The watch over the loss of `fit`: tells of the first step whose loss is not finite, once.

Compiled steps carry the number of the first such step along with them, so looking for it costs no
synchronisation. Where the state before a visit to the device is still there, the steps are run
again from it, to the very step, and the layers are then called one by one to find where it began.
"""

import warnings
from collections import deque

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import source
from cornu.training.diagnosis import about_data, about_layers

WAYS = ("warn", "raise", "ignore")
STATE_LIMIT = 2**26  # bytes of variables up to which the state before a visit is kept
WAITING_LIMIT = 4  # visits whose flags may be unread, before the host waits for the first
ADVICE = (
    "Common causes: a learning rate that is too high, a logarithm or a division of 0, data that is"
    " not scaled. Lower the learning rate, or clip gradients (`clipnorm=1.0` of the optimizer)."
)


class NonFiniteError(FloatingPointError):
    """The loss is NaN or infinite, and the model is compiled with `on_nan="raise"`."""


def check_way(on_nan):
    """Raise ValueError unless `on_nan` is one of the `WAYS`."""
    if on_nan not in WAYS:
        raise ValueError(f"`on_nan` must be one of {WAYS}. Received: on_nan={on_nan!r}")


def first_bad(known, index, logs):
    """The first step whose loss is not finite, -1 as long as there is none; in compiled code.

    Args:
        known: what it was before this step, int32.
        index: the number of this step.
        logs: what the step returned; its loss is looked at, if it has one.
    """
    loss = logs.get("loss") if isinstance(logs, dict) else None
    if loss is None:
        return known
    fine = ops.logical_or(known >= 0, ops.all(ops.isfinite(loss)))
    return ops.where(fine, known, engine.cast(index, "int32"))


class Visit:
    """Some steps that ran on the device between two visits of the host.

    Args:
        bad: the first of these steps whose loss was not finite, -1 if none: an int32 scalar, which
            may still be on its way.
        before: values of all variables before the first of them, or None where they aren't kept.
        run: `(values, count) -> (values, ...)`, the first `count` steps once more.
        batch: from the number of a step to its batch and the places of its samples in the data, or
            None for the places.
    """

    __slots__ = ("bad", "before", "run", "batch")

    def __init__(self, bad, before, run, batch):
        self.bad, self.before, self.run, self.batch = bad, before, run, batch

    def values_at(self, step):
        """Values of all variables before a step, or None."""
        if self.before is None or step == 0:
            return self.before
        return self.run(self.before, step)[0]


class Watch:
    """Reads the flags of the steps of one `fit`.

    Args:
        model: a compiled model.

    Attributes:
        epoch: number of the current epoch, from 0, or None outside of `fit`.
    """

    def __init__(self, model):
        self.model = model
        self.epoch = None
        self.waiting = deque()
        self.done = model.on_nan == "ignore"
        # Who is to be stopped must not go on with what is wrong in the meantime.
        self.limit = 1 if model.on_nan == "raise" else WAITING_LIMIT

    def visited(self, program, first):
        """Take the flag of the last visit, and read those that have arrived.

        Args:
            program: what ran the steps.
            first: the number of the first of them in the epoch.

        Raises:
            NonFiniteError: if a loss was not finite and the model is to raise.
        """
        visit = program.take_visit()
        if self.done or visit is None:
            return
        self.waiting.append((visit, program.variables, self.epoch, first))
        while self.waiting and not self.done:
            bad = self.waiting[0][0].bad
            if len(self.waiting) < self.limit and not engine.is_ready(bad):
                break
            self._read(*self.waiting.popleft())

    def finish(self):
        """Read all flags that are left.

        Raises:
            NonFiniteError: as `visited` does.
        """
        while self.waiting and not self.done:
            self._read(*self.waiting.popleft())

    def _read(self, visit, variables, epoch, first):
        step = int(engine.to_numpy(visit.bad))  # ten times as fast as `int` of a tensor
        if step < 0:
            return
        self.done = True
        self.waiting.clear()
        values = visit.values_at(step)
        message = self._message(visit, variables, values, step, _when(epoch, first + step))
        if self.model.on_nan != "raise":
            warnings.warn(message, RuntimeWarning, stacklevel=source.level())
            return
        if values is not None:
            for variable, value in zip(variables, values, strict=True):
                variable._store[variable._index] = value
        kept = "is that before this step" if values is not None else "is that after it"
        raise NonFiniteError(f"{message} The state of the model {kept}.")

    def _message(self, visit, variables, values, step, when):
        batch, places = visit.batch(step)
        found = about_data(batch, places)[:3]
        advice = [] if found else [ADVICE]
        if values is not None:
            found += about_layers(self.model, variables, values, batch)
        else:
            found.append(
                f"Which layer it began in is not known: the state before is kept for models up to"
                f" {STATE_LIMIT >> 20} MB only. `compile(on_nan='raise')` stops training there."
            )
        return " ".join([f"The loss is not finite from {when} on.", *found, *advice])


def _when(epoch, step):
    if epoch is None:
        return "this batch"
    return f"epoch {epoch + 1}, batch {step + 1} (counted from 1)"


def kept_bytes(variables):
    """The size of all values of variables."""
    return sum(variable.size * np.dtype(variable._dtype).itemsize for variable in variables)


def tell_of_evaluation(model, data, loss):
    """Warn, once, of data in memory that are not finite, if that may be why the loss isn't."""
    told = data.__dict__.get("_told_of_values")
    if loss is None or np.all(np.isfinite(loss)) or model.on_nan == "ignore":
        return
    if told or not data.in_memory:
        return
    data._told_of_values = True
    found = about_data(data.arrays, where="")[:3]
    if found:
        message = " ".join(["The loss of the evaluation is not finite.", *found])
        warnings.warn(message, RuntimeWarning, stacklevel=source.level())
