"""`Resizing`."""

from cornu import ops
from cornu.core.errors import shorten
from cornu.layers.preprocessing._image_layer import checked_sizes
from cornu.layers.preprocessing._moving_layer import FixedBoxes
from cornu.serial.registry import export

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@export("keras.layers.Resizing")
class Resizing(FixedBoxes):
    """Images in another size, in training and outside.

    Args:
        height, width: of the outputs, in pixels.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        crop_to_aspect_ratio: whether images keep their proportions, and lose what sticks out.
        pad_to_aspect_ratio: whether images keep their proportions, with margins where they are too
            small.
        fill_mode: what fills margins; `"constant"` alone, `fill_value`.
        fill_value: the value of the margins.
        antialias: whether to smooth what is made smaller.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: see `Layer`.

    See `ImageLayer` for inputs and outputs; these have the new size, and integers stay integers.
    Masks are resized by `"nearest"`.

    Raises:
        ValueError: for an unknown interpolation, and for sizes below 1.
        NotImplementedError: for bounding boxes.

    Example:
        >>> import cornu
        >>> cornu.layers.Resizing(4, 4)(cornu.ops.ones((2, 8, 6, 3))).shape
        (2, 4, 4, 3)
    """

    draws = False

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        if interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` should be one of {INTERPOLATIONS}. Received:"
                f" interpolation={shorten(interpolation)}"
            )
        self.height, self.width = checked_sizes(height, width)
        self.interpolation, self.antialias = interpolation, antialias
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value

    def _entered(self, images):
        """As they are: of integers too."""
        return ops.convert_to_tensor(images)

    def get_random_transformation(self, data, training=True, seed=None):
        """Nothing is drawn: the sizes, (height, width)."""
        return self.height, self.width

    def transform_images(self, images, transformation=None, training=True):
        """A batch of images, or one, in the new size."""
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        """A batch of masks in the new size."""
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images, interpolation):
        resized = ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.cast(resized, images.dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs, with the new size."""
        return self._with_sizes(input_shape, self.height, self.width)

    def get_config(self):
        """The constructor's arguments."""
        own = (
            "height", "width", "interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio",
            "fill_mode", "fill_value", "antialias",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
