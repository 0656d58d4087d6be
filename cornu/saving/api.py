"""`save_model`, `load_model`, `save_weights`, `load_weights`."""

import difflib
import io
import os
import sys
import tempfile
from dataclasses import dataclass

from cornu.saving import archive, orbax_folder, safety
from cornu.saving.atomic import atomic_directory, atomic_write
from cornu.saving.h5 import WeightsReader, h5py
from cornu.saving.walk import walk
from cornu.saving.weights import load_assets, load_state, save_assets, save_state
from cornu.serial import sharing
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.errors import ModelFileError, warn_user
from cornu.serial.registry import CustomObjectScope, export

_LEGACY = (".h5", ".hdf5")


class MissingFileError(ModelFileError, FileNotFoundError):
    """There is no file at the path given."""


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
    path = _path(filepath)
    fsync, include_optimizer = kwargs.pop("fsync", True), kwargs.pop("include_optimizer", True)
    save_format = kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {sorted(kwargs)}")
    if save_format not in (None, "keras"):
        raise ValueError(f"`save_format` can only be 'keras', received: {save_format!r}")
    as_folder = _check_ending(path, zipped)
    if not overwrite and not _may_overwrite(path):
        return
    _warn_if_unbuilt(model)
    skip = () if include_optimizer else (getattr(model, "optimizer", None),)
    config = _config_of(model, include_optimizer)
    with _Packed(model, os.path.dirname(os.path.abspath(path)), skip) as parts:
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
    path = _path(filepath)
    _check_exists(path)
    if orbax_folder.is_orbax(path):
        return _load_orbax(path, custom_objects, compile, safe_mode)
    if os.path.isdir(path):
        source = archive.Folder(path)
    elif path.endswith(_LEGACY):
        raise ModelFileError(_about_h5(path), path=path)
    else:
        source = archive.Archive(path, path)
    with source:
        return _load_from(source, custom_objects, compile, safe_mode)


@export("keras.saving.save_weights")
def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Save the weights of a model, and its optimizer's state, to a `.weights.h5` file.

    Args:
        model: a built model.
        filepath: path that ends in `.weights.h5`.
        overwrite: as in `save_model`.
        max_shard_size: None; several files for one model are not supported yet.
        **kwargs: `fsync` (True), whether to wait until the data is on the disk.

    Raises:
        ValueError: if the path has another ending or the model is not built.
        FileExistsError: if there is a file and `overwrite` is False.
    """
    path = _path(filepath)
    fsync = kwargs.pop("fsync", True)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {sorted(kwargs)}")
    if max_shard_size is not None or path.endswith(".weights.json"):
        raise ValueError(
            "Weights cannot be split into several files yet: leave out `max_shard_size` and save "
            "to one file whose name ends in `.weights.h5`."
        )
    if not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    _check_built(model, "saving the weights of")
    if not overwrite and not _may_overwrite(path):
        return
    with atomic_write(path, fsync) as temporary, h5py.File(temporary, "w") as file:
        save_state(model, file)


@export("keras.saving.load_weights")
def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Load the weights of a model from a `.weights.h5` file, or from a whole model's `.keras` file.

    The file is checked against the model first; if loading fails the model is as it was.

    Args:
        model: a built model.
        filepath: path of the file.
        skip_mismatch: whether layers that do not fit the file keep their weights, with a warning.
        **kwargs: `objects_to_skip`, a list of layers to leave out.

    Raises:
        FileNotFoundError: if there is no such file.
        ModelFileError: if it is damaged or does not fit the model.
        ValueError: if the model is not built.
    """
    path = _path(filepath)
    skip = kwargs.pop("objects_to_skip", None) or ()
    if kwargs.pop("by_name", False):
        raise ValueError(
            f"`by_name` only supports legacy '.h5' or '.hdf5' files. Received: filepath={path}"
        )
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {sorted(kwargs)}")
    _check_exists(path)
    _check_built(model, "loading weights into")
    if orbax_folder.is_orbax(path):
        orbax_folder.set_state(model, path)
        return
    if path.endswith(".weights.h5"):
        with WeightsReader(path, os.path.getsize(path), path) as reader:
            load_state(model, reader, skip_mismatch, skip)
        return
    if not path.endswith(".keras") and not os.path.isdir(path):
        about = _about_h5(path) if path.endswith(_LEGACY) else "File format not supported."
        raise ModelFileError(
            f"{about} Weights are read from `.weights.h5` and `.keras`.", path=path
        )
    source = archive.Folder(path) if os.path.isdir(path) else archive.Archive(path, path)
    with source, source.weights() as reader:
        load_state(model, reader, skip_mismatch, skip)


