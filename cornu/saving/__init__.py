"""`keras.saving`: models and weights in files, in Keras 3's formats, that no crash can destroy."""

from cornu.saving.api import load_model, save_model
from cornu.saving.editor import KerasFileEditor
from cornu.saving.report import LoadReport
from cornu.saving.weight_files import load_weights, save_weights
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.errors import ModelFileError
from cornu.serial.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "LoadReport",
    "ModelFileError",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
