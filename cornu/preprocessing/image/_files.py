"""`DirectoryIterator` and `DataFrameIterator`: batches of changed images out of files."""

import os

import numpy as np

from cornu.core import config
from cornu.core.errors import did_you_mean, shorten
from cornu.preprocessing.image._arrays import check_subset, save_images
from cornu.preprocessing.image._iterator import Iterator
from cornu.utils.images import MODES, img_to_array, load_img

ENDINGS = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


class FileIterator(Iterator):
    """Base of batches of images that are read from files.

    Subclasses set `filepaths` and `labels`, lists as long as there are images.
    """

    class_modes = ()

    def _set_options(self, generator, options):
        """Take the arguments that both kinds of iterators have, as a dictionary."""
        if options["color_mode"] not in MODES:
            raise ValueError(
                f"`color_mode` must be one of {list(MODES)}. Received:"
                f" color_mode={options['color_mode']!r}"
            )
        mode = options["class_mode"]
        if mode not in self.class_modes:
            raise ValueError(
                f"`class_mode` must be one of {self.class_modes}. Received: class_mode={mode!r}"
            )
        check_subset(options["subset"])
        self.image_data_generator = generator
        for name in (
            "color_mode", "class_mode", "subset", "interpolation", "keep_aspect_ratio",
            "save_to_dir", "save_prefix", "save_format",
        ):  # fmt: skip
            setattr(self, name, options[name])
        self.target_size = tuple(options["target_size"])
        self.data_format = config.standardize_data_format(options["data_format"])
        self.dtype = options["dtype"] or config.floatx()
        channels = CHANNELS[self.color_mode]
        first = self.data_format == "channels_first"
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)

    def _part(self, count):
        """Which of `count` files are in the subset."""
        split = self.image_data_generator._validation_split
        if self.subset is None or not split:
            return slice(0, count)
        edge = int(split * count)
        return slice(0, edge) if self.subset == "validation" else slice(edge, count)

    def _image(self, path):
        image = load_img(
            path, self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio
        )
        change = self.image_data_generator
        array = img_to_array(image, self.data_format, self.dtype)
        if hasattr(image, "close"):
            image.close()
        array = change.apply_transform(array, change.get_random_transform(array.shape))
        return change.standardize(array)

    def _get_batches_of_transformed_samples(self, index_array):
        batch = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        for place, number in enumerate(index_array):
            batch[place] = self._image(self.filepaths[number])
        save_images(
            batch, index_array, self.save_to_dir, self.save_prefix, self.save_format,
            self.data_format,
        )  # fmt: skip
        if self.class_mode is None:
            return batch
        targets = batch.copy() if self.class_mode == "input" else self._targets(index_array)
        weight = self.sample_weight
        return (batch, targets) if weight is None else (batch, targets, weight[index_array])

    sample_weight = None

    def _targets(self, index_array):
        if self.class_mode in ("binary", "sparse"):
            return np.array([self.labels[number] for number in index_array], dtype=self.dtype)
        targets = np.zeros((len(index_array), len(self.class_indices)), dtype=self.dtype)
        for place, number in enumerate(index_array):
            targets[place, self.labels[number]] = 1
        return targets


class DirectoryIterator(FileIterator):
    """Batches of the images in the folders of a folder, a class each.

    Args:
        directory: path of the folder.
        image_data_generator: the `ImageDataGenerator`.
        target_size: `(height, width)` to which images are resized.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: names of the folders, in the order of their numbers; by default all, sorted.
        class_mode: what targets are: `"categorical"` (rows with a single one), `"binary"` or
            `"sparse"` (numbers), `"input"` (the images), or None (there are none).
        batch_size, shuffle, seed: see `Iterator`.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir, save_prefix, save_format: see `NumpyArrayIterator`.
        follow_links: whether links to folders are followed.
        subset: `"training"` or `"validation"`, by the generator's `validation_split`; None for all.
        interpolation: see `keras.utils.load_img`.
        keep_aspect_ratio: see `keras.utils.load_img`.
        dtype: of the images.

    Raises:
        ValueError: for another mode, or a binary one with other than two classes.

    Example:
        >>> import cornu, os
        >>> for name in ("cats", "dogs"):
        ...     os.makedirs(f"animals/{name}")
        ...     cornu.utils.save_img(f"animals/{name}/1.png", np.zeros((8, 8, 3)))
        >>> generator = cornu.preprocessing.image.ImageDataGenerator()
        >>> batches = generator.flow_from_directory("animals", target_size=(4, 4))
        Found 2 images belonging to 2 classes.
        >>> batches.class_indices
        {'cats': 0, 'dogs': 1}
    """

    class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
    ):
        self._set_options(image_data_generator, locals())
        self.directory = os.fspath(directory)
        if classes is None:
            classes = sorted(entry.name for entry in os.scandir(self.directory) if entry.is_dir())
        self.class_indices = {name: number for number, name in enumerate(classes)}
        self.num_classes = len(self.class_indices)
        self.filenames, numbers = [], []
        for name, number in self.class_indices.items():
            files = _images_below(os.path.join(self.directory, name), follow_links)
            kept = files[self._part(len(files))]
            self.filenames += [os.path.relpath(file, self.directory) for file in kept]
            numbers += [number] * len(kept)
        self.classes = np.array(numbers, dtype="int32")
        self.samples = len(self.filenames)
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def filepaths(self):
        """Paths of the images."""
        return [os.path.join(self.directory, name) for name in self.filenames]

    @property
    def labels(self):
        """The number of each image's class."""
        return self.classes


