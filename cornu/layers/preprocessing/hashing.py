"""`Hashing`."""

import numpy as np

from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.layers.preprocessing._binning import (
    Binning,
    checked_count,
    default_dtype,
    hashed,
    on_host,
    spelled,
)
from cornu.layers.preprocessing._index_lookup import checked_salt
from cornu.layers.preprocessing._text import as_bytes, is_text, text_array
from cornu.serial.registry import export


@export("keras.layers.Hashing")
class Hashing(Binning):
    """Gives each string or integer the number of a bin, by a hash; different ones may share it.

    There is no vocabulary: nothing has to be known or learned. The hashes are those of TensorFlow,
    the same on every machine: FarmHash, or SipHash with a salt.

    Args:
        num_bins: how many bins there are, that of `mask_value` counted.
        mask_value: a string or integer that gets number 0; the others then begin with 1.
        salt: an int or two, for a hash that nobody can predict.
        output_mode: `"int"`: the number of the bin. `"one_hot"`: a vector for each, in place of a
            last axis of size 1. Or a vector for each row: `"multi_hot"`, of 1 for the bins of what
            is in it, or `"count"`, of how many are in each.
        sparse: must be False: there are no sparse tensors.
        **kwargs: see `Layer`. `dtype` is that of the outputs.

    Inputs are strings or integers of any shape. Integers may come in compiled code.

    Raises:
        ValueError: for a number of bins that is not positive, and another salt.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Hashing(num_bins=3)
        >>> layer([["A"], ["B"], ["C"], ["D"], ["E"]]).tolist()
        [[1], [0], [1], [1], [2]]

    Reference: Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning".
    """

    def __init__(
        self, num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **kwargs
    ):
        kwargs["dtype"] = default_dtype(output_mode, kwargs.get("dtype"))
        super().__init__(output_mode=output_mode, sparse=sparse, **kwargs)
        if output_mode == "int" and "int" not in self.compute_dtype:
            raise ValueError(
                'When `output_mode="int"`, `dtype` should be an integer type, as "int32".'
                f" Received: dtype={self.compute_dtype}"
            )
        self.num_bins = checked_count(num_bins, "num_bins", "Hashing")
        if mask_value is not None and self.num_bins < 2:
            raise ValueError(
                "With `mask_value`, `num_bins` must be 2 or more: one bin is the mask's. Received:"
                f" num_bins={num_bins}"
            )
        self.mask_value, self.salt = mask_value, checked_salt(salt, "size 2, integers")

    def _bins(self, inputs):
        text = not engine.is_tensor(inputs) and is_text(inputs)
        if self.mask_value is not None and text != isinstance(self.mask_value, (str, bytes)):
            raise TypeError(
                "`mask_value` must be of the kind of the inputs. Received:"
                f" mask_value={self.mask_value!r} and inputs={shorten(inputs)}"
            )
        if text:
            return self._hash(text_array(inputs))
        return on_host(self._hash, [inputs if engine.is_tensor(inputs) else np.asarray(inputs)])

    def _hash(self, array):
        texts = spelled(array)
        masked = self.mask_value is not None
        found = hashed(texts, self.num_bins - masked, self.salt) + int(masked)
        if masked:
            mask = self.mask_value
            mask = as_bytes(mask) if isinstance(mask, (str, bytes)) else str(int(mask)).encode()
            found[[text == mask for text in texts]] = 0
        return found.reshape(array.shape)

    def _depth(self):
        return self.num_bins
