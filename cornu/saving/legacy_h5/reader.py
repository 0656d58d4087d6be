"""An old HDF5 file as what it says: a config, the arrays of each layer, those of the optimizer."""

import os
from dataclasses import dataclass
from typing import Any

from cornu.saving import safety
from cornu.saving.h5 import WeightsReader, h5py
from cornu.saving.legacy_h5.texts import Texts
from cornu.serial.errors import ModelFileError

WEIGHTS, OPTIMIZER, TOP_LEVEL = "model_weights", "optimizer_weights", "top_level_model_weights"


@dataclass(frozen=True)
class StoredArray:
    """An array of a file, not read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Any


@dataclass(frozen=True)
class StoredLayer:
    """What a file holds for one layer of a model."""

    name: str
    arrays: list[StoredArray]


def is_legacy(path):
    """Whether a file is an HDF5 file of Keras 1 or 2: tf.keras gave some the name of Keras 3's."""
    if not path.endswith((".h5", ".hdf5")) or not h5py.is_hdf5(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return any(name in file.attrs for name in ("layer_names", "layer_names0"))
    except OSError:  # whoever reads it will say what is wrong
        return False


class LegacyFile:
    """An HDF5 file of Keras, of a whole model or of weights, open for reading.

    Args:
        path: path of the file.

    Raises:
        ModelFileError: if it is no HDF5 file, or damaged.
    """

    def __init__(self, path):
        self.path = path
        size = os.path.getsize(path)
        self._raw = open(path, "rb")  # noqa: SIM115 (closed with the file)
        try:
            self._reader = WeightsReader(path, size, path)
            self._texts = Texts(self._raw, size, self._reader.file, path)
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._reader.__exit__(*exc)
        self._raw.close()

    def json(self, name):
        """The JSON in the attribute `name` of the file, or None if there is none."""
        text = self._texts.text(self._reader.file, name)
        return None if text is None else safety.parse_json(text, self.path, name)

    def word(self, name):
        """A short text in an attribute of the file or of its weights, such as `keras_version`."""
        for group in (self._reader.file, self._reader.group(WEIGHTS)):
            text = None if group is None else self._texts.text(group, name)
            if text is not None:
                return text.decode("utf-8", "replace")[:100]
        return None

    @property
    def major_version(self):
        """Which Keras wrote the file: 1, 2 or 3 (files of the first did not always say)."""
        first = (self.word("keras_version") or "1").partition(".")[0]
        return int(first) if first in ("1", "2", "3") else 2

    def layers(self):
        """The `StoredLayer`s, in the order in which they were saved.

        Raises:
            ModelFileError: if the file does not say which layers it has.
        """
        group = self._reader.group(WEIGHTS)
        group = self._reader.file if group is None else group
        names = self._texts.names(group, "layer_names")
        if names is None:
            raise ModelFileError(
                "The file lists no layers (it has no attribute 'layer_names'), so it is none of "
                "Keras 1 or 2. A weights file of Keras 3 has a name that ends in '.weights.h5'.",
                path=self.path,
            )
        if len(set(names)) != len(names):
            raise ModelFileError("The file lists a layer twice.", path=self.path)
        return [StoredLayer(name, self._arrays(group, name)) for name in names]

    def top_level(self):
        """The `StoredArray`s of the model itself, outside of its layers."""
        group = self._reader.group(WEIGHTS)
        group = self._reader.file if group is None else group
        there = self._reader.group(TOP_LEVEL, group) is not None
        return self._arrays(group, TOP_LEVEL) if there else []

    def optimizer(self):
        """The `StoredArray`s of the optimizer; empty if there are none."""
        there = self._reader.group(OPTIMIZER) is not None
        return self._arrays(self._reader.file, OPTIMIZER) if there else []

    def _arrays(self, parent, name):
        group = self._reader.group(name, parent)
        if group is None:
            raise ModelFileError(
                f"The layer {name[:100]!r} is listed, but not there.", path=self.path
            )
        names = self._texts.names(group, "weight_names")
        if names is None:  # Keras 0.3 counted them
            raise ModelFileError(
                f"The arrays of {name[:100]!r} have no names; Keras 1.0 or newer wrote some.",
                path=self.path,
            )
        return [self._array(group, name) for name in names]

    def _array(self, group, name):
        folder, _, last = name.strip("/").rpartition("/")
        found = self._reader.group(folder, group) if folder else group
        if found is None or not last:
            raise ModelFileError(
                f"The array {name[:200]!r} of {group.name[:100]} is listed, but not there.",
                path=self.path,
            )
        dataset, dtype = self._reader.dataset(found, last)
        shape = tuple(int(n) for n in dataset.shape)
        return StoredArray(name, shape, dtype.name, lambda: self._reader.read(found, last))
