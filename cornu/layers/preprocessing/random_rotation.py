"""`RandomRotation`."""

import math

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import batch_of, checked_factor, ordered
from cornu.layers.preprocessing._moving_layer import MovingLayer, rows_of_matrices
from cornu.serial.registry import export


@export("keras.layers.RandomRotation")
class RandomRotation(MovingLayer):
    """Turns images about their middle, each by an angle of its own.

    Args:
        factor: two numbers (low, high): angles are drawn from [low, high] times a full turn,
            counter-clockwise; or a number in [-1, 1], which is (-number, number).
        fill_mode: what lies beyond the edges: `"reflect"`, the image mirrored, `"wrap"`, the image
            again, `"nearest"`, its outermost pixels, or `"constant"`, `fill_value`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: int from which the angles follow, or None.
        fill_value: the value beyond the edges for `"constant"`.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs. With `training=False` images stay as they are. Masks
    are turned along, by `"nearest"`.

    Raises:
        ValueError: for another factor.
        NotImplementedError: for another `fill_mode` or `interpolation`, and for bounding boxes.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomRotation((0.25, 0.25))
        >>> turned = layer(cornu.ops.reshape(cornu.ops.arange(4.0), (1, 2, 2, 1)))
        >>> cornu.ops.round(turned[0, ..., 0]).tolist()
        [[1.0, 3.0], [0.0, 2.0]]
    """

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = ordered(checked_factor(factor, -1))

    def get_random_transformation(self, data, training=True, seed=None):
        """The angle of each image in radians, (batch,), as `"angle"`; None if not training."""
        if not training:
            return None
        low, high = self.factor
        angles = random.uniform(
            (batch_of(data)[1],),
            minval=low * 2 * math.pi,
            maxval=high * 2 * math.pi,
            seed=self._seed(seed),
        )
        return {"angle": angles}

    def _matrices(self, transformation, height, width):
        x, y = (width - 1) / 2, (height - 1) / 2
        cos, sin = ops.cos(transformation["angle"]), ops.sin(transformation["angle"])
        return rows_of_matrices(
            cos, -sin, x - cos * x + sin * y,
            sin, cos, y - sin * x - cos * y,
        )  # fmt: skip

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "factor": self.factor}
