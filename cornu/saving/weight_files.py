"""`save_weights` and `load_weights`: a model's weights alone, in one of several formats."""

import os

from cornu.core.lazy import lazy_module
from cornu.saving import archive, npz, orbax_folder, safetensors
from cornu.saving.atomic import atomic_write
from cornu.saving.h5 import WeightsReader, WeightsWriter, new_file
from cornu.saving.paths import as_path, check_built, check_exists, may_overwrite
from cornu.saving.shards import INDEX, ShardReader, save_shards
from cornu.saving.stores import FlatWriter
from cornu.saving.weights import load_state, save_state
from cornu.serial.errors import ModelFileError, warn_user
from cornu.serial.registry import export

legacy_h5 = lazy_module("cornu.saving.legacy_h5")  # takes long to import, is rarely needed

LEGACY = (".h5", ".hdf5")
# What the arrays in a file of these formats are called: `layers/dense/vars/0`, as in Keras's files.
FLAT = {".npz": npz.write, ".safetensors": safetensors.write}
ENDINGS = "`.weights.h5`, `.weights.json` (several files), `.safetensors` or `.npz`"


@export("keras.saving.save_weights")
def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Save the weights of a model, and its optimizer's state.

    A crash at any instant leaves the file that was there before, or the new one, whole. Every array
    has a checksum.

    Args:
        model: a built model.
        filepath: path that ends in `.weights.h5`; in `.weights.json` with `max_shard_size`; or in
            `.safetensors` or `.npz`, which Keras does not read.
        overwrite: as in `save_model`.
        max_shard_size: gigabytes (2^30 bytes) that the arrays of one file may take, to write
            several files and an index of them; None for one file.
        **kwargs: `objects_to_skip`, a list of layers to leave out; `fsync` (True), whether to wait
            until the data is on the disk.

    Raises:
        ValueError: if the path has another ending, the model is not built, or an array is larger
            than `max_shard_size`.
        FileExistsError: if there is a file and `overwrite` is False.
    """
    path = as_path(filepath)
    fsync, skip = kwargs.pop("fsync", True), kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {sorted(kwargs)}")
    if max_shard_size is not None:
        path = _index_path(path, max_shard_size)
    ending = os.path.splitext(path)[1]
    if max_shard_size is None and not path.endswith(".weights.h5") and ending not in FLAT:
        raise ValueError(
            f"The filename must end in {ENDINGS}; for several files pass `max_shard_size`. "
            f"Received: filepath={path}"
        )
    check_built(model, "saving the weights of")
    if not overwrite and not may_overwrite(path):
        return
    if max_shard_size is not None:
        save_shards(path, lambda writer: save_state(model, writer, skip), max_shard_size, fsync)
        return
    with atomic_write(path, fsync) as temporary:
        if ending in FLAT:
            writer = FlatWriter()
            save_state(model, writer, skip)
            FLAT[ending](temporary, writer.arrays)
        else:
            with new_file(temporary) as file:
                save_state(model, WeightsWriter(file), skip)


def _index_path(path, max_shard_size):
    """The path of the index of several files."""
    if isinstance(max_shard_size, bool) or not isinstance(max_shard_size, (int, float)):
        raise TypeError(f"`max_shard_size` is a number of gigabytes. Received: {max_shard_size!r}")
    if not max_shard_size > 0:
        raise ValueError(f"`max_shard_size` must be above 0. Received: {max_shard_size}")
    if path.endswith(".weights.h5"):
        index = path.removesuffix(".weights.h5") + INDEX
        warn_user(f"Several files have an index that ends in `{INDEX}`: it is saved as {index}.")
        return index
    if not path.endswith(INDEX):
        raise ValueError(
            f"With `max_shard_size`, the filename must end in `{INDEX}`. Received: filepath={path}"
        )
    return path


@export("keras.saving.load_weights")
def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Load the weights of a model from a file of weights, or from a whole model's.

    The file is checked against the model first; if loading fails the model is as it was.

    Args:
        model: a built model.
        filepath: path of a file ending in `.weights.h5`, `.weights.json`, `.safetensors`, `.npz`,
            `.keras`, `.h5` or `.hdf5`, or of a folder that holds a model.
        skip_mismatch: whether layers that do not fit the file keep their weights, with a warning.
        **kwargs: `strict` (False), whether content of the file that the model has no place for is
            an error rather than a warning; `objects_to_skip`, a list of layers to leave out;
            `by_name` (False), for files of Keras 1 and 2: whether layers are found by their names
            rather than by their order.

    Returns:
        A `LoadReport`: which variables were loaded, are missing in the file or do not fit, and
        which arrays of the file were not used.

    Raises:
        FileNotFoundError: if there is no such file.
        ModelFileError: if it is damaged or does not fit the model.
        ValueError: if the model is not built.

    Example:
        >>> import cornu, os, tempfile
        >>> model = cornu.Sequential([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
        >>> model.save_weights(path)
        >>> print(model.load_weights(path, strict=True))
        LoadReport: 2 loaded, 0 missing, 0 mismatched, 0 unused
    """
    path = as_path(filepath)
    skip, strict = kwargs.pop("objects_to_skip", None) or (), kwargs.pop("strict", False)
    by_name = kwargs.pop("by_name", False)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {sorted(kwargs)}")
    if strict and skip_mismatch:
        raise ValueError("`strict` and `skip_mismatch` exclude each other.")
    if by_name and not _is_legacy(path):
        raise ValueError(
            f"`by_name` only supports legacy '.h5' or '.hdf5' files. Received: filepath={path}"
        )
    _check_format(path)
    check_exists(path)
    check_built(model, "loading weights into")
    if _is_legacy(path) or legacy_h5.is_legacy(path):
        return legacy_h5.load_weights_h5(model, path, by_name, skip_mismatch, strict, skip)
    if orbax_folder.is_orbax(path):
        return orbax_folder.set_state(model, path)
    if path.endswith(".keras") or os.path.isdir(path):
        source = archive.Folder(path) if os.path.isdir(path) else archive.Archive(path, path)
        with source, source.weights() as reader:
            return load_state(model, reader, skip_mismatch, skip, strict)
    with _reader(path) as reader:
        return load_state(model, reader, skip_mismatch, skip, strict)


def _is_legacy(path):
    return path.endswith(LEGACY) and not path.endswith(".weights.h5")


def _check_format(path):
    known = (*LEGACY, *FLAT, INDEX, ".keras")
    if not path.endswith(known) and not os.path.isdir(path):
        raise ModelFileError(
            f"File format not supported. Weights are read from {ENDINGS}, and from models in "
            "`.keras`, `.h5` or `.hdf5`.",
            path=path,
        )


def _reader(path):
    """The file of weights at `path`, open for reading."""
    if path.endswith(INDEX):
        return ShardReader(path)
    if path.endswith(".npz"):
        return npz.NpzReader(path)
    if path.endswith(".safetensors"):
        return safetensors.SafetensorsReader(path)
    return WeightsReader(path, os.path.getsize(path), path)
