"""Objects as JSON, in the shapes that Keras 3 writes."""

import types

import numpy as np

from cornu.core.dtypes import standardize_dtype
from cornu.core.errors import shorten
from cornu.serial import sharing
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.errors import warn_user
from cornu.serial.functions import dump_function
from cornu.serial.registry import export, get_registered_name, path_of

__all__ = ["deserialize_keras_object", "serialize_dict", "serialize_keras_object"]


@export("keras.saving.serialize_keras_object", "keras.utils.serialize_keras_object")
def serialize_keras_object(obj):
    """Describe an object by plain values that JSON can hold and `deserialize_keras_object` can
    read.

    Args:
        obj: a plain value, array or tensor, function, an object with `get_config`, or lists, tuples
            and dictionaries of these.

    Returns:
        Plain values as they are; for an object, a dictionary with its `module`, `class_name`,
        `config` and `registered_name` (and `build_config`, `compile_config` where it has them).

    Raises:
        TypeError: if the object cannot be described.

    Example:
        >>> import cornu
        >>> cornu.saving.serialize_keras_object(cornu.regularizers.L2(0.5))["config"]
        {'l2': 0.5}
    """
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj.item() if isinstance(obj, np.generic) else obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return items if isinstance(obj, list) else tuple(items)
    if isinstance(obj, dict):
        return serialize_dict(obj)
    if isinstance(obj, bytes):
        return _special("__bytes__", value=obj.decode("utf-8"))
    if isinstance(obj, slice):
        bounds = {"start": obj.start, "stop": obj.stop, "step": obj.step}
        return _special("__slice__", **serialize_dict(bounds))
    if obj is Ellipsis:
        return _special("__ellipsis__")
    return _serialize_typed(obj)


def serialize_dict(config):
    """Serialise the values of a dictionary."""
    return {key: serialize_keras_object(value) for key, value in config.items()}


def _serialize_typed(obj):
    """Serialise what is not a plain value."""
    if isinstance(obj, (type, np.dtype)):
        return _serialize_dtype(obj)
    if hasattr(obj, "_keras_history"):
        operation, node_index, tensor_index = obj._keras_history
        history = [operation.name, node_index, tensor_index]
        return _special(
            "__keras_tensor__",
            shape=obj.shape,
            dtype=standardize_dtype(obj.dtype),
            keras_history=history,
        )
    if hasattr(obj, "get_config"):
        return _serialize_object(obj)
    if hasattr(obj, "__array__") and hasattr(obj, "dtype") and not hasattr(obj, "assign"):
        return _serialize_array(obj)
    if type(obj).__name__ == "TensorShape":
        return obj.as_list() if obj.rank is not None else None
    if callable(obj) and hasattr(obj, "__name__"):
        return _serialize_function(obj)
    raise TypeError(
        f"Cannot serialize object {shorten(obj)} of type {type(obj)}. "
        "To be serializable, its class must implement `get_config()`."
    )


def _special(class_name, **config):
    return {"class_name": class_name, "config": config}


def _serialize_dtype(obj):
    """A dtype, or the class of a NumPy or JAX scalar, as its name."""
    is_scalar_class = isinstance(obj, type) and issubclass(obj, np.generic)
    dtype = np.dtype(obj) if is_scalar_class else getattr(obj, "dtype", obj)
    if isinstance(dtype, np.dtype):
        return standardize_dtype(dtype.name)
    raise TypeError(
        f"Cannot serialize the class {obj.__module__}.{obj.__qualname__} itself, only an object "
        "of it: create one, or pass its name as a string."
    )


def _serialize_array(obj):
    values = np.asarray(obj)
    if isinstance(obj, (np.ndarray, np.generic)):
        if values.ndim == 0:
            return values.astype("float64").item() if values.dtype.kind == "V" else values.item()
        return _special("__numpy__", value=values.tolist(), dtype=standardize_dtype(values.dtype))
    return _special("__tensor__", value=values.tolist(), dtype=standardize_dtype(values.dtype))


def _serialize_function(function):
    if isinstance(function, types.FunctionType) and function.__name__ == "<lambda>":
        warn_user(
            "A lambda is saved as bytecode: only the same Python version can read it, and only "
            "with `safe_mode=False`. A named function, registered with "
            "`register_keras_serializable`, has neither limit."
        )
        return _special("__lambda__", value=dump_function(function))
    kind = type(function)
    name = path_of(function)
    name = name.rpartition(".")[2] if name else get_registered_name(function)
    return {
        "module": kind.__module__,
        "class_name": kind.__name__,
        "config": name,
        "registered_name": kind.__name__,
    }


def _serialize_object(obj):
    module, class_name, registered_name = _names(obj)
    described = {
        "module": module,
        "class_name": class_name,
        "config": serialize_dict(obj.get_config()),
        "registered_name": registered_name,
    }
    for key in ("build_config", "compile_config"):
        getter = getattr(obj, f"get_{key}", None)
        value = getter() if getter else None
        if value is not None:
            described[key] = serialize_dict(value)
    identity = sharing.number(obj)
    if identity is not None:
        described[sharing.KEY] = identity
    return described


def _names(obj):
    """`module`, `class_name` and `registered_name` under which an object is saved.

    An object may say so itself by a `saved_path`: the operation behind a node of an op's call has a
    class name of its own in Keras, where we have a function.
    """
    cls = type(obj)
    path = getattr(obj, "saved_path", None) or path_of(cls)
    if path is not None:
        module, _, class_name = path.rpartition(".")
        return module, class_name, class_name if module.startswith("keras.src.") else None
    module = None if cls.__module__ in ("__main__", "builtins") else cls.__module__
    return module, cls.__name__, get_registered_name(cls)
