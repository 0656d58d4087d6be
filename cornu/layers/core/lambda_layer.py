"""`Lambda`: any function as a layer."""

import inspect
import types

from cornu.core import tree
from cornu.layers._layer import Layer
from cornu.layers._shapes import _tensors_like
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.functions import dump_function, load_function, refuse_unless_allowed
from cornu.serial.registry import export
from cornu.symbolic.operation import infer_outputs


@export("keras.layers.Lambda")
class Lambda(Layer):
    """A function of the inputs as a layer without weights.

    Args:
        function: `function(inputs, **arguments)`; it may also take `mask` and `training`.
        output_shape: shape of the outputs without the batch axis, or a function from the shape of
            the inputs; needed only where it can't be found by tracing.
        mask: mask of the outputs, or a function `(inputs, mask)`.
        arguments: dict of further arguments.
        **kwargs: see `Layer`.

    A Python lambda is saved as bytecode, which only `load_model(..., safe_mode=False)` runs; write
    a `Layer` subclass, or register a named function, for models that others load.

    Example:
        >>> import cornu
        >>> cornu.layers.Lambda(lambda x: x * 2)(cornu.ops.ones((1, 2)))
        Array([[2., 2.]], dtype=float32)
    """

    _wants_masks = False

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        self.arguments = arguments or {}
        self.function = function
        self.supports_masking = mask is not None
        self._makes_masks = mask is not None
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "_output_shape", output_shape)

    def call(self, inputs, mask=None, training=None):
        accepted = inspect.signature(self.function).parameters
        given = dict(self.arguments)
        if mask is not None and "mask" in accepted:
            given["mask"] = mask
        if training is not None and "training" in accepted:
            given["training"] = training
        return self.function(inputs, **given)

    def compute_output_shape(self, input_shape):
        """As `output_shape` says, else found by tracing."""
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first = (
            tree.flatten(tree.map_shape_structure(tuple, input_shape)) if input_shape else [None]
        )
        return (first[0], *self._output_shape)

    def compute_output_spec(self, inputs, mask=None, training=None):
        if self._output_shape is None:
            return infer_outputs(self.call, (inputs,), {"mask": mask, "training": training})
        shape = self.compute_output_shape(tree.map_structure(lambda x: tuple(x.shape), inputs))
        return _tensors_like(shape, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self):
        config = super().get_config()
        for name, value in (
            ("function", self.function),
            ("output_shape", self._output_shape),
            ("mask", self.mask),
        ):
            config[name] = _dump(value)
        config["arguments"] = serialize_keras_object(dict(self.arguments))
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """A layer from `get_config()`.

        Raises:
            ValueError: if the config holds a Python lambda and unsafe loading is not allowed.
        """
        config = dict(config)
        for name in ("function", "output_shape", "mask"):
            config[name] = _load(config.get(name), custom_objects, safe_mode)
        config["arguments"] = deserialize_keras_object(
            config.get("arguments") or {}, custom_objects=custom_objects
        )
        return super().from_config(config)


def _is_lambda(value):
    return isinstance(value, types.LambdaType) and value.__name__ == "<lambda>"


def _dump(value):
    if _is_lambda(value):
        code, defaults, closure = dump_function(value)
        inner = {"code": code, "defaults": defaults, "closure": closure}
        return {"class_name": "__lambda__", "config": inner}
    return serialize_keras_object(value)


def _load(value, custom_objects, safe_mode):
    if isinstance(value, dict) and value.get("class_name") == "__lambda__":
        refuse_unless_allowed(safe_mode, config=value)
        inner = value["config"]
        return load_function(inner["code"], defaults=inner["defaults"], closure=inner["closure"])
    if isinstance(value, dict):
        return deserialize_keras_object(value, custom_objects=custom_objects)
    return value
