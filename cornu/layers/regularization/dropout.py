"""`Dropout`."""

from cornu import random
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.Dropout")
class Dropout(Layer):
    """In training, sets elements to 0 at random and scales the others up (Srivastava et al. 2014).

    Args:
        rate: probability of 0, in [0, 1].
        noise_shape: shape of the random choice, which broadcasts against the inputs; None in it is
            the inputs' size.
        seed: int for repeatable choices, or None.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if the rate is out of range.

    Example:
        >>> import cornu
        >>> cornu.layers.Dropout(0.5)(cornu.ops.ones((1, 2)))
        Array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a float value between 0 and"
                f" 1. Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        self.noise_shape = _checked_noise_shape(noise_shape)
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if training and self.rate > 0:
            return random.dropout(
                inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed_generator
            )
        return inputs

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def compute_output_spec(self, inputs, training=False):
        return KerasTensor(inputs.shape, inputs.dtype)


def _checked_noise_shape(noise_shape):
    if noise_shape is None:
        return None
    if not isinstance(noise_shape, (list, tuple)):
        raise ValueError(
            f"`noise_shape` must be a tuple or a list. Received: noise_shape={noise_shape}"
        )
    for size in noise_shape:
        if size is not None and (not isinstance(size, int) or size <= 0):
            raise ValueError(
                f"`noise_shape` takes positive ints and None. Received: noise_shape={noise_shape}"
            )
    return tuple(noise_shape)
