"""`StringLookup`."""

import numpy as np

from cornu.layers.preprocessing._index_lookup import IndexLookup, check_method
from cornu.layers.preprocessing._text import (
    TextArray,
    as_bytes,
    as_str,
    check_text,
    text_array,
)
from cornu.layers.preprocessing._vocabulary import read_lines
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.StringLookup")
class StringLookup(IndexLookup):
    """Gives strings the numbers that they have in a vocabulary, or vectors of these.

    The numbers begin with the mask token, if there is one (and `output_mode` is `"int"`), then come
    those for strings that are not known, then those of the vocabulary. This is set, or learned from
    data by `adapt`: the most frequent strings first.

    Strings cannot enter a compiled step: use the layer on data, before `fit` and `predict`, for
    example in `dataset.map(layer)`.

    Args:
        max_tokens: how many numbers there may be, all counted; None for no limit.
        num_oov_indices: how many numbers there are for strings that are not known, which share them
            by a hash. With 0 such a string is an error.
        mask_token: a string for what does not count, such as `""`; its number is 0. It is left out
            of vectors.
        oov_token: what stands for strings that are not known, in `get_vocabulary` and with
            `invert=True`.
        vocabulary: the strings, as a list, array or tensor, or the path of a file with one a line.
        idf_weights: for `output_mode="tf_idf"`, weights of the vocabulary's strings; the others
            have the mean of them.
        invert: whether the layer does the opposite: strings of numbers, as an array of bytes.
        output_mode: `"int"`: numbers of the shape of the inputs. `"one_hot"`: a vector for each, in
            place of a last axis of size 1. Or a vector for each row, `"multi_hot"`: of 1 for what
            is in it, `"count"`: of how often it is, `"tf_idf"`: of that times the weights.
        pad_to_max_tokens: whether vectors have size `max_tokens` in any case.
        sparse: must be False: there are no sparse tensors.
        encoding: encoding of the strings in bytes.
        name: name of the layer.
        salt: an int or two, for a hash that nobody can predict.
        **kwargs: see `Layer`.

    Inputs are strings or bytes of any shape: an array, nested lists, a tensor of strings.

    Raises:
        ValueError: for arguments that contradict each other.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.StringLookup(vocabulary=["a", "b"])
        >>> layer([["a", "b"], ["x", "a"]])
        Array([[1, 2],
               [0, 1]], dtype=int32)
    """

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token="[UNK]",
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        pad_to_max_tokens=False,
        sparse=False,
        encoding="utf-8",
        name=None,
        salt=None,
        **kwargs,
    ):
        self.encoding = encoding
        # Configs of Keras have it. It says how integers are hashed: for text both are the same.
        check_method("StringLookup", kwargs.pop("oov_method", "floormod"))
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            salt=salt,
            name=name,
            **kwargs,
        )

    def _tokens(self, vocabulary):
        items = text_array(vocabulary).ravel().tolist()
        check_text(items)
        return [as_str(item, self.encoding) for item in items]

    def _items(self, inputs):
        return text_array(inputs)

    def _check_items(self, items):
        check_text(items)

    def _spellings(self, token):
        return token, as_bytes(token, self.encoding)

    def _hashes(self, items):
        return self._hashed([as_bytes(item, self.encoding) for item in items])

    def _outputs(self, every, places):
        tokens = np.empty(len(every), dtype=object)
        tokens[:] = [as_bytes("" if token is None else token, self.encoding) for token in every]
        return np.asarray(tokens[places], dtype=object).view(TextArray)

    def _read(self, path):
        return read_lines(path, self.encoding)

    @property
    def input_dtype(self):
        """The dtype of inputs: strings, or their numbers with `invert`."""
        return "int64" if self.invert else "string"

    @property
    def _gives_text(self):
        return self.invert

    def compute_output_spec(self, inputs):
        if self.invert:
            return KerasTensor(inputs.shape, "string")
        if inputs.dtype != "string":
            raise ValueError(
                "StringLookup takes strings: `Input(shape, dtype='string')`. Received:"
                f" dtype={inputs.dtype}"
            )
        return super().compute_output_spec(inputs)
