"""`TextVectorization`."""

import os

import numpy as np

from cornu import ops
from cornu.core.errors import shorten
from cornu.layers.preprocessing._encoding import TF_IDF, check_mode
from cornu.layers.preprocessing._index_lookup import FILE, MODES
from cornu.layers.preprocessing._text import as_bytes, as_str, check_text, text_array
from cornu.layers.preprocessing.string_lookup import StringLookup
from cornu.serial.registry import export

STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")
PUNCTUATION = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LOWER = bytes(range(256)).lower()  # ASCII's letters


@export("keras.layers.TextVectorization")
class TextVectorization(StringLookup):
    """Gives texts as the numbers of their words, or as vectors of these.

    Each text is standardized, split into tokens, these are joined to n-grams if that is wanted, and
    looked up in a vocabulary, which is set, or learned from data by `adapt`: the most frequent
    tokens first. Number 0 is for padding (in `output_mode="int"` alone), the next one for tokens
    that are not known.

    Texts cannot enter a compiled step: use the layer on data, before `fit` and `predict`, for
    example in `dataset.map(layer)`.

    Args:
        max_tokens: how many numbers there may be, all counted; None for no limit.
        standardize: what is done to a text first: `"lower"` (letters of ASCII alone),
            `"strip_punctuation"`, `"lower_and_strip_punctuation"`, nothing (None), or a function
            from an array of `str` to one of the same shape.
        split: `"whitespace"`, `"character"`, None for texts that are one token each, or a function
            from an array of `str` to lists of tokens.
        ngrams: an int n for runs of 1 to n tokens, joined by spaces, a tuple of ints for runs of
            these lengths, or None.
        output_mode: `"int"`: the numbers of the tokens. `"one_hot"`: a vector for each token. Or a
            vector for each text, `"multi_hot"`: of 1 for what is in it, `"count"`: of how often it
            is, `"tf_idf"`: of that times the weights.
        output_sequence_length: for `"int"`, the length to which all texts are cut or padded; None
            for that of the longest in each batch.
        pad_to_max_tokens: whether vectors have size `max_tokens` in any case.
        vocabulary: the tokens, as a list, array or tensor, or the path of a file with one a line.
        idf_weights: for `output_mode="tf_idf"`, weights of the vocabulary's tokens; the others have
            the mean of them.
        sparse, ragged: must be False: there are no such tensors.
        encoding: encoding of the strings in bytes.
        name: name of the layer.
        **kwargs: see `Layer`.

    Inputs are strings or bytes of shape (batch,) or (batch, 1), or one string: an array, lists, a
    tensor of strings. With `split=None` they may be (batch, tokens).

    Raises:
        ValueError: for arguments that are unknown or contradict each other.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.TextVectorization(vocabulary=["the", "cat"])
        >>> layer(["The cat!", "the dog and the cat"])
        Array([[2, 3, 0, 0, 0],
               [2, 1, 1, 2, 3]], dtype=int32)
    """

    config_exclude = StringLookup.config_exclude | {
        "num_oov_indices", "mask_token", "oov_token", "invert", "salt"
    }  # fmt: skip

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        name=None,
        **kwargs,
    ):
        _check_choice("standardize", standardize, STANDARDS)
        _check_choice("split", split, SPLITS)
        check_mode("TextVectorization", output_mode, MODES)
        if ragged:
            raise ValueError(
                "`ragged=True` needs ragged tensors, which only TensorFlow has: leave it out, and"
                " outputs are padded with 0."
            )
        self.standardize, self.split, self.ragged = standardize, split, ragged
        self.ngrams = _checked_ngrams(ngrams)
        self.output_sequence_length = _checked_length(output_sequence_length, output_mode)
        super().__init__(
            max_tokens=max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
            name=name,
            **kwargs,
        )

    def _items(self, inputs):
        """The tokens of each text in a row of an array of bytes, filled up with the empty one."""
        texts = text_array(inputs)
        if self.split is not None and texts.ndim > 1:
            if texts.shape[-1] != 1:
                raise ValueError(
                    "When using `TextVectorization` to tokenize strings, the input rank must be 1"
                    f" or the last shape dimension must be 1. Received: shape={texts.shape}"
                )
            texts = texts[..., 0]
        items = texts.ravel().tolist()
        check_text(items)
        array = np.empty(len(items), object)
        array[:] = [as_bytes(item, self.encoding) for item in items]
        rows = self._rows(self._standardized(array.reshape(texts.shape)))
        if self.ngrams is not None:
            rows = [_runs(row, self.ngrams) for row in rows]
        found = np.full((len(rows), max(map(len, rows), default=0)), b"", object)
        for place, row in enumerate(rows):
            found[place, : len(row)] = row
        if not texts.ndim:
            return found[0]
        return found.reshape((*texts.shape[:-1], -1) if texts.ndim > 1 else found.shape)

    def _standardized(self, texts):
        if self.standardize is None:
            return texts
        if callable(self.standardize):
            return text_array(self.standardize(self._in_words(texts)))
        table = LOWER if "lower" in self.standardize else None
        dropped = PUNCTUATION if "strip" in self.standardize else b""
        return np.frompyfunc(lambda text: text.translate(table, dropped), 1, 1)(texts)

    def _rows(self, texts):
        """The tokens of each text, as lists of bytes."""
        if callable(self.split):
            rows = self.split(self._in_words(texts))
            rows = rows.to_list() if hasattr(rows, "to_list") else rows
            rows = rows if np.ndim(texts) else [rows]
            return [self._in_bytes(np.ravel(row).tolist()) for row in rows]
        texts = np.asarray(texts, object)
        if self.split is None:
            rows = texts.reshape(-1, texts.shape[-1]) if texts.ndim > 1 else texts.reshape(-1, 1)
            return [self._in_bytes(row) for row in rows.tolist()]
        texts = self._in_bytes(texts.ravel().tolist())
        if self.split == "whitespace":
            return [text.split() for text in texts]
        decoded = (text.decode(self.encoding, "replace") for text in texts)
        return [[letter.encode(self.encoding) for letter in text] for text in decoded]

    def _in_words(self, texts):
        """Texts as functions of users get them, and as `np.char` takes them: an array of `str`."""
        texts = np.asarray(texts, object)
        words = [as_str(text, self.encoding) for text in texts.ravel().tolist()]
        return np.array(words, dtype=str).reshape(texts.shape)

    def _in_bytes(self, items):
        check_text(items)
        return [as_bytes(item, self.encoding) for item in items]

    def _lookup(self, inputs):
        numbers, length = super()._lookup(inputs), self.output_sequence_length
        if self.output_mode != "int":
            return numbers
        if length is None:
            return numbers.reshape(text_array(inputs).shape) if self._keeps_shape else numbers
        missing = max(length - numbers.shape[-1], 0)
        widths = [(0, 0)] * (numbers.ndim - 1) + [(0, missing)]
        return np.pad(numbers[..., :length], widths)

    @property
    def _keeps_shape(self):
        """Whether each string of the inputs is one token."""
        return self.split is None and self.ngrams is None

    def _vector_dtype(self):
        """Integers, but for weights."""
        if self.output_mode == TF_IDF:
            return super()._vector_dtype()
        return ops.cast(0, "int64").dtype.name

    def save_assets(self, dir_path):
        """Write the vocabulary into a folder, and once more where Keras's layer inside looks for
        it."""
        super().save_assets(dir_path)
        if os.path.exists(os.path.join(dir_path, FILE)):
            inner = os.path.join(dir_path, "_lookup_layer")
            os.mkdir(inner)
            super().save_assets(inner)

    def compute_output_shape(self, input_shape):
        """(batch, length of the sequences), with the size of vectors for `"one_hot"`, or (batch,
        size of vectors)."""
        if self.output_mode not in ("int", "one_hot"):
            return (*input_shape[:1], self._depth())
        length = self.output_sequence_length
        if self._keeps_shape and length is None:
            shape = tuple(input_shape)
        else:
            shape = (*input_shape[:1], length)
        return shape if self.output_mode == "int" else (*shape, self._depth())