def model_to_bytes(model):
    """A model as the bytes of a `.keras` file, for pickling and copying."""
    config = _config_of(model)
    buffer = io.BytesIO()
    with _Packed(model, None) as parts:
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


class _Packed:
    """The weights of a model as a temporary file, and its assets as a temporary folder (or
    None)."""

    def __init__(self, model, folder, skip=()):
        self._weights = archive.spool(folder)
        self._assets = None
        try:
            with h5py.File(self._weights, "w") as file:
                save_state(model, file, skip)
            if any(hasattr(obj, "save_assets") for _, obj in walk(model)):
                self._assets = tempfile.TemporaryDirectory()
                save_assets(model, self._assets.name)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self._weights, self._assets and self._assets.name

    def __exit__(self, *exc):
        self._weights.close()
        if self._assets is not None:
            self._assets.cleanup()


def _load_from(source, custom_objects, compile, safe_mode):
    config = safety.parse_json(source.config_text, source.path, safety.CONFIG)
    if not isinstance(config, dict):
        raise ModelFileError("It is not a model's.", path=source.path, member=safety.CONFIG)
    if not compile:
        config["compile_config"] = None
    with CustomObjectScope(custom_objects):
        model = _rebuild(config, source, safe_mode)
        with source.weights() as reader:
            load_state(model, reader)
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


def _path(filepath):
    return os.fsdecode(os.fspath(filepath))


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
        raise ValueError(
            "Whole models cannot be saved in the legacy HDF5 format yet: end the name in `.keras`. "
            f"Received: filepath={path}"
        )
    if not path.endswith(".keras"):
        raise ValueError(
            "Invalid filepath extension for saving: the name must end in `.keras` (or pass "
            f"`zipped=False` to save a folder). Received: filepath={path}"
        )
    return False


def _may_overwrite(path):
    """Whether an existing file may be replaced, as a person at the terminal answers."""
    if not os.path.exists(path):
        return True
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        raise FileExistsError(
            f"There is a file at {path} already: pass `overwrite=True` to replace it."
        )
    answer = ""
    while answer not in ("y", "n"):
        answer = input(f"{path} already exists - overwrite? [y/n] ").strip().lower()
    return answer == "y"


def _warn_if_unbuilt(model):
    if not getattr(model, "built", True):
        warn_user(
            "You are saving a model that has not yet been built, so without weights. Call it on "
            "some data first, or call its `build()`."
        )


def _check_built(model, action):
    if not getattr(model, "built", True):
        raise ValueError(
            f"You are {action} a model that has not yet been built. Call it on some data first, or "
            "call its `build()`."
        )


def _check_exists(path):
    if os.path.exists(path):
        return
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise MissingFileError(f"File not found: there is no folder {folder}.", path=path)
    near = difflib.get_close_matches(name, os.listdir(folder), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise MissingFileError(f"File not found.{hint}", path=path)


def _about_h5(path):
    if path.endswith(".weights.h5"):
        return "The file holds weights only: build the model and call its `load_weights` on it."
    return (
        "Files in the legacy HDF5 format of Keras 1 and 2 cannot be read yet; Keras 3 converts "
        "them: `keras.models.load_model(old).save('new.keras')`."
    )
