"""Functions of `keras.models` that only Keras 2 has."""

from cornu.core.errors import shorten
from cornu.layers import deserialize


def model_from_config(config, custom_objects=None):
    """The model that a config describes; its weights are new.

    Args:
        config: dictionary with `class_name` and `config`, as `keras.layers.serialize` gives it.
        custom_objects: dictionary of your own classes by name.

    Raises:
        TypeError: for a list, which is the config of a Sequential model alone.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(2)])
        >>> config = cornu.layers.serialize(model)
        >>> cornu.models.model_from_config(config).output_shape
        (None, 2)
    """
    if isinstance(config, list):
        raise TypeError(
            "`model_from_config` takes a dictionary with `class_name` and `config`, not a list. Did"
            f" you mean `Sequential.from_config`? Received: {shorten(config)}"
        )
    return deserialize(config, custom_objects=custom_objects)


def model_from_yaml(yaml_string, custom_objects=None):
    """Gone since TensorFlow 2.6: reading YAML could run code.

    Args:
        yaml_string: text.
        custom_objects: dictionary.

    Raises:
        RuntimeError: always.

    Example:
        >>> import cornu
        >>> cornu.models.model_from_yaml("")
        Traceback (most recent call last):
        RuntimeError: `model_from_yaml` is gone: reading YAML could run code...
    """
    raise RuntimeError(
        "`model_from_yaml` is gone: reading YAML could run code. Write models by `model.to_json()`"
        " and read them by `keras.models.model_from_json`, or save whole ones:"
        " `model.save('model.keras')`."
    )
