"""`tf.io` and the decoders of `tf.image`: files, images and records, on the host.

In a function given to `dataset.map` they run as plain Python, file by file.
"""

import base64
import csv
import glob
import gzip
import io
import os
import shutil
import struct
from typing import Any, NamedTuple

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api import _examples
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._errors import InvalidArgumentError, NotFoundError
from cornu.compat.tensorflow_api._table import Namespace
from cornu.compat.tensorflow_api._tensors import StringTensor, convert_to_tensor
from cornu.core.lazy import lazy_module

images = lazy_module("PIL.Image", package="pillow")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def _bytes(value):
    return value if isinstance(value, bytes) else convert_to_tensor(value).numpy()


def _path(value):
    return os.fspath(value) if isinstance(value, os.PathLike) else _bytes(value).decode()


def read_file(filename, name=None):
    """The content of a file as a string.

    Raises:
        NotFoundError: if it is not there.
    """
    try:
        with open(_path(filename), "rb") as file:
            return StringTensor(file.read())
    except FileNotFoundError:
        raise NotFoundError(f"{_path(filename)}; No such file or directory") from None


def write_file(filename, contents, name=None):
    """Write a string to a file, whose folders are made."""
    path = _path(filename)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(_bytes(contents))


def matching_files(pattern, name=None):
    """The names of the files that fit a pattern."""
    return StringTensor(sorted(glob.glob(_path(pattern))))


def decode_image(contents, channels=None, dtype="uint8", name=None, expand_animations=True):
    """An image of any format that Pillow reads, as `(height, width, channels)`.

    Args:
        channels: 1, 3 or 4; 0 or None for as many as there are.
        dtype: `uint8`, or a float for numbers from 0 to 1.
        expand_animations: accepted for compatibility; of an animation the first picture is read.

    Raises:
        InvalidArgumentError: if it is no image.
    """
    try:
        picture = images.open(io.BytesIO(_bytes(contents)))
        picture.load()
    except OSError as error:
        raise InvalidArgumentError(f"Unknown image file format: {error}") from error
    if picture.mode in ("P", "1", "CMYK"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if channels:
        picture = picture.convert(MODES[int(channels)])
    array = np.asarray(picture)
    array = array[..., None] if array.ndim == 2 else array
    if as_dtype(dtype).is_floating:
        return ops.convert_to_tensor(array.astype(as_dtype(dtype).name) / 255)
    return ops.convert_to_tensor(array.astype(as_dtype(dtype).name))


def decode_png(contents, channels=0, dtype="uint8", name=None):
    """A PNG image as `(height, width, channels)`."""
    return decode_image(contents, channels, dtype)


def decode_jpeg(
    contents, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False,
    acceptable_fraction=1, dct_method="", name=None,
):  # fmt: skip
    """A JPEG image as `(height, width, channels)`; every `ratio`-th pixel. The other arguments are
    hints for TensorFlow's decoder."""
    step = int(ratio)
    return decode_image(contents, channels)[::step, ::step]


def decode_bmp(contents, channels=0, name=None):
    """A BMP image as `(height, width, channels)`."""
    return decode_image(contents, channels)


def _encoded(image, kind, **options):
    array = np.asarray(convert_to_tensor(image))
    array = array[..., 0] if array.shape[-1] == 1 else array
    out = io.BytesIO()
    images.fromarray(array).save(out, kind, **options)
    return StringTensor(out.getvalue())


def encode_png(image, compression=-1, name=None):
    """An image `(height, width, channels)` of `uint8` as the content of a PNG file."""
    return _encoded(image, "png", compress_level=6 if compression < 0 else compression)


def encode_jpeg(image, format="", quality=95, name=None, **options):
    """An image `(height, width, channels)` of `uint8` as the content of a JPEG file."""
    if options:
        raise TypeError(f"`encode_jpeg` does not take {sorted(options)} here.")
    return _encoded(image, "jpeg", quality=quality)


def is_jpeg(contents, name=None):
    """Whether the content of a file is a JPEG image."""
    return ops.convert_to_tensor(_bytes(contents).startswith(b"\xff\xd8\xff"))


def decode_raw(input_bytes, out_type, little_endian=True, fixed_length=None, name=None):
    """The bytes of strings as numbers."""
    x = convert_to_tensor(input_bytes)
    dtype = np.dtype(as_dtype(out_type).as_numpy_dtype).newbyteorder("<" if little_endian else ">")
    rows = [np.frombuffer(each, dtype) for each in np.ravel(np.asarray(x, object))]
    found = np.stack(rows).reshape(*x.shape, -1)
    return ops.convert_to_tensor(found.astype(dtype.newbyteorder("=")))


def serialize_tensor(tensor, name=None):
    """A tensor as a string, for `parse_tensor` (in NumPy's format, not TensorFlow's)."""
    out = io.BytesIO()
    np.save(out, np.asarray(convert_to_tensor(tensor)))
    return StringTensor(out.getvalue())


def parse_tensor(serialized, out_type, name=None):
    """The tensor of a string made by `serialize_tensor`.

    Raises:
        InvalidArgumentError: if it has another dtype.
    """
    found = ops.convert_to_tensor(np.load(io.BytesIO(_bytes(serialized)), allow_pickle=False))
    if found.dtype != as_dtype(out_type):
        raise InvalidArgumentError(f"The tensor is of dtype {found.dtype}, not {out_type!r}")
    return found


def encode_base64(input, pad=False, name=None):
    """A string in base 64."""
    found = base64.urlsafe_b64encode(_bytes(input))
    return StringTensor(found if pad else found.rstrip(b"="))


def decode_base64(input, name=None):
    """The string that base 64 stands for."""
    text = _bytes(input)
    return StringTensor(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))


