"""`RMSNormalization`."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.layers.normalization._affine import as_list, axes_of, checked_axis, known_sizes, wide
from cornu.serial.registry import export


@export("keras.layers.RMSNormalization")
class RMSNormalization(Layer):
    """Divides each sample by its root mean square along `axis`, then `* scale` (Zhang & Sennrich
    2019).

    Args:
        axis: int, or list of ints that are normalised together.
        epsilon: added to the mean square.
        **kwargs: see `Layer`.

    Inputs of any shape; `scale`, the trained factor, has their shape along `axis`. Half precision
    is computed in float32.

    Raises:
        TypeError: if `axis` is neither an int nor a list of ints.
        ValueError: if the inputs have no such axis, or its size is unknown.

    Example:
        >>> import cornu
        >>> x = cornu.ops.convert_to_tensor([[1.0, -1.0]])
        >>> cornu.layers.RMSNormalization(epsilon=0.0)(3 * x)
        Array([[ 1., -1.]], dtype=float32)
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = checked_axis(axis)
        self.epsilon = float(epsilon)
        # Large values are infinite in half precision, their statistics are not.
        self.autocast = False
        self.supports_masking = True

    def build(self, input_shape):
        axes_of(self.axis, len(input_shape))
        self.axis = as_list(self.axis)
        self.scale = self.add_weight(
            name="scale",
            shape=known_sizes(self, input_shape, self.axis),
            initializer="ones",
            autocast=False,
        )

    def call(self, x):
        axes = axes_of(self.axis, len(x.shape))
        shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        scale = ops.reshape(self.scale, shape)
        x = wide(x, self.compute_dtype)
        x = ops.rms_normalization(x, scale, axis=axes, epsilon=self.epsilon)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        axes_of(self.axis, len(input_shape))
        return input_shape
