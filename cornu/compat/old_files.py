"""Saving and loading models as Keras 2 was asked to: HDF5 weights, paths without an ending."""

import functools
import os

from cornu.compat.old_arguments import note
from cornu.saving.atomic import atomic_write
from cornu.saving.h5 import new_file
from cornu.saving.legacy_h5 import writer
from cornu.saving.paths import check_built, may_overwrite

OLD_ENDINGS = (".h5", ".hdf5")


def saving(save):
    """`Model.save` that takes a path without an ending, where tf.keras 2 wrote a folder."""

    @functools.wraps(save)
    def wrapped(self, filepath, overwrite=True, *args, **kwargs):
        path = os.fspath(filepath) if isinstance(filepath, (str, os.PathLike)) else filepath
        file_format = kwargs.pop("save_format", None)
        is_file = isinstance(path, str) and kwargs.get("zipped") is not False
        if is_file and not os.path.splitext(path)[1]:
            path += ".h5" if file_format == "h5" else ".keras"
            note("save", "filepath", f"a model is a file now, saved as {path!r}.")
        if args and isinstance(args[0], bool):  # Keras 2's third argument
            kwargs["include_optimizer"], args = args[0], ()
        return save(self, path, overwrite, *args, **kwargs)

    return wrapped


def saving_weights(save_weights):
    """`Model.save_weights` that writes `.h5` files as Keras 2 did, and takes paths without an
    ending."""

    @functools.wraps(save_weights)
    def wrapped(self, filepath, overwrite=True, save_format=None, **kwargs):
        path = os.fspath(filepath)
        if path.endswith(OLD_ENDINGS) and not path.endswith(".weights.h5"):
            _write_old_weights(self, path, overwrite)
            return None
        if not os.path.splitext(path)[1]:
            note("save_weights", "filepath", f"weights are a file now, {path + '.weights.h5'!r}.")
            path += ".weights.h5"
        return save_weights(self, path, overwrite, **kwargs)

    return wrapped


def _write_old_weights(model, path, overwrite):
    check_built(model, "saving the weights of")
    if overwrite or may_overwrite(path):
        with atomic_write(path, True) as temporary, new_file(temporary) as file:
            writer._write_weights(model, file)


def loading_weights(load_weights):
    """`Model.load_weights` that finds what `save_weights` wrote for a path without an ending."""

    @functools.wraps(load_weights)
    def wrapped(self, filepath, *args, **kwargs):
        if args and isinstance(args[0], bool):  # Keras 2's second argument
            kwargs["by_name"], args = args[0], args[1:]
        return load_weights(self, existing(filepath, ".weights.h5"), *args, **kwargs)

    return wrapped


def loading_model(load_model):
    """`load_model` that finds what `save` wrote for a path without an ending."""

    @functools.wraps(load_model)
    def wrapped(filepath, *args, **kwargs):
        kwargs.pop("options", None)
        return load_model(existing(filepath, ".keras"), *args, **kwargs)

    return wrapped


def existing(filepath, ending):
    """`filepath`, or it with the ending, if only that is there."""
    if isinstance(filepath, (str, os.PathLike)) and not os.path.exists(filepath):
        longer = os.fspath(filepath) + ending
        if os.path.exists(longer):
            return longer
    return filepath
