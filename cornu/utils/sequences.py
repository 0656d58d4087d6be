"""Sequences of unequal lengths as one array."""

import numpy as np

from cornu.core.errors import shorten
from cornu.serial.registry import export

SIDES = ("pre", "post")


@export("keras.utils.pad_sequences")
def pad_sequences(
    sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0
):
    """Sequences of unequal lengths as one array, filled up or cut to one length.

    Args:
        sequences: list of sequences of numbers, or of steps of one shape.
        maxlen: the length; that of the longest by default.
        dtype: of the array; `object` for text.
        padding: `"pre"` fills up before a sequence, `"post"` behind it.
        truncating: `"pre"` cuts off the beginning of one that is too long, `"post"` its end.
        value: what to fill up with.

    Returns:
        A NumPy array of shape (number of sequences, maxlen, ...).

    Raises:
        ValueError: for something without a length, steps of different shapes, text with a dtype of
            numbers, and unknown sides.

    Example:
        >>> import cornu
        >>> cornu.utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in SIDES:
            raise ValueError(f"`{name}` must be 'pre' or 'post'. Received: {name}={side!r}")
    rows = _checked(sequences)
    steps = {np.shape(row)[1:] for row in rows if len(row)}
    if len(steps) > 1:
        raise ValueError(
            f"The steps of all sequences need one shape, found {sorted(steps)} in `sequences`."
        )
    if maxlen is None:
        maxlen = max(map(len, rows), default=0)
    _check_text(dtype, value)
    out = np.full((len(rows), maxlen, *(steps.pop() if steps else ())), value, dtype=dtype)
    for index, row in enumerate(rows):
        kept = row[max(0, len(row) - maxlen) :] if truncating == "pre" else row[:maxlen]
        if len(kept):
            where = slice(maxlen - len(kept), None) if padding == "pre" else slice(0, len(kept))
            out[index, where] = np.asarray(kept, dtype=dtype)
    return out


def _checked(sequences):
    """The sequences as a list, each with a length."""
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"`sequences` must be iterable. Received: {shorten(sequences)}")
    for row in sequences:
        if not hasattr(row, "__len__"):
            raise ValueError(
                "`sequences` must be a list of sequences. Found among them an item that is none:"
                f" {shorten(row)}"
            )
    return list(sequences)


def _check_text(dtype, value):
    kind = np.dtype(dtype).kind
    if isinstance(value, str) and kind not in "OUS":
        raise ValueError(
            f"`dtype` {dtype} can't hold the `value` {value!r}: pass `dtype=object` for text."
        )
