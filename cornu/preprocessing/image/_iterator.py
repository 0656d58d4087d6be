"""`Iterator`: batches of images, in order or shuffled, without end."""

import threading

import numpy as np

from cornu.data.py_dataset import PyDataset


class Iterator(PyDataset):
    """Base of batches of images: by number, for `fit`, or one after the other without end.

    Subclasses define `_get_batches_of_transformed_samples(index_array)`.

    Args:
        n: number of images.
        batch_size: images a batch; the last batch of an epoch may have fewer.
        shuffle: whether each epoch has another order.
        seed: seed of NumPy's global generator, set before each batch to it plus the number of
            batches so far; None to leave that alone.

    Example:
        >>> import cornu
        >>> class Numbers(cornu.preprocessing.image.Iterator):
        ...     def _get_batches_of_transformed_samples(self, index_array):
        ...         return index_array * 10
        >>> batches = Numbers(3, batch_size=2, shuffle=False, seed=None)
        >>> [next(batches).tolist() for _ in range(3)]
        [[0, 10], [20], [0, 10]]
    """

    def __init__(self, n, batch_size, shuffle, seed):
        super().__init__()
        self.n = n
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array = None
        self.lock = threading.Lock()

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "lock"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = threading.Lock()

    def _set_index_array(self):
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _seed(self):
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def __len__(self):
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx):
        """The batch of a number.

        Raises:
            ValueError: if there is none.
        """
        if not 0 <= idx < len(self):
            raise ValueError(
                f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}"
            )
        self._seed()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        rows = self.index_array[idx * self.batch_size : (idx + 1) * self.batch_size]
        return self._get_batches_of_transformed_samples(rows)

    def on_epoch_end(self):
        """Give the next epoch its order."""
        self._set_index_array()

    def reset(self):
        """Begin anew with the next batch."""
        self.batch_index = 0

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            self._seed()
            if self.batch_index == 0:
                self._set_index_array()
            first = self.batch_index * self.batch_size
            rows = self.index_array[first : first + self.batch_size]
            self.batch_index = 0 if first + self.batch_size >= self.n else self.batch_index + 1
            self.total_batches_seen += 1
        return self._get_batches_of_transformed_samples(rows)

    def next(self):
        """The next batch."""
        return self.__next__()

    def _get_batches_of_transformed_samples(self, index_array):
        """The batch of images with these numbers."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `_get_batches_of_transformed_samples`."
        )
