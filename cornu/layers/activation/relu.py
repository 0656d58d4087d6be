"""`ReLU`, `LeakyReLU` and `ELU`: a straight line above a threshold, something smaller below."""

from cornu import activations
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.registry import export


class Rectifier(Layer):
    """Base of the layers that apply a rectifier to each element."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


@export("keras.layers.ReLU")
class ReLU(Rectifier):
    """Each element where it is above `threshold`, at most `max_value`, and
    `negative_slope * (x - threshold)` elsewhere.

    Args:
        max_value: largest value of the outputs, a number from 0, or None for no limit.
        negative_slope: slope below the threshold, a number from 0.
        threshold: a number from 0.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if a number is negative, or None where it may not be.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.ReLU(max_value=6.0, negative_slope=0.5)
        >>> layer(cornu.ops.convert_to_tensor([-2.0, 0.5, 8.0]))
        Array([-1. ,  0.5,  6. ], dtype=float32)

    Reference: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        of_layer = "of a ReLU layer"
        self.max_value = _number(max_value, "max_value", f"max_value {of_layer}", optional=True)
        self.negative_slope = _number(
            negative_slope, "negative_slope", f"negative_slope {of_layer}"
        )
        self.threshold = _number(threshold, "threshold", f"threshold {of_layer}")

    def call(self, inputs):
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


@export("keras.layers.LeakyReLU")
class LeakyReLU(Rectifier):
    """Each element where it is positive, times `negative_slope` elsewhere (Maas et al. 2013).

    Args:
        negative_slope: a number from 0.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if the slope is negative or None.

    Example:
        >>> import cornu
        >>> cornu.layers.LeakyReLU(0.5)(cornu.ops.convert_to_tensor([-2.0, 3.0]))
        Array([-1.,  3.], dtype=float32)
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:  # as Keras 1 and 2 called it
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = _number(
            negative_slope, "negative_slope", "The negative_slope value of a Leaky ReLU layer"
        )

    def call(self, inputs):
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


@export("keras.layers.ELU")
class ELU(Rectifier):
    """Each element where it is positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al. 2015).

    Args:
        alpha: the outputs tend to `-alpha` for large negative inputs.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.ELU()(cornu.ops.convert_to_tensor([-100.0, 1.0]))
        Array([-1.,  1.], dtype=float32)
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def call(self, inputs):
        return activations.elu(inputs, alpha=self.alpha)


def _number(value, name, what, optional=False):
    """A number from 0 as a plain one."""
    if value is None and optional:
        return None
    if value is None or not float(value) >= 0:
        raise ValueError(
            f"{what} cannot be {'' if optional else 'None or '}a negative value. Expected a float."
            f" Received: {name}={shorten(value)}"
        )
    return value if type(value) in (int, float) else float(value)
