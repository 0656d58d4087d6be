"""`RandomFlip`."""

from cornu import ops, random
from cornu.core.errors import shorten
from cornu.layers.preprocessing._image_layer import batch_of
from cornu.layers.preprocessing._moving_layer import FixedBoxes
from cornu.serial.registry import export

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


@export("keras.layers.RandomFlip")
class RandomFlip(FixedBoxes):
    """Mirrors half of the images, each with probability 1/2.

    Args:
        mode: `"horizontal"` (left becomes right), `"vertical"` (top becomes bottom) or
            `"horizontal_and_vertical"` (both at once).
        seed: int from which the choices follow, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs. With `training=False` images stay as they are. Masks
    are mirrored along.

    Raises:
        ValueError: for another mode.
        NotImplementedError: for bounding boxes.

    Example:
        >>> import cornu
        >>> images = cornu.ops.reshape(cornu.ops.arange(2.0), (1, 1, 2, 1))
        >>> layer = cornu.layers.RandomFlip("horizontal", seed=1)
        >>> sorted({tuple(layer(images)[0, 0, :, 0].tolist()) for _ in range(20)})
        [(0.0, 1.0), (1.0, 0.0)]
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        if mode not in MODES:
            raise ValueError(f"`mode` should be one of {MODES}. Received: mode={shorten(mode)}")
        self.mode = mode

    def get_random_transformation(self, data, training=True, seed=None):
        """Whether each image is mirrored, (batch, 1, 1, 1), as `"flips"`; None if not training."""
        if not training:
            return None
        shape = (batch_of(data)[1], 1, 1, 1)
        return {"flips": random.uniform(shape, seed=self._seed(seed)) <= 0.5}

    def transform_images(self, images, transformation, training=True):
        """A batch of images, those mirrored that `transformation` says."""
        if not training or transformation is None:
            return images
        first = 1 if self.data_format == "channels_last" else 2
        axes = {"horizontal": (first + 1,), "vertical": (first,)}
        mirrored = ops.flip(images, axes.get(self.mode, (first, first + 1)))
        return ops.where(transformation["flips"], mirrored, images)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """A batch of masks, those mirrored that `transformation` says."""
        return self.transform_images(segmentation_masks, transformation, training)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "seed": self.seed, "mode": self.mode}
