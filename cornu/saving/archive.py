"""The `.keras` file: a zip archive (or a folder) of config, metadata, weights and assets."""

import contextlib
import io
import os
import shutil
import struct
import tempfile
import time
import zipfile
import zlib
from contextlib import contextmanager

from cornu.saving import safety
from cornu.saving.h5 import WeightsReader
from cornu.saving.safety import ASSETS, CONFIG, METADATA, WEIGHTS
from cornu.serial.errors import ModelFileError

# The version of Keras whose format this is.
KERAS_VERSION = "3.15.1"
# Below this size, weights wait in memory on their way into or out of an archive; above, on the
# disk.
SPOOL = 64 * 2**20
_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 2**20
# What zipfile raises besides its own error where an archive's directory makes no sense.
_ODD_DIRECTORY = (ValueError, NotImplementedError, OverflowError, IndexError, struct.error)


def spool(folder=None):
    """A temporary file without a name; nothing is left of it after a crash."""
    return tempfile.SpooledTemporaryFile(max_size=SPOOL, dir=folder)


def metadata():
    """The text of `metadata.json`."""
    saved = time.strftime("%Y-%m-%d@%H:%M:%S")
    return safety.dump_json(
        {"keras_version": KERAS_VERSION, "date_saved": saved, "writer": "cornu"}
    )


