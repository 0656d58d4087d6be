"""`tf.data` and `tf.data.experimental`."""

import gzip
import struct
import types
import zlib

import numpy as np

from cornu.compat.tensorflow_api import _data_elements as elements
from cornu.compat.tensorflow_api._data import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
    DatasetIterator,
)
from cornu.compat.tensorflow_api._shapes import TensorSpec
from cornu.compat.tensorflow_api._table import Namespace


class Options(types.SimpleNamespace):
    """Hints for the execution of datasets, which change nothing here. Any attribute may be set."""

    def __init__(self):
        super().__init__(
            autotune=types.SimpleNamespace(),
            deterministic=True,
            experimental_distribute=types.SimpleNamespace(),
            experimental_optimization=types.SimpleNamespace(),
            threading=types.SimpleNamespace(),
        )


def _names(filenames):
    """File names given as a string, a list, a tensor or a dataset."""
    if isinstance(filenames, Dataset):
        return [elements.text(each[()]) for each in filenames._elements()]
    if isinstance(filenames, (str, bytes)):
        return [elements.text(filenames)]
    return [elements.text(each) for each in np.ravel(np.asarray(filenames, object))]


def _opened(name, compression):
    """A file for reading.

    Raises:
        ValueError: for a compression that is not known.
    """
    if compression not in (None, "", "GZIP"):
        raise ValueError(f"`compression_type` must be '' or 'GZIP'. Received: {compression!r}")
    return gzip.open(name, "rb") if compression else open(name, "rb")


class TextLineDataset(Dataset):
    """The lines of text files, without their ends.

    Args:
        filenames: name of a file, or several.
        compression_type: `"GZIP"`, or None.
        buffer_size, num_parallel_reads: hints.
    """

    def __init__(
        self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None, name=None
    ):
        def begin():
            for file_name in _names(filenames):
                with _opened(file_name, compression_type) as file:
                    for line in file:
                        yield np.asarray(line.rstrip(b"\r\n"), object)

        super().__init__(begin, None, lambda: TensorSpec((), "string"))


class TFRecordDataset(Dataset):
    """The records of TFRecord files, as strings.

    Args:
        filenames: name of a file, or several.
        compression_type: `"GZIP"`, `"ZLIB"`, or None.
        buffer_size, num_parallel_reads: hints.
    """

    def __init__(
        self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None, name=None
    ):
        def begin():
            for file_name in _names(filenames):
                for record in read_records(file_name, compression_type):
                    yield np.asarray(record, object)

        super().__init__(begin, None, lambda: TensorSpec((), "string"))


def read_records(name, compression=None):
    """The records of a TFRecord file, as bytes. Each is preceded by its length (8 bytes) and a
    checksum of it (4), and followed by one of its own (4).

    Raises:
        ValueError: if the file ends in the middle of a record.
    """
    if compression == "ZLIB":
        with open(name, "rb") as file:
            yield from _split(zlib.decompress(file.read()))
        return
    with _opened(name, compression) as file:
        yield from _split(file.read())


def _split(data):
    place = 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        if place + 16 + length > len(data):
            raise ValueError("The TFRecord file ends in the middle of a record.")
        yield data[place + 12 : place + 12 + length]
        place += 16 + length


def cardinality(dataset):
    """The number of elements, -1 for infinitely many, -2 if it is not known."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality):
    """For `apply`: says how many elements there are."""

    def apply(dataset):
        return dataset._reordered(dataset._begin, int(expected_cardinality))

    return apply


def _method(name):
    def make(*args, **kwargs):
        return lambda dataset: getattr(dataset, name)(*args, **kwargs)

    make.__doc__ = f"For `apply`: `Dataset.{name}`."
    return make


def counter(start=0, step=1, dtype="int64", name=None):
    """Numbers without end."""
    return Dataset.range(1).repeat().scan(int(start), lambda state, _: (state + int(step), state))


experimental = Namespace(
    "tf.data.experimental",
    {
        "AUTOTUNE": AUTOTUNE,
        "Counter": counter,
        "INFINITE_CARDINALITY": INFINITE_CARDINALITY,
        "UNKNOWN_CARDINALITY": UNKNOWN_CARDINALITY,
        "assert_cardinality": assert_cardinality,
        "cardinality": cardinality,
        "choose_from_datasets": Dataset.choose_from_datasets,
        "enumerate_dataset": _method("enumerate"),
        "get_single_element": lambda dataset: dataset.get_single_element(),
        "sample_from_datasets": Dataset.sample_from_datasets,
        "scan": _method("scan"),
        "shuffle_and_repeat": lambda buffer_size, count=None, seed=None: (
            lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)
        ),
        "take_while": _method("take_while"),
        "unbatch": _method("unbatch"),
        "unique": _method("unique"),
    },
)
data = Namespace(
    "tf.data",
    {
        "AUTOTUNE": AUTOTUNE,
        "Dataset": Dataset,
        "INFINITE_CARDINALITY": INFINITE_CARDINALITY,
        "Iterator": DatasetIterator,
        "Options": Options,
        "TFRecordDataset": TFRecordDataset,
        "TextLineDataset": TextLineDataset,
        "UNKNOWN_CARDINALITY": UNKNOWN_CARDINALITY,
        "experimental": experimental,
    },
)
