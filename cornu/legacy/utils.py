"""Functions of `keras.utils` that only tf.keras 2 has."""

import threading
import time

import numpy as np

from cornu import initializers
from cornu.core.errors import shorten


def to_ordinal(y, num_classes=None, dtype="float32"):
    """Class numbers as rows of as many ones as their number says, and then zeros.

    Args:
        y: array of integers from 0.
        num_classes: number of classes; by default one more than the largest number.
        dtype: of the result.

    Returns:
        Array of the shape of `y` (without a last axis of size 1) and an axis of `num_classes - 1`.

    Example:
        >>> import cornu
        >>> cornu.utils.to_ordinal([0, 1, 3])
        array([[0., 0., 0.],
               [1., 0., 0.],
               [1., 1., 1.]], dtype=float32)
    """
    y = np.asarray(y, dtype="int64")
    if y.ndim > 1 and y.shape[-1] == 1:
        y = y[..., 0]
    if not num_classes:
        num_classes = int(y.max()) + 1
    return (np.arange(num_classes - 1) < y[..., None]).astype(dtype)


def warmstart_embedding_matrix(
    base_vocabulary, new_vocabulary, base_embeddings, new_embeddings_initializer="uniform"
):
    """The embeddings of a changed vocabulary: of words that stay the old ones, of others new ones.

    Args:
        base_vocabulary: list of the old words, or the path of a file with one on each line.
        new_vocabulary: the same of the new words.
        base_embeddings: matrix, a row for each old word.
        new_embeddings_initializer: name, config, or callable `(shape, dtype)`.

    Returns:
        A NumPy matrix, a row for each new word.

    Raises:
        ValueError: if `base_embeddings` is no matrix with a row for each old word.

    Example:
        >>> import cornu
        >>> cornu.utils.warmstart_embedding_matrix(
        ...     ["a", "b"], ["b", "c"], [[1.0, 2.0], [3.0, 4.0]], "zeros")
        array([[3., 4.],
               [0., 0.]], dtype=float32)
    """
    base, new = _words(base_vocabulary), _words(new_vocabulary)
    matrix = np.asarray(base_embeddings, dtype="float32")
    if matrix.ndim != 2 or len(matrix) < len(base):
        raise ValueError(
            f"`base_embeddings` needs a row for each of the {len(base)} words of"
            f" `base_vocabulary`. Received: {shorten(matrix)}"
        )
    shape = (len(new), matrix.shape[1])
    found = np.array(initializers.get(new_embeddings_initializer)(shape, "float32"))
    places = {word: place for place, word in enumerate(base)}
    for place, word in enumerate(new):
        if word in places:
            found[place] = matrix[places[word]]
    return found


def _words(vocabulary):
    if not isinstance(vocabulary, str):
        return list(vocabulary)
    with open(vocabulary, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.rstrip("\n")]


class TimedThread:
    """Calls `on_interval` in another thread, again and again. Subclasses define it.

    Args:
        interval: seconds between two calls.
        **kwargs: of `threading.Thread`, without `target`.

    Example:
        >>> import cornu
        >>> class Counter(cornu.utils.TimedThread):
        ...     count = 0
        ...     def on_interval(self):
        ...         self.count += 1
        >>> with Counter(interval=0.001) as counter:
        ...     while counter.count < 2:
        ...         pass
        >>> counter.is_alive()
        False
    """

    def __init__(self, interval, **kwargs):
        self.interval = interval
        self.daemon = kwargs.pop("daemon", False)
        self._options = kwargs
        self._thread = None
        self._stop = threading.Event()

    def start(self):
        """Begin; nothing happens if it runs already."""
        if self.is_alive():
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=self.daemon, **self._options)
        self._thread.start()

    def _run(self):
        following = time.monotonic() + self.interval
        while not self._stop.wait(max(0.0, following - time.monotonic())):
            self.on_interval()
            following = max(following + self.interval, time.monotonic())

    def stop(self):
        """End, after the call that is going on."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def is_alive(self):
        """Whether it runs."""
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def on_interval(self):
        """What to do."""
        raise NotImplementedError(f"{type(self).__name__} must define `on_interval`.")