def _runs(tokens, lengths):
    """All runs of tokens that have one of the lengths, joined by spaces."""
    if not isinstance(lengths, tuple):
        lengths = range(1, lengths + 1)
    return [
        b" ".join(tokens[start : start + length])
        for length in lengths
        for start in range(len(tokens) - length + 1)
    ]


def _check_choice(name, value, known):
    if value is not None and value not in known and not callable(value):
        raise ValueError(
            f"Unknown value for `{name}` argument of TextVectorization. Allowed values are:"
            f" {known}, None and functions. Received: {name}={shorten(value)}"
        )


def _checked_ngrams(ngrams):
    sizes = ngrams if isinstance(ngrams, (tuple, list)) else (ngrams,)
    if ngrams is None or (sizes and all(type(size) is int and size > 0 for size in sizes)):
        return tuple(ngrams) if isinstance(ngrams, list) else ngrams
    raise ValueError(
        "`ngrams` must be None, an integer, or a tuple of integers, of 1 or more. Received:"
        f" ngrams={shorten(ngrams)}"
    )


def _checked_length(length, output_mode):
    if length is None:
        return None
    if output_mode != "int":
        raise ValueError(
            "`output_sequence_length` must not be set if `output_mode` is not 'int'. Received:"
            f" output_sequence_length={shorten(length)}, output_mode={output_mode}"
        )
    if type(length) is not int or length < 1:
        raise ValueError(
            "`output_sequence_length` must be None or an integer of 1 or more. Received:"
            f" output_sequence_length={shorten(length)}"
        )
    return length
