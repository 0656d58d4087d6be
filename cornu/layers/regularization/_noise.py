"""What layers of random noise share."""

import operator

from cornu import random
from cornu.core.errors import shorten
from cornu.layers._layer import Layer


class Noise(Layer):
    """Base of the layers that change their inputs at random in training, and return them else."""

    def _set_noise(self, strength, seed):
        """Keep the seed, and make a generator unless the strength is 0."""
        self.seed = None if seed is None else operator.index(seed)
        if strength > 0:
            self.seed_generator = random.SeedGenerator(self.seed)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


def checked_rate(rate, name="rate", top=True):
    """A number from 0 to 1; 1 itself only if `top`.

    Raises:
        ValueError: for anything else.
    """
    try:
        value = float(rate)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= 1 or (value == 1 and not top):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1"
            f"{'' if top else ' (less than 1)'}. Received: {name}={shorten(rate)}"
        )
    return rate if type(rate) in (int, float) else value


def checked_noise_shape(noise_shape):
    """A tuple of positive ints and None, or None.

    Raises:
        ValueError: for anything else.
    """
    if noise_shape is None:
        return None
    wrong = "Invalid value received for argument `noise_shape`. Expected"
    received = f"Received: noise_shape={shorten(noise_shape)}"
    if not isinstance(noise_shape, (list, tuple)):
        raise ValueError(f"{wrong} a tuple or list of integers. {received}")
    try:
        sizes = tuple(None if size is None else operator.index(size) for size in noise_shape)
    except TypeError:
        raise ValueError(f"{wrong} all elements to be integers or None. {received}") from None
    if any(size is not None and size <= 0 for size in sizes):
        raise ValueError(f"{wrong} all dimensions to be positive integers or None. {received}")
    return sizes
