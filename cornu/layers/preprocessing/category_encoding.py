"""`CategoryEncoding`."""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.preprocessing import _encoding as encoding
from cornu.layers.preprocessing._graphs import in_graph, is_graph_tensor
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor

MODES = (encoding.COUNT, encoding.ONE_HOT, encoding.MULTI_HOT)


@export("keras.layers.CategoryEncoding")
class CategoryEncoding(Layer):
    """Numbers of categories as vectors.

    Args:
        num_tokens: how many categories there are.
        output_mode: `"one_hot"`: a vector for each number, in place of a last axis of size 1. Or a
            vector for each row: `"multi_hot"`, of 1 for what is in it, or `"count"`, of how often
            it is.
        sparse: must be False: there are no sparse tensors.
        **kwargs: see `Layer`.

    Inputs are integers from 0 to `num_tokens - 1`, of any shape; others are left out. The call
    takes `count_weights` with `output_mode="count"`: for each number what it counts, instead of 1.

    Raises:
        ValueError: for another `output_mode`, or without a positive `num_tokens`.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.CategoryEncoding(num_tokens=3, output_mode="count")
        >>> layer([[0, 1], [2, 2]])
        Array([[1., 1., 0.],
               [0., 0., 2.]], dtype=float32)
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        if output_mode == "binary":  # as Keras called it first
            output_mode = encoding.MULTI_HOT
        encoding.check_mode("CategoryEncoding", output_mode, MODES)
        encoding.check_dense(sparse, output_mode)
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is not known"
                " beforehand, use the IntegerLookup layer instead."
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, sparse
        self._convert_input_args = False  # numbers must not be rounded
        self._allow_non_tensor_positional_args = True
        self._build_at_init()

    def convert_weight(self, weight):
        """A weight as a tensor for the engine: as it is."""
        return weight

    def call(self, inputs, count_weights=None):
        if count_weights is not None and self.output_mode != encoding.COUNT:
            raise ValueError(
                "`count_weights` is not used when `output_mode` is not `'count'`. Received:"
                f" count_weights={shorten(count_weights)}"
            )
        if is_graph_tensor(inputs):
            return self._in_graph(inputs, count_weights)
        if engine.is_tensor(inputs) or engine.is_tensor(count_weights):
            numbers = ops.cast(inputs, "int32")
        else:
            numbers = np.asarray(inputs).astype("int64")
            count_weights = None if count_weights is None else np.asarray(count_weights)
        dtype = self.compute_dtype
        found = encoding.encoded(numbers, self.output_mode, self.num_tokens, dtype, count_weights)
        return ops.convert_to_tensor(found)

    def _in_graph(self, inputs, weights):
        spec = self.compute_output_spec(inputs)
        if weights is None:
            return in_graph(self.call, inputs, spec)
        return in_graph(lambda both: self.call(*both), [inputs, weights], spec)

    def compute_output_shape(self, input_shape):
        """That of the vectors."""
        return encoding.encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def compute_output_spec(self, inputs, count_weights=None):
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape)), self.compute_dtype)
