"""What every format of weights has in common: named arrays, grouped by the object they belong to.

`save_own_variables` writes to a store, `load_own_variables` reads from one. A writer gives a store
for each object (`writer.store(path, name)`), a reader too (`reader.store(path)`); the formats
differ in where the arrays go.
"""

import math
import mmap
import zlib
from collections.abc import Mapping

import ml_dtypes  # noqa: F401  (gives NumPy the names "bfloat16", "float8_...")
import numpy as np

from cornu.serial.errors import ModelFileError

# Types that file formats may not know, written as raw bytes with their name beside.
RAW_TYPES = ("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4")

# From this many bytes on, an array that is read has memory pages of its own.
OWN_PAGES = 2**20
# Pages that processes share are made more slowly; Windows has no others.
_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


def array_to_save(name, value):
    """A variable or array as a NumPy array in row-major order.

    Args:
        name: what it is to be called in its store.
        value: a variable, tensor or array.

    Raises:
        ValueError: if the name is no single word, or the values are no numbers.
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"A name in a weights file is a word without '/', received: {name!r}")
    array = np.asarray(getattr(value, "value", value), order="C")
    if array.dtype.name not in RAW_TYPES and array.dtype.kind not in "biufc":
        raise ValueError(f"Only numbers can be saved as weights; {name!r} is {array.dtype}.")
    return array


def empty_array(shape, dtype):
    """An array to read a file into, without values yet.

    A large one gets pages of its own: JAX takes these over without a copy on a CPU, and the memory
    is given back at once where it makes one.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < OWN_PAGES:
        return np.empty(shape, dtype)
    pages = mmap.mmap(-1, size, **_PRIVATE)
    return np.frombuffer(pages, dtype).reshape(shape)


def checksum(array):
    """CRC-32 of the name of an array's dtype and of its numbers, in row-major order.

    With the dtype, since one flipped bit in a header makes integers of floats.
    """
    return np.uint32(zlib.crc32(_bytes_of(array), zlib.crc32(array.dtype.name.encode())))


def checksum_of_bytes(array):
    """CRC-32 of an array's numbers alone, which the first files of cornu hold."""
    return np.uint32(zlib.crc32(_bytes_of(array)))


def _bytes_of(array):
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return np.ascontiguousarray(array).reshape(-1).view("uint8")


class FlatWriter:
    """Arrays collected under their full names, such as `layers/dense/vars/0`."""

    def __init__(self):
        self.arrays = {}

    def store(self, path, name):
        """The store of the object at `path`; its own name is not kept."""
        del name
        return _FlatWriteStore(self.arrays, path)


class _FlatWriteStore:
    def __init__(self, arrays, path):
        self._arrays, self._prefix = arrays, f"{path}/"

    def __setitem__(self, name, value):
        self._arrays[self._prefix + name] = array_to_save(name, value)

    def __contains__(self, name):
        return self._prefix + name in self._arrays

    def keys(self):
        """The names written so far."""
        return [
            name.removeprefix(self._prefix)
            for name in self._arrays
            if name.startswith(self._prefix)
        ]


class FlatReader:
    """Base of the readers of files that hold arrays under their full names.

    Args:
        path: what to call the file in messages.
        headers: dictionary, full name -> `(shape, dtype)`.
    """

    def __init__(self, path, headers):
        self.where = (path, None)
        self._headers = headers
        self._read = set()
        self._groups = {}
        for full in headers:
            group, _, name = full.rpartition("/")
            self._groups.setdefault(group, []).append(name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """Close the file."""
        raise NotImplementedError

    def read_array(self, full):
        """The array under a full name, checked whole."""
        raise NotImplementedError

    def store(self, path):
        """The store of an object's own variables; empty where the file has none."""
        return FlatReadStore(self, path, self._groups.get(path, ()))

    def unread(self, ignored=()):
        """Full names, with a slash before, of the arrays that were not read, but those that begin
        with one of `ignored`."""
        names = (f"/{full}" for full in self._headers if full not in self._read)
        return [name for name in names if not name.startswith(ignored)]

    def header(self, full):
        """`(shape, dtype name)` of an array."""
        shape, dtype = self._headers[full]
        return shape, dtype.name

    def read(self, full):
        """The array under a full name."""
        array = self.read_array(full)
        self._read.add(full)
        return array

    def _error(self, reason):
        return ModelFileError(reason, *self.where)


class NamedArrays(Mapping):
    """What `load_own_variables` reads from: a mapping from names to NumPy arrays.

    Subclasses define `_read(name)`, and `header(name)`, which gives `(shape, dtype name)` without
    reading.

    Args:
        path: path of the object in the file.
        names: the names it has there.
    """

    def __init__(self, path, names):
        self.path, self._names = path, names

    def _read(self, name):
        raise NotImplementedError

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(f"{self.path} has no {name!r}; it has {self._names[:20]}")
        return self._read(name)

    def __contains__(self, name):
        return name in self._names

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)


class FlatReadStore(NamedArrays):
    """The arrays of an object in a file that holds them under their full names.

    Args:
        reader: the `FlatReader`.
        path: path of the object in the file.
        names: the names it has there.
    """

    def __init__(self, reader, path, names):
        super().__init__(path, names)
        self._reader = reader

    def _read(self, name):
        return self._reader.read(f"{self.path}/{name}")

    def header(self, name):
        """`(shape, dtype name)` of an entry, without reading it."""
        return self._reader.header(f"{self.path}/{name}")
