"""`RandomContrast`."""

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import ImageLayer, batch_of, checked_factor
from cornu.serial.registry import export


@export("keras.layers.RandomContrast")
class RandomContrast(ImageLayer):
    """Changes the contrast of images, each by a factor of its own.

    A pixel becomes `(pixel - mean) * factor + mean`, with the mean of its channel in its image, cut
    off where it leaves the range of values.

    Args:
        factor: two numbers (low, high): factors are drawn from [1 - low, 1 + high]; or a number in
            [0, 1], which is (0, number).
        value_range: least and greatest value of a pixel.
        seed: int from which the factors follow, or None.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs. With `training=False` images stay as they are.

    Raises:
        ValueError: for another factor.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomContrast(0.5, value_range=(0, 1), seed=1)
        >>> layer(cornu.random.uniform((2, 8, 8, 3))).shape
        (2, 8, 8, 3)
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        factor = checked_factor(factor, 0)
        self.factor = factor if isinstance(factor, tuple) else (0, factor)
        self.value_range = value_range

    def get_random_transformation(self, data, training=True, seed=None):
        """The factor of each image, (batch, 1, 1, 1), as `"contrast_factor"`; None if not
        training."""
        if not training:
            return None
        low, high = self.factor
        factors = random.uniform(
            (batch_of(data)[1], 1, 1, 1),
            minval=1.0 - low,
            maxval=1.0 + high,
            dtype=self.compute_dtype,
            seed=self._seed(seed),
        )
        return {"contrast_factor": factors}

    def transform_images(self, images, transformation, training=True):
        """A batch of images with the contrast of `transformation`."""
        if not training or transformation is None:
            return images
        axes = (1, 2) if self.data_format == "channels_last" else (2, 3)
        mean = ops.mean(images, axis=axes, keepdims=True)
        changed = (images - mean) * transformation["contrast_factor"] + mean
        return ops.clip(changed, *self.value_range)

    def get_config(self):
        """The constructor's arguments."""
        own = {"factor": self.factor, "value_range": self.value_range, "seed": self.seed}
        return {**super().get_config(), **own}
