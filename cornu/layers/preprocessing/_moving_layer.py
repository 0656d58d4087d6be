"""What layers that move the pixels of images have in common."""

from cornu import ops
from cornu.layers.preprocessing._image_layer import ImageLayer

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class FixedBoxes(ImageLayer):
    """Base of layers that move pixels, and not the boxes that are drawn around things."""

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Boxes stay if nothing moves."""
        if not training or transformation is None:
            return bounding_boxes
        raise NotImplementedError(
            f"`{self.name}` does not compute where boxes are in its outputs. Leave `bounding_boxes`"
            " out of its inputs, or change images before boxes are drawn."
        )


class MovingLayer(FixedBoxes):
    """Base of layers that move pixels along straight lines, by a matrix for each image.

    A subclass defines `get_random_transformation` and `_matrices`.

    Args:
        fill_mode: what lies beyond the edges: `"reflect"`, the image mirrored, `"wrap"`, the image
            again, `"nearest"`, its outermost pixels, or `"constant"`, `fill_value`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed, data_format, **kwargs: see `ImageLayer`.
        fill_value: the value beyond the edges for `"constant"`.
    """

    def __init__(self, fill_mode, interpolation, seed, fill_value, data_format, **kwargs):
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        for name, value, known in (
            ("fill_mode", fill_mode, FILL_MODES),
            ("interpolation", interpolation, INTERPOLATIONS),
        ):
            if value not in known:
                raise NotImplementedError(f"Unknown `{name}` {value!r}. Expected one of {known}.")
        self.fill_mode, self.fill_value = fill_mode, fill_value
        self.interpolation = interpolation

    def _matrices(self, transformation, height, width):
        """For `affine_transform`: where the points of moved images come from, (batch, 8)."""
        raise NotImplementedError(f"{type(self).__name__} does not define `_matrices`.")

    def transform_images(self, images, transformation, training=True):
        """A batch of images, moved as `transformation` says."""
        return self._moved(images, transformation, training, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """A batch of masks, moved as `transformation` says."""
        return self._moved(segmentation_masks, transformation, training, "nearest")

    def _moved(self, images, transformation, training, interpolation):
        if not training or transformation is None:
            return images
        height, width = self._sizes(images)
        moved = ops.image.affine_transform(
            images,
            self._matrices(transformation, height, width),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.cast(moved, images.dtype)

    def get_config(self):
        """The constructor's arguments."""
        own = ("fill_mode", "fill_value", "interpolation", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def rows_of_matrices(*entries):
    """Vectors, one entry of all matrices each, and zeros for those that are None: (batch, 8)."""
    zeros = ops.zeros_like(next(each for each in entries if each is not None))
    return ops.stack([zeros if each is None else each for each in (*entries, None, None)], axis=1)
