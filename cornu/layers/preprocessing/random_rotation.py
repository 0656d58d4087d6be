"""`RandomRotation`."""

import math

from cornu import ops, random
from cornu.layers.preprocessing._image_layer import ImageLayer, batch_of, checked_factor
from cornu.serial.registry import export

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


@export("keras.layers.RandomRotation")
class RandomRotation(ImageLayer):
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
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        factor = checked_factor(factor, -1)
        if not isinstance(factor, tuple):
            factor = (-abs(factor), abs(factor))
        self.factor = tuple(sorted(factor))
        for name, value, known in (
            ("fill_mode", fill_mode, FILL_MODES),
            ("interpolation", interpolation, INTERPOLATIONS),
        ):
            if value not in known:
                raise NotImplementedError(f"Unknown `{name}` {value!r}. Expected one of {known}.")
        self.fill_mode, self.fill_value = fill_mode, fill_value
        self.interpolation = interpolation

    def get_random_transformation(self, data, training=True, seed=None):
        """The angle of each image in radians, (batch,), as `"angle"`; None if not training."""
        if not training:
            return None
        low, high = self.factor
        angles = random.uniform(
            (batch_of(data)[1],),
            minval=low * 2 * math.pi,
            maxval=high * 2 * math.pi,
            seed=self.generator if seed is None else seed,
        )
        return {"angle": angles}

    def transform_images(self, images, transformation, training=True):
        """A batch of images, turned by the angles of `transformation`."""
        return self._turned(images, transformation, training, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """A batch of masks, turned by the angles of `transformation`."""
        return self._turned(segmentation_masks, transformation, training, "nearest")

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Boxes stay if nothing is turned."""
        if not training or transformation is None:
            return bounding_boxes
        raise NotImplementedError(
            "Boxes of turned images are not computed. Leave `bounding_boxes` out of the inputs of"
            f" `{self.name}`, or turn images before they are drawn."
        )

    def _turned(self, images, transformation, training, interpolation):
        if not training or transformation is None:
            return images
        height, width = (
            images.shape[1:3] if self.data_format == "channels_last" else (images.shape[2:4])
        )
        turned = ops.image.affine_transform(
            images,
            _matrices(transformation["angle"], height, width),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.cast(turned, images.dtype)

    def get_config(self):
        """The constructor's arguments."""
        own = ("factor", "fill_mode", "fill_value", "interpolation", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def _matrices(angles, height, width):
    """For `affine_transform`: where the points of turned images come from, (batch, 8)."""
    x, y = (width - 1) / 2, (height - 1) / 2
    cos, sin = ops.cos(angles), ops.sin(angles)
    zeros = ops.zeros_like(angles)
    return ops.stack(
        [
            cos, -sin, x - cos * x + sin * y,
            sin, cos, y - sin * x - cos * y,
            zeros, zeros,
        ],
        axis=1,
    )  # fmt: skip
