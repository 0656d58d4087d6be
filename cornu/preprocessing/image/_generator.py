"""`ImageDataGenerator`: images changed at random, batch by batch."""

import numbers
import warnings

import numpy as np

from cornu.core import config
from cornu.core.errors import shorten
from cornu.preprocessing.image._affine import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
)
from cornu.preprocessing.image._arrays import NumpyArrayIterator
from cornu.preprocessing.image._files import DataFrameIterator, DirectoryIterator

TINY = 1e-6
NOT_FITTED = (
    "This ImageDataGenerator specifies `{what}`, but it hasn't been fit on any training data. Fit"
    " it first by calling `.fit(numpy_data)`."
)


class ImageDataGenerator:
    """Says how images are changed at random and normalised; `flow` and its kin give batches.

    Args:
        featurewise_center, featurewise_std_normalization: whether the mean over all images is
            subtracted, and whether their standard deviation divides; `fit` finds them.
        samplewise_center, samplewise_std_normalization: the same of each image by itself.
        zca_whitening: whether pixels are decorrelated; `fit` finds how.
        zca_epsilon: added to the singular values in whitening.
        rotation_range: largest angle of turning, in degrees.
        width_shift_range, height_shift_range: a float below 1: the largest part of the size by
            which to move; a float from 1: the largest number of pixels; an int: whole numbers of
            pixels below it; a list: one of its numbers, or its negative.
        brightness_range: pair: the smallest and largest brightness; None for no change.
        shear_range: largest angle of shearing, in degrees.
        zoom_range: a number, for `[1 - zoom_range, 1 + zoom_range]`, or such a pair.
        channel_shift_range: largest number to add to all channels.
        fill_mode, cval, interpolation_order: see `apply_affine_transform`.
        horizontal_flip, vertical_flip: whether to mirror every other image.
        rescale: factor of all values, applied after changes; None or 0 for no change.
        preprocessing_function: function from an image to one of the same shape, applied before
            `rescale`.
        data_format: `"channels_last"` or `"channels_first"`.
        validation_split: part of the images that is the subset `"validation"`, below 1.
        dtype: of the images, by default `floatx()`.

    Raises:
        ValueError: for another `data_format`, `zoom_range`, `brightness_range` or
            `validation_split`.

    Example:
        >>> import cornu
        >>> generator = cornu.preprocessing.image.ImageDataGenerator(
        ...     rotation_range=20, horizontal_flip=True, rescale=1 / 255)
        >>> batches = generator.flow(np.ones((8, 4, 4, 3)), np.arange(8), batch_size=4)
        >>> x, y = next(batches)
        >>> x.shape, y.shape
        ((4, 4, 4, 3), (4,))
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = _checked_brightness(brightness_range)
        self.shear_range = shear_range
        self.zoom_range = _zoom_pair(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.interpolation_order = interpolation_order
        self.dtype = dtype or config.floatx()
        self.data_format = config.standardize_data_format(data_format)
        last = self.data_format == "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (3, 1, 2) if last else (1, 2, 3)
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1. Received:"
                f" validation_split={validation_split}"
            )
        self._validation_split = validation_split
        self.mean = self.std = self.zca_whitening_matrix = None
        self._imply_centering()

    def _imply_centering(self):
        """Dividing by a deviation, and whitening, need the mean subtracted."""
        implied = [
            ("featurewise_std_normalization", "featurewise_center"),
            ("zca_whitening", "featurewise_center"),
            ("samplewise_std_normalization", "samplewise_center"),
        ]
        for what, center in implied:
            if getattr(self, what) and not getattr(self, center):
                setattr(self, center, True)
                warnings.warn(
                    f"This ImageDataGenerator specifies `{what}`, which overrides setting of"
                    f" `{center}`.",
                    stacklevel=4,
                )
        if self.zca_whitening and self.featurewise_std_normalization:
            self.featurewise_std_normalization = False
            warnings.warn(
                "This ImageDataGenerator specifies `zca_whitening`, which overrides setting of"
                " `featurewise_std_normalization`.",
                stacklevel=4,
            )

    def flow(
        self,
        x,
        y=None,
        batch_size=32,
        shuffle=True,
        sample_weight=None,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        ignore_class_split=False,
        subset=None,
    ):
        """Batches out of arrays: a `NumpyArrayIterator`, whose arguments these are."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
    ):
        """Batches out of a folder that has a folder for each class: a `DirectoryIterator`, whose
        arguments these are."""
        options = {name: value for name, value in locals().items() if name != "self"}
        return DirectoryIterator(
            image_data_generator=self, data_format=self.data_format, dtype=self.dtype, **options
        )

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        validate_filenames=True,
        **kwargs,
    ):
        """Batches of the images that a table names: a `DataFrameIterator`, whose arguments these
        are. `sort`, `drop_duplicates` and `has_ext` of older versions are of no use."""
        for name in ("sort", "drop_duplicates", "has_ext"):
            kwargs.pop(name, None)
        options = {n: value for n, value in locals().items() if n not in ("self", "kwargs", "name")}
        return DataFrameIterator(
            image_data_generator=self,
            data_format=self.data_format,
            dtype=self.dtype,
            **options,
            **kwargs,
        )

    def standardize(self, x):
        """An image (or batch) normalised: what does not change at random.

        Args:
            x: array of floats; it may be changed.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + TINY)
        if self.featurewise_center:
            x = x if self._lacks(self.mean, "featurewise_center") else x - self.mean
        if self.featurewise_std_normalization:
            lacks = self._lacks(self.std, "featurewise_std_normalization")
            x = x if lacks else x / (self.std + TINY)
        if self.zca_whitening and not self._lacks(self.zca_whitening_matrix, "zca_whitening"):
            flat = np.reshape(x, (-1, np.prod(x.shape[-3:]))) @ self.zca_whitening_matrix
            x = np.reshape(flat, x.shape)
        return x

    def _lacks(self, found, what):
        if found is None:
            warnings.warn(NOT_FITTED.format(what=what), stacklevel=3)
        return found is None

    def get_random_transform(self, img_shape, seed=None):
        """How an image is to be changed, drawn at random: a dictionary for `apply_transform`.

        Args:
            img_shape: shape of the image.
            seed: seed of NumPy's global generator, or None.
        """
        if seed is not None:
            np.random.seed(seed)
        rows, columns = img_shape[self.row_axis - 1], img_shape[self.col_axis - 1]
        theta = _symmetric(self.rotation_range)
        tx = _shift(self.height_shift_range, rows)
        ty = _shift(self.width_shift_range, columns)
        shear = _symmetric(self.shear_range)
        zx, zy = (1, 1)
        if tuple(self.zoom_range) != (1, 1):
            zx, zy = np.random.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        flips = [
            bool((np.random.random() < 0.5) * flip)
            for flip in (self.horizontal_flip, self.vertical_flip)
        ]
        intensity = _symmetric(self.channel_shift_range) if self.channel_shift_range else None
        brightness = None
        if self.brightness_range is not None:
            brightness = np.random.uniform(*self.brightness_range)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flips[0],
            "flip_vertical": flips[1],
            "channel_shift_intensity": intensity,
            "brightness": brightness,
        }

    def apply_transform(self, x, transform_parameters):
        """An image changed.

        Args:
            x: array of three axes.
            transform_parameters: dictionary with any of `theta`, `tx`, `ty`, `shear`, `zx`, `zy`
                (see `apply_affine_transform`), `flip_horizontal`, `flip_vertical`,
                `channel_shift_intensity` and `brightness`.
        """
        given = transform_parameters.get
        x = apply_affine_transform(
            x,
            **{name: given(name, 0) for name in ("theta", "tx", "ty", "shear")},
            **{name: given(name, 1) for name in ("zx", "zy")},
            row_axis=self.row_axis - 1,
            col_axis=self.col_axis - 1,
            channel_axis=self.channel_axis - 1,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if given("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given("channel_shift_intensity"), self.channel_axis - 1)
        if given("flip_horizontal"):
            x = np.flip(x, self.col_axis - 1)
        if given("flip_vertical"):
            x = np.flip(x, self.row_axis - 1)
        if given("brightness") is not None:
            x = apply_brightness_shift(x, given("brightness"), scale=False)
        return x

    def random_transform(self, x, seed=None):
        """An image changed at random.

        Args:
            x: array of three axes.
            seed: seed of NumPy's global generator, or None.
        """
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x, augment=False, rounds=1, seed=None):
        """Find the mean, deviation and whitening of images, for those of the arguments that need
        them.

        Args:
            x: array of four axes.
            augment: whether to look at images changed at random.
            rounds: how often to look at each, if `augment`.
            seed: seed of NumPy's global generator, or None.

        Raises:
            ValueError: for another number of axes.
        """
        x = np.asarray(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array: {shorten(x)}")
        if seed is not None:
            np.random.seed(seed)
        x = np.copy(x)
        if self.rescale:
            x = x * self.rescale
        if augment:
            x = np.stack([self.random_transform(image) for _ in range(rounds) for image in x])
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = x.shape[self.channel_axis]
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.reshape(np.mean(x, axis=axes), shape)
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = np.reshape(np.std(x, axis=axes), shape)
            x = x / (self.std + TINY)
        if self.zca_whitening:
            flat = np.reshape(x, (len(x), -1))
            directions, sizes, _ = np.linalg.svd(flat.T, full_matrices=False)
            factors = np.sqrt(len(x)) / (sizes + self.zca_epsilon)
            self.zca_whitening_matrix = (directions * factors) @ directions.T


def _checked_brightness(value):
    if value is not None and (np.ndim(value) != 1 or len(value) != 2):
        raise ValueError(
            "`brightness_range` must be a pair of numbers, or None. Received:"
            f" brightness_range={shorten(value)}"
        )
    return value


def _zoom_pair(value):
    if isinstance(value, numbers.Real):
        return [1 - value, 1 + value]
    if np.ndim(value) == 1 and len(value) == 2:
        return [value[0], value[1]]
    raise ValueError(
        f"`zoom_range` must be a number or a pair of numbers. Received: {shorten(value)}"
    )


def _symmetric(largest):
    return np.random.uniform(-largest, largest) if largest else 0


def _shift(value, size):
    """By how many pixels to move; see `width_shift_range`."""
    if np.ndim(value) == 0 and not value:
        return 0
    if np.ndim(value) or isinstance(value, numbers.Integral):
        moved = np.random.choice(value) * np.random.choice([-1, 1])
    else:
        moved = np.random.uniform(-value, value)
    return moved * size if np.max(value) < 1 else moved
