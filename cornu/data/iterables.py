"""Data that comes batch by batch: generators, iterables, and datasets with batches by number."""

import threading
import time

import numpy as np

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.data.arrays import pack, unpack
from cornu.data.class_weights import ClassWeights
from cornu.data.convert import is_of_hugging_face, to_arrays
from cornu.data.feeds import END, IndexFeed, feed_of
from cornu.data.prefetch import Prefetch
from cornu.data.rows import SparseRows

SLOW = 5e-4  # seconds for a batch; to hand one over from a thread takes about 1e-4
SLOW_BATCHES = 3  # that have to be slow in a row, since any may be once


class IterableData:
    """Batches of x, (x, y) or (x, y, sample_weight) that a source gives.

    Where they take their time, a thread fetches them a few ahead; except from a generator or
    another bare iterator: such a one is never advanced further than batches are used.

    Args:
        source: a generator (used up once), an iterable, or a dataset with batches by number (a
            `PyDataset`).
        shuffle: whether the batches of the latter come in another order each epoch.
        class_weight: see `ClassWeights`.
        output_names: names of the model's outputs, for `class_weight`.

    Attributes:
        wait_seconds: time spent on waiting for batches.

    Raises:
        ValueError: for a source without batches.
    """

    in_memory = False
    batch_size = None

    def __init__(self, source, shuffle=False, class_weight=None, output_names=None):
        self.source, self.shuffle = source, shuffle
        self.feed = feed_of(source, shuffle)
        self.wait_seconds = 0.0
        self._class_weights = (
            None if class_weight is None else ClassWeights(class_weight, output_names)
        )
        self._shapes = None  # a batch of zeros like the first
        self._items = _nothing()  # pairs of a batch and the source's own state after it
        self._unwanted = threading.Event()  # set when no more of them are wanted
        self._ahead = None  # the next of them, if it was looked at
        self._slow = 0  # how many batches took long, one after the other
        self._is_slow = False  # whether they take so long that a thread is worth it
        self._in_epoch = False
        self._delivered = 0  # batches since the iteration began
        self._before = 0  # those of earlier epochs
        self._loader = None

    @property
    def steps(self):
        """Number of batches an epoch, None if it is not known."""
        return self.feed.steps

    @property
    def total(self):
        """Number of batches at which an epoch is over; None to go on until none is left, as the
        length of an iterable is only what it says of itself."""
        return self.feed.steps if isinstance(self.feed, IndexFeed) else None

    @property
    def endless(self):
        """Whether one iteration goes on over epochs: of a generator, which can't begin again."""
        return self.feed.endless

    @property
    def order_state(self):
        """The state of NumPy's global generator when the iteration began: an order of batches
        follows from it."""
        return self.feed.order_state

    def peek(self):
        """A batch with the shapes of the first, None if there is none; none is lost by it."""
        if self._shapes is None:
            first = self.feed.peek()
            if first is END:
                return None
            batch = self._standardized(first, 0)
            self._shapes = tree.map_structure(_zeros_like, batch)
        return self._shapes

    def batches(self):
        """The batches of one epoch."""
        return self.batches_from(0)

    def batches_from(self, first, loader=None):
        """The batches of an epoch from the one numbered `first` on.

        A dataset with batches by number goes there at once, and so does a source that keeps its own
        state (an iterator of Grain, a stateful loader); the batches of others are fetched and
        dropped, with a warning.

        Args:
            first: number of the first batch, from 0.
            loader: a `loader_state` of the epoch, or None for a new epoch.
        """
        self._leave()
        if first or loader:
            loader = loader or {"order_state": None, "before": 0, "own": []}
            done = loader["before"] + first
            own = [state for count, state in loader["own"] if count == done]
            self.feed.go_on(done, loader["order_state"], own[-1] if own else None)
            self._before, self._delivered = loader["before"], done
        else:
            self.feed.begin()
            self._before = self._delivered = self._delivered if self.endless else 0
        self._in_epoch = True
        self._unwanted = threading.Event()
        self._items = self._fetched(self._delivered, self._unwanted)
        if self.feed.parallel or self._is_slow:
            self._fetch_ahead()
        return self._handed_out()

    def _fetch_ahead(self):
        """Let a thread go on with what was fetched here so far."""
        if self.feed.depth and not isinstance(self._items, Prefetch):
            self._items = Prefetch(self._items, self.feed.depth, self._unwanted)

    def _handed_out(self):
        while (item := self._next()) is not None:
            batch, state = item
            self._delivered += 1
            if self._loader is not None and state is not None:
                self._loader["own"] = [*self._loader["own"][-1:], [self._delivered, state]]
            yield batch
        self.end_epoch()

    def _next(self):
        if self._ahead is not None:
            item, self._ahead = self._ahead, None
            return item
        started = time.perf_counter()
        item = next(self._items, None)
        waited = time.perf_counter() - started
        self.wait_seconds += waited
        self._slow = self._slow + 1 if waited > SLOW else 0
        if self._slow >= SLOW_BATCHES and item is not None:
            self._is_slow = True
            self._fetch_ahead()
        return item

    def end_epoch(self):
        """Tell the source that an epoch is over, once."""
        if self._in_epoch:
            self._in_epoch = False
            self.feed.end()

    def goes_on(self):
        """Whether another epoch may go on with the batches that the last one left; it begins then.

        A generator always does.
        """
        if not (self.endless or self.feed.never_ends):
            self._ahead = self._next()
            if self._ahead is None:
                return False
        self.feed.begin_hooks()
        self._in_epoch, self._before = True, self._delivered
        return True

    def rest(self, done):
        """A `loader_state` of what the epoch left of a dataset with batches by number; None if that
        is nothing, and for other sources."""
        if self.total is None or self._delivered >= self.total or self._loader is None:
            return None
        return {**self._loader, "before": self._delivered}

    def _fetched(self, first, unwanted):
        raw = self.feed.batches(lambda: not unwanted.is_set())
        for number, batch in enumerate(raw, start=first):
            yield self._standardized(batch, number), self.feed.own_state()

    def loader_state(self):
        """What `batches_from` needs to come back to a batch of the epoch that begins now, as plain
        values and arrays. It is kept up to date while batches are fetched."""
        state = self.order_state
        self._loader = {
            "order_state": None if state is None else list(state),
            "before": self._before,
            "own": [],
        }
        return self._loader

    def _standardized(self, batch, number):
        if batch is None or isinstance(batch, (str, bytes)):
            raise ValueError(
                f"Batch {number} of {type(self.source).__name__} must be x, (x, y) or (x, y,"
                f" sample_weight) of arrays. Received: {shorten(batch)}"
            )
        names = ("x", "y", "sample_weight")
        parts = map(to_arrays, unpack(batch), names)
        x, y, weights = (tree.map_structure(_dense, part) for part in parts)
        if self._class_weights is not None:
            if weights is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            weights = self._class_weights(y)
        _check_alike(x, y, number)
        return pack(x, y, weights)

    def close(self):
        """End threads and processes; data can be used again afterwards."""
        self._leave()
        self.feed.close()

    def _leave(self):
        items, self._items, self._ahead = self._items, _nothing(), None
        items.close()


def _nothing():
    yield from ()


def _dense(array):
    return np.asarray(array) if isinstance(array, SparseRows) else array


def _zeros_like(array):
    """Zeros of an array's shape that take no memory."""
    if array is None:
        return None
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)


def _check_alike(x, y, number):
    """Raise ValueError for an array of inputs and one of targets with different lengths."""
    if tree.is_nested(x) or tree.is_nested(y) or y is None or not x.ndim or not y.ndim:
        return
    if len(x) != len(y):
        raise ValueError(
            f"Batch {number} has {len(x)} inputs, but {len(y)} targets: `x` of shape {x.shape}, `y`"
            f" of shape {y.shape}."
        )


def is_iterable_data(x):
    """Whether `x` gives batches rather than being an array or a nest of arrays."""
    if isinstance(x, (list, tuple, dict, str)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    if is_of_hugging_face(x):
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
