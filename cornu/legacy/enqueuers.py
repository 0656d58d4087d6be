"""Batches that threads prepare ahead: `OrderedEnqueuer` and `GeneratorEnqueuer` of Keras 2."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cornu.core.errors import shorten

_END = object()


class SequenceEnqueuer:
    """Base of what fetches batches in other threads.

    Args:
        sequence: where batches come from.
        use_multiprocessing: accepted as in Keras 2; threads do the work. For processes give `fit` a
            `PyDataset` with `use_multiprocessing=True`.

    Example:
        >>> import cornu
        >>> enqueuer = cornu.utils.GeneratorEnqueuer(iter([1, 2]))
        >>> enqueuer.start()
        >>> list(enqueuer.get())
        [1, 2]
    """

    def __init__(self, sequence, use_multiprocessing=False):
        self.sequence = sequence
        self.use_multiprocessing = use_multiprocessing
        self.queue = None
        self.stop_signal = None
        self.run_thread = None
        self.workers = 0

    def is_running(self):
        """Whether it was started and not stopped."""
        return self.stop_signal is not None and not self.stop_signal.is_set()

    def start(self, workers=1, max_queue_size=10):
        """Begin to fetch.

        Args:
            workers: number of threads.
            max_queue_size: number of batches that may wait.
        """
        self.workers = max(1, workers)
        self.queue = queue.Queue(max_queue_size)
        self.stop_signal = threading.Event()
        self.run_thread = threading.Thread(target=self._run, daemon=True)
        self.run_thread.start()

    def stop(self, timeout=None):
        """End, and forget the batches that wait.

        Args:
            timeout: seconds to wait for the threads; None for as long as it takes.
        """
        if self.run_thread is None:
            return
        self.stop_signal.set()
        while not self.queue.empty():
            self.queue.get_nowait()
        self.run_thread.join(timeout)

    def _run(self):
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for future in self._futures(pool):
                    if not self._put(future):
                        return
            except Exception as error:
                self._put(error)
        self._put(_END)

    def _put(self, item):
        """Wait for room in the queue; whether there was some before the end."""
        while not self.stop_signal.is_set():
            try:
                self.queue.put(item, timeout=0.05)
                return True
            except queue.Full:
                continue
        return False

    def _futures(self, pool):
        raise NotImplementedError(f"{type(self).__name__} must define `_futures`.")

    def get(self):
        """A generator of batches.

        Raises:
            Exception: what was raised while a batch was fetched.
        """
        while self.is_running():
            item = self.queue.get()
            if item is _END:
                return
            if isinstance(item, Exception):
                self.stop()
                raise item
            try:
                value = item.result()
            except Exception:
                self.stop()
                raise
            if value is not None:
                yield value


class OrderedEnqueuer(SequenceEnqueuer):
    """Fetches the batches of a `Sequence` in their order, epoch after epoch.

    Args:
        sequence: a `PyDataset` (a `Sequence`): `__len__`, `__getitem__`, and maybe `on_epoch_end`.
        use_multiprocessing: see `SequenceEnqueuer`.
        shuffle: whether each epoch has another order of batches.

    Example:
        >>> import cornu
        >>> enqueuer = cornu.utils.OrderedEnqueuer([10, 20])
        >>> enqueuer.start(workers=2)
        >>> batches = enqueuer.get()
        >>> [next(batches) for _ in range(3)]
        [10, 20, 10]
        >>> enqueuer.stop()
    """

    def __init__(self, sequence, use_multiprocessing=False, shuffle=False):
        if not hasattr(sequence, "__len__") or not hasattr(sequence, "__getitem__"):
            raise TypeError(
                "OrderedEnqueuer takes a `keras.utils.Sequence`, with `__len__` and `__getitem__`."
                f" Received: {shorten(sequence)}"
            )
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def _futures(self, pool):
        while not self.stop_signal.is_set():
            order = np.arange(len(self.sequence))
            if self.shuffle:
                np.random.shuffle(order)
            for index in order:
                yield pool.submit(self.sequence.__getitem__, int(index))
            if hasattr(self.sequence, "on_epoch_end"):
                self.sequence.on_epoch_end()


class GeneratorEnqueuer(SequenceEnqueuer):
    """Fetches the batches of a generator, in their order.

    Args:
        generator: an iterator.
        use_multiprocessing: see `SequenceEnqueuer`.
        random_seed: seed of NumPy's global generator at the start, or None.

    Example:
        >>> import cornu
        >>> enqueuer = cornu.utils.GeneratorEnqueuer(iter([1, 2]))
        >>> enqueuer.start()
        >>> list(enqueuer.get())
        [1, 2]
    """

    def __init__(self, generator, use_multiprocessing=False, random_seed=None):
        super().__init__(generator, use_multiprocessing)
        self.random_seed = random_seed

    def _futures(self, pool):
        if self.random_seed is not None:
            np.random.seed(self.random_seed)
        lock = threading.Lock()

        def following():
            with lock:  # a generator runs in one thread at a time
                return next(self.sequence, _END)

        while not self.stop_signal.is_set():
            future = pool.submit(following)
            if future.result() is _END:
                return
            yield future