def _images_below(folder, follow_links):
    """Paths of all image files in a folder and those in it, sorted."""
    found = []
    for place, _, names in sorted(os.walk(folder, followlinks=follow_links)):
        found += [
            os.path.join(place, name)
            for name in sorted(names)
            if name.lower().rpartition(".")[2] in ENDINGS
        ]
    return found


class DataFrameIterator(FileIterator):
    """Batches of the images that a table names.

    Args:
        dataframe: the table: of pandas, or a dict of columns.
        directory: folder in which the files are; None if the table has whole paths.
        image_data_generator: the `ImageDataGenerator`.
        x_col: the column of file names.
        y_col: the column of targets, or a list of columns.
        weight_col: the column of weights, or None.
        target_size, color_mode: see `DirectoryIterator`.
        classes: names of the classes, in the order of their numbers; by default all, sorted.
        class_mode: as of `DirectoryIterator`; or `"raw"` (the values of `y_col`) or
            `"multi_output"` (a list of them, one for each column). With `"categorical"` the column
            may hold lists of classes.
        batch_size, shuffle, seed, data_format: see `DirectoryIterator`.
        save_to_dir, save_prefix, save_format: see `NumpyArrayIterator`.
        subset, interpolation, keep_aspect_ratio, dtype: see `DirectoryIterator`.
        validate_filenames: whether rows without an image file are left out.

    Raises:
        ValueError: for another mode, a column that is not there, or values that the mode does not
            take.

    Example:
        >>> import cornu
        >>> cornu.utils.save_img("cat.png", np.zeros((8, 8, 3)))
        >>> table = {"filename": ["cat.png"], "class": ["cat"]}
        >>> generator = cornu.preprocessing.image.ImageDataGenerator()
        >>> batches = generator.flow_from_dataframe(table, target_size=(4, 4))
        Found 1 validated image filenames belonging to 1 classes.
    """

    class_modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
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
        data_format="channels_last",
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
        validate_filenames=True,
    ):
        self._set_options(image_data_generator, locals())
        self.directory = "" if directory is None else os.fspath(directory)
        named = class_mode in ("binary", "categorical", "sparse")
        columns = [y_col] if isinstance(y_col, str) else list(y_col)
        needed = [x_col, *(columns if class_mode not in ("input", None) else [])]
        for column in needed if weight_col is None else [*needed, weight_col]:
            if column not in dataframe:
                raise ValueError(
                    f"The table has no column {column!r}.{did_you_mean(column, list(dataframe))}"
                )
        rows = {name: list(dataframe[name]) for name in dict.fromkeys(needed)}
        paths = [os.path.join(self.directory, name) for name in map(str, rows[x_col])]
        kept = [
            number
            for number, path in enumerate(paths)
            if not validate_filenames
            or (path.lower().rpartition(".")[2] in ENDINGS and os.path.isfile(path))
        ]
        if named:
            kept = self._number_classes(rows[columns[0]], kept, classes)
        kept = kept[self._part(len(kept))]
        self._filepaths = [paths[number] for number in kept]
        self.filenames = [str(rows[x_col][number]) for number in kept]
        self._take_targets(rows, columns, kept, named)
        if weight_col is not None:
            self.sample_weight = np.asarray(dataframe[weight_col])[kept]
        self.samples = len(kept)
        belonging = f" belonging to {len(self.class_indices)} classes" if named else ""
        print(f"Found {self.samples} validated image filenames{belonging}.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _number_classes(self, values, kept, classes):
        """Number the classes; returns the rows that have one."""
        if classes is None:
            found = {name for number in kept for name in _as_list(values[number])}
            if not all(isinstance(name, str) for name in found):
                raise ValueError(
                    f"If class_mode={self.class_mode!r}, the column of classes must hold strings."
                    f" Received: {shorten(sorted(found, key=str))}. For numbers use"
                    " class_mode='raw'."
                )
            classes = sorted(found)
        self.class_indices = {name: number for number, name in enumerate(classes)}
        if self.class_mode == "binary" and len(self.class_indices) != 2:
            raise ValueError(
                "If class_mode='binary' there must be 2 classes. Found:"
                f" {shorten(list(self.class_indices))}"
            )
        return [
            number
            for number in kept
            if any(name in self.class_indices for name in _as_list(values[number]))
        ]

    def _take_targets(self, rows, columns, kept, named):
        if named:
            found = [
                [self.class_indices[name] for name in _as_list(rows[columns[0]][number])
                 if name in self.class_indices]
                for number in kept
            ]  # fmt: skip
            self.classes = [each[0] if len(each) == 1 else each for each in found]
        elif self.class_mode in ("raw", "multi_output"):
            taken = [np.array([rows[column][number] for number in kept]) for column in columns]
            single = self.class_mode == "raw" and len(columns) == 1
            joined = (
                taken[0] if single else np.stack(taken, axis=1) if self.class_mode == "raw" else 0
            )
            self._raw = taken if self.class_mode == "multi_output" else joined

    def _targets(self, index_array):
        if self.class_mode == "raw":
            return self._raw[index_array]
        if self.class_mode == "multi_output":
            return [each[index_array] for each in self._raw]
        return super()._targets(index_array)

    @property
    def filepaths(self):
        """Paths of the images."""
        return self._filepaths

    @property
    def labels(self):
        """The number of each image's class (a list of several), or the targets as they are."""
        return self._raw if self.class_mode in ("raw", "multi_output") else self.classes


def _as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]
