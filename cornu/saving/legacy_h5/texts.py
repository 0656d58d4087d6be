"""Texts that old files keep as attributes of HDF5 groups: configs, and names of layers and weights.

Most are strings of variable length, which HDF5 keeps in heaps elsewhere in the file. libhdf5 can
search a damaged heap forever, and would copy one long string as often as the file refers to it. So
these are read here, from the bytes: what an attribute refers to is found and measured first.
The layouts are those of the HDF5 File Format Specification, version 3.0, sections III.E and IV.A.
"""

import math
import struct

from cornu.saving.h5 import h5py
from cornu.serial.errors import ModelFileError

# How many names an attribute may list, and how many bytes they may have together.
MAX_NAMES = 100_000
MAX_NAMES_BYTES = 16 * 2**20
# Bytes of one text, such as a config.
MAX_TEXT = 64 * 2**20
# Blocks that the header of one object may be spread over.
MAX_BLOCKS = 1000

# What h5py raises where a file's structure is damaged.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)
_ATTRIBUTE, _CONTINUATION = 0x0C, 0x10
_MESSAGE = struct.Struct("<HHB3x")
_SHORT_MESSAGE, _ORDERED_MESSAGE = struct.Struct("<BHB"), struct.Struct("<BHB2x")
_PLACE = struct.Struct("<QQ")
_REFERENCE = struct.Struct("<IQI")
_HEAP = struct.Struct("<4sB3xQ")
_HEAP_OBJECT = struct.Struct("<HH4xQ")


