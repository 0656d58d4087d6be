"""`tf.train.Example`: a dict of lists, in the format of protocol buffers.

An Example is a message whose field 1 is `Features`: field 1 of it, repeated, is an entry of a map
with a key (1) and a `Feature` (2), which holds a list of bytes (1), floats (2) or ints (3).
https://protobuf.dev/programming-guides/encoding
"""

import struct

import numpy as np

from cornu.compat.tensorflow_api._errors import InvalidArgumentError


def _varint(number):
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(data, place):
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place


def _field(number, content):
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _fields(data):
    """Pairs of a number and a content of the fields of a message."""
    place = 0
    try:
        while place < len(data):
            tag, place = _read_varint(data, place)
            if tag & 7 == 2:
                size, place = _read_varint(data, place)
                yield tag >> 3, data[place : place + size]
                place += size
            elif tag & 7 == 5:
                yield tag >> 3, data[place : place + 4]
                place += 4
            elif tag & 7 == 0:
                value, place = _read_varint(data, place)
                yield tag >> 3, value
            else:
                raise InvalidArgumentError("Could not parse example input")
    except IndexError:
        raise InvalidArgumentError("Could not parse example input") from None


def parse(data):
    """The features of a serialized Example: dict from names to lists of bytes, floats or ints."""
    found = {}
    for number, features in _fields(data):
        if number != 1:
            continue
        for _, entry in _fields(features):
            parts = dict(_fields(entry))
            found[parts[1].decode()] = _values(parts.get(2, b""))
    return found


def _values(feature):
    for kind, content in _fields(feature):
        if kind == 1:
            return [each for _, each in _fields(content)]
        parts = [each for _, each in _fields(content)]
        if kind == 2:
            return np.frombuffer(b"".join(parts), "<f4").tolist()
        return [_signed(each) for part in parts for each in _ints(part)]
    return []


def _ints(part):
    if isinstance(part, int):
        return [part]
    found, place = [], 0
    while place < len(part):
        number, place = _read_varint(part, place)
        found.append(number)
    return found


def _signed(number):
    return number - 2**64 if number >= 2**63 else number


class BytesList:
    """A list of byte strings, as the value of a feature."""

    number = 1

    def __init__(self, value=()):
        self.value = [each.encode() if isinstance(each, str) else bytes(each) for each in value]

    def content(self):
        """The serialized list."""
        return b"".join(_field(1, each) for each in self.value)


class FloatList:
    """A list of floats, as the value of a feature."""

    number = 2

    def __init__(self, value=()):
        self.value = [float(each) for each in value]

    def content(self):
        """The serialized list."""
        return _field(1, struct.pack(f"<{len(self.value)}f", *self.value))


class Int64List:
    """A list of ints, as the value of a feature."""

    number = 3

    def __init__(self, value=()):
        self.value = [int(each) for each in value]

    def content(self):
        """The serialized list."""
        return _field(1, b"".join(map(_varint, self.value)))


class Feature:
    """One of three kinds of lists."""

    def __init__(self, bytes_list=None, float_list=None, int64_list=None):
        given = [each for each in (bytes_list, float_list, int64_list) if each is not None]
        if len(given) > 1:
            raise ValueError("A Feature has one of `bytes_list`, `float_list` and `int64_list`.")
        self.list = given[0] if given else None

    @property
    def bytes_list(self):
        """The list, if it is one of bytes; else an empty one."""
        return self.list if isinstance(self.list, BytesList) else BytesList()

    @property
    def float_list(self):
        """The list, if it is one of floats; else an empty one."""
        return self.list if isinstance(self.list, FloatList) else FloatList()

    @property
    def int64_list(self):
        """The list, if it is one of ints; else an empty one."""
        return self.list if isinstance(self.list, Int64List) else Int64List()

    def content(self):
        """The serialized feature."""
        return b"" if self.list is None else _field(self.list.number, self.list.content())


class Features:
    """A dict from names to features."""

    def __init__(self, feature=None):
        self.feature = dict(feature or {})


class Example:
    """Data of one example, by name."""

    def __init__(self, features=None):
        self.features = features or Features()

    def SerializeToString(self):
        """The example as bytes."""
        entries = (
            _field(1, _field(1, key.encode()) + _field(2, value.content()))
            for key, value in sorted(self.features.feature.items())
        )
        return _field(1, b"".join(entries))

    @classmethod
    def FromString(cls, data):
        """The example of such bytes."""
        made = cls()
        for key, values in parse(data).items():
            kind = type(values[0]) if values else int
            name, cls_of = {
                bytes: ("bytes_list", BytesList),
                float: ("float_list", FloatList),
                int: ("int64_list", Int64List),
            }[kind]
            made.features.feature[key] = Feature(**{name: cls_of(values)})
        return made


def _table():
    rows = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        rows.append(number)
    return rows


_TABLE = _table()


def checksum(data):
    """The masked CRC-32C of a part of a TFRecord file."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return struct.pack("<I", masked)
