"""`PyDataset`: batches by number."""

import itertools
import numbers

from cornu.core.errors import shorten
from cornu.serial.registry import export


@export("keras.utils.PyDataset", "keras.utils.Sequence")
class PyDataset:
    """Data whose batches are asked for by number; a subclass says how a batch is made.

    It has `__getitem__(index)`, which returns a batch: inputs, `(inputs, targets)` or `(inputs,
    targets, sample_weights)`; and `__len__()`, the number of batches, or a property `num_batches`,
    which is None where there is no end. `on_epoch_begin` and `on_epoch_end` may change it between
    epochs.

    While the model computes, the next batches are made in the background, in the order in which
    they are used. With one worker a thread does so, a batch or two ahead, where batches take longer
    than half a millisecond and the dataset has an end. `workers=0` makes each batch when it is
    needed, in the thread that trains: for a dataset that uses the model itself.

    Processes are new ones that import the main script and get a copy of the dataset: a script that
    uses them keeps what it runs under `if __name__ == "__main__":`, and dataset and batches can be
    pickled. What changes in the dataset between two epochs is sent to them. They compute on the
    CPU. One that dies is an error that names its exit code; none outlives `fit`.

    Args:
        workers: number of threads or processes that make batches; they may make several at a time,
            so `__getitem__` must bear that.
        use_multiprocessing: whether workers are processes rather than threads: for batches that
            keep Python itself busy.
        max_queue_size: how many batches may be made ahead by several workers, or by processes.

    Raises:
        ValueError: for numbers below 0 (`workers`) or 1 (`max_queue_size`).

    Example:
        >>> import cornu
        >>> class Squares(cornu.utils.PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         x = np.arange(4.0)[:, None] + 4 * index
        ...         return x, x**2
        >>> model = cornu.Sequential([cornu.Input((1,)), cornu.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> len(model.fit(Squares(workers=2), epochs=2, verbose=0).epoch)
        2
    """

    # A subclass that does not call this class's `__init__` has these.
    _workers = 1
    _use_multiprocessing = False
    _max_queue_size = 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self):
        """Number of threads or processes that make batches."""
        return self._workers

    @workers.setter
    def workers(self, value):
        self._workers = _count("workers", value, 0)

    @property
    def use_multiprocessing(self):
        """Whether workers are processes."""
        return self._use_multiprocessing

    @use_multiprocessing.setter
    def use_multiprocessing(self, value):
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self):
        """How many batches may be made ahead."""
        return self._max_queue_size

    @max_queue_size.setter
    def max_queue_size(self, value):
        self._max_queue_size = _count("max_queue_size", value, 1)

    @property
    def num_batches(self):
        """Number of batches, by default the length; None if there is no end.

        Raises:
            NotImplementedError: if a subclass has neither `__len__` nor this.
        """
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__} needs a method `__len__(self)` that returns the number of"
            " batches, or a property `num_batches`, which returns None if there is no end."
        )

    def __getitem__(self, index):
        """The batch of a number.

        Raises:
            NotImplementedError: if a subclass has none.
        """
        raise NotImplementedError(
            f"{type(self).__name__} needs a method `__getitem__(self, index)` that returns a batch."
        )

    def __iter__(self):
        """The batches in order, without end where their number is not known."""
        known = hasattr(self, "__len__") or type(self).num_batches is not PyDataset.num_batches
        count = self.num_batches if known else None
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def on_epoch_begin(self):
        """Called before the first batch of each epoch."""

    def on_epoch_end(self):
        """Called after the last batch of each epoch."""


def _count(name, value, lowest):
    if not isinstance(value, numbers.Integral) or value < lowest:
        raise ValueError(
            f"`{name}` of a PyDataset must be an int of at least {lowest}. Received:"
            f" {name}={shorten(value)}"
        )
    return int(value)