def decode_csv(
    records, record_defaults, field_delim=",", use_quote_delim=True, na_value="",
    select_cols=None, name=None,
):  # fmt: skip
    """The fields of a line as tensors, with dtypes and values for empty ones from
    `record_defaults`.

    Raises:
        InvalidArgumentError: for a wrong number of fields, or an empty one without a default.
    """
    quoting = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
    lines = [each.decode() for each in np.ravel(np.asarray(convert_to_tensor(records), object))]
    rows = list(csv.reader(lines, delimiter=field_delim, quoting=quoting))
    if select_cols is not None:
        rows = [[row[index] for index in select_cols] for row in rows]
    columns = []
    for number, default in enumerate(record_defaults):
        if any(len(row) != len(record_defaults) for row in rows):
            raise InvalidArgumentError(f"Expect {len(record_defaults)} fields in each record.")
        columns.append(_column([row[number] for row in rows], default, na_value))
    scalar = not convert_to_tensor(records).ndim
    return [column[0] if scalar else column for column in columns]


def _column(texts, default, na_value):
    if isinstance(default, type(as_dtype("float32"))):
        dtype, value = default, None
    else:
        given = convert_to_tensor(default)
        dtype = as_dtype(given.dtype)
        value = np.ravel(np.asarray(given))[0] if np.size(np.asarray(given)) else None
    if value is None and any(text in ("", na_value) for text in texts):
        raise InvalidArgumentError("A field is required but missing in a record.")
    filled = [value if text in ("", na_value) else text for text in texts]
    if dtype == "string":
        return StringTensor(filled)
    return ops.convert_to_tensor(np.array([dtype.as_numpy_dtype(each) for each in filled]))


class FixedLenFeature(NamedTuple):
    """A feature of `parse_example` with a fixed shape."""

    shape: Any
    dtype: Any
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """A feature of `parse_example` with as many values as there are; here a 1-D tensor."""

    dtype: Any


def parse_single_example(serialized, features, example_names=None, name=None):
    """The features of a serialized `tf.train.Example`.

    Args:
        serialized: a string.
        features: dict from names to `FixedLenFeature` or `VarLenFeature`.

    Raises:
        InvalidArgumentError: for a feature that is missing, or of another dtype or size.
    """
    found = _examples.parse(_bytes(serialized))
    return {key: _feature(key, found.get(key), want) for key, want in features.items()}