class Texts:
    """The texts of an HDF5 file that is open for reading.

    Args:
        raw: the file, as a binary file.
        size: its size in bytes.
        h5: the same file, as an `h5py.File`.
        path: what to call it in messages.
    """

    def __init__(self, raw, size, h5, path):
        self._raw, self._size, self._path = raw, size, path
        self._base = h5.userblock_size
        self._wide = h5.id.get_create_plist().get_sizes() == (8, 8)
        self._heaps = {}

    def text(self, group, name):
        """The attribute `name` of a group as bytes, or None if there is none.

        Raises:
            ModelFileError: if it is no text, or too long.
        """
        found = self._strings(group, name, MAX_TEXT)
        if found is None:
            return None
        if len(found) != 1:
            raise self._error(group, name, f"holds {len(found)} texts instead of one")
        return found[0]

    def names(self, group, name):
        """A list of names that is kept as attribute `name`, or in several: `name0`, `name1`, ...

        None if there is no such attribute.
        """
        found = self._strings(group, name, MAX_NAMES_BYTES)
        for number in range(MAX_BLOCKS if found is None else 0):
            part = self._strings(group, f"{name}{number}", MAX_NAMES_BYTES)
            if part is None:
                break
            found = [*(found or ()), *part]
        if found is None:
            return None
        try:
            return [item.decode("utf-8") for item in found]
        except UnicodeDecodeError as error:
            raise self._error(group, name, f"is no text: {error}") from error

    def _strings(self, group, name, limit):
        """The strings of an attribute, as a list of bytes, or None."""
        try:
            return self._read(group, name, limit)
        except ModelFileError:
            raise
        except _DAMAGE as error:  # whatever libhdf5 makes of a damaged file
            raise self._error(group, name, f"cannot be read: {str(error)[:200]}") from error

    def _read(self, group, name, limit):
        if not h5py.h5a.exists(group.id, name.encode()):
            return None
        attribute = h5py.h5a.open(group.id, name.encode())
        count, kind = math.prod(attribute.shape or ()), attribute.get_type()
        if attribute.shape is None or count == 0:
            return []
        if not isinstance(kind, h5py.h5t.TypeStringID):
            raise self._error(group, name, "is no text")
        size = _REFERENCE.size if kind.is_variable_str() else kind.get_size()
        if count > MAX_NAMES or count * size > min(limit, self._size):
            raise self._error(group, name, f"declares {count} texts of {size} bytes")
        if kind.is_variable_str():
            return self._variable(group, name, count, limit)
        values = group.attrs[name]
        values = values.reshape(-1).tolist() if hasattr(values, "reshape") else [values]
        return [value if isinstance(value, bytes) else value.encode("utf-8") for value in values]

    def _variable(self, group, name, count, limit):
        references = self._references(group, name, count)
        total = sum(length for length, _, _ in references)
        if total > limit:
            raise self._error(group, name, f"holds {total} bytes of text; at most {limit} are read")
        return [self._heap_object(group, name, *reference) for reference in references]

    def _references(self, group, name, count):
        """Where the strings of an attribute are: `(length, address of the heap, index in it)`."""
        for data in self._attributes(group, name):
            version, _, name_size, type_size, space_size = struct.unpack_from("<BBHHH", data)
            start, step = (9, 1) if version == 3 else (8, 8 if version == 1 else 1)
            label = data[start : start + name_size].rstrip(b"\0")
            if label != name.encode():
                continue
            start += sum(-(-size // step) * step for size in (name_size, type_size, space_size))
            values = data[start : start + count * _REFERENCE.size]
            if len(values) == count * _REFERENCE.size:
                return list(_REFERENCE.iter_unpack(values))
        raise self._error(group, name, "is kept in a way that is not read, or damaged")

    def _attributes(self, group, name):
        """The attribute messages in the header of a group, which is of version 1 or 2."""
        if not self._wide:
            raise self._error(group, name, "is in a file with short addresses, which is not read")
        address = h5py.h5o.get_info(group.id).addr
        prefix = self._bytes(group, name, address, min(40, self._size - self._base - address))
        blocks, form = self._first_block(address, prefix)
        for number, (start, length) in enumerate(blocks):
            if number > MAX_BLOCKS:
                raise self._error(group, name, "is in a header of too many parts")
            block, position = self._bytes(group, name, start, length), 0
            while position + form.size <= len(block):
                kind, size = form.unpack_from(block, position)[:2]
                position += form.size
                data = block[position : position + size]
                position += size
                if kind == _CONTINUATION and len(data) >= _PLACE.size:
                    start, length = _PLACE.unpack_from(data)
                    # In version 2, between a signature and a checksum.
                    blocks.append((start, length) if prefix[0] == 1 else (start + 4, length - 8))
                elif kind == _ATTRIBUTE and len(data) > 9:
                    yield data

    @staticmethod
    def _first_block(address, prefix):
        """Where the first messages of a header are, as a list, and the form of their heads."""
        if prefix[0] == 1:
            return [(address + 16, int.from_bytes(prefix[8:12], "little"))], _MESSAGE
        if prefix[:5] != b"OHDR\2":
            return [], _MESSAGE
        flags = prefix[5]
        start = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
        width = 1 << (flags & 3)
        length = int.from_bytes(prefix[start : start + width], "little")
        form = _ORDERED_MESSAGE if flags & 4 else _SHORT_MESSAGE
        return [(address + start + width, length)], form

    def _heap_object(self, group, name, length, address, index):
        if length == 0:
            return b""
        start, size = self._heap(group, name, address).get(index & 0xFFFF, (0, 0))
        if size < length:
            raise self._error(group, name, "refers to a text that is not in the file")
        return self._bytes(group, name, start, length).rstrip(b"\0")

    def _heap(self, group, name, address):
        """Where the objects of a heap are: index -> `(address, size)`."""
        if address in self._heaps:
            return self._heaps[address]
        signature, version, size = _HEAP.unpack(self._bytes(group, name, address, _HEAP.size))
        if signature != b"GCOL" or version != 1 or size > self._size:
            raise self._error(group, name, "refers to a text that is not in the file")
        objects, position, end = {}, address + _HEAP.size, address + size
        while position + _HEAP_OBJECT.size <= end:
            head = self._bytes(group, name, position, _HEAP_OBJECT.size)
            index, _, length = _HEAP_OBJECT.unpack(head)
            if index == 0:  # the free space at the end
                break
            position += _HEAP_OBJECT.size
            objects[index] = (position, length)
            position += -(-length // 8) * 8
        self._heaps[address] = objects
        return objects

    def _bytes(self, group, name, address, count):
        start = self._base + address
        if count < 0 or start + count > self._size:
            raise self._error(group, name, "lies outside of the file")
        self._raw.seek(start)
        return self._raw.read(count)

    def _error(self, group, name, reason):
        return ModelFileError(f"The attribute {name!r} of {group.name[:200]} {reason}.", self._path)
