"""Weights in several files of limited size, and an index (`.weights.json`) that lists them.

New files get new names, and the index is replaced last: whatever happens before that, the old index
and the files that it lists are whole.
"""

import contextlib
import os
import re
import secrets
import zlib
from collections.abc import Mapping

from cornu.core.errors import shorten
from cornu.saving import safety
from cornu.saving.atomic import atomic_write, folder_beside, folder_lock, sync_file
from cornu.saving.h5 import CHECKSUM, WeightsReader, WeightsWriter, new_file
from cornu.saving.stores import array_to_save
from cornu.serial.errors import ModelFileError

INDEX = ".weights.json"
SHARD = ".weights.h5"
GIGABYTE = 2**30
# How often a reader begins anew because a writer has just replaced the index and its files.
RETRIES = 10


def save_shards(path, write, max_size, fsync=True):
    """Write weights to several files and their index.

    Args:
        path: the index, `NAME.weights.json`; the files are called `NAME_00000-....weights.h5`.
        write: function that is given the writer.
        max_size: gigabytes that the arrays of one file may take.
        fsync: whether to wait until the data is on the disk.

    Raises:
        ValueError: if one array is larger than that.
    """
    folder, stem = os.path.split(os.path.realpath(path).removesuffix(INDEX))
    with folder_beside(path) as temporary, contextlib.ExitStack() as files:
        writer = ShardWriter(temporary, stem, max_size * GIGABYTE, files)
        write(writer)
        files.close()
        names = sorted(os.listdir(temporary))
        for name in names if fsync else ():
            sync_file(os.path.join(temporary, name))
        metadata = {"total_size": writer.total, CHECKSUM: _checksum(writer.places)}
        index = {"metadata": metadata, "weight_map": writer.places}
        with folder_lock(folder):
            for name in names:
                os.rename(os.path.join(temporary, name), os.path.join(folder, name))
            with (
                atomic_write(path, fsync) as place,
                open(place, "w", encoding="utf-8") as file,
            ):
                file.write(safety.dump_json(index))
            _remove_others(folder, stem, names)


def _checksum(places):
    return zlib.crc32(safety.dump_json(places).encode())


def _remove_others(folder, stem, names):
    """Remove the files that an index listed before, or that a crash left."""
    mine = re.compile(re.escape(stem) + r"_\d{5}(-[0-9a-f]{8})?" + re.escape(SHARD))
    for name in set(os.listdir(folder)) - set(names):
        if mine.fullmatch(name):
            os.unlink(os.path.join(folder, name))


class ShardWriter:
    """Arrays on their way to files of limited size.

    Args:
        folder: where the files are written.
        stem: how their names begin.
        max_size: bytes that the arrays of one file may take.
        files: the `ExitStack` that closes them.
    """

    def __init__(self, folder, stem, max_size, files):
        self._folder, self._stem, self._max_size = folder, stem, max_size
        self._files = files
        self._generation = secrets.token_hex(4)
        self._count = 0
        self.total = 0
        self.places = {}
        self._begin()

    def store(self, path, name):
        """The store of the object at `path`, which is called `name`."""
        self.places[f"/{path}"] = []
        return _ShardStore(self, path, name)

    def put(self, path, label, name, value):
        """Write an array to the file at work, or to a new one if that would become too large."""
        array = array_to_save(name, value)
        if array.nbytes > self._max_size:
            raise ValueError(
                f"{label}/{name} has {array.nbytes} bytes, more than the {int(self._max_size)} "
                "that `max_shard_size` (in gigabytes) allows for one file. Pass a larger one."
            )
        if self._size + array.nbytes > self._max_size:
            self._begin()
        if path not in self._stores:
            self._stores[path] = self._writer.store(path, label)
            self.places[f"/{path}"].append(self._name)
        self._stores[path][name] = array
        self._size += array.nbytes
        self.total += array.nbytes

    def _begin(self):
        self._files.close()  # the file before this one is complete
        self._name = f"{self._stem}_{self._count:05d}-{self._generation}{SHARD}"
        file = self._files.enter_context(new_file(os.path.join(self._folder, self._name)))
        self._writer, self._stores, self._size = WeightsWriter(file), {}, 0
        self._count += 1


