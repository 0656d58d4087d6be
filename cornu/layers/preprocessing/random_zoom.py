"""`RandomZoom`."""

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import batch_of, checked_factor, ordered
from cornu.layers.preprocessing._moving_layer import MovingLayer, rows_of_matrices
from cornu.serial.registry import export


@export("keras.layers.RandomZoom")
class RandomZoom(MovingLayer):
    """Zooms out of images or into them about their middle, each by a factor of its own.

    Args:
        height_factor: two numbers (low, high): what is seen in the end is 1 + [low, high] times as
            high as the image, so that numbers above 0 zoom out and those below zoom in; or a number
            in [-1, 1], which is (-number, number).
        width_factor: the same for the width; None for what is drawn for the height.
        fill_mode: what lies beyond the edges: `"reflect"`, the image mirrored, `"wrap"`, the image
            again, `"nearest"`, its outermost pixels, or `"constant"`, `fill_value`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: int from which the factors follow, or None.
        fill_value: the value beyond the edges for `"constant"`.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs. With `training=False` images stay as they are. Masks
    change along, by `"nearest"`.

    Raises:
        ValueError: for another factor.
        NotImplementedError: for another `fill_mode` or `interpolation`, and for bounding boxes.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomZoom((1.0, 1.0), fill_mode="constant", fill_value=9.0)
        >>> zoomed = layer(cornu.ops.ones((1, 4, 4, 1)))
        >>> zoomed[0, 2, :, 0].tolist()
        [9.0, 1.0, 1.0, 9.0]
    """

    def __init__(
        self,
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = checked_factor(height_factor, -1, pairs_too=True)
        self.width_factor = width_factor
        if width_factor is not None:
            self.width_factor = checked_factor(width_factor, -1, pairs_too=True)

    def get_random_transformation(self, data, training=True, seed=None):
        """How many times as much of the height and of the width of each image is seen, (batch, 1),
        as `"height_zoom"` and `"width_zoom"`; None if not training."""
        if not training:
            return None
        shape = (batch_of(data)[1], 1)

        def drawn(factor):
            low, high = ordered(factor)
            return random.uniform(shape, 1.0 + low, 1.0 + high, seed=self._seed(seed))

        height = drawn(self.height_factor)
        width = height if self.width_factor is None else drawn(self.width_factor)
        return {"height_zoom": height, "width_zoom": width}

    def _matrices(self, transformation, height, width):
        tall = ops.squeeze(transformation["height_zoom"], 1)
        wide = ops.squeeze(transformation["width_zoom"], 1)
        x, y = (width - 1) / 2, (height - 1) / 2
        return rows_of_matrices(wide, None, x - wide * x, None, tall, y - tall * y)

    def get_config(self):
        """The constructor's arguments."""
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}
