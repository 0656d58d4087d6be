"""`ActivityRegularization`."""

from cornu import regularizers
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.ActivityRegularization")
class ActivityRegularization(Layer):
    """Returns its inputs, and adds `l1 * sum(|x|) + l2 * sum(x**2)` of them, divided by the batch
    size, to the loss.

    Args:
        l1, l2: factors of the two, numbers from 0.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.ActivityRegularization(l2=0.5)
        >>> y = layer(cornu.ops.ones((2, 3)))
        >>> layer.losses
        [Array(1.5, dtype=float32)]
    """

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = float(l1)
        self.l2 = float(l2)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        del config["activity_regularizer"]  # which follows from `l1` and `l2`
        return config
