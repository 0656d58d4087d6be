"""Array-likes of all libraries as arrays.

A library is known by the module that an object's class comes from, so that none is imported here.
"""

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from cornu.backend import engine
from cornu.core import config, tree
from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.data.rows import SparseRows

tensorflow = lazy_module("tensorflow")


def libraries_of(value):
    """Names of the packages that the class of an object and its bases come from."""
    return {base.__module__.partition(".")[0] for base in type(value).__mro__}


def is_of_hugging_face(value):
    """Whether an object is a Hugging Face dataset in memory, or a column of one.

    Their package is called `datasets`, as modules of users are too; so this asks for more.
    """
    return any(base.__module__ == "datasets.arrow_dataset" for base in type(value).__mro__)


def _contents(dataset):
    if not hasattr(dataset, "column_names"):
        return dataset[:]
    return {column: dataset[column] for column in dataset.column_names}


def to_arrays(structure, name):
    """A nest of array-likes as a nest of arrays.

    A list of numbers or of rows is one array; a Hugging Face dataset is a dict of its columns.
    """
    if type(structure) is np.ndarray:
        return to_array(structure, name)
    if structure is None:
        return None
    if isinstance(structure, Mapping):
        kind = OrderedDict if isinstance(structure, OrderedDict) else dict
        return kind((key, to_arrays(v, f"{name}[{key!r}]")) for key, v in structure.items())
    if isinstance(structure, (list, tuple)):
        if not any(_is_part(item) for item in structure):
            return to_array(structure, name)
        items = [to_arrays(item, f"{name}[{index}]") for index, item in enumerate(structure)]
        return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    if is_of_hugging_face(structure):
        return to_arrays(_contents(structure), name)
    if tree.is_nested(structure):
        return tree.map_structure(lambda leaf: to_arrays(leaf, name), structure)
    return to_array(structure, name)


def _is_part(item):
    """Whether an item of a list is data of its own: an array with axes, a dict, or None."""
    if item is None or isinstance(item, Mapping):
        return True
    shape = getattr(item, "shape", None)
    return shape is not None and len(shape) > 0


def to_array(value, name="x"):
    """An array-like as a NumPy or JAX array; floats in the default float type, Python ints as
    int32.

    Sequences of unequal lengths are filled up with zeros at their ends to the length of the
    longest. A SciPy matrix becomes `SparseRows`.

    Raises:
        ValueError: if it holds text, dates or other objects.
    """
    if isinstance(value, SparseRows):
        return value
    if isinstance(value, np.ndarray) or engine.is_tensor(value):
        array = value
    else:
        array = _from_library(value)
        if array is None:
            array = _from_python(value, name)
        if isinstance(array, SparseRows):
            return array
    array = _only_numbers(array, value, name)
    kind = array.dtype.kind
    if kind == "f" and str(array.dtype) != config.floatx():
        array = array.astype(config.floatx())
    elif kind in "iu" and array.dtype.itemsize == 8 and not hasattr(value, "dtype"):
        array = array.astype("int32")
    return array


def _from_library(value):
    """The array in an object of a known library, or None."""
    for library in libraries_of(value):
        convert = CONVERTERS.get(library)
        if convert is not None:
            return convert(value)
    return value.to_numpy() if hasattr(value, "to_numpy") else None


def _from_torch(value):
    if not hasattr(value, "detach"):
        return None
    value = value.detach().cpu()
    if value.layout is not None and "strided" not in str(value.layout):
        value = value.to_dense()
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


def _from_tensorflow(value):
    if hasattr(value, "to_tensor"):  # ragged
        value = value.to_tensor()
    elif hasattr(value, "dense_shape"):
        value = tensorflow.sparse.to_dense(value)
    return value.numpy() if hasattr(value, "numpy") else None


def _from_scipy(value):
    if not hasattr(value, "toarray"):
        return None
    if value.ndim != 2:
        return value.toarray()
    dtype = value.dtype
    return SparseRows(value, config.floatx() if dtype.kind == "f" else dtype)


def _from_pyarrow(value):
    if hasattr(value, "column_names"):
        return np.stack([_from_pyarrow(column) for column in value.columns], axis=-1)
    return value.to_numpy(zero_copy_only=False) if hasattr(value, "to_numpy") else None


CONVERTERS = {
    "torch": _from_torch,
    "tensorflow": _from_tensorflow,
    "scipy": _from_scipy,
    "pyarrow": _from_pyarrow,
}


def _from_python(value, name):
    if hasattr(value, "todense"):
        value = value.todense()
    try:
        return np.asarray(value)
    except ValueError:  # unequal lengths
        return pad(value, name)


def _only_numbers(array, value, name):
    """The array itself if it holds numbers, or what its objects stand for.

    Raises:
        ValueError: for anything else.
    """
    dtype = array.dtype
    if dtype.kind == "O":
        return _from_objects(array, value, name)
    if dtype.kind in "US":
        raise ValueError(
            f"`{name}` holds text. Encode it as numbers first. Received: {_in_words(value)}"
        )
    if dtype.kind in "Mm" or dtype.type is np.void:
        raise ValueError(
            f"`{name}` must hold numbers, it holds {dtype}. Received: {_in_words(value)}"
        )
    return array


def _from_objects(array, value, name):
    items = array.ravel().tolist()
    if any(isinstance(item, (str, bytes)) for item in items):
        raise ValueError(
            f"`{name}` holds text. Encode it as numbers first. Received: {_in_words(value)}"
        )
    if array.ndim == 1 and items and all(hasattr(item, "__len__") for item in items):
        return pad(items, name)
    if any(item is None for item in items):  # NumPy would make NaN of it
        raise ValueError(_about_objects(value, name))
    try:
        return np.asarray(array.tolist(), dtype=config.floatx())
    except (ValueError, TypeError):
        raise ValueError(_about_objects(value, name)) from None


def pad(sequences, name="x"):
    """Sequences of unequal lengths as one array, filled up with zeros after their ends.

    Zero is what `Embedding(mask_zero=True)` and `Masking()` leave out.

    Args:
        sequences: list of sequences of numbers, or of steps of one shape.
        name: for errors.

    Raises:
        ValueError: if the steps have different shapes, or something is no number.
    """
    try:
        rows = [np.asarray(row) for row in sequences]
    except ValueError:
        raise ValueError(_about_objects(sequences, name)) from None
    filled = [row for row in rows if row.size]
    if any(row.dtype.kind in "US" for row in filled):
        raise ValueError(f"`{name}` holds text. Encode it as numbers first.")
    fits = all(row.ndim for row in rows) and len({row.shape[1:] for row in filled}) < 2
    if not fits or any(row.dtype.kind not in "biuf" for row in filled):
        raise ValueError(_about_objects(sequences, name))
    steps = filled[0].shape[1:] if filled else ()
    dtype = np.result_type(*filled) if filled else config.floatx()
    out = np.zeros((len(rows), max(map(len, rows)), *steps), dtype)
    for index, row in enumerate(rows):
        if row.size:
            out[index, : len(row)] = row
    return out


def _in_words(value):
    """A description without the content, which may be long."""
    if hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    return shorten(value)


def _about_objects(value, name):
    count = f" of {len(value)} items" if hasattr(value, "__len__") else ""
    return (
        f"`{name}` can't be made one array: its items have different shapes or are no numbers."
        f" Received: {type(value).__name__}{count}"
    )
