"""Data that is in memory: nests of arrays of one length."""

import numpy as np

from cornu.backend import engine
from cornu.core import config, tree
from cornu.core.errors import shorten


def unpack(data):
    """`(x, y, sample_weight)` of a batch given as x, (x,), (x, y) or (x, y, sample_weight).

    Raises:
        ValueError: for a tuple of another length.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if len(data) > 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`,"
            f" found a tuple of {len(data)} items: {shorten(data)}"
        )
    return (*data, None, None)[:3]


def pack(x, y=None, sample_weight=None):
    """The opposite of `unpack`, as short as possible."""
    if y is None:
        return (x,) if not isinstance(x, (tuple, list)) or sample_weight is not None else (x,)
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def to_array(value, name="x"):
    """An array-like as a NumPy or JAX array; floats in the default float type, Python ints as
    int32.

    Raises:
        ValueError: if it is ragged or holds objects.
    """
    if engine.is_tensor(value):
        array = value
    elif hasattr(value, "to_numpy"):
        array = value.to_numpy()
    elif hasattr(value, "detach"):
        array = value.detach().cpu().numpy()
    else:
        try:
            array = np.asarray(value)
        except ValueError:
            raise ValueError(_about_objects(value, name)) from None
    kind = array.dtype.kind
    if kind == "O":
        array = _from_objects(array, value, name)
        kind = array.dtype.kind
    if kind in "US":
        raise ValueError(
            f"`{name}` holds text. Encode it as numbers first. Received: {shorten(value)}"
        )
    if kind == "f" and str(array.dtype) != config.floatx():
        array = array.astype(config.floatx())
    elif kind in "iu" and array.dtype.itemsize == 8 and not hasattr(value, "dtype"):
        array = array.astype("int32")
    return array


def _from_objects(array, value, name):
    try:
        return np.asarray(array.tolist(), dtype=config.floatx())
    except (ValueError, TypeError):
        raise ValueError(_about_objects(value, name)) from None


def _about_objects(value, name):
    return (
        f"`{name}` can't be made one array: its items have different lengths or are no numbers."
        f" Received: {type(value).__name__} of {len(value)} items"
    )


def to_arrays(structure, name):
    """A nest of array-likes as a nest of arrays. A list of numbers or of rows is one array."""
    if structure is None:
        return None
    if isinstance(structure, list) and not any(_is_array(item) for item in structure):
        return to_array(structure, name)

    def leaf(value):
        return None if value is None else to_array(value, name)

    return tree.map_structure(leaf, structure)


def _is_array(item):
    return hasattr(item, "shape") or isinstance(item, dict) or item is None


def check_lengths(named):
    """The common length of all arrays.

    Args:
        named: dict from a name to a nest of arrays.

    Raises:
        ValueError: if lengths differ, or there are no samples or no axes.
    """
    lengths = {}
    for name, structure in named.items():
        for array in tree.flatten(structure):
            if array is None:
                continue
            if array.ndim == 0:
                raise ValueError(f"`{name}` must have a batch axis, received a scalar.")
            lengths.setdefault(name, []).append(array.shape[0])
    distinct = {length for found in lengths.values() for length in found}
    if len(distinct) > 1:
        sizes = ", ".join(
            f"'{name}' sizes: {', '.join(map(str, found))}" for name, found in lengths.items()
        )
        raise ValueError(
            "Data cardinality is ambiguous: all arrays need the same number of samples. Received"
            f" {sizes}"
        )
    if not distinct:
        raise ValueError("There is no data: no array was given.")
    (length,) = distinct
    if length == 0:
        raise ValueError(f"There is no data: the arrays {list(lengths)} have 0 samples.")
    return length


class ArrayData:
    """Batches of arrays in memory.

    Args:
        x, y, sample_weight: nests of array-likes of one length; y and sample_weight may be None.
        batch_size: samples a batch, 32 by default.
        shuffle: whether each epoch has a new order.
        class_weight: dict from class to weight, for integer or one-hot labels.

    Attributes:
        arrays: `(x, y, sample_weight)` as nests of arrays, missing ones left out at the end.
        size: number of samples.
    """

    in_memory = True

    def __init__(
        self, x, y=None, sample_weight=None, batch_size=None, shuffle=False, class_weight=None
    ):
        x, y = to_arrays(x, "x"), to_arrays(y, "y")
        sample_weight = to_arrays(sample_weight, "sample_weight")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            sample_weight = weights_of_classes(y, class_weight)
        self.size = check_lengths({"x": x, "y": y, "sample_weight": sample_weight})
        if batch_size is None:
            batch_size = 32
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(
                f"`batch_size` must be a positive int. Received: batch_size={batch_size!r}"
            )
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.arrays = pack(x, y, sample_weight)

    @property
    def steps(self):
        """Number of batches an epoch, the last maybe smaller."""
        return -(-self.size // self.batch_size)

    @property
    def full_steps(self):
        """Number of batches of full size."""
        return self.size // self.batch_size

    @property
    def nbytes(self):
        """Size of all arrays."""
        return sum(array.nbytes for array in tree.flatten(self.arrays) if array is not None)

    def order(self, full_only=False):
        """The order of samples for one epoch, as int32 indices."""
        if self.shuffle == "batch":
            starts = np.random.permutation(self.steps) if self.steps > 1 else np.arange(self.steps)
            blocks = [
                np.arange(s * self.batch_size, min((s + 1) * self.batch_size, self.size))
                for s in starts
            ]
            blocks.sort(key=len, reverse=True)
            return np.concatenate(blocks).astype("int32")
        if self.shuffle:
            return np.random.permutation(self.size).astype("int32")
        return np.arange(self.size, dtype="int32")

    def batch(self, indices):
        """The samples at `indices`, as `(x, y, sample_weight)`."""
        return tree.map_structure(lambda a: None if a is None else a[indices], self.arrays)

    def batches(self):
        """The batches of one epoch in order, as host arrays."""
        order = self.order()
        for start in range(0, self.size, self.batch_size):
            yield self.batch(order[start : start + self.batch_size])

    def split(self, fraction):
        """`(first, rest)`: the last `fraction` of the samples cut off, without shuffling.

        Raises:
            ValueError: if a part would be empty, or the fraction is not between 0 and 1.
        """
        if not 0 < fraction < 1:
            raise ValueError(
                f"`validation_split` must be between 0 and 1. Received: validation_split={fraction}"
            )
        cut = int(np.floor(self.size * (1.0 - fraction)))
        if cut == 0 or cut == self.size:
            raise ValueError(
                f"Training data contains {self.size} samples, which is not sufficient to split it"
                " into a validation and training set as specified by"
                f" `validation_split={fraction}`. Either provide more data, or a different value"
                " for the `validation_split` argument."
            )
        return self._part(slice(0, cut)), self._part(slice(cut, None))

    def _part(self, where):
        part = object.__new__(ArrayData)
        part.__dict__.update(self.__dict__)
        part.arrays = tree.map_structure(lambda a: None if a is None else a[where], self.arrays)
        part.size = next(a.shape[0] for a in tree.flatten(part.arrays) if a is not None)
        return part


def weights_of_classes(y, class_weight):
    """A weight for each sample, by its class.

    Raises:
        ValueError: if y is a nest, or a key is no class number.
    """
    if y is None or tree.is_nested(y):
        raise ValueError("`class_weight` is only supported for Models with a single output.")
    if not all(isinstance(key, (int, np.integer)) for key in class_weight):
        raise ValueError(
            "Keys of `class_weight` must be class numbers. Received:"
            f" {sorted(map(str, class_weight))}"
        )
    y = np.asarray(y)
    if y.ndim > 1 and y.shape[-1] > 1:
        y = y.argmax(axis=-1)
    elif y.ndim > 1:
        y = y[..., 0]
    table = np.ones(max(int(y.max(initial=0)), *map(int, class_weight)) + 1, config.floatx())
    for label, weight in class_weight.items():
        table[int(label)] = weight
    return table[np.round(y).astype("int64")]
