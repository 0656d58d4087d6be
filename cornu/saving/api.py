"""`save_model`, `load_model`, `save_weights`, `load_weights`."""

import io
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

from cornu.core.lazy import lazy_module
from cornu.saving import archive, orbax_folder, safety
from cornu.saving.atomic import atomic_directory, atomic_write
from cornu.saving.h5 import WeightsWriter, new_file
from cornu.saving.paths import as_path, check_exists, may_overwrite
from cornu.saving.walk import walk
from cornu.saving.weights import load_assets, load_state, save_assets, save_state
from cornu.serial import sharing
from cornu.serial.budget import memory_budget
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.errors import ModelFileError, warn_user
from cornu.serial.registry import CustomObjectScope, export
from cornu.state.variable import deferred_values

legacy_h5 = lazy_module("cornu.saving.legacy_h5")  # takes long to import, is rarely needed

_LEGACY = (".h5", ".hdf5")


@export("keras.saving.save_model", "keras.models.save_model")
def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Save a model: its config, weights, optimizer state and compilation.

    A crash at any instant leaves the file that was there before, or the new one, whole.

    Args:
        model: the model.
        filepath: path that ends in `.keras`; any other with `zipped=False`.
        overwrite: whether to replace a file that is there. If False, a person at the terminal is
            asked, and a program gets `FileExistsError`.
        zipped: True for one `.keras` file, False for a folder; by default what `filepath` says.
        **kwargs: `include_optimizer` (True), whether the compilation is saved too; `fsync` (True),
            whether to wait until the data is on the disk.

    Raises:
        ValueError: if the path has another ending.
        FileExistsError: if there is a file and `overwrite` is False.

    Example:
        >>> import cornu, os, tempfile
        >>> model = cornu.Sequential([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> cornu.saving.save_model(model, path)
        >>> cornu.saving.load_model(path).count_params()
        3
    """
    path = as_path(filepath)
    fsync, include_optimizer = kwargs.pop("fsync", True), kwargs.pop("include_optimizer", True)
    if kwargs.pop("save_format", None) is not None:
        _tell_save_format(path)
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {sorted(kwargs)}")
    as_folder = _check_ending(path, zipped)
    if not overwrite and not may_overwrite(path):
        return
    _warn_if_unbuilt(model)
    if not as_folder and path.endswith(_LEGACY):
        with atomic_write(path, fsync) as temporary:
            legacy_h5.save_model_h5(model, temporary, include_optimizer)
        return
    skip = () if include_optimizer else (getattr(model, "optimizer", None),)
    config = _config_of(model, include_optimizer)
    with _parts(model, skip) as parts:
        if as_folder:
            with atomic_directory(path, fsync) as temporary:
                archive.write_folder(temporary, config, *parts)
        else:
            with atomic_write(path, fsync) as temporary:
                archive.write_archive(temporary, config, *parts)


@export("keras.saving.load_model", "keras.models.load_model")
def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """Load a model saved by `save_model` here or in Keras 3.

    Only classes of this package, those in `custom_objects` and those registered are built; nothing
    else that a file names is looked up, imported or run.

    Args:
        filepath: path of a `.keras` file, or of a folder saved with `zipped=False`.
        custom_objects: dictionary, name in the file -> your class or function.
        compile: whether to compile the model as it was.
        safe_mode: whether a file that holds Python code (a lambda) is refused.

    Returns:
        The model.

    Raises:
        FileNotFoundError: if there is no such file.
        ModelFileError: if it is not a whole model file, names unknown classes, or does not fit
            them.

    Example:
        >>> import cornu, os, tempfile
        >>> model = cornu.Sequential([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> model.save(path)
        >>> cornu.saving.load_model(path).output_shape
        (None, 1)
    """
    path = as_path(filepath)
    if not path.endswith((".keras", *_LEGACY)) and not os.path.isdir(path):
        raise ModelFileError(
            "File format not supported. A model is a file ending in `.keras`, `.h5` or `.hdf5`, or "
            "a folder saved with `zipped=False`; a SavedModel of TensorFlow cannot be loaded.",
            path=path,
        )
    check_exists(path)
    if orbax_folder.is_orbax(path):
        return _load_orbax(path, custom_objects, compile, safe_mode)
    if os.path.isdir(path):
        source = archive.Folder(path)
    elif path.endswith(_LEGACY):
        with memory_budget(os.path.getsize(path), safe_mode):
            return legacy_h5.load_model_h5(path, custom_objects, compile, safe_mode)
    else:
        source = archive.Archive(path, path)
    with source, memory_budget(source.weights_size, safe_mode):
        return _load_from(source, custom_objects, compile, safe_mode)


def model_to_bytes(model):
    """A model as the bytes of a `.keras` file, for pickling and copying."""
    config = _config_of(model)
    buffer = io.BytesIO()
    with _parts(model) as parts:
        archive.write_archive(buffer, config, *parts)
    return buffer.getvalue()


def model_from_bytes(data, custom_objects=None, compile=True, safe_mode=True):
    """The model that `model_to_bytes` packed."""
    with archive.Archive(io.BytesIO(data), "<bytes of a .keras file>") as source:
        return _load_from(source, custom_objects, compile, safe_mode)


def _config_of(model, include_optimizer=True):
    """The text of `config.json`; raises before any file is touched if a layer has no config."""
    with sharing.sharing(fresh=True):
        described = serialize_keras_object(model)
    if not include_optimizer:
        described["compile_config"] = None
    return safety.dump_json(sharing.without_single_numbers(described))


@contextmanager
def _parts(model, skip=()):
    """What writes the weights of a model, and its assets in a temporary folder (or None)."""

    def write_weights(target):
        with new_file(target) as file:
            save_state(model, WeightsWriter(file), skip)

    if not any(hasattr(obj, "save_assets") for _, obj in walk(model)):
        yield write_weights, None
        return
    with tempfile.TemporaryDirectory() as folder:
        save_assets(model, folder)
        yield write_weights, folder


def _load_from(source, custom_objects, compile, safe_mode):
    config = safety.parse_json(source.config_text, source.path, safety.CONFIG)
    if not isinstance(config, dict):
        raise ModelFileError("It is not a model's.", path=source.path, member=safety.CONFIG)
    if not compile:
        config["compile_config"] = None
    with CustomObjectScope(custom_objects), deferred_values():
        model = _rebuild(config, source, safe_mode)
        with source.weights() as reader:
            load_state(model, reader, fresh=True)
        with source.assets() as folder:
            if folder is not None:
                load_assets(model, folder)
    return model


def _load_orbax(path, custom_objects, compile, safe_mode):
    config = safety.parse_json(orbax_folder.config_text(path), path, orbax_folder.MODEL)
    if not compile:
        config["compile_config"] = None
    with CustomObjectScope(custom_objects):
        model = _rebuild(config, _Place(path), safe_mode)
    orbax_folder.set_state(model, path)
    orbax_folder.set_assets(model, path)
    return model


@dataclass(frozen=True)
class _Place:
    """Where a config came from, for messages."""

    path: str


def _rebuild(config, source, safe_mode):
    where = {"path": source.path, "member": safety.CONFIG}
    try:
        with sharing.sharing(fresh=True):
            model = deserialize_keras_object(config, safe_mode=safe_mode)
    except ModelFileError as error:
        raise error.located(**where) from error.__cause__
    except Exception as error:  # whatever a constructor makes of arguments that came from a file
        reason = f"The model cannot be rebuilt from its config: {type(error).__name__}: {error}"
        raise ModelFileError(reason, **where) from error
    if not hasattr(model, "load_own_variables"):
        raise ModelFileError(f"It describes a {type(model).__name__}, not a model.", **where)
    return model


def _tell_save_format(path):
    """The argument is one of Keras 2's: there is nothing to choose any more."""
    advice = "The `save_format` argument is deprecated: the format follows from the path's ending"
    if not path.endswith((".keras", *_LEGACY)):
        raise ValueError(f"{advice}, `.keras` or `.h5`. Received: filepath={path}")
    warn_user(f"{advice}. Leave it out.")


def _check_ending(path, zipped):
    """Whether a folder is to be written."""
    if zipped is False:
        if path.endswith(".keras"):
            raise ValueError(
                "With `zipped=False`, `filepath` names a folder and should not end in `.keras`. "
                f"Received: filepath={path}"
            )
        return True
    if path.endswith(_LEGACY):
        _warn_of_h5()
        return False
    if not path.endswith(".keras"):
        raise ValueError(
            "Invalid filepath extension for saving: the name must end in `.keras` (or pass "
            f"`zipped=False` to save a folder). Received: filepath={path}"
        )
    return False


def _warn_if_unbuilt(model):
    if not getattr(model, "built", True):
        warn_user(
            "You are saving a model that has not yet been built, so without weights. Call it on "
            "some data first, or call its `build()`."
        )


def _warn_of_h5():
    warn_user(
        "You are saving your model as an HDF5 file, a format that is considered legacy. The native "
        "format holds more and is safer: `model.save('my_model.keras')`."
    )
