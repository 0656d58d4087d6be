"""`IntegerLookup`."""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.layers.preprocessing._index_lookup import IndexLookup, check_method
from cornu.layers.preprocessing._vocabulary import LEFT_OUT, read_lines
from cornu.serial.registry import export

LOWEST, HIGHEST = np.iinfo("int32").min, np.iinfo("int32").max


@export("keras.layers.IntegerLookup")
class IntegerLookup(IndexLookup):
    """Gives integers the numbers that they have in a vocabulary, or vectors of these.

    As `StringLookup`, for integers; compiled code takes it too.

    Args:
        max_tokens: how many numbers there may be, all counted; None for no limit.
        num_oov_indices: how many numbers there are for integers that are not known. With 0 such an
            integer is an error; in compiled code its number is then -1.
        mask_token: an integer for what does not count, such as 0; its number is 0. It is left out
            of vectors.
        oov_token: what stands for integers that are not known, in `get_vocabulary` and with
            `invert=True`.
        vocabulary: the integers, as a list, array or tensor, or the path of a file with one a line.
        vocabulary_dtype: must be `"int64"`.
        idf_weights: for `output_mode="tf_idf"`, weights of the vocabulary's integers; the others
            have the mean of them.
        invert: whether the layer does the opposite: integers of their numbers.
        output_mode: `"int"`, `"one_hot"`, `"multi_hot"`, `"count"` or `"tf_idf"`; see
            `StringLookup`.
        sparse: must be False: there are no sparse tensors.
        pad_to_max_tokens: whether vectors have size `max_tokens` in any case.
        oov_method: how integers that are not known share their numbers: `"floormod"`, by the rest
            of a division, or `"farmhash"`, by a hash.
        salt: an int or two, for a hash that nobody can predict, with `oov_method="farmhash"`.
        name: name of the layer.
        **kwargs: see `Layer`.

    Inputs are integers of any shape; floats lose what is behind the point.

    Raises:
        ValueError: for arguments that contradict each other.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.IntegerLookup(vocabulary=[12, 36], output_mode="count")
        >>> layer([[12, 36, 36], [7, 12, 8]])
        Array([[0., 1., 2.],
               [2., 1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=-1,
        vocabulary=None,
        vocabulary_dtype="int64",
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        salt=None,
        name=None,
        **kwargs,
    ):
        if vocabulary_dtype != "int64":
            raise ValueError(
                "Only `vocabulary_dtype='int64'` is supported at this time. Received:"
                f" vocabulary_dtype={vocabulary_dtype}"
            )
        check_method("IntegerLookup", oov_method)
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                "`salt` can only be used when `oov_method='farmhash'`. Received:"
                f" oov_method={oov_method}"
            )
        self.vocabulary_dtype, self.oov_method = vocabulary_dtype, oov_method
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            salt=salt,
            name=name,
            **kwargs,
        )

    def _tokens(self, vocabulary):
        return self._items(vocabulary).ravel().tolist()

    def _items(self, inputs):
        try:
            found = np.asarray(inputs)
            if found.dtype.kind == "O" and hasattr(inputs, "numpy"):
                found = np.asarray(inputs.numpy())
            return found.astype(np.int64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "IntegerLookup takes integers, in rows of equal lengths. Received:"
                f" {shorten(inputs)}"
            ) from error

    def _check_items(self, items):
        """Integers need no further look."""

    def _spellings(self, token):
        return (token,)

    def _hashes(self, items):
        if self.oov_method == "floormod":
            return np.array(items, np.int64) % self.num_oov_indices
        return self._hashed([str(item).encode() for item in items])

    def _outputs(self, every, places):
        found = np.array(every, np.int64)[places]
        if found.size and not LOWEST <= found.min() <= found.max() <= HIGHEST:
            return found  # tensors hold no more than 32 bits
        return ops.convert_to_tensor(found)

    def _read(self, path):
        return read_lines(path, "utf-8")

    def _lookup(self, inputs):
        return self._compiled(inputs) if engine.is_traced(inputs) else super()._lookup(inputs)

    def _compiled(self, inputs):
        """The numbers of a tensor whose values are not known yet, by a search in the sorted
        tokens."""
        inputs = ops.cast(inputs, "int64")
        table = self._known.table
        tokens = np.array(sorted(t for t in table if LOWEST <= t <= HIGHEST), np.int64)
        if not len(tokens):
            return self._compiled_unknown(inputs)
        numbers = np.array([table[token] for token in tokens.tolist()], "int32")
        places = ops.minimum(ops.searchsorted(tokens, inputs), len(tokens) - 1)
        known = ops.equal(ops.take(tokens, places), inputs)
        return ops.where(known, ops.take(numbers, places), self._compiled_unknown(inputs))

    def _compiled_unknown(self, inputs):
        count, start = self.num_oov_indices, int(self._has_mask)
        if count == 0:
            return LEFT_OUT
        if count == 1:
            return start
        if self.oov_method == "floormod":
            return ops.cast(ops.mod(inputs, count), "int32") + start

        def hashed(array):
            found = self._hashes(np.asarray(array).ravel().tolist())
            return ((found.astype("int32") + start).reshape(array.shape),)

        return engine.host_function(hashed, None, [(tuple(inputs.shape), "int32")])(inputs)[0]
