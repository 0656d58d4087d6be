"""`RandomCrop`."""

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import batch_of, checked_sizes
from cornu.layers.preprocessing._moving_layer import FixedBoxes
from cornu.serial.registry import export


@export("keras.layers.RandomCrop")
class RandomCrop(FixedBoxes):
    """A part of images, at a place drawn for the batch; outside of training, their middle.

    In training, images that are lower or narrower than the outputs are stretched to these first;
    outside, see `CenterCrop`.

    Args:
        height, width: of the outputs, in pixels.
        seed: int from which the places follow, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs; these have the new size. Masks are cut along.

    Raises:
        ValueError: for sizes below 1.
        NotImplementedError: for bounding boxes.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.RandomCrop(2, 3)
        >>> layer(cornu.random.uniform((5, 8, 8, 3))).shape
        (5, 2, 3, 3)
    """

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        super().__init__(data_format=data_format, seed=seed, name=name, **kwargs)
        self.height, self.width = checked_sizes(height, width)

    def get_random_transformation(self, data, training=True, seed=None):
        """The first row and column of the part, two ints; None if not training."""
        if not training:
            return None
        sizes = self._sizes(batch_of(data)[0])
        seed = self._seed(seed)
        return tuple(
            random.randint((), 0, max(have - wanted, 0) + 1, seed=seed)
            for have, wanted in zip(sizes, (self.height, self.width), strict=True)
        )

    def transform_images(self, images, transformation, training=True):
        """The parts of a batch of images that `transformation` says."""
        return self._part(images, transformation, training, "bilinear")

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """The parts of a batch of masks that `transformation` says."""
        return self._part(segmentation_masks, transformation, training, "nearest")

    def _part(self, images, transformation, training, interpolation):
        if not training or transformation is None:
            return self._middle(images, self.height, self.width, interpolation)
        height, width = self._sizes(images)
        if height < self.height or width < self.width:
            sizes = max(height, self.height), max(width, self.width)
            images = ops.image.resize(
                images, sizes, interpolation=interpolation, data_format=self.data_format
            )
        spatial = dict(zip(self._spatial_axes(images), transformation, strict=True))
        sizes = dict(zip(spatial, (self.height, self.width), strict=True))
        return ops.slice(
            images,
            [spatial.get(axis, 0) for axis in range(len(images.shape))],
            [sizes.get(axis, size) for axis, size in enumerate(ops.shape(images))],
        )

    def compute_output_shape(self, input_shape):
        """The shape of the inputs, with the new size."""
        return self._with_sizes(input_shape, self.height, self.width)

    def get_config(self):
        """The constructor's arguments."""
        own = {"height": self.height, "width": self.width, "seed": self.seed}
        return {**super().get_config(), **own}
