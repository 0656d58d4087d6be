"""`RepeatVector`."""

from cornu import ops
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.layers.reshaping._counts import count
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.RepeatVector")
class RepeatVector(Layer):
    """Each vector as a sequence of `n` equal steps.

    Args:
        n: int, number of steps.
        **kwargs: see `Layer`.

    Inputs of shape (batch, size) give outputs of shape (batch, n, size).

    Raises:
        TypeError: if `n` is no int.
        ValueError: if `n` is not positive.

    Example:
        >>> import cornu
        >>> cornu.layers.RepeatVector(3)(cornu.ops.ones((2, 4))).shape
        (2, 3, 4)
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = count(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape):
        """(batch, n, size)."""
        return (input_shape[0], self.n, input_shape[1])

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
