"""`keras.preprocessing.sequence`: windows of series, pairs of words, padding."""

import json
import random

import numpy as np

from cornu.data.py_dataset import PyDataset
from cornu.utils.sequences import pad_sequences

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]
# Euler's constant, in the approximation of harmonic numbers.
GAMMA = 0.577


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target of the step after it.

    Args:
        data: array or list of steps, the first axis being time.
        targets: targets, as many as steps.
        length: number of steps of a window, before `sampling_rate`.
        sampling_rate: every how many steps of a window are taken.
        stride: steps between two windows.
        start_index: steps before it are left out.
        end_index: steps after it are left out; the last one by default.
        shuffle: whether windows are drawn at random.
        reverse: whether a window's steps come in reverse order.
        batch_size: windows a batch; the last batch may have fewer.

    Raises:
        ValueError: if there are not as many targets as steps, or no window fits.

    Example:
        >>> import cornu
        >>> series = np.arange(10.0)
        >>> windows = cornu.preprocessing.sequence.TimeseriesGenerator(series, series, 3)
        >>> x, y = windows[0]
        >>> x.shape, y[:2].tolist()
        ((7, 3), [3.0, 4.0])
    """

    def __init__(
        self,
        data,
        targets,
        length,
        sampling_rate=1,
        stride=1,
        start_index=0,
        end_index=None,
        shuffle=False,
        reverse=False,
        batch_size=128,
    ):
        super().__init__()
        if len(data) != len(targets):
            raise ValueError(
                "There must be as many targets as steps of data. Received:"
                f" {len(data)} steps and {len(targets)} targets."
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"No window of {length} steps fits: `start_index+length={self.start_index} >"
                f" end_index={self.end_index}`."
            )

    def __len__(self):
        span = self.batch_size * self.stride
        return (self.end_index - self.start_index + span) // span

    def __getitem__(self, index):
        """Windows (batch, steps, ...) and targets (batch, ...)."""
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            span = self.batch_size * self.stride
            first = self.start_index + span * index
            rows = np.arange(first, min(first + span, self.end_index + 1), self.stride)
        step = self.sampling_rate
        windows = np.array([self.data[row - self.length : row : step] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (windows[:, ::-1] if self.reverse else windows), targets

    def get_config(self):
        """The arguments, plain; data and targets as JSON."""
        return {
            "data": _as_json("data", self.data),
            "targets": _as_json("targets", self.targets),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs):
        """The config as JSON.

        Args:
            **kwargs: of `json.dumps`.
        """
        return json.dumps(
            {"class_name": type(self).__name__, "config": self.get_config()}, **kwargs
        )


def _as_json(name, values):
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    try:
        return json.dumps(plain)
    except TypeError as error:
        raise TypeError(f"`{name}` can't be written as JSON: {error}") from error


def make_sampling_table(size, sampling_factor=1e-5):
    """The probability with which each word is kept for `skipgrams`, if the word of rank `i` is as
    frequent as Zipf's law says.

    Args:
        size: number of words.
        sampling_factor: frequency from which words are left out now and then.

    Returns:
        Array (size,).

    Reference: Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
    Compositionality".

    Example:
        >>> import cornu
        >>> table = cornu.preprocessing.sequence.make_sampling_table(1000)
        >>> bool(table[1] < table[999])
        True
    """
    rank = np.arange(size)
    rank[0] = 1
    frequency = rank * (np.log(rank) + GAMMA) + 0.5 - 1.0 / (12.0 * rank)
    scaled = sampling_factor * frequency
    return np.minimum(1.0, scaled / np.sqrt(scaled))


def skipgrams(
    sequence,
    vocabulary_size,
    window_size=4,
    negative_samples=1.0,
    shuffle=True,
    categorical=False,
    sampling_table=None,
    seed=None,
):
    """Pairs of words, labelled by whether they stand near each other.

    Args:
        sequence: list of the words' numbers; 0 is no word and left out.
        vocabulary_size: the largest number of a word, and one more.
        window_size: how far apart two words may be.
        negative_samples: how many pairs with a random word there are for each true pair.
        shuffle: whether pairs are shuffled.
        categorical: whether labels are `[0, 1]` and `[1, 0]` rather than 1 and 0.
        sampling_table: probability with which each word is used; see `make_sampling_table`.
        seed: seed of the shuffling.

    Returns:
        `(couples, labels)`, two lists.

    Example:
        >>> import cornu
        >>> couples, labels = cornu.preprocessing.sequence.skipgrams(
        ...     [1, 2, 3], vocabulary_size=4, window_size=1, negative_samples=0.0, shuffle=False)
        >>> couples
        [[1, 2], [2, 1], [2, 3], [3, 2]]
    """
    couples = []
    for place, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        nearby = range(max(0, place - window_size), min(len(sequence), place + window_size + 1))
        couples += [
            [word, sequence[other]] for other in nearby if other != place and sequence[other]
        ]
    near, far = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels = [near] * len(couples)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [
            [words[number % len(words)], random.randint(1, vocabulary_size - 1)]
            for number in range(count)
        ]
        labels += [far] * count
    if shuffle:
        seed = random.randint(0, 10_000_000) if seed is None else seed
        for each in (couples, labels):
            random.seed(seed)
            random.shuffle(each)
    return couples, labels
