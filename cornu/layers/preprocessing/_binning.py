"""What layers that put values into bins have in common."""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import tree
from cornu.layers._layer import Layer
from cornu.layers.preprocessing import _encoding as encoding
from cornu.layers.preprocessing import _hashing as hashing
from cornu.layers.preprocessing._graphs import in_graph, is_graph_tensor
from cornu.layers.preprocessing._text import as_bytes, check_text
from cornu.symbolic.tensor import KerasTensor

MODES = ("int", encoding.ONE_HOT, encoding.MULTI_HOT, encoding.COUNT)


class Binning(Layer):
    """Base of the layers that give each value the number of a bin, or vectors of these.

    A subclass defines `_bins`, from inputs to numbers, `_depth`, how many bins there are, and the
    dtype of outputs, `output_dtype`.

    Args:
        output_mode: one of `modes`.
        sparse: must be False.
        **kwargs: see `Layer`.
    """

    modes = MODES

    def __init__(self, output_mode="int", sparse=False, **kwargs):
        super().__init__(**kwargs)
        encoding.check_mode(type(self).__name__, output_mode, self.modes)
        encoding.check_dense(sparse, output_mode)
        self.output_mode, self.sparse = output_mode, sparse
        self._convert_input_args = False  # strings are no tensors
        self._allow_non_tensor_positional_args = True
        self._build_at_init()

    def call(self, inputs):
        if any(map(is_graph_tensor, tree.flatten(inputs))):
            shape = self.compute_output_shape(tree.map_structure(lambda x: tuple(x.shape), inputs))
            return in_graph(self.call, inputs, KerasTensor(shape, self.output_dtype))
        numbers = self._bins(inputs)
        dtype = self.output_dtype
        if self.output_mode != "int":
            numbers = encoding.encoded(numbers, self.output_mode, self._depth(), dtype)
        return ops.cast(numbers, dtype)

    def _bins(self, inputs):
        raise NotImplementedError(f"{type(self).__name__} does not define `_bins`.")

    def _depth(self):
        raise NotImplementedError(f"{type(self).__name__} does not define `_depth`.")

    @property
    def output_dtype(self):
        """The dtype of the outputs."""
        return self.compute_dtype

    def compute_output_shape(self, input_shape):
        """The shape of the inputs; that of vectors if `output_mode` is one of these."""
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoding.encoded_shape(input_shape, self.output_mode, self._depth())

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape(tree.map_structure(lambda x: x.shape, inputs))
        return KerasTensor(shape, self.output_dtype)


def default_dtype(output_mode, dtype):
    """The dtype of outputs: as given, or integers for numbers and floats for vectors."""
    if dtype is None and output_mode == "int":
        return "int64"
    return dtype


def checked_count(value, name, layer):
    """A number of bins.

    Raises:
        ValueError: unless it is a positive int.
    """
    if not isinstance(value, (int, np.integer)) or value <= 0:
        raise ValueError(
            f"The `{name}` for `{layer}` cannot be `None` or non-positive values, and must be an"
            f" int. Received: {name}={value}."
        )
    return int(value)


def on_host(function, inputs):
    """Integers of tensors, computed by the host: in compiled code too.

    Args:
        function: from NumPy arrays to an array of int64 of the shape of the first.
        inputs: list of tensors and arrays.
    """
    if not any(map(engine.is_traced, inputs)):
        return function(*map(np.asarray, inputs))
    shape = tuple(inputs[0].shape)

    def run(*arrays):
        return (function(*map(np.asarray, arrays)).astype("int32"),)

    call = engine.host_function(run, None, [(shape, "int32")])
    return call(*map(ops.convert_to_tensor, inputs))[0]


def spelled(array):
    """The items of an array, strings or numbers, as a list of bytes."""
    items = array.ravel().tolist()
    if array.dtype.kind == "b":
        return [b"true" if item else b"false" for item in items]
    if array.dtype.kind in "iuf":
        return [str(int(item)).encode() for item in items]
    check_text(items)
    return [as_bytes(item) for item in items]


def hashed(texts, count, salt=None):
    """Numbers from 0 to `count - 1` for byte strings, as int64."""
    found = hashing.fingerprints(texts) if salt is None else hashing.keyed_hashes(texts, salt)
    return (found % np.uint64(count)).astype(np.int64)
