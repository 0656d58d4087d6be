"""Where batches come from that are not cut out of arrays: one class for each way of asking for
them."""

import itertools
import warnings

import numpy as np

from cornu.data.convert import libraries_of
from cornu.data.drawing import drawing_from, same_state
from cornu.data.own_state import own_state, set_own_state
from cornu.data.workers import TASKS, ProcessPool, by_threads

END = object()
ENDLESS = 2**60  # a length that stands for none


class Feed:
    """A source of batches as they are.

    Args:
        source: what the user passed.

    Attributes:
        steps: number of batches an epoch, or None.
        endless: whether an epoch goes on where the last one stopped, as with a generator.
        never_ends: whether there always is another batch.
        depth: how many batches a thread may have waiting; 0 for no thread.
        parallel: whether several batches are made at a time.
        order_state: state of NumPy's global generator when the iteration began.
    """

    endless = False
    never_ends = parallel = False
    depth = 2

    def __init__(self, source):
        self.source = source
        self.steps = length_of(source)
        self.order_state = None

    def peek(self):
        """A batch to learn shapes from, END if there is none; no batch is lost by it."""
        raise NotImplementedError

    def begin(self):
        """Begin an epoch."""
        raise NotImplementedError

    def go_on(self, done, order_state, own):
        """Begin in the middle of an epoch.

        Args:
            done: number of batches to leave out.
            order_state: that of the epoch, or None.
            own: the source's own state after these batches, or None.
        """
        raise NotImplementedError

    def batches(self, is_wanted):
        """The batches that are left.

        Args:
            is_wanted: `() -> bool`: whether to go on waiting for one.
        """
        raise NotImplementedError

    def own_state(self):
        """The source's own state after the last batch, or None."""

    def begin_hooks(self):
        """Tell the source that an epoch begins."""

    def end(self):
        """Tell the source that an epoch is over."""

    def close(self):
        """Let go of what is open."""


class GeneratorFeed(Feed):
    """A generator or another iterator, used up once.

    No thread runs it ahead: what a `fit` does not use stays in it.
    """

    endless = True
    depth = 0

    def __init__(self, source):
        super().__init__(source)
        self._peeked = END

    def peek(self):
        if self._peeked is END:
            self.order_state = np.random.get_state()
            self._peeked = next(self.source, END)
        return self._peeked

    def begin(self):
        if self.order_state is None:
            self.order_state = np.random.get_state()

    def go_on(self, done, order_state, own):
        self.order_state = order_state
        if own is not None and set_own_state(self.source, own):
            self._peeked = END
            return
        with drawing_from(order_state):
            go_forward(itertools.chain(self._taken(), self.source), self.source, done)

    def _taken(self):
        """The batch that was looked at already, if there is one."""
        if self._peeked is not END:
            first, self._peeked = self._peeked, END
            yield first

    def batches(self, is_wanted):
        yield from self._taken()
        # Not `yield from`: leaving an epoch early must not close a generator of the user's.
        for batch in self.source:  # noqa: UP028
            yield batch

    def own_state(self):
        return own_state(self.source)


class IterableFeed(Feed):
    """What can be iterated anew in each epoch."""

    def __init__(self, source):
        super().__init__(source)
        self._iterator = iter(())
        self._begun = None  # by `peek`: iterator, first batch, NumPy's state before and after it
        self._first = ()

    def peek(self):
        before = np.random.get_state()
        iterator = iter(self.source)
        first = next(iterator, END)
        if first is not END:
            self._begun = iterator, first, before, np.random.get_state()
        return first

    def begin(self):
        begun, self._begun, self._first = self._begun, None, ()
        present = np.random.get_state()
        if begun and same_state(begun[3], present):
            self._iterator, first, self.order_state, _ = begun
            self._first = (first,)
        else:
            self._iterator, self.order_state = iter(self.source), present

    def go_on(self, done, order_state, own):
        self._begun, self._first, self.order_state = None, (), order_state
        with drawing_from(order_state):
            given = own is not None and set_own_state(self.source, own)
            self._iterator = iter(self.source)
            if not given and not (own is not None and set_own_state(self._iterator, own)):
                go_forward(self._iterator, self.source, done)

    def batches(self, is_wanted):
        yield from self._first
        for batch in self._iterator:  # noqa: UP028
            yield batch

    def own_state(self):
        found = own_state(self._iterator)
        return own_state(self.source) if found is None else found

    def close(self):
        self._iterator, self._begun, self._first = iter(()), None, ()


