"""Layers as configs, and back."""

from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import EXPORTS, export


@export("keras.layers.serialize")
def serialize(layer):
    """The config of a layer, as plain values.

    Args:
        layer: a `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.serialize(cornu.layers.Dense(3))["config"]["units"]
        3
    """
    return serialize_keras_object(layer)


@export("keras.layers.deserialize")
def deserialize(config, custom_objects=None):
    """The layer that `serialize` described; its weights are new.

    Args:
        config: what `serialize` returned; also the older form, without the class's module.
        custom_objects: dict of your own classes by name.

    Raises:
        ValueError: if the config is not that of a layer.

    Example:
        >>> import cornu
        >>> config = cornu.layers.serialize(cornu.layers.Dense(3))
        >>> cornu.layers.deserialize(config).units
        3
    """
    found = deserialize_keras_object(
        config,
        custom_objects=custom_objects,
        module_objects=_classes(),
        printable_module_name="layer",
    )
    if not isinstance(found, Layer):
        raise ValueError(
            "`layers.deserialize` takes the config of a layer, a dict with `class_name` and"
            f" `config`. Received: {shorten(config)}"
        )
    return found


def _classes():
    start = "keras.layers."
    return {path[len(start) :]: obj for path, obj in EXPORTS.items() if path.startswith(start)}
