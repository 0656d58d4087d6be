"""`Permute`."""

import operator

from cornu import ops
from cornu.core.errors import shorten
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.Permute")
class Permute(Layer):
    """The axes of each sample in another order.

    Args:
        dims: the axes 1, 2, ... in their new order; the batch axis, 0, stays.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if an axis is missing, or named twice.

    Example:
        >>> import cornu
        >>> cornu.layers.Permute((2, 1))(cornu.ops.ones((5, 10, 64))).shape
        (5, 64, 10)
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        try:
            self.dims = tuple(map(operator.index, dims))
        except TypeError:
            self.dims = None
        if self.dims is None or sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in"
                f" `dims` must be consecutive and start from 1. Received dims={shorten(dims)}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape):
        """The sizes of the inputs in the new order."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
