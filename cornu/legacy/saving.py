"""`keras.legacy.saving`."""

from cornu.serial.legacy import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
