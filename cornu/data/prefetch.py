"""Fetching batches in the background, a few ahead of their use."""

import contextvars
import threading
from collections import deque

from cornu.core import tree
from cornu.data.workers import WorkerDiedError

BYTE_LIMIT = 2**28  # of batches that wait; one may always wait, whatever its size
PATIENCE = 5.0  # seconds for what is being fetched when nobody wants it any more


class Prefetch:
    """An iterator over the items of another one, which a thread runs ahead.

    Items come in the same order. An exception comes where it was raised, after the items before it;
    only that of a dead worker process comes at once.

    Args:
        items: a generator; it is closed in the end.
        depth: how many items may wait.
        unwanted: `threading.Event` that is set when no more items are wanted.
    """

    def __init__(self, items, depth, unwanted):
        self._items, self._depth, self._unwanted = items, depth, unwanted
        self._waiting = deque()  # pairs of an item and its bytes
        self._changed = threading.Condition()
        self._ended = False
        self._error = None
        # The thread sees the same scopes as its maker.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._work,), name="cornu-data", daemon=True
        )
        self._thread.start()

    def __iter__(self):
        return self

    def __next__(self):
        with self._changed:
            while not (self._waiting or self._ended):
                self._changed.wait()
            if isinstance(self._error, WorkerDiedError):
                self._waiting.clear()
            if self._waiting:
                item, _ = self._waiting.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def close(self):
        """Stop the thread; what it fetched and nobody took is dropped."""
        self._unwanted.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join(PATIENCE)

    def _work(self):
        error = None
        try:
            while self._has_room() and (item := next(self._items, None)) is not None:
                with self._changed:
                    self._waiting.append((item, _bytes(item)))
                    self._changed.notify_all()
            self._items.close()
        except BaseException as raised:  # for whoever takes the next item
            error = raised
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()

    def _has_room(self):
        """Wait until another item may be fetched; False if none is wanted any more."""
        with self._changed:
            while not self._unwanted.is_set() and self._is_full():
                self._changed.wait()
            return not self._unwanted.is_set()

    def _is_full(self):
        total = sum(size for _, size in self._waiting)
        return len(self._waiting) >= self._depth or total >= BYTE_LIMIT


def _bytes(item):
    return sum(getattr(leaf, "nbytes", 0) for leaf in tree.flatten(item))