class _ShardStore:
    def __init__(self, writer, path, label):
        self._writer, self._path, self._label = writer, path, label
        self._names = []

    def __setitem__(self, name, value):
        self._writer.put(self._path, self._label, name, value)
        self._names.append(name)

    def __contains__(self, name):
        return name in self._names

    def keys(self):
        """The names written so far."""
        return list(self._names)


class ShardReader:
    """Weights in several files, open for reading.

    Args:
        path: the index.

    Raises:
        ModelFileError: if it is no index, or a file that it lists is missing or damaged.
    """

    def __init__(self, path):
        self.where = (path, None)
        self._files = contextlib.ExitStack()
        before = None
        for _ in range(RETRIES):
            with open(path, "rb") as file:
                text = file.read(safety.MAX_JSON + 1)
            try:
                self._open(path, text)
                return
            except ModelFileError:
                self._files.close()
                if text == before:
                    raise
                before = text  # read again: a writer may have replaced index and files meanwhile
        raise ModelFileError("Its files are being replaced all the time.", path=path)

    def _open(self, path, text):
        index = safety.parse_json(text, path, None)
        places = index.get("weight_map") if isinstance(index, dict) else None
        if not isinstance(places, dict):
            raise ModelFileError("It has no `weight_map`, so is no index of weights.", path=path)
        metadata = index.get("metadata")
        expected = metadata.get(CHECKSUM) if isinstance(metadata, dict) else None
        if expected not in (None, _checksum(places)):
            raise ModelFileError("It is damaged: it does not match its checksum.", path=path)
        folder, stem = os.path.split(os.path.abspath(path).removesuffix(INDEX))
        self._places, self._readers = {}, {}
        for group, names in places.items():
            names = [names] if isinstance(names, str) else names
            for name in names if isinstance(names, list) else [names]:
                if not isinstance(name, str) or name not in self._readers:
                    self._readers[name] = self._reader(folder, stem, name, path)
            self._places[group.strip("/")] = names

    def _reader(self, folder, stem, name, path):
        """The reader of one of the files, which must lie beside the index and be called after
        it."""
        simple = isinstance(name, str) and re.fullmatch(
            r"_\d{5}[\w.-]*", name[len(stem) : -len(SHARD)]
        )
        if not simple or not name.startswith(stem) or not name.endswith(SHARD):
            raise ModelFileError(
                f"It lists {shorten(name)}; only files beside it called "
                f"`{stem}_00000{SHARD}` and so on are read.",
                path=path,
            )
        place = os.path.join(folder, name)
        if os.path.islink(place) or not os.path.isfile(place):
            raise ModelFileError("The index lists this file, which is not there.", path, name)
        return self._files.enter_context(WeightsReader(place, os.path.getsize(place), path, name))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._files.close()

    def store(self, path):
        """The store of an object's own variables, from all files that have some."""
        names = self._places.get(path, ())
        return _MergedStore(path, [self._readers[name].store(path) for name in names])

    def unread(self, ignored=()):
        """Paths of the arrays that were not read, but those that begin with one of `ignored`."""
        return [path for reader in self._readers.values() for path in reader.unread(ignored)]


class _MergedStore(Mapping):
    def __init__(self, path, stores):
        self.path = path
        self._owners = {name: store for store in stores for name in store}

    def __getitem__(self, name):
        return self._owners[name][name]

    def __iter__(self):
        return iter(self._owners)

    def __len__(self):
        return len(self._owners)

    def header(self, name):
        """`(shape, dtype name)` of an entry, without reading it."""
        return self._owners[name].header(name)
