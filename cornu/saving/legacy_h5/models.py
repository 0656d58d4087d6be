"""Whole models from old HDF5 files."""

from cornu.saving.legacy_h5 import compiled, configs, load, optimizer_state
from cornu.saving.legacy_h5.reader import LegacyFile
from cornu.serial import sharing
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.errors import ModelFileError
from cornu.serial.functions import safety
from cornu.serial.registry import CustomObjectScope
from cornu.state.variable import deferred_values

CONFIG, TRAINING = "model_config", "training_config"


def load_model_h5(path, custom_objects=None, compile=True, safe_mode=True):
    """The model in an HDF5 file of Keras 1, Keras 2, tf.keras 2 or Keras 3.

    Args:
        path: path of the file.
        custom_objects: dictionary, name in the file -> class or function.
        compile: whether to compile the model as it was, with its optimizer's state.
        safe_mode: whether a file that holds Python code (a lambda) is refused.

    Raises:
        ModelFileError: if it holds no model, is damaged, or names what is not known.
    """
    with LegacyFile(path) as file, CustomObjectScope(custom_objects), deferred_values():
        config = file.json(CONFIG)
        if not isinstance(config, dict):
            raise ModelFileError(
                "The file holds weights only: build the model and call its `load_weights` on it.",
                path=path,
            )
        model = _built(file, config, safe_mode)
        _, found = load.plan(model, file)
        load.assign(found, fresh=True)
        training = file.json(TRAINING) if compile else None
        if training is not None:
            _compile(model, file, training, safe_mode)
            optimizer_state.load(model, file, found)
    return model


def is_old_json(config):
    """Whether the JSON of a model is that of Keras 1 or 2: Keras 3 says in which module it is."""
    return isinstance(config, dict) and "class_name" in config and "module" not in config


def model_from_old_json(config, custom_objects=None):
    """The model, with new weights, that `to_json` of Keras 1 or 2 described.

    Args:
        config: the JSON, as Python values.
        custom_objects: dictionary, name in the JSON -> class or function.
    """
    version = str(config.get("keras_version") or "").partition(".")[0]
    version = int(version) if version in ("1", "2", "3") else None
    with CustomObjectScope(custom_objects), sharing.sharing(fresh=True):
        return deserialize_keras_object(configs.modern(config, version))


def _built(file, config, safe_mode):
    with _located(file.path, CONFIG), sharing.sharing(fresh=True):
        version = file.major_version if file.word("keras_version") else None
        model = deserialize_keras_object(configs.modern(config, version), safe_mode=safe_mode)
    if not hasattr(model, "load_own_variables"):
        raise ModelFileError(f"It describes a {type(model).__name__}, not a model.", file.path)
    if not getattr(model, "built", True):
        raise ModelFileError(
            "The file does not say for what data the model is, so it cannot be built: build it "
            "yourself and call its `load_weights` on the file.",
            path=file.path,
        )
    return model


def _compile(model, file, training, safe_mode):
    if not isinstance(training, dict):
        raise ModelFileError("It is malformed.", file.path, TRAINING)
    with _located(file.path, TRAINING):
        outputs = getattr(model, "output_names", ())
        config = compiled.compile_config(training, outputs)
        with safety(safe_mode):
            model.compile_from_config(config)


class _located:
    """Whatever goes wrong inside is an error about a file."""

    def __init__(self, path, member):
        self._where = {"path": path, "member": member}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, ModelFileError):
            raise error.located(**self._where) from error.__cause__
        if isinstance(error, Exception):
            reason = f"The model cannot be rebuilt: {type(error).__name__}: {error}"
            if self._where["member"] == TRAINING:
                reason += " With `compile=False` the model is loaded without its compilation."
            raise ModelFileError(reason, **self._where) from error
