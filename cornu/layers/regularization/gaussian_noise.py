"""`GaussianNoise` and `GaussianDropout`."""

import math

from cornu import ops, random
from cornu.layers.regularization._noise import Noise, checked_rate
from cornu.serial.registry import export


@export("keras.layers.GaussianNoise")
class GaussianNoise(Noise):
    """In training, adds normal noise of mean 0, which keeps a network from fitting single samples.

    Args:
        stddev: standard deviation of the noise, in [0, 1].
        seed: int for repeatable noise, or None.
        **kwargs: see `Layer`.

    Called with `training=True`, as in `fit`, it is random; else it returns its inputs.

    Raises:
        ValueError: if `stddev` is out of range.

    Example:
        >>> import cornu
        >>> cornu.layers.GaussianNoise(0.1)(cornu.ops.ones((1, 2)))
        Array([[1., 1.]], dtype=float32)
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stddev = checked_rate(stddev, "stddev")
        self._set_noise(self.stddev, seed)

    def call(self, inputs, training=False):
        if training and self.stddev > 0:
            noise = random.normal(
                inputs.shape, 0.0, self.stddev, dtype=self.compute_dtype, seed=self.seed_generator
            )
            return ops.add(inputs, noise)
        return inputs


@export("keras.layers.GaussianDropout")
class GaussianDropout(Noise):
    """In training, multiplies by normal noise of mean 1 and variance `rate / (1 - rate)`, which is
    that of `Dropout`'s (Srivastava et al. 2014, section 10).

    Args:
        rate: that of a `Dropout` whose noise varies as much, in [0, 1).
        seed: int for repeatable noise, or None.
        **kwargs: see `Layer`.

    Called with `training=True`, as in `fit`, it is random; else it returns its inputs.

    Raises:
        ValueError: if the rate is out of range.

    Example:
        >>> import cornu
        >>> cornu.layers.GaussianDropout(0.5)(cornu.ops.ones((1, 2)))
        Array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checked_rate(rate, top=False)
        self._set_noise(self.rate, seed)

    def call(self, inputs, training=False):
        if training and self.rate > 0:
            stddev = math.sqrt(self.rate / (1.0 - self.rate))
            noise = random.normal(
                inputs.shape, 1.0, stddev, dtype=self.compute_dtype, seed=self.seed_generator
            )
            return ops.multiply(inputs, noise)
        return inputs
