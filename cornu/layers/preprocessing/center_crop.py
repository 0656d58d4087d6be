"""`CenterCrop`."""

from cornu.layers.preprocessing._image_layer import checked_sizes
from cornu.layers.preprocessing._moving_layer import FixedBoxes
from cornu.serial.registry import export


@export("keras.layers.CenterCrop")
class CenterCrop(FixedBoxes):
    """The middle of images, in training and outside.

    Images that are smaller than the outputs in one axis or both are enlarged, with their
    proportions kept, and what sticks out is cut off.

    Args:
        height, width: of the outputs, in pixels.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs; these have the new size. Masks are cut along.

    Raises:
        ValueError: for sizes below 1.
        NotImplementedError: for bounding boxes.

    Example:
        >>> import cornu
        >>> images = cornu.ops.reshape(cornu.ops.arange(16.0), (1, 4, 4, 1))
        >>> cornu.layers.CenterCrop(2, 2)(images)[0, ..., 0].tolist()
        [[5.0, 6.0], [9.0, 10.0]]
    """

    draws = False

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = checked_sizes(height, width)

    def get_random_transformation(self, data, training=True, seed=None):
        """Nothing is drawn: the sizes, (height, width)."""
        return self.height, self.width

    def transform_images(self, images, transformation=None, training=True):
        """The middle of a batch of images."""
        return self._middle(images, self.height, self.width, "bilinear")

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        """The middle of a batch of masks."""
        return self._middle(segmentation_masks, self.height, self.width, "nearest")

    def compute_output_shape(self, input_shape):
        """The shape of the inputs, with the new size."""
        return self._with_sizes(input_shape, self.height, self.width)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "height": self.height, "width": self.width}