def write_archive(target, config, write_weights, assets=None):
    """Write a `.keras` file.

    Args:
        target: path or binary file to write to.
        config: text of `config.json`.
        write_weights: function that writes the HDF5 weights to the binary file that it is given.
        assets: folder of assets, or None.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(target, str):
            target = stack.enter_context(open(target, "w+b"))
        archive = stack.enter_context(zipfile.ZipFile(target, "w"))
        archive.writestr(_info(METADATA), metadata())
        archive.writestr(_info(CONFIG), config)
        _write_in_place(archive, WEIGHTS, write_weights)
        for name in _files_below(assets) if assets else ():
            with (
                open(os.path.join(assets, name), "rb") as source,
                archive.open(_info(ASSETS + name.replace(os.sep, "/")), "w") as member,
            ):
                shutil.copyfileobj(source, member, _CHUNK)


def _write_in_place(archive, name, write):
    """Add a member to a zip archive that is written where it stays, in any order of its parts."""
    info, file = _info(name), archive.fp
    info.header_offset, info.CRC = file.tell(), 0
    file.write(info.FileHeader(zip64=True))
    member = WritableSection(file, file.tell())
    write(member)
    end = file.seek(0, io.SEEK_END)
    info.file_size = info.compress_size = member.seek(0, io.SEEK_END)
    member.seek(0)
    while chunk := member.read(_CHUNK):
        info.CRC = zlib.crc32(chunk, info.CRC)
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=True))  # now with the sizes
    archive.start_dir = file.seek(end)
    archive.filelist.append(info)
    archive.NameToInfo[name] = info


def write_folder(target, config, write_weights, assets=None):
    """Write a model as a folder: the same members as files, into the empty folder `target`."""
    for name, text in ((METADATA, metadata()), (CONFIG, config)):
        with open(os.path.join(target, name), "w", encoding="utf-8") as file:
            file.write(text)
    write_weights(os.path.join(target, WEIGHTS))
    if assets:
        shutil.copytree(assets, os.path.join(target, ASSETS))


def _info(name):
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr = 0o600 << 16
    return info


def _files_below(folder):
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield os.path.relpath(os.path.join(root, name), folder)


class Archive:
    """A `.keras` file open for reading, its form checked.

    Args:
        source: path, or a binary file that holds the archive.
        path: what to call it in messages.

    Raises:
        ModelFileError: if it is not a whole `.keras` archive.
    """

    def __init__(self, source, path):
        self.path = path
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, *_ODD_DIRECTORY, OSError) as error:
            if getattr(error, "filename", None) is not None:  # the file itself cannot be opened
                raise
            raise ModelFileError(_not_a_zip(source), path=path) from error
        try:
            size = self._zip.fp.seek(0, io.SEEK_END)
            safety.check_archive(self._zip, size, path)
            self.metadata_text, self.config_text = self._bytes(METADATA), self._bytes(CONFIG)
            self.weights_size = self._zip.getinfo(WEIGHTS).file_size
            safety.check_count(len(self._zip.infolist()), self.config_text, path)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._zip.close()

    @contextmanager
    def weights(self):
        """The weights, as a `WeightsReader`; their checksum has been verified."""
        member = self._zip.getinfo(WEIGHTS)
        if member.compress_type == zipfile.ZIP_STORED:
            for _ in self._chunks(WEIGHTS):  # reading to the end verifies the checksum
                pass
            start = safety.data_offset(self._zip, member, self.path)
            file = Section(self._zip.fp, start, member.file_size)
        else:
            file = spool()
            for chunk in self._chunks(WEIGHTS):
                file.write(chunk)
            file.seek(0)
        with file, WeightsReader(file, member.file_size, self.path, WEIGHTS) as reader:
            yield reader

    @contextmanager
    def assets(self):
        """A temporary folder that holds the assets, or None if there are none."""
        names = [name for name in self._zip.namelist() if name.startswith(ASSETS)]
        if not names:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                place = os.path.join(folder, *name.rstrip("/").split("/"))
                if name.endswith("/"):
                    os.makedirs(place, exist_ok=True)
                    continue
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "xb") as file:
                    for chunk in self._chunks(name):
                        file.write(chunk)
            yield os.path.join(folder, "assets")

    def _bytes(self, name):
        return b"".join(self._chunks(name))

    def _chunks(self, name):
        """The contents of a member, verified against its checksum at the end."""
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
            raise ModelFileError(
                f"The member is damaged: {error}", path=self.path, member=name[:200]
            ) from error


class Folder:
    """A model saved as a folder, open for reading; the same interface as `Archive`.

    Raises:
        ModelFileError: if a member is missing, or a link.
    """

    def __init__(self, path):
        self.path = path
        for name in (CONFIG, METADATA, WEIGHTS):
            if not os.path.isfile(self._member(name)):
                raise ModelFileError(
                    f"It is a folder without {name!r}, so not a saved model.", path=path
                )
        self.metadata_text, self.config_text = self._text(METADATA), self._text(CONFIG)
        self.weights_size = os.path.getsize(self._member(WEIGHTS))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    @contextmanager
    def weights(self):
        """The weights, as a `WeightsReader`."""
        file = self._member(WEIGHTS)
        with WeightsReader(file, os.path.getsize(file), self.path, WEIGHTS) as reader:
            yield reader

    @contextmanager
    def assets(self):
        """The folder that holds the assets, or None if there is none."""
        folder = self._member("assets")
        for root, folders, files in os.walk(folder):
            for name in (*folders, *files):
                self._member(os.path.relpath(os.path.join(root, name), self.path))
        yield folder if os.path.isdir(folder) else None

    def _text(self, name):
        place = self._member(name)
        if os.path.getsize(place) > safety.MAX_JSON:
            raise ModelFileError("The text is too large.", path=self.path, member=name)
        with open(place, "rb") as file:
            return file.read()

    def _member(self, name):
        place = os.path.join(self.path, name)
        if os.path.islink(place):
            raise ModelFileError("The member is a link, not a file.", path=self.path, member=name)
        if os.path.exists(place) and not (os.path.isfile(place) or os.path.isdir(place)):
            raise ModelFileError("The member is a pipe or device.", path=self.path, member=name)
        return place


class Section(io.RawIOBase):
    """A part of a file, as a file to read from.

    Args:
        file: binary file.
        start: where in it the part begins.
        size: its length in bytes.
    """

    def __init__(self, file, start, size):
        self._file, self._start, self._size = file, start, size
        self._position = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer):
        wanted = max(0, min(len(buffer), self._size - self._position))
        self._file.seek(self._start + self._position)
        count = self._file.readinto(memoryview(buffer)[:wanted])
        self._position += count
        return count


class WritableSection(Section):
    """The end of a file, from a place on, as a file to read from and to write to."""

    def __init__(self, file, start):
        super().__init__(file, start, 0)

    def writable(self):
        return True

    def write(self, data):
        self._file.seek(self._start + self._position)
        count = self._file.write(data)
        self._position += count
        self._size = max(self._size, self._position)
        return count

    def truncate(self, size=None):
        self._size = self._position if size is None else size
        self._file.truncate(self._start + self._size)
        return self._size

    def flush(self):
        if not self._file.closed:
            self._file.flush()


def _not_a_zip(source):
    size = os.path.getsize(source) if isinstance(source, str) else source.seek(0, io.SEEK_END)
    if isinstance(source, str):
        with open(source, "rb") as file:
            start = file.read(8)
    else:
        source.seek(0)
        start = source.read(8)
    if not size:
        return "The file is empty."
    if start[:2] == b"PK":
        return f"The file ({size} bytes) is a truncated or damaged zip archive."
    if start == b"\x89HDF\r\n\x1a\n":
        return f"The file ({size} bytes) is an HDF5 file, not a `.keras` zip archive."
    return f"The file ({size} bytes) is not a zip archive, so not a `.keras` model."
