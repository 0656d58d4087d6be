"""`tf.strings`: functions of strings, on the host."""

import re

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._tensors import StringTensor, convert_to_tensor
from cornu.layers.preprocessing import _hashing as hashing


def _each(function, *tensors):
    """A function of bytes, applied to each element."""
    arrays = [np.asarray(convert_to_tensor(each), object) for each in tensors]
    return StringTensor(np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), object))


def _numbers(function, input, dtype):
    """A function from bytes to numbers, applied to each element."""
    array = np.asarray(convert_to_tensor(input), object)
    found = np.asarray(np.frompyfunc(function, 1, 1)(array))
    return ops.convert_to_tensor(found.astype(as_dtype(dtype).name))


def as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill="", name=None):
    """Numbers as text."""
    x = convert_to_tensor(input)
    if isinstance(x, StringTensor):
        return x
    kind = np.asarray(x).dtype.kind
    places = 6 if precision < 0 else precision
    form = f"{fill}{width if width > 0 else ''}"

    def text(value):
        if kind == "b":
            return ("true" if value else "false").encode()
        if kind in "iu":
            return f"{int(value):{form}d}".encode()
        letter = "e" if scientific else "g" if shortest else "f"
        return f"{float(value):{form}.{places}{letter}}".encode()

    return StringTensor(np.asarray(np.frompyfunc(text, 1, 1)(np.asarray(x)), object))


def join(inputs, separator="", name=None):
    """Tensors of strings, joined element by element."""
    return _each(lambda *parts: _bytes(separator).join(parts), *inputs)


def _bytes(text):
    return text.encode() if isinstance(text, str) else text


def reduce_join(inputs, axis=None, keepdims=False, separator="", name=None):
    """Strings along axes joined; of the whole tensor by default."""
    array = np.asarray(convert_to_tensor(inputs), object)
    axes = range(array.ndim) if axis is None else np.ravel(axis).tolist()
    for each in sorted((number % array.ndim for number in axes), reverse=True):
        moved = np.moveaxis(array, each, -1)
        found = np.empty(moved.shape[:-1], object)
        for place in np.ndindex(found.shape):
            found[place] = _bytes(separator).join(moved[place])
        array = np.expand_dims(found, each) if keepdims else found
    return StringTensor(array)


def length(input, unit="BYTE", name=None):
    """The number of bytes, or of characters with `unit="UTF8_CHAR"`."""
    return _numbers(lambda x: len(x if unit == "BYTE" else x.decode()), input, "int32")


def upper(input, encoding="", name=None):
    """In upper case; of ASCII alone unless `encoding="utf-8"`."""
    return _each(lambda x: x.decode().upper().encode() if encoding else x.upper(), input)


def lower(input, encoding="", name=None):
    """In lower case; of ASCII alone unless `encoding="utf-8"`."""
    return _each(lambda x: x.decode().lower().encode() if encoding else x.lower(), input)


def strip(input, name=None):
    """Without white space at both ends."""
    return _each(bytes.strip, input)


def substr(input, pos, len, unit="BYTE", name=None):
    """`len` bytes from `pos` on, or characters with `unit="UTF8_CHAR"`."""
    start, count = int(pos), int(len)

    def part(x):
        text = x if unit == "BYTE" else x.decode()
        first = start if start >= 0 else text.__len__() + start
        return _bytes(text[first : first + count])

    return _each(part, input)


def to_number(input, out_type="float32", name=None):
    """Text as numbers."""
    convert = int if as_dtype(out_type).is_integer else float
    return _numbers(convert, input, out_type)


def _pattern(pattern):
    return re.compile(_bytes(pattern))


def regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    r"""Matches of a pattern replaced; `\1` in `rewrite` is the first group."""
    compiled, new = _pattern(pattern), _bytes(rewrite).replace(rb"\0", rb"\g<0>")
    return _each(lambda x: compiled.sub(new, x, count=0 if replace_global else 1), input)


def regex_full_match(input, pattern, name=None):
    """Whether strings match a pattern as a whole."""
    compiled = _pattern(pattern)
    return _numbers(lambda x: compiled.fullmatch(x) is not None, input, "bool")


def format(template, inputs, placeholder="{}", summarize=3, name=None):
    """A template with tensors put in."""
    inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    text = template
    for each in inputs:
        value = np.asarray(convert_to_tensor(each))
        text = text.replace(placeholder, np.array2string(value, edgeitems=summarize), 1)
    return StringTensor(text)


def split(input, sep=None, maxsplit=-1, name=None):
    """The parts of one string between separators.

    Raises:
        NotImplementedError: for several strings, whose parts would be a ragged tensor.
    """
    x = convert_to_tensor(input)
    if x.ndim:
        raise NotImplementedError(
            "The parts of several strings are a ragged tensor, which cornu does not have. Split one"
            " at a time, as in `dataset.map`."
        )
    return StringTensor(x.numpy().split(_bytes(sep) if sep else None, maxsplit))


def bytes_split(input, name=None):
    """The bytes of one string."""
    return StringTensor([bytes([each]) for each in convert_to_tensor(input).numpy()])


def unicode_split(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    """The characters of one string."""
    text = convert_to_tensor(input).numpy().decode(input_encoding, errors)
    return StringTensor(list(text))


def unicode_decode(
    input, input_encoding, errors="replace", replacement_char=65533,
    replace_control_characters=False, name=None,
):  # fmt: skip
    """The code points of one string."""
    text = convert_to_tensor(input).numpy().decode(input_encoding, errors)
    return ops.convert_to_tensor(np.array([ord(each) for each in text], "int32"))


def unicode_encode(input, output_encoding, errors="replace", replacement_char=65533, name=None):
    """One string of code points."""
    text = "".join(chr(int(each)) for each in np.asarray(input))
    return StringTensor(text.encode(output_encoding.replace("-BE", "").lower(), errors))


def to_hash_bucket_fast(input, num_buckets, name=None):
    """A number below `num_buckets` for each string: TensorFlow's, by FarmHash's fingerprint."""
    return _bins(hashing.fingerprints, input, num_buckets)


def to_hash_bucket_strong(input, num_buckets, key, name=None):
    """A number below `num_buckets` for each string: TensorFlow's, by SipHash with a key of two
    ints, without which nobody can choose strings for one bin."""
    return _bins(lambda texts: hashing.keyed_hashes(texts, key), input, num_buckets)


def _bins(hashes, input, num_buckets):
    array = np.asarray(convert_to_tensor(input), object)
    found = hashes(array.ravel().tolist()) % np.uint64(num_buckets)
    return ops.convert_to_tensor(found.astype("int64").reshape(array.shape))