class IndexFeed(Feed):
    """Batches by number: a `PyDataset`, or what has a length and gives batches by number.

    Args:
        source: the dataset.
        shuffle: whether each epoch has its own order of batches.
    """

    def __init__(self, source, shuffle):
        super().__init__(source)
        self.shuffle = shuffle
        self.workers = getattr(source, "workers", 1)
        self.in_processes = bool(getattr(source, "use_multiprocessing", False))
        self.parallel = self.in_processes or self.workers > 1
        if self.parallel:
            self.depth = getattr(source, "max_queue_size", 10)
        elif self.workers == 0 or self.steps is None:
            self.depth = 0
        self.never_ends = self.steps is None
        self._pool = None
        self._numbers = iter(())
        self._own = None  # what the dataset kept when the epoch began

    def peek(self):
        with drawing_from(None):  # so that a look at it changes no order
            return self.source[0]

    def begin(self):
        self._own = own_state(self.source)
        self.begin_hooks()
        self.order_state = np.random.get_state()
        self._numbers = self._drawn(0)

    def go_on(self, done, order_state, own):
        if own is not None:
            set_own_state(self.source, own)
        self._own = own_state(self.source)
        self.begin_hooks()
        self.order_state = order_state
        with drawing_from(order_state):
            self._numbers = self._drawn(done)

    def begin_hooks(self):
        _call(self.source, "on_epoch_begin")
        self.steps = length_of(self.source)  # which may differ from epoch to epoch

    def _drawn(self, first):
        """The numbers of an epoch's batches in order, from the one at `first` on."""
        if self.steps is None:
            return itertools.count(first)
        order = np.arange(self.steps)
        if self.shuffle:
            np.random.shuffle(order)
        return map(int, order[first:])

    def batches(self, is_wanted):
        workers = max(1, self.workers)
        if self.in_processes:
            if self._pool is None:
                self._pool = ProcessPool(self.source, workers)
            return self._pool.batches(self._numbers, TASKS * workers, is_wanted)
        if workers > 1:
            return by_threads(self.source, self._numbers, workers)
        return (self.source[index] for index in self._numbers)

    def own_state(self):
        return self._own

    def end(self):
        _call(self.source, "on_epoch_end")

    def close(self):
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()


def feed_of(source, shuffle):
    """The `Feed` of a source.

    Raises:
        ValueError: for single samples rather than batches, and for what has no batches.
    """
    libraries = libraries_of(source)
    by_number = hasattr(source, "__getitem__")
    if "torch" in libraries and by_number and not hasattr(source, "batch_size"):
        raise ValueError(
            f"{type(source).__name__} gives single samples. Pass a `torch.utils.data.DataLoader` of"
            " it, which makes batches."
        )
    if hasattr(source, "__next__"):
        feed = GeneratorFeed(source)
    elif by_number and _is_dataset(source) and not libraries & {"grain", "tensorflow", "torch"}:
        feed = IndexFeed(source, shuffle)
    else:
        feed = IterableFeed(source)
    if feed.steps == 0:
        raise ValueError(
            f"There is no data: {type(source).__name__} has no batches, its length is 0."
        )
    return feed


def _is_dataset(source):
    return hasattr(source, "__len__") or hasattr(source, "num_batches")


def length_of(source):
    """Number of batches of a source, None where it is not known or there is no end."""
    count = getattr(source, "num_batches", END)
    if count is not None and not isinstance(count, (int, np.integer)):
        try:
            count = len(source)
        except TypeError:  # has none
            return None
    return int(count) if count is not None and 0 <= count < ENDLESS else None


def go_forward(iterator, source, count):
    """Fetch and drop batches, where nothing else leads to the middle of an epoch."""
    if not count:
        return
    warnings.warn(
        f"Going on in the middle of an epoch: a {type(source).__name__} can't be told where to"
        f" begin, so its first {count} batches are fetched and dropped.",
        stacklevel=2,
    )
    for _ in itertools.islice(iterator, count):
        pass


def _call(source, name):
    method = getattr(source, name, None)
    if method is not None:
        method()
