"""`NumpyArrayIterator`: batches of changed images out of arrays."""

import os
import warnings

import numpy as np

from cornu.core import config
from cornu.core.errors import shorten
from cornu.preprocessing.image._iterator import Iterator
from cornu.utils.images import array_to_img

SUBSETS = ("training", "validation")


def check_subset(subset):
    """Refuse anything but the two subsets and None."""
    if subset is not None and subset not in SUBSETS:
        raise ValueError(f"`subset` must be one of {SUBSETS}. Received: subset={subset!r}")


def save_images(batch, numbers, folder, prefix, file_format, data_format):
    """Write a batch of images into a folder, to look at.

    Args:
        batch: array of images.
        numbers: numbers of the images, for the names of the files.
        folder: path of the folder, or None to do nothing.
        prefix: how names begin.
        file_format: such as `"png"`.
        data_format: `"channels_last"` or `"channels_first"`.
    """
    if not folder:
        return
    for number, image in zip(numbers, batch, strict=True):
        tag = np.random.randint(1e7)
        name = f"{prefix}_{number}_{tag}.{file_format}"
        array_to_img(image, data_format, scale=True).save(os.path.join(folder, name))


class NumpyArrayIterator(Iterator):
    """Batches of images out of arrays, changed as an `ImageDataGenerator` says.

    Args:
        x: array (images, rows, columns, channels), or channels before rows; or a tuple of it and a
            list of other arrays that go along.
        y: targets, or None.
        image_data_generator: the `ImageDataGenerator`.
        batch_size, shuffle, seed: see `Iterator`.
        sample_weight: weights of the images, or None.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir: folder into which images are written, or None.
        save_prefix: how names of those files begin.
        save_format: their format.
        subset: `"training"` or `"validation"`, by the generator's `validation_split`; None for all.
        ignore_class_split: whether the subsets may have different classes.
        dtype: of the images, by default `floatx()`.

    Raises:
        ValueError: for lengths that differ, another number of axes, or subsets with other classes.

    Example:
        >>> import cornu
        >>> generator = cornu.preprocessing.image.ImageDataGenerator(rescale=0.5)
        >>> next(generator.flow(np.ones((4, 2, 2, 1)), batch_size=3)).shape
        (3, 2, 2, 1)
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
    ):
        self.dtype = dtype or config.floatx()
        x, others = x if isinstance(x, (tuple, list)) else (x, [])
        others = list(others) if isinstance(others, (tuple, list)) else [others]
        arrays = [np.asarray(each) for each in others]
        parts = {"x": np.asarray(x), "y": y, "sample_weight": sample_weight}
        for name, each in (*parts.items(), *(("x", each) for each in arrays)):
            if each is not None and len(each) != len(parts["x"]):
                raise ValueError(
                    f"All arrays need one length. Received: {len(parts['x'])} images and"
                    f" {len(each)} rows of `{name}`."
                )
        check_subset(subset)
        if subset is not None:
            split = int(len(parts["x"]) * image_data_generator._validation_split)
            if y is not None and not ignore_class_split:
                _check_classes(y, split)
            part = slice(0, split) if subset == "validation" else slice(split, None)
            parts = {name: None if each is None else each[part] for name, each in parts.items()}
            arrays = [each[part] for each in arrays]
        self.x = np.asarray(parts["x"], dtype=self.dtype)
        self.x_misc = arrays
        self.y = None if parts["y"] is None else np.asarray(parts["y"])
        weight = parts["sample_weight"]
        self.sample_weight = None if weight is None else np.asarray(weight)
        self.data_format = config.standardize_data_format(data_format)
        self._check_images()
        self.image_data_generator = image_data_generator
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _check_images(self):
        if self.x.ndim != 4:
            raise ValueError(
                "Images need four axes: (images, rows, columns, channels). Received:"
                f" {shorten(self.x)}"
            )
        axis = 3 if self.data_format == "channels_last" else 1
        if self.x.shape[axis] not in (1, 3, 4):
            warnings.warn(
                f"Images have 1, 3 or 4 channels, in {self.data_format!r} on axis {axis}. These"
                f" have the shape {self.x.shape}.",
                stacklevel=4,
            )

    def _get_batches_of_transformed_samples(self, index_array):
        change = self.image_data_generator
        batch = np.empty((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for place, number in enumerate(index_array):
            image = self.x[number]
            parameters = change.get_random_transform(image.shape)
            image = change.apply_transform(image.astype(self.dtype), parameters)
            batch[place] = change.standardize(image)
        save_images(
            batch, index_array, self.save_to_dir, self.save_prefix, self.save_format,
            self.data_format,
        )  # fmt: skip
        inputs = [batch, *(each[index_array] for each in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return inputs
        if self.sample_weight is None:
            return inputs, self.y[index_array]
        return inputs, self.y[index_array], self.sample_weight[index_array]


def _check_classes(y, split):
    y = np.asarray(y)
    if not np.array_equal(np.unique(y[:split]), np.unique(y[split:])):
        raise ValueError(
            "Training and validation subsets have different classes after the split. If `y` is"
            " sorted by class, shuffle it before, or pass `ignore_class_split=True`."
        )
