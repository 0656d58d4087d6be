"""`UnitNormalization`."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.layers.normalization._affine import axes_of, checked_axis
from cornu.serial.registry import export

EPSILON = 1e-12


@export("keras.layers.UnitNormalization")
class UnitNormalization(Layer):
    """Divides each sample by its Euclidean norm along `axis`; zeros stay zeros.

    Args:
        axis: int, or list of ints that are normalised together.
        **kwargs: see `Layer`.

    Inputs of any shape.

    Raises:
        TypeError: if `axis` is neither an int nor a list of ints.
        ValueError: if the inputs have no such axis.

    Example:
        >>> import cornu
        >>> cornu.layers.UnitNormalization()(cornu.ops.convert_to_tensor([[3.0, 4.0]]))
        Array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = checked_axis(
            axis,
            "Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received:",
        )
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        axes = axes_of(self.axis, len(inputs.shape))
        return ops.normalize(inputs, axis=axes, order=2, epsilon=EPSILON)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        axes_of(self.axis, len(input_shape))
        return input_shape
