"""What well-known packages take from Keras's private modules and cornu has under no such name."""

import functools
import os

from cornu.data.class_weights import ClassWeights
from cornu.saving.h5 import WeightsReader, WeightsWriter, h5py
from cornu.serial.functions import allow_unsafe
from cornu.symbolic.operation import infer_outputs


def compute_output_spec(fn, *args, **kwargs):
    """The `KerasTensor`s that `fn` returns for symbolic arguments."""
    return infer_outputs(fn, args, kwargs)


def in_grain_data_pipeline():
    """Whether code runs in a pipeline of Grain that must not use the engine: never here, as layers
    take and give NumPy arrays there too."""
    return False


def in_safe_mode():
    """Whether loading may not run code that a file holds: the default."""
    return not allow_unsafe()


def class_weight_to_sample_weights(y, class_weight):
    """The weight of each sample of `y`, by its class."""
    return ClassWeights(class_weight)(y)


def no_automatic_dependency_tracking(method):
    """Decorates a method of a layer: what it sets as attributes is not tracked as weights or
    sublayers."""

    @functools.wraps(method)
    def untracked(self, *args, **kwargs):
        kept = vars(self._tracker)
        if "track" in kept:
            return method(self, *args, **kwargs)
        kept["track"] = lambda value: value
        try:
            return method(self, *args, **kwargs)
        finally:
            del kept["track"]

    return untracked


class H5IOStore:
    """An HDF5 file of arrays in groups, as Keras's files of weights have them.

    Args:
        filepath: the file.
        mode: `"w"` to write, `"r"` to read.

    Raises:
        ValueError: for another mode.
        ModelFileError: if a file to read is damaged.
    """

    def __init__(self, filepath, mode="r"):
        if mode not in ("r", "w"):
            raise ValueError(f"`mode` must be 'r' or 'w'. Received: {mode!r}")
        path = os.fspath(filepath)
        if mode == "w":
            self._file = h5py.File(path, "w")
            self._stores = WeightsWriter(self._file)
        else:
            self._stores = WeightsReader(path, os.path.getsize(path), path)
            self._file = self._stores.file

    def make(self, path):
        """The store of a new group, to write arrays to."""
        return self._stores.store(f"{path}/vars", path.rpartition("/")[2])

    def get(self, path):
        """The arrays of a group, by name; empty if there is none."""
        return self._stores.store(f"{path}/vars")

    def close(self):
        """Close the file."""
        self._file.close()
