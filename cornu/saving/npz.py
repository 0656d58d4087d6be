"""Weights as an `.npz` file, which NumPy reads: a zip archive of arrays under their full names."""

import io
import math
import zipfile
import zlib

import numpy as np

from cornu.saving import safety
from cornu.saving.stores import RAW_TYPES, FlatReader, empty_array
from cornu.serial.errors import ModelFileError

_DATE = (1980, 1, 1, 0, 0, 0)
# Bytes of the text before the numbers of an array.
_MAX_HEADER = 10_000
_DAMAGE = (zipfile.BadZipFile, OSError, EOFError, ValueError, zlib.error, NotImplementedError)


def write(path, arrays):
    """Write arrays to a file.

    Args:
        path: the file.
        arrays: dictionary, name -> NumPy array in row-major order.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _DATE)
            info.external_attr = 0o600 << 16
            if array.dtype.name in RAW_TYPES:  # NumPy's format has no name for these
                info.comment = array.dtype.name.encode()
                array = array.view(f"V{array.dtype.itemsize}")
            with archive.open(info, "w", force_zip64=array.nbytes > 2**31 - 2**20) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


class NpzReader(FlatReader):
    """An `.npz` file of weights open for reading, its form checked.

    Args:
        path: the file.

    Raises:
        ModelFileError: if it is no whole archive of arrays of numbers.
    """

    def __init__(self, path):
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise ModelFileError(
                f"It is no whole `.npz` archive: {str(error)[:200]}", path=path
            ) from error
        try:
            size = self._zip.fp.seek(0, io.SEEK_END)
            safety.check_members(self._zip, size, path, _problem)
            members = {info.filename[: -len(".npy")]: info for info in self._zip.infolist()}
            self._members = members
            headers = {full: self._header(full, info) for full, info in members.items()}
        except BaseException:
            self._zip.close()
            raise
        super().__init__(path, headers)

    def close(self):
        self._zip.close()

    def read_array(self, full):
        shape, dtype = self._headers[full]
        with self._open(full, self._members[full]) as member:
            _parse_header(member)
            array = empty_array(shape, dtype)
            flat = memoryview(array.reshape(-1).view("uint8"))
            filled = 0
            while filled < len(flat):
                count = member.readinto(flat[filled:])
                if not count:
                    raise self._damaged(full, "the numbers are cut off")
                filled += count
            if member.read(1):  # this also has the checksum compared
                raise self._damaged(full, "there are bytes behind the numbers")
        return array

    def _header(self, full, info):
        with self._open(full, info) as member:
            shape, dtype = _parse_header(member)
            stored = info.file_size - member.tell()
        label = info.comment.decode("ascii", "replace")
        if label in RAW_TYPES and dtype.kind == "V" and np.dtype(label).itemsize == dtype.itemsize:
            dtype = np.dtype(label)
        elif dtype.kind not in "biufc" or dtype.fields is not None:
            raise self._damaged(full, f"it does not hold numbers but {dtype}")
        if math.prod(shape) * dtype.itemsize != stored:
            raise self._damaged(full, f"it declares shape {shape} but stores {stored} bytes")
        return shape, dtype

    def _open(self, full, info):
        return _Member(self, full, info)

    def _damaged(self, full, reason):
        return ModelFileError(f"The array cannot be read: {reason}.", self._path, full[:200])


class _Member:
    """A member open for reading; whatever goes wrong is a `ModelFileError`."""

    def __init__(self, reader, full, info):
        self._reader, self._full, self._info = reader, full, info

    def __enter__(self):
        self._member = None
        try:
            self._member = self._reader._zip.open(self._info)
        except _DAMAGE as error:
            raise self._reader._damaged(self._full, str(error)[:200]) from error
        return self._member

    def __exit__(self, kind, error, trace):
        self._member.close()
        if isinstance(error, _DAMAGE) and not isinstance(error, ModelFileError):
            raise self._reader._damaged(self._full, str(error)[:200]) from error


def _parse_header(member):
    """Shape and dtype of the array that begins here.

    Raises:
        ValueError: if it is not one that is kept in rows, under a short header.
    """
    version = np.lib.format.read_magic(member)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"version {version} of the format is not read")
    shape, by_columns, dtype = readers[version](member, max_header_size=_MAX_HEADER)
    if by_columns and len(shape) > 1:
        raise ValueError("arrays kept in columns are not read")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, not numbers")
    return shape, dtype


def _problem(member):
    """Why a member of the archive is refused, or None."""
    if not member.filename.endswith(".npy"):
        return "The member is no array."
    return safety.member_problem(member)
