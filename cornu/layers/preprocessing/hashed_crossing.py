"""`HashedCrossing`."""

import functools

import numpy as np

from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.layers.preprocessing import _encoding as encoding
from cornu.layers.preprocessing import _hashing as hashing
from cornu.layers.preprocessing._binning import (
    Binning,
    checked_count,
    default_dtype,
    on_host,
    spelled,
)
from cornu.layers.preprocessing._text import is_text, text_array
from cornu.serial.registry import export

START = 0xDECAFCAFFE  # with which TensorFlow's crosses begin


@export("keras.layers.HashedCrossing")
class HashedCrossing(Binning):
    """Gives each combination of several features the number of a bin, by a hash.

    The hashes are those of TensorFlow, the same on every machine.

    Args:
        num_bins: how many bins there are; different combinations may share one.
        output_mode: `"int"`: the number of the bin, or `"one_hot"`: a vector for it.
        sparse: must be False: there are no sparse tensors.
        name, dtype: see `Layer`. `dtype` is that of the outputs.
        **kwargs: see `Layer`.

    Inputs are a list of two or more features, each strings or integers of shape (batch,) or
    (batch, 1), or one of them.

    Raises:
        ValueError: for a number of bins that is not positive.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.HashedCrossing(num_bins=5)
        >>> layer((["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102])).tolist()
        [1, 4, 1, 1, 3]
    """

    modes = ("int", encoding.ONE_HOT)

    def __init__(self, num_bins, output_mode="int", sparse=False, name=None, dtype=None, **kwargs):
        dtype = default_dtype(output_mode, dtype)
        super().__init__(output_mode=output_mode, sparse=sparse, name=name, dtype=dtype, **kwargs)
        self.num_bins = checked_count(num_bins, "num_bins", "HashedCrossing")

    def _bins(self, inputs):
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                "`HashedCrossing` should be called on a list or tuple of inputs. Received:"
                f" inputs={shorten(inputs)}"
            )
        if len(inputs) < 2:
            raise ValueError(
                "`HashedCrossing` should be called on at least two inputs. Received:"
                f" inputs={shorten(inputs)}"
            )
        features = [_feature(each) for each in inputs]
        shapes = [tuple(each.shape) for each in features]
        if len(set(shapes)) > 1:
            raise ValueError(
                f"All `HashedCrossing` inputs should have equal shape. Received: shapes={shapes}"
            )
        if len(shapes[0]) > 2 or shapes[0][1:] not in ((), (1,)):
            raise ValueError(
                "All `HashedCrossing` inputs should have shape `()`, `(batch_size)` or"
                f" `(batch_size, 1)`. Received: shapes={shapes}"
            )
        if any(each.dtype.kind not in "iubSUO" for each in features):
            raise ValueError(
                "All `HashedCrossing` inputs should have an integer or string dtype. Received:"
                f" {[str(each.dtype) for each in features]}"
            )
        return on_host(self._cross, features)

    def _cross(self, *features):
        parts = [_fingerprints(each) for each in features]
        start = np.full(len(parts[0]), START, np.uint64)
        found = functools.reduce(hashing.joined_fingerprint, parts, start)
        return (found % np.uint64(self.num_bins)).astype(np.int64).reshape(features[0].shape)

    def _depth(self):
        return self.num_bins

    def compute_output_shape(self, input_shape):
        """The shape of one of the inputs, or of vectors."""
        return super().compute_output_shape(input_shape[0])


def _feature(value):
    if engine.is_tensor(value):
        return value
    return text_array(value) if is_text(value) else np.asarray(value)


def _fingerprints(array):
    """Strings by their hash, integers as they are."""
    if array.dtype.kind in "iub":
        return array.ravel().astype(np.int64).view(np.uint64)
    return hashing.fingerprints(spelled(array))
