"""Data that comes batch by batch: generators, iterables, and objects with a length and batches by
number."""

import numpy as np

from cornu.core import config, tree
from cornu.core.errors import shorten
from cornu.data.arrays import to_array, unpack, weights_of_classes


class IterableData:
    """Batches from an iterable of x, (x, y) or (x, y, sample_weight).

    Args:
        source: a generator (used up once), an iterable, or an object with `__len__` and
            `__getitem__` (a `PyDataset`).
        shuffle: whether the batches of the latter come in another order each epoch.
        class_weight: dict from class to weight.
    """

    in_memory = False
    batch_size = None

    def __init__(self, source, shuffle=False, class_weight=None):
        self.source = source
        self.shuffle = shuffle
        self.class_weight = class_weight
        self.indexed = (
            hasattr(source, "__getitem__") and hasattr(source, "__len__") and not _is_loader(source)
        )
        self._iterator = None
        self._peeked = None
        self.steps = self._known_steps()

    def _known_steps(self):
        count = getattr(self.source, "num_batches", None)
        if isinstance(count, (int, np.integer)):
            return int(count)
        try:
            count = len(self.source)
        except TypeError:
            return None
        return int(count) if count >= 0 else None

    @property
    def endless(self):
        """Whether one iteration goes on over epochs: of a generator, which can't begin again."""
        return iter(self.source) is self.source if not self.indexed else False

    def batches(self):
        """The batches of one epoch."""
        for batch in self._raw():
            yield self._standardized(batch)

    def peek(self):
        """The first batch, which stays the first of the next epoch; None if there is none."""
        if self._peeked is None:
            first = next(self._own_iterator() if self.endless else iter(self._raw()), None)
            if first is None or not self.endless:
                return None if first is None else self._standardized(first)
            self._peeked = first
        return self._standardized(self._peeked)

    def _own_iterator(self):
        if self._iterator is None:
            self._iterator = iter(self.source)
        return self._iterator

    def _raw(self):
        if self._peeked is not None:
            first, self._peeked = self._peeked, None
            yield first
        if self.indexed:
            order = np.arange(len(self.source))
            if self.shuffle:
                np.random.shuffle(order)
            for index in order:
                yield self.source[int(index)]
            if hasattr(self.source, "on_epoch_end"):
                self.source.on_epoch_end()
            return
        # Not `yield from`: leaving an epoch early must not close a generator of the user's.
        for batch in self._own_iterator() if self.endless else self.source:  # noqa: UP028
            yield batch

    def _standardized(self, batch):
        if isinstance(batch, list):
            batch = tuple(batch)
        x, y, sample_weight = unpack(batch)
        x, y, sample_weight = (tree.map_structure(_leaf, part) for part in (x, y, sample_weight))
        if self.class_weight is not None:
            sample_weight = weights_of_classes(y, self.class_weight)
        if sample_weight is not None:
            return x, y, sample_weight
        return (x,) if y is None else (x, y)


def _is_loader(source):
    return hasattr(source, "dataset") and hasattr(source, "batch_size")


def _leaf(value):
    if value is None:
        return None
    if hasattr(value, "numpy") and not hasattr(value, "detach"):
        value = value.numpy()
    array = to_array(value)
    if array.dtype == "float64" and config.floatx() != "float64":
        array = array.astype(config.floatx())
    return array


def is_iterable_data(x):
    """Whether `x` gives batches rather than being an array or a nest of arrays."""
    if isinstance(x, (list, tuple, dict, str)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__getitem__")


def refuse_extra(x, **others):
    """Raise ValueError for arguments that make no sense beside an iterable.

    Raises:
        ValueError: naming the argument.
    """
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"When `x` gives batches itself (a {type(x).__name__}), `{name}` must not be"
                f" passed. Received: {name}={shorten(value)}"
            )
