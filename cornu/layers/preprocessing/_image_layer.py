"""What layers that change images have in common: batches and single images, dictionaries of images
and what belongs to them."""

import numbers

from cornu import ops
from cornu.core import config
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.preprocessing._graphs import WorksInGraphs
from cornu.random import SeedGenerator

# What a dictionary may hold beside other things, and what changes that of one image.
SINGLE = {
    "images": "transform_single_image",
    "labels": "transform_single_label",
    "bounding_boxes": "transform_single_bounding_box",
    "segmentation_masks": "transform_single_segmentation_mask",
}


class ImageLayer(WorksInGraphs, Layer):
    """Base of layers that change images, by the same rule for all or at random.

    A subclass defines `transform_images`; one that draws defines `get_random_transformation`, whose
    result is passed on to all `transform_*` methods. One that moves pixels defines
    `transform_segmentation_masks` and `transform_bounding_boxes` too, which leave masks and boxes
    as they are.

    Args:
        data_format: `"channels_last"` or `"channels_first"`; `keras.config.image_data_format()` by
            default.
        seed: int from which all that is drawn follows, or None.
        **kwargs: see `Layer`.

    Inputs are images of shape (batch, height, width, channels), or one without the batch axis, of
    any number type; or a dictionary with these as `"images"`, and with `"labels"`,
    `"bounding_boxes"` or `"segmentation_masks"`. Outputs are floats of the same shape, or such a
    dictionary.
    """

    draws = True  # whether anything is drawn

    def __init__(self, data_format=None, seed=None, **kwargs):
        if not self.draws and seed is not None:
            kwargs["seed"] = seed  # is refused, as any argument that means nothing
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        if self.draws:
            self.seed = seed
            self.generator = SeedGenerator(seed)

    def convert_weight(self, weight):
        """A weight as a tensor for the engine: as it is."""
        return weight

    def get_random_transformation(self, data, training=True, seed=None):
        """What is drawn for a batch, as a dictionary; None where nothing is."""
        return

    def transform_images(self, images, transformation, training=True):
        """A batch of images, changed."""
        raise NotImplementedError(f"{type(self).__name__} does not define `transform_images`.")

    def transform_labels(self, labels, transformation, training=True):
        """The labels of a batch: as they are."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """The boxes of a batch: as they are."""
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """The masks of a batch: as they are."""
        return segmentation_masks

    def transform_single_image(self, image, transformation, training=True):
        """An image without batch axis, changed."""
        return self.transform_images(image[None], transformation, training)[0]

    def transform_single_label(self, label, transformation, training=True):
        """The label of one image."""
        return self.transform_labels(label[None], transformation, training)[0]

    def transform_single_bounding_box(self, bounding_box, transformation, training=True):
        """The boxes of one image."""
        boxes = {name: value[None] for name, value in bounding_box.items()}
        found = self.transform_bounding_boxes(boxes, transformation, training)
        return {name: value[0] for name, value in found.items()}

    def transform_single_segmentation_mask(self, segmentation_mask, transformation, training=True):
        """The mask of one image."""
        return self.transform_segmentation_masks(segmentation_mask[None], transformation, training)[
            0
        ]

    def call(self, data, training=True):
        images = data["images"] if isinstance(data, dict) else data
        rank = len(images.shape)
        if rank not in (3, 4):
            raise ValueError(
                "Expected the input image to be rank 3 or 4 (one image, or a batch). Received:"
                f" shape={tuple(images.shape)}"
            )
        whole = data if isinstance(data, dict) else {"images": data}
        transformation = self.get_random_transformation(whole, training=training)
        found = {**whole, "images": self._entered(images)}
        for part, single in SINGLE.items():
            if part in whole:
                transform = getattr(self, f"transform_{part}" if rank == 4 else single)
                found[part] = transform(found[part], transformation, training=training)
        return found if isinstance(data, dict) else found["images"]

    def _entered(self, images):
        """Images as `transform_images` takes them."""
        return ops.cast(images, self.compute_dtype)

    def _seed(self, seed):
        """What to draw by: `seed` if one is given."""
        return self.generator if seed is None else seed

    def _spatial_axes(self, images):
        """The axes of height and width of images or of one image."""
        first = len(images.shape) - (3 if self.data_format == "channels_last" else 2)
        return first, first + 1

    def _sizes(self, images):
        """Height and width of images or of one image."""
        return tuple(images.shape[axis] for axis in self._spatial_axes(images))

    def _middle(self, images, height, width, interpolation):
        """The middle of images, which are enlarged if they are smaller than it."""
        have = self._sizes(images)
        if have == (height, width):
            return images
        if have[0] < height or have[1] < width:
            enlarged = ops.image.resize(
                images,
                (height, width),
                interpolation=interpolation,
                crop_to_aspect_ratio=True,
                data_format=self.data_format,
            )
            return ops.cast(enlarged, images.dtype)
        places = [slice(None)] * len(images.shape)
        wanted = zip(self._spatial_axes(images), have, (height, width), strict=True)
        for axis, size, part in wanted:
            places[axis] = slice((size - part) // 2, (size - part) // 2 + part)
        return images[tuple(places)]

    def _with_sizes(self, shape, height, width):
        """Shapes of images and masks in `shape`, one or a dictionary, with another size."""
        if isinstance(shape, dict):
            resized = {"images", "segmentation_masks"}
            return {
                name: self._with_sizes(each, height, width) if name in resized else each
                for name, each in shape.items()
            }
        first = len(shape) - (3 if self.data_format == "channels_last" else 2)
        return (*shape[:first], height, width, *shape[first + 2 :])

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "data_format": self.data_format}


def batch_of(data):
    """The images of what a layer is given, and how many there are."""
    images = data["images"] if isinstance(data, dict) else data
    return images, ops.shape(images)[0] if len(images.shape) == 4 else 1


def checked_factor(factor, least, pairs_too=False):
    """A factor as it was given: one number in [`least`, 1], or two numbers.

    Args:
        pairs_too: whether two numbers have to lie there as well.

    Raises:
        ValueError: for anything else.
    """
    pair = isinstance(factor, (tuple, list)) and len(factor) == 2
    found = list(factor) if pair else [factor]
    real = all(isinstance(each, numbers.Real) and each == each for each in found)
    free = pair and not pairs_too
    if not real or not (free or all(least <= each <= 1 for each in found)):
        raise ValueError(
            "The `factor` argument should be a number (or a list of two numbers) in the range"
            f" [{least}, 1]. Received: factor={shorten(factor)}"
        )
    return tuple(factor) if pair else factor


def checked_sizes(height, width):
    """Height and width in pixels.

    Raises:
        ValueError: unless both are ints of 1 or more.
    """
    for size in (height, width):
        if not isinstance(size, numbers.Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                "`height` and `width` should be ints of 1 or more. Received:"
                f" height={shorten(height)}, width={shorten(width)}"
            )
    return int(height), int(width)


def ordered(factor):
    """A checked factor as (low, high); of one number, (-number, number)."""
    return tuple(sorted(factor if isinstance(factor, tuple) else (-factor, factor)))
