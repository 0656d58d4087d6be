"""Datasets that processes can import."""

import os
import threading
import time

import numpy as np

import cornu as keras


class OddError(Exception):
    """Can't be made again from its arguments."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Numbered(keras.utils.PyDataset):
    """Batch `index` holds this number, plus 100 for each epoch that is over.

    Args:
        length: number of batches, or None for no end.
        trouble: what goes wrong in batch 3: a name of a method below, or "".
        seconds: how long a batch takes.
    """

    def __init__(self, length=6, trouble="", seconds=0, **kwargs):
        super().__init__(**kwargs)
        self.length, self.trouble, self.seconds = length, trouble, seconds
        self.epoch = 0
        self.events = []

    @property
    def num_batches(self):
        return self.length

    def __getitem__(self, index):
        if index == 3 and self.trouble:
            getattr(self, self.trouble)()
        time.sleep(self.seconds)
        self.events.append(index)
        number = float(index + 100 * self.epoch)
        return np.full((2, 1), number, "float32"), np.ones((2, 1), "float32")

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")
        self.epoch += 1

    def fails(self):
        raise KeyError("planted")

    def fails_oddly(self):
        raise OddError("this", "that")

    def dies(self):
        os._exit(7)


class Unsendable(Numbered):
    """Holds what can't be pickled."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.lock = threading.Lock()


def numbers(batches):
    """The number in each batch."""
    return [int(batch[0][0, 0]) for batch in batches]
