"""Weights as a `.safetensors` file: a JSON header, then the arrays' bytes one behind the other.

After the format's definition by Hugging Face (https://huggingface.co/docs/safetensors). Every array
has a checksum among the metadata, which other readers pass over.
"""

import json
import math
import os
import struct

import numpy as np

from cornu.core.errors import shorten
from cornu.saving import safety
from cornu.saving.stores import FlatReader, checksum, empty_array
from cornu.serial.errors import ModelFileError

TYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "BF16": "bfloat16",
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
CODES = {dtype: code for code, dtype in TYPES.items()}
METADATA, CHECKSUMS = "__metadata__", "crc32"
_LENGTH = struct.Struct("<Q")
# The data begins at a multiple of this, so that it may be read in place.
_ALIGNMENT = 8


def write(path, arrays, metadata=None):
    """Write arrays to a file.

    Args:
        path: the file.
        arrays: dictionary, name -> NumPy array in row-major order.
        metadata: dictionary of strings to keep beside, or None.

    Raises:
        ValueError: if an array has a type that the format does not know.
    """
    header, position = {}, 0
    for name, array in arrays.items():
        if array.dtype.name not in CODES:
            raise ValueError(
                f"`.safetensors` files cannot hold {array.dtype.name} ({name}); save to "
                "`.weights.h5`."
            )
        header[name] = {
            "dtype": CODES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [position, position + array.nbytes],
        }
        position += array.nbytes
    sums = {name: int(checksum(array)) for name, array in arrays.items()}
    header[METADATA] = {"format": "cornu", **(metadata or {}), CHECKSUMS: json.dumps(sums)}
    text = json.dumps(header).encode()
    text += b" " * (-(_LENGTH.size + len(text)) % _ALIGNMENT)
    with open(path, "wb") as file:
        file.write(_LENGTH.pack(len(text)) + text)
        for array in arrays.values():
            file.write(array.reshape(-1).view("uint8"))


class SafetensorsReader(FlatReader):
    """A `.safetensors` file open for reading, its header checked.

    Args:
        path: the file.

    Raises:
        ModelFileError: if the header and the file's length contradict each other.
    """

    def __init__(self, path):
        self._path = path
        self._file = open(path, "rb")  # noqa: SIM115  (closed by `close`)
        try:
            headers = self._read_header(os.fstat(self._file.fileno()).st_size)
        except BaseException:
            self._file.close()
            raise
        super().__init__(path, headers)

    def close(self):
        self._file.close()

    def read_array(self, full):
        shape, dtype = self._headers[full]
        array = empty_array(shape, dtype)
        self._file.seek(self._starts[full])
        if self._file.readinto(array.reshape(-1).view("uint8")) != array.nbytes:
            raise self._error(f"{full} is cut off.")
        if full in self._sums and self._sums[full] != checksum(array):
            raise self._error(f"{full} is damaged: its bytes do not match its checksum.")
        return array

    def _read_header(self, size):
        def error(reason):
            return ModelFileError(reason, path=self._path)

        prefix = self._file.read(_LENGTH.size)
        if len(prefix) < _LENGTH.size:
            raise error(f"A file of {size} bytes is no `.safetensors` file.")
        (length,) = _LENGTH.unpack(prefix)
        if length > min(safety.MAX_JSON, size - _LENGTH.size):
            raise error(f"It declares a header of {length} bytes; the file has {size}.")
        header = safety.parse_json(self._file.read(length), self._path, "header")
        if not isinstance(header, dict):
            raise error("The header is no JSON object.")
        self._sums = self._checksums(header.pop(METADATA, {}), error)
        base, position = _LENGTH.size + length, 0
        headers, self._starts = {}, {}
        for full, entry in sorted(header.items(), key=lambda item: _start(item[1])):
            shape, dtype, start, end = _checked(full, entry, error)
            if start != position or end - start != math.prod(shape) * dtype.itemsize:
                raise error(f"The header places {full!r:.100} wrongly: {shorten(entry)}")
            headers[full], self._starts[full] = (shape, dtype), base + start
            position = end
        if base + position != size:
            raise error(f"Its arrays end at byte {base + position}, the file at {size}.")
        return headers

    def _checksums(self, metadata, error):
        if not isinstance(metadata, dict):
            raise error("The metadata are no JSON object.")
        text = metadata.get(CHECKSUMS, "{}")
        if not isinstance(text, str):
            raise error("The checksums are no text.")
        sums = safety.parse_json(text.encode(), self._path, CHECKSUMS)
        if not isinstance(sums, dict):
            raise error("The checksums are no JSON object.")
        return sums


def _start(entry):
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    start = offsets[0] if isinstance(offsets, list) and offsets else None
    return start if isinstance(start, int) else -1


def _checked(full, entry, error):
    """Shape, dtype, start and end of an array's entry in the header."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise error(f"The header's entry of {full!r:.100} is malformed: {shorten(entry)}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(
            type(number) is int and 0 <= number < 2**63 for number in numbers
        ):
            raise error(f"The header's entry of {full!r:.100} is malformed: {shorten(entry)}")
    if len(offsets) != 2 or len(shape) > 32 or entry["dtype"] not in TYPES:
        raise error(f"The header's entry of {full!r:.100} cannot be read: {shorten(entry)}")
    return tuple(shape), np.dtype(TYPES[entry["dtype"]]), *offsets
