"""Strings on the host: arrays of text, whatever they came in."""

import numpy as np

from cornu.backend import engine
from cornu.core.errors import shorten

TEXT = (str, bytes)


class TextArray(np.ndarray):
    """An array of byte strings, with the method that tensors of TensorFlow have for the plain
    one."""

    def numpy(self):
        """The plain array, or bytes for one string."""
        return np.asarray(self)[()]


def is_text(value):
    """Whether a value is made of strings: an array of them, a nest of lists, or one string."""
    if isinstance(value, TEXT):
        return True
    if isinstance(value, (list, tuple)):
        return bool(value) and is_text(value[0])
    dtype = getattr(value, "dtype", None)
    if dtype is None or engine.is_tensor(value):
        return False
    kind = getattr(dtype, "kind", None)
    if kind is None:  # a dtype of TensorFlow
        return "string" in str(getattr(dtype, "name", dtype))
    return kind in "SUTO"


def text_array(value):
    """Strings as an array of objects (str or bytes), or as NumPy's own array of strings.

    Args:
        value: a string, an array, a tensor of strings, or a nest of lists of strings.

    Raises:
        ValueError: for rows of unequal lengths, and for what is no text.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "SU":
        return value
    if engine.is_tensor(value):
        raise ValueError(_not_text(value))
    found = np.asarray(value) if hasattr(value, "__array__") else np.array(value, dtype=object)
    if found.dtype.kind in "SUT":
        return found.astype(object)
    if found.dtype.kind != "O":
        if found.size:
            raise ValueError(_not_text(value))
        return found.astype(object)
    return found


def check_text(items):
    """Raise ValueError if one of a list of items is no string.

    Raises:
        ValueError: saying what it is.
    """
    for item in items:
        if isinstance(item, (list, tuple, np.ndarray)):
            raise ValueError(
                "Rows of strings must all have the same length: there are no ragged tensors. Fill"
                " them up, for example with the layer's `mask_token`."
            )
        if not isinstance(item, TEXT):
            raise ValueError(_not_text(item))


def as_bytes(item, encoding="utf-8"):
    """A string as bytes."""
    return item if isinstance(item, bytes) else item.encode(encoding)


def as_str(item, encoding="utf-8"):
    """A string as `str`; bytes that are no text keep what cannot be read as escapes."""
    return item.decode(encoding, "surrogateescape") if isinstance(item, bytes) else str(item)


def _not_text(value):
    return f"Expected strings (`str` or bytes). Received: {shorten(value)} ({type(value).__name__})"
