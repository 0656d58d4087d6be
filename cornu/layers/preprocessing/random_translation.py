"""`RandomTranslation`."""

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import batch_of, checked_factor, ordered
from cornu.layers.preprocessing._moving_layer import MovingLayer, rows_of_matrices
from cornu.serial.registry import export


@export("keras.layers.RandomTranslation")
class RandomTranslation(MovingLayer):
    """Shifts images, each by a distance of its own.

    Args:
        height_factor: two numbers (low, high): images move down by a part of their height, drawn
            from [low, high]; or a number in [-1, 1], which is (-number, number).
        width_factor: the same for moving to the right, by a part of the width.
        fill_mode: what lies beyond the edges: `"reflect"`, the image mirrored, `"wrap"`, the image
            again, `"nearest"`, its outermost pixels, or `"constant"`, `fill_value`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: int from which the distances follow, or None.
        fill_value: the value beyond the edges for `"constant"`.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs. With `training=False` images stay as they are. Masks
    move along, by `"nearest"`.

    Raises:
        ValueError: for another factor.
        NotImplementedError: for another `fill_mode` or `interpolation`, and for bounding boxes.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomTranslation(0, (0.5, 0.5), fill_mode="constant")
        >>> moved = layer(cornu.ops.reshape(cornu.ops.arange(1.0, 5.0), (1, 2, 2, 1)))
        >>> moved[0, ..., 0].tolist()
        [[0.0, 1.0], [0.0, 3.0]]
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = checked_factor(height_factor, -1, pairs_too=True)
        self.width_factor = checked_factor(width_factor, -1, pairs_too=True)

    def get_random_transformation(self, data, training=True, seed=None):
        """How many pixels each image moves to the right and down, (batch, 2), as
        `"translations"`; None if not training."""
        if not training:
            return None
        images, count = batch_of(data)
        height, width = self._sizes(images)
        shifts = [
            random.uniform((count, 1), *ordered(factor), seed=self._seed(seed)) * size
            for factor, size in ((self.width_factor, width), (self.height_factor, height))
        ]
        return {"translations": ops.concatenate(shifts, axis=1)}

    def _matrices(self, transformation, height, width):
        right, down = ops.unstack(transformation["translations"], 2, axis=1)
        ones = ops.ones_like(right)
        return rows_of_matrices(ones, None, -right, None, ones, -down)

    def get_config(self):
        """The constructor's arguments."""
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}
