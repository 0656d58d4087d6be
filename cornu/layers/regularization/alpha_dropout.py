"""`AlphaDropout`."""

import math

from cornu import ops, random
from cornu.layers.regularization._noise import Noise, checked_noise_shape, checked_rate
from cornu.serial.registry import export

# What `selu` tends to for large negative values: minus its scale times its alpha.
LOWEST = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


@export("keras.layers.AlphaDropout")
class AlphaDropout(Noise):
    """In training, sets elements to the lowest value of `selu` at random, and moves and scales them
    all so that mean 0 and variance 1 stay (Klambauer et al. 2017).

    Args:
        rate: probability that an element is dropped, in [0, 1].
        noise_shape: shape of the random choice, which broadcasts against the inputs; None in it is
            the inputs' size.
        seed: int for repeatable choices, or None.
        **kwargs: see `Layer`.

    Called with `training=True`, as in `fit`, it is random; else it returns its inputs.

    Raises:
        ValueError: if the rate is out of range, or `noise_shape` is no shape.

    Example:
        >>> import cornu
        >>> cornu.layers.AlphaDropout(0.5)(cornu.ops.ones((1, 2)))
        Array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checked_rate(rate)
        self.noise_shape = checked_noise_shape(noise_shape)
        self._set_noise(self.rate, seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return ops.zeros_like(inputs)  # what is left of the mean, the variance being lost
        rate = self.rate
        # Ones where kept, zeros elsewhere: not scaled up by 1 / (1 - rate).
        scaled = random.dropout(
            ops.ones_like(inputs), rate, noise_shape=self.noise_shape, seed=self.seed_generator
        )
        scale = 1 / math.sqrt((1 - rate) * (1 + rate * LOWEST**2))
        kept = ops.where(scaled > 0, inputs, ops.cast(LOWEST, inputs.dtype))
        return kept * scale - scale * rate * LOWEST
