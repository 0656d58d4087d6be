"""`Masking`: steps that do not count."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.Masking")
class Masking(Layer):
    """Masks the steps of which all features are `mask_value`, and sets them to 0.

    Layers behind that know of masks leave such steps out.

    Args:
        mask_value: number.
        **kwargs: see `Layer`.

    Inputs have the shape (batch, steps, ..., features), and so have outputs; the mask, True where a
    step counts, lacks the last axis.

    Example:
        >>> import cornu
        >>> x = cornu.ops.convert_to_tensor([[[1.0, 2.0], [0.0, 0.0]]])
        >>> cornu.layers.Masking().compute_mask(x)
        Array([[ True, False]], dtype=bool)
    """

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        counts = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.where(counts, inputs, ops.zeros_like(inputs))

    def compute_mask(self, inputs, mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape
