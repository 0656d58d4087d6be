"""Data that is in memory: nests of arrays of one length."""

import time

import numpy as np

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.data.class_weights import ClassWeights
from cornu.data.convert import to_array, to_arrays
from cornu.data.drawing import drawing_from
from cornu.data.rows import SparseRows

__all__ = ["ArrayData", "check_lengths", "pack", "to_array", "to_arrays", "unpack"]


def unpack(data):
    """`(x, y, sample_weight)` of a batch given as x, (x,), (x, y) or (x, y, sample_weight).

    Raises:
        ValueError: for a tuple of another length.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if len(data) > 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`,"
            f" found a tuple of {len(data)} items: {shorten(data)}"
        )
    return (*data, None, None)[:3]


def pack(x, y=None, sample_weight=None):
    """The opposite of `unpack`, as short as possible."""
    if sample_weight is not None:
        return x, y, sample_weight
    return (x,) if y is None else (x, y)


def check_lengths(named):
    """The common length of all arrays.

    Args:
        named: dict from a name to a nest of arrays.

    Raises:
        ValueError: if lengths differ, or there are no samples or no axes.
    """
    lengths = {}
    for name, structure in named.items():
        for array in tree.flatten(structure):
            if array is None:
                continue
            if array.ndim == 0:
                raise ValueError(f"`{name}` must have a batch axis, received a scalar.")
            lengths.setdefault(name, []).append(array.shape[0])
    distinct = {length for found in lengths.values() for length in found}
    if len(distinct) > 1:
        sizes = ", ".join(
            f"'{name}' sizes: {', '.join(map(str, found))}" for name, found in lengths.items()
        )
        raise ValueError(
            "Data cardinality is ambiguous: all arrays need the same number of samples. Received"
            f" {sizes}"
        )
    if not distinct:
        raise ValueError("There is no data: no array was given.")
    (length,) = distinct
    if length == 0:
        raise ValueError(f"There is no data: the arrays {list(lengths)} have 0 samples.")
    return length


class ArrayData:
    """Batches of arrays in memory.

    Args:
        x, y, sample_weight: nests of array-likes of one length; y and sample_weight may be None.
        batch_size: samples a batch, 32 by default.
        shuffle: whether each epoch has a new order: of samples, or with `"batch"` of batches.
        class_weight: see `ClassWeights`.
        output_names: names of the model's outputs, for `class_weight`.

    Attributes:
        arrays: `(x, y, sample_weight)` as nests of arrays, missing ones left out at the end.
        size: number of samples.
        order_state: the state of NumPy's global generator from which the order of the epoch was
            drawn; None before the first.
        before: number of batches of the order that earlier epochs used.
        wait_seconds: time spent on putting batches together.
    """

    in_memory = True

    def __init__(
        self,
        x,
        y=None,
        sample_weight=None,
        batch_size=None,
        shuffle=False,
        class_weight=None,
        output_names=None,
    ):
        x, y = to_arrays(x, "x"), to_arrays(y, "y")
        sample_weight = to_arrays(sample_weight, "sample_weight")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            sample_weight = ClassWeights(class_weight, output_names)(y)
        self.size = check_lengths({"x": x, "y": y, "sample_weight": sample_weight})
        self.batch_size = _checked_batch_size(batch_size)
        self.shuffle = _checked_shuffle(shuffle)
        self.arrays = pack(x, y, sample_weight)
        self.order_state = None
        self.wait_seconds = 0.0
        self.before = self._handed_out = 0

    @property
    def lazy(self):
        """Whether some arrays are better not held as a whole on a device: sparse ones."""
        return any(isinstance(array, SparseRows) for array in tree.flatten(self.arrays))

    @property
    def steps(self):
        """Number of batches an epoch, the last maybe smaller."""
        return -(-self.size // self.batch_size)

    total = steps

    @property
    def full_steps(self):
        """Number of batches of full size."""
        return self.size // self.batch_size

    @property
    def nbytes(self):
        """Size of all arrays."""
        return sum(array.nbytes for array in tree.flatten(self.arrays) if array is not None)

    def order(self):
        """The order of samples for one epoch, as int32 indices."""
        self.order_state = np.random.get_state()
        return self._drawn()

    def draw_order(self, state):
        """The order that was drawn from `state`, an `order_state`, once more; NumPy's global
        generator stays where it is."""
        self.order_state = state
        with drawing_from(state):
            return self._drawn()

    def _drawn(self):
        if self.shuffle == "batch":
            starts = np.random.permutation(self.steps) if self.steps > 1 else np.arange(self.steps)
            blocks = [
                np.arange(s * self.batch_size, min((s + 1) * self.batch_size, self.size))
                for s in starts
            ]
            blocks.sort(key=len, reverse=True)
            return np.concatenate(blocks).astype("int32")
        if self.shuffle:
            return np.random.permutation(self.size).astype("int32")
        return np.arange(self.size, dtype="int32")

    def batch(self, indices):
        """The samples at `indices`, as `(x, y, sample_weight)`."""
        return tree.map_structure(lambda a: None if a is None else a[indices], self.arrays)

    def begin(self, loader=None):
        """The order of an epoch that begins.

        Args:
            loader: a `loader_state` that tells the order, or None for a new one.
        """
        self.before = 0 if loader is None else loader["before"]
        return self.order() if loader is None else self.draw_order(loader["order_state"])

    def loader_state(self):
        """What the order of the epoch that begins follows from, and how many of its batches earlier
        epochs used."""
        state = self.order_state
        return {"order_state": None if state is None else list(state), "before": self.before}

    def rest(self, done):
        """A `loader_state` of what an epoch of `done` batches left of its order, or None."""
        state = self.loader_state()
        state["before"] += done
        return state if state["before"] < self.steps else None

    def goes_on(self, done=None):
        """Whether an epoch may go on with what the last one left of its order; it begins then.

        Args:
            done: number of batches that the last one used; those of `batches_from` by default.
        """
        self.before += self._handed_out if done is None else done
        self._handed_out = 0
        return self.before < self.steps

    def batches(self):
        """The batches of one epoch in order, as host arrays."""
        return self.batches_from(0)

    def batches_from(self, first, loader=None):
        """The batches of an epoch from the one numbered `first` on.

        Args:
            first: number of the first batch, from 0.
            loader: a `loader_state` of the epoch, or None for a new epoch.
        """
        order = self.begin(loader)
        self._handed_out = first
        return self._cut(order, (self.before + first) * self.batch_size)

    def _cut(self, order, first):
        for start in range(first, self.size, self.batch_size):
            started = time.perf_counter()
            batch = self.batch(order[start : start + self.batch_size])
            self.wait_seconds += time.perf_counter() - started
            self._handed_out += 1
            yield batch

    def end_epoch(self):
        """Nobody has to know that an epoch is over."""

    def split(self, fraction):
        """`(first, rest)`: the last `fraction` of the samples cut off, without shuffling.

        Raises:
            ValueError: if a part would be empty, or the fraction is not between 0 and 1.
        """
        if not 0 < fraction < 1:
            raise ValueError(
                f"`validation_split` must be between 0 and 1. Received: validation_split={fraction}"
            )
        cut = int(np.floor(self.size * (1.0 - fraction)))
        if cut == 0 or cut == self.size:
            raise ValueError(
                f"Training data contains {self.size} samples, which is not sufficient to split it"
                " into a validation and training set as specified by"
                f" `validation_split={fraction}`. Either provide more data, or a different value"
                " for the `validation_split` argument."
            )
        return self._part(slice(0, cut)), self._part(slice(cut, None))

    def _part(self, where):
        part = object.__new__(ArrayData)
        part.__dict__.update(self.__dict__)
        part.arrays = tree.map_structure(lambda array: _rows(array, where), self.arrays)
        part.size = next(a.shape[0] for a in tree.flatten(part.arrays) if a is not None)
        return part


def _rows(array, where):
    if array is None:
        return None
    return array.part(where) if isinstance(array, SparseRows) else array[where]


def _checked_batch_size(batch_size):
    if batch_size is None:
        return 32
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(
            f"`batch_size` must be a positive int. Received: batch_size={shorten(batch_size)}"
        )
    return int(batch_size)


def _checked_shuffle(shuffle):
    if isinstance(shuffle, str) and shuffle != "batch":
        raise ValueError(f"`shuffle` must be True, False or 'batch'. Received: shuffle={shuffle!r}")
    return shuffle
