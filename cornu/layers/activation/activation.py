"""`Activation`: a function of each element as a layer."""

from cornu import activations
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.Activation")
class Activation(Layer):
    """Applies an activation function.

    Args:
        activation: name or callable.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.Activation("relu")(cornu.ops.convert_to_tensor([-1.0, 2.0]))
        Array([0., 2.], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)
        self._build_at_init()

    def call(self, inputs):
        return self.activation(inputs)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def compute_output_spec(self, inputs):
        return KerasTensor(inputs.shape, self.compute_dtype)
