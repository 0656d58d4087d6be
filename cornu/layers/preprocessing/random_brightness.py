"""`RandomBrightness`."""

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import ImageLayer, batch_of, checked_factor, ordered
from cornu.serial.registry import export


@export("keras.layers.RandomBrightness")
class RandomBrightness(ImageLayer):
    """Makes images brighter or darker, each by an amount of its own.

    Args:
        factor: two numbers (low, high): what is added to all pixels is drawn from [low, high] times
            the width of `value_range`; or a number in [-1, 1], which is (-number, number).
        value_range: least and greatest value of a pixel; results are cut off there.
        seed: int from which the amounts follow, or None.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs; integers stay integers. With
    `training=False` images stay as they are.

    Raises:
        ValueError: for another factor or range.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
        >>> layer(cornu.ops.full((1, 1, 1, 3), 0.25))[0, 0, 0].tolist()
        [0.75, 0.75, 0.75]
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.factor = ordered(checked_factor(factor, -1))
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise ValueError(
                "The `value_range` argument should be a list of two numbers, the least and the"
                " greatest value of a pixel. Received:"
                f" value_range={value_range}"
            )
        self.value_range = sorted(value_range)

    def _entered(self, images):
        """As they are: of integers too."""
        return ops.convert_to_tensor(images)

    def get_random_transformation(self, data, training=True, seed=None):
        """What is added to each image, (batch, 1, 1, 1), as `"rgb_delta"`; None if not training."""
        if not training:
            return None
        low, high = self.value_range
        shape, dtype = (batch_of(data)[1], 1, 1, 1), self.compute_dtype
        added = random.uniform(shape, *self.factor, dtype=dtype, seed=self._seed(seed))
        return {"rgb_delta": added * (high - low)}

    def transform_images(self, images, transformation, training=True):
        """A batch of images with the brightness of `transformation`."""
        if not training or transformation is None:
            return images
        changed = ops.cast(images, self.compute_dtype) + transformation["rgb_delta"]
        return ops.cast(ops.clip(changed, *self.value_range), images.dtype)

    def get_config(self):
        """The constructor's arguments."""
        own = {"factor": self.factor, "value_range": self.value_range, "seed": self.seed}
        return {**super().get_config(), **own}
