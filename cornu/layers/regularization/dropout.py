"""`Dropout`."""

from cornu import random
from cornu.layers.regularization._noise import Noise, checked_noise_shape, checked_rate
from cornu.serial.registry import export


@export("keras.layers.Dropout")
class Dropout(Noise):
    """In training, sets elements to 0 at random and scales the others up (Srivastava et al. 2014).

    Args:
        rate: probability of 0, in [0, 1].
        noise_shape: shape of the random choice, which broadcasts against the inputs; None in it is
            the inputs' size.
        seed: int for repeatable choices, or None.
        **kwargs: see `Layer`.

    Called with `training=True`, as in `fit`, it is random; else it returns its inputs.

    Raises:
        ValueError: if the rate is out of range, or `noise_shape` is no shape.

    Example:
        >>> import cornu
        >>> cornu.layers.Dropout(0.5)(cornu.ops.ones((1, 2)))
        Array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checked_rate(rate)
        self.noise_shape = checked_noise_shape(noise_shape)
        self._set_noise(self.rate, seed)

    def call(self, inputs, training=False):
        if training and self.rate > 0:
            return random.dropout(
                inputs,
                rate=self.rate,
                noise_shape=self._noise_shape_for(inputs),
                seed=self.seed_generator,
            )
        return inputs

    def _noise_shape_for(self, inputs):
        return self.noise_shape
