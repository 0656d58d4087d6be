"""HDF5 files of weights: written plainly, read under a fixed profile.

What may be read: groups and datasets by hard links, numbers only, stored in the file itself, whole,
and not larger than what is stored. The format allows much more (data in other files, declared but
absent data), which a file of weights never needs.
"""

import os
import re
from contextlib import contextmanager

import numpy as np

from cornu.core.lazy import lazy_module
from cornu.saving.stores import (
    RAW_TYPES,
    NamedArrays,
    array_to_save,
    checksum,
    checksum_of_bytes,
    empty_array,
)
from cornu.serial.errors import ModelFileError

h5py = lazy_module("h5py")

CHECKSUM = "crc32"
# Types that HDF5 does not know, written as raw bytes with their name beside.
RAW_LABEL = "raw_type"
# How much larger than stored a compressed array may be.
MAX_INFLATION = 10
# What h5py raises where a file's structure is damaged.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)
# How deep groups may be nested.
MAX_DEPTH = 100
# Bytes of a label of an array.
MAX_LABEL = 64


@contextmanager
def new_file(target):
    """An HDF5 file open for writing; a full disk is an `OSError`, as everywhere else.

    Args:
        target: path or binary file.
    """
    try:
        with h5py.File(target, "w") as file:
            yield file
    except RuntimeError as error:  # what h5py raises if the rest cannot be written at the end
        found = re.search(r"errno = (\d+)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), target) from error


class WeightsWriter:
    """An HDF5 file open for writing, as the weights of a model go to it.

    Args:
        file: the `h5py.File`.
    """

    def __init__(self, file):
        self._file = file

    def store(self, path, name):
        """The store of the object at `path`, which is called `name`."""
        group = self._file.create_group(path)
        group.attrs["name"] = name
        return WriteStore(group)


class WriteStore:
    """What `save_own_variables` writes to: `store["0"] = variable`.

    Args:
        group: the HDF5 group to write to.
    """

    def __init__(self, group):
        self._group = group

    def __setitem__(self, name, value):
        array = array_to_save(name, value)
        raw = array.dtype.name if array.dtype.name in RAW_TYPES else None
        stored = array if raw is None else array.view(f"V{array.dtype.itemsize}")
        dataset = self._group.create_dataset(name, data=stored)
        if raw == "bfloat16":
            dataset.attrs["dtype"] = raw  # what Keras looks at
        elif raw is not None:
            dataset.attrs[RAW_LABEL] = np.bytes_(raw)
        dataset.attrs[CHECKSUM] = checksum(array)

    def __contains__(self, name):
        return name in self._group

    def keys(self):
        """The names written so far."""
        return self._group.keys()


class ReadStore(NamedArrays):
    """The arrays of an object in an HDF5 file.

    Args:
        weights: the `WeightsReader` of the file.
        group: the HDF5 group, or None where the file has none (then the store is empty).
        path: its path in the file.
        names: the names in the group.
    """

    def __init__(self, weights, group, path, names=()):
        super().__init__(path, names)
        self._weights = weights
        self._group = group

    def _read(self, name):
        return self._weights.read(self._group, name)

    def header(self, name):
        """`(shape, dtype name)` of an entry, without reading it."""
        dataset, dtype = self._weights.dataset(self._group, name)
        return dataset.shape, dtype.name


class WeightsReader:
    """An HDF5 file of weights, open for reading.

    Args:
        source: path or binary file.
        size: size of the file in bytes: no more than this is ever read as weights.
        path: what to call the file in messages.
        member: its name in an archive, or None.

    Raises:
        ModelFileError: if it is no HDF5 file, or truncated.
    """

    def __init__(self, source, size, path, member=None):
        self.where = (path, member)
        self._budget = size
        self._read = set()
        try:
            self.file = h5py.File(source, "r")
        except _DAMAGE as error:
            raise ModelFileError(
                f"The weights are not a readable HDF5 file of {size} bytes; "
                f"it is truncated, damaged or something else ({str(error)[:200]}).",
                *self.where,
            ) from error

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.file.close()

    def store(self, path):
        """The `ReadStore` of an object's own variables, by its path in the file."""
        group, walked = self.file, ""
        for part in path.split("/"):
            walked += f"/{part}"
            if part not in self._names(group, walked):
                return ReadStore(self, None, path)
            group = self._open(group, part, walked)
            if not isinstance(group, h5py.Group):
                raise self._error(f"{walked} is not a group.")
        return ReadStore(self, group, path, self._names(group, walked))

    def group(self, path, start=None):
        """The group at a path below `start` (or the file's root), or None if there is none."""
        group = self.file if start is None else start
        for part in path.split("/"):
            walked = f"{group.name}/{part}"
            with self._reading(walked):
                there = group.get(part, getlink=True) is not None
            group = self._open(group, part, walked) if there else None
            if group is None:
                return None
            if not isinstance(group, h5py.Group):
                raise self._error(f"{walked[:200]} is not a group.")
        return group

    def dataset(self, group, name):
        """The dataset `name` and the dtype of its numbers, checked against the profile."""
        path = f"{group.name}/{name}"
        dataset = self._open(group, name, path)
        if not isinstance(dataset, h5py.Dataset):
            raise self._error(f"{path} is not an array.")
        with self._reading(path):
            plan = dataset.id.get_create_plist()
            outside = plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count()
            dtype = self._number_type(dataset)
            stored = dataset.id.get_storage_size()
            inflation = MAX_INFLATION if plan.get_nfilters() else 1
        if outside:
            raise self._error(f"{path} keeps its data outside of this file.")
        if dtype.kind not in "biufc" and dtype.name not in RAW_TYPES:
            raise self._error(f"{path} does not hold numbers but {dtype}.")
        if dataset.size * dtype.itemsize > stored * inflation:
            raise self._error(
                f"{path} declares {dataset.size * dtype.itemsize} bytes, but {stored} are stored."
            )
        return dataset, dtype

    def read(self, group, name):
        """The array `name` of a group.

        Raises:
            ModelFileError: if it breaks the profile, or its checksum is wrong.
        """
        dataset, dtype = self.dataset(group, name)
        path = dataset.name
        if path not in self._read:
            self._read.add(path)
            self._budget -= dataset.id.get_storage_size()
        if self._budget < 0:
            raise self._error("The arrays together declare more bytes than the file has.")
        with self._reading(path):
            array = empty_array(dataset.shape, dataset.dtype)
            if array.size:
                dataset.read_direct(array)
            expected = self._label(dataset, CHECKSUM)
            expected = None if expected is None else int(expected)
        array = array.view(dtype) if array.dtype != dtype else array
        if expected not in (None, checksum(array)) and expected != checksum_of_bytes(array):
            raise self._error(f"{path} is damaged: its bytes do not match its checksum.")
        return array

    def unread(self, ignored=()):
        """Paths of the arrays that were not read, but those below the groups `ignored`."""
        paths = self._paths(self.file, "", frozenset())
        return [path for path in paths if not path.startswith(ignored)]

    def _paths(self, group, prefix, above):
        with self._reading(prefix):
            address = h5py.h5o.get_info(group.id).addr
        if address in above or len(above) > MAX_DEPTH:
            raise self._error(f"{prefix[:200]} is nested too deep, or in itself.")
        for name in self._names(group, prefix):
            path = f"{prefix}/{name}"
            item = self._open(group, name, path)
            if isinstance(item, h5py.Group):
                yield from self._paths(item, path, above | {address})
            elif path not in self._read:
                yield path

    def _names(self, group, path):
        with self._reading(path):
            return list(group.keys())

    def _number_type(self, dataset):
        """The dtype of a dataset's numbers; Keras stores bfloat16 as two raw bytes."""
        dtype = dataset.dtype
        if dtype.kind != "V" or dtype.fields is not None:
            return dtype
        label = self._label(dataset, RAW_LABEL)
        raw = "bfloat16" if label is None else label.decode("ascii", "replace")
        same = raw in RAW_TYPES and np.dtype(raw).itemsize == dtype.itemsize
        return np.dtype(raw) if same else dtype

    def _label(self, dataset, name):
        """A small value kept right beside a dataset, or None.

        Not the strings that HDF5 keeps elsewhere in the file: in a damaged file, libhdf5 can search
        for one forever.
        """
        if not h5py.h5a.exists(dataset.id, name.encode()):
            return None
        label = h5py.h5a.open(dataset.id, name.encode())
        if label.shape != () or label.dtype.itemsize > MAX_LABEL or label.dtype.kind not in "iuS":
            raise self._error(f"{dataset.name} has a label {name!r} that is no label.")
        return dataset.attrs[name]

    def _open(self, group, name, path):
        with self._reading(path):
            kind = group.get(name, getlink=True, getclass=True)
            item = group[name] if kind is h5py.HardLink else None
        if item is None:
            raise self._error(
                f"{path[:200]} is a link to somewhere else ({getattr(kind, '__name__', kind)}), "
                "which weights never need."
            )
        return item

    @contextmanager
    def _reading(self, path):
        """Whatever libhdf5 makes of a damaged file is one kind of error."""
        try:
            yield
        except ModelFileError:
            raise
        except _DAMAGE as error:
            raise self._error(f"{path[:200]} cannot be read: {str(error)[:200]}") from error

    def _error(self, reason):
        return ModelFileError(reason, *self.where)