def _feature(key, values, want):
    dtype = as_dtype(want.dtype)
    if values is None or not len(values):
        default = getattr(want, "default_value", None)
        if isinstance(want, VarLenFeature):
            return convert_to_tensor(np.zeros(0, dtype.as_numpy_dtype))
        if default is None:
            raise InvalidArgumentError(f"Feature: {key} (data type: {dtype}) is required")
        return ops.broadcast_to(convert_to_tensor(default, dtype), tuple(want.shape))
    is_text = isinstance(values[0], bytes)
    if is_text != (dtype == "string"):
        raise InvalidArgumentError(f"Key: {key}. Data types don't match: expected {dtype}")
    if is_text:
        found = StringTensor(np.array(values, object))
    else:
        if dtype.is_integer and not -(2**31) <= min(values) <= max(values) < 2**31:
            raise InvalidArgumentError(
                f"Key: {key}. {max(values, key=abs)} does not fit into the 32 bits of cornu's ints"
            )
        found = convert_to_tensor(np.array(values), dtype)
    if isinstance(want, VarLenFeature):
        return found
    shape = tuple(want.shape)
    if len(values) != int(np.prod(shape)):
        raise InvalidArgumentError(f"Key: {key}. {len(values)} values for the shape {shape}")
    if is_text:
        return StringTensor(np.reshape(np.asarray(found), shape))
    return ops.reshape(found, shape)


class TFRecordWriter:
    """Writes records, strings each, to a TFRecord file; a context manager.

    Args:
        path: name of the file.
        options: None, or `"GZIP"`.
    """

    def __init__(self, path, options=None):
        opened = gzip.open if options == "GZIP" else open
        self._file = opened(_path(path), "wb")

    def write(self, record):
        """Add a record."""
        record = _bytes(record)
        length = struct.pack("<Q", len(record))
        self._file.write(length + _examples.checksum(length))
        self._file.write(record + _examples.checksum(record))

    def flush(self):
        """Have everything in the file."""
        self._file.flush()

    def close(self):
        """Close the file."""
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def _gfile(name, mode="r"):
    return open(_path(name), mode)  # noqa: SIM115  (the caller closes it)


def _listed(path):
    return sorted(os.listdir(_path(path)))


gfile = Namespace(
    "tf.io.gfile",
    {
        "GFile": _gfile,
        "copy": lambda src, dst, overwrite=False: shutil.copy(_path(src), _path(dst)),
        "exists": lambda path: os.path.exists(_path(path)),
        "glob": lambda pattern: sorted(glob.glob(_path(pattern))),
        "isdir": lambda path: os.path.isdir(_path(path)),
        "join": lambda path, *paths: os.path.join(_path(path), *map(_path, paths)),
        "listdir": _listed,
        "makedirs": lambda path: os.makedirs(_path(path), exist_ok=True),
        "mkdir": lambda path: os.mkdir(_path(path)),
        "remove": lambda path: os.remove(_path(path)),
        "rename": lambda src, dst, overwrite=False: os.replace(_path(src), _path(dst)),
        "rmtree": lambda path: shutil.rmtree(_path(path)),
        "stat": lambda path: os.stat(_path(path)),
        "walk": lambda top: os.walk(_path(top)),
    },
)


ENCODERS = [
    "decode_bmp",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "encode_jpeg",
    "encode_png",
    "is_jpeg",
]
MEMBERS = {
    **{name: globals()[name] for name in ENCODERS},
    **{
        name: globals()[name]
        for name in ("FixedLenFeature", "TFRecordWriter", "VarLenFeature", "decode_base64",
                     "decode_csv", "decode_raw", "encode_base64", "gfile", "matching_files",
                     "parse_single_example", "parse_tensor", "read_file", "serialize_tensor",
                     "write_file")
    },
}  # fmt: skip
