"""`Sequential`: layers in a row."""

import inspect

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.core.shapes import is_shape
from cornu.layers._layer import Layer
from cornu.layers._shapes import _as_shapes
from cornu.layers.core.input_layer import Input, InputLayer
from cornu.models.functional import Functional
from cornu.models.model import Model
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor
from cornu.training.trainer import Trainer


@export("keras.Sequential", "keras.models.Sequential")
class Sequential(Model):
    """Layers in a row, each called on the output of the one before.

    Args:
        layers: list of layers; the first may be an `Input`, which builds the model at once. Without
            one it is built for the first data that come.
        trainable: whether training changes the weights.
        name: name, by default `sequential`, made unique.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(2)])
        >>> model.output_shape
        (None, 2)
    """

    def __new__(cls, *args, **kwargs):
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, layers=None, trainable=True, name=None, **kwargs):
        Trainer.__init__(self)
        Layer.__init__(self, trainable=trainable, name=name, **kwargs)
        object.__setattr__(self, "_functional", None)
        object.__setattr__(self, "_stack", [])
        if layers:
            for layer in layers:
                self.add(layer, rebuild=False)
            self._maybe_rebuild()

    def add(self, layer, rebuild=True):
        """Put a layer at the end.

        Args:
            layer: a layer, or the tensor that `Input` returns.
            rebuild: whether the model is built at once, where its input shape is known.

        Raises:
            ValueError: if it is no layer, its name is taken, or it is a second input.
        """
        if isinstance(layer, KerasTensor) and isinstance(
            getattr(_origin(layer), "operation", None), InputLayer
        ):
            layer = _origin(layer).operation
        if not isinstance(layer, Layer):
            if not callable(layer) or isinstance(layer, type):
                raise ValueError(
                    "Only instances of `keras.Layer` can be added to a Sequential model. Received:"
                    f" {layer!r:.100} (of type {type(layer)})"
                )
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. Received:"
                f" {layer!r:.100} (of type {type(layer)}). Wrap a function into"
                " `keras.layers.Lambda`."
            )
        self._check_name(layer)
        if isinstance(layer, InputLayer):
            self._check_input(layer)
        elif not self._stack and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(
                InputLayer(batch_shape=layer._input_shape_arg, dtype=_input_dtype(layer)),
                rebuild=False,
            )
        self._tracker.unlock()
        self._stack.append(layer)
        self._tracker.add("layers", layer)
        self._reset()
        if rebuild:
            self._maybe_rebuild()

    def _check_name(self, layer):
        if any(other.name == layer.name for other in self._stack):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name"
                f" '{layer.name}' is already the name of a layer in this model. Update the `name`"
                " argument to pass a unique name."
            )

    def _check_input(self, layer):
        if self._stack and isinstance(self._stack[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._stack[0].batch_shape}. You cannot add a different Input layer to it."
            )
        if self._stack:
            raise ValueError(
                f"An Input must be the first of the layers of Sequential model '{self.name}'."
            )

    def pop(self, rebuild=True):
        """Take the last layer off and return it."""
        layer = self._stack.pop()
        self._tracker.unlock()
        self._tracker.untrack(layer)
        known = self._functional is not None and self._build_shapes["input_shape"]
        self._reset()
        if rebuild:
            self._maybe_rebuild()
            if known and self.layers and not self.built:
                self.build(known)
        return layer

    def _lock(self):
        """Subclasses may own more than the row of layers."""

    def _reset(self):
        object.__setattr__(self, "built", False)
        object.__setattr__(self, "_functional", None)
        self._forget_compiled()

    def _maybe_rebuild(self):
        if self._stack and isinstance(self._stack[0], InputLayer) and len(self._stack) > 1:
            self.build(self._stack[0].batch_shape)
        elif self._stack and isinstance(self._stack[0], Functional):
            self.build(_as_shapes(self._stack[0].input_shape))
        elif (
            self._stack
            and isinstance(self._stack[0], Sequential)
            and self._stack[0]._functional is not None
        ):
            self.build(self._stack[0].input_shape)

    @property
    def layers(self):
        """The layers, without the input."""
        found = list(self._stack)
        return found[1:] if found and isinstance(found[0], InputLayer) else found

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and"
            " `pop()`."
        )

    def build(self, input_shape=None):
        """Make all weights for inputs of the given shape, batch axis first.

        Raises:
            ValueError: if there are no layers, or a layer can't take what comes.
        """
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call"
                " `model.add(layer)`."
            )
        if isinstance(self._stack[0], InputLayer):
            own = self._stack[0].batch_shape
            if (
                input_shape is not None
                and tuple(input_shape) != own
                and not _fits(own, input_shape)
            ):
                raise ValueError(
                    f"Sequential model '{self.name}' has already been configured to use input shape"
                    f" {own}. You cannot build it with input_shape {input_shape}"
                )
            inputs = self._stack[0]._input_tensor
        else:
            if input_shape is None:
                raise ValueError("You must provide an `input_shape` argument.")
            dtype = _input_dtype(self._stack[0])
            inputs = _inputs_for(_as_shapes(input_shape), dtype)
        outputs = inputs
        for layer in self.layers:
            _check_single_argument(layer)
            outputs = layer(outputs)
        functional = Functional(inputs, outputs, name=self.name)
        # Sizes that are known from the first batch alone may be others in the next.
        functional._checks_sizes = isinstance(self._stack[0], InputLayer)
        object.__setattr__(self, "_functional", functional)
        object.__setattr__(
            self,
            "_build_shapes",
            {"input_shape": tree.map_structure(lambda x: x, _shape_of(inputs))},
        )

    def _build_for(self, plan, args, kwargs):
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call"
                " `model.add(layer)`."
            )
        inputs = args[0] if args else kwargs.get(plan.first)
        shape = tree.map_structure(
            lambda x: (None, *_static(x.shape)[1:]) if x.shape else (), inputs
        )
        try:
            self.build(shape)
        except Exception as error:
            if any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(inputs)):
                raise
            if not (_needs_values(error) or isinstance(error, NotImplementedError)):
                raise
            # A layer decides on values: no graph, but the layers can be called one by one.
            self._close()

    def call(self, inputs, training=None, mask=None, **kwargs):
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask)
        outputs = inputs
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask)
        return super().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape):
        """The shape that the last layer returns for inputs of the given shape."""
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    _mask_from_call = True

    def compute_mask(self, inputs, previous_mask):
        return None

    def _check_inputs(self, plan, args, kwargs):
        """The functional model inside checks its inputs."""

    def _of_functional(self, attribute, what):
        if self._functional is None:
            raise AttributeError(f"Sequential model '{self.name}' has no defined {what} yet.")
        return getattr(self._functional, attribute)

    @property
    def inputs(self):
        """The `KerasTensor`s that go in, as a list."""
        return self._of_functional("inputs", "inputs")

    @property
    def outputs(self):
        """The `KerasTensor`s that come out, as a list."""
        return self._of_functional("outputs", "outputs")

    @property
    def input(self):
        """What goes in."""
        return self._of_functional("input", "input")

    @property
    def output(self):
        """What comes out."""
        return self._of_functional("output", "output")

    @property
    def input_shape(self):
        """Shape of what goes in."""
        return self._of_functional("input_shape", "input shape")

    @property
    def output_shape(self):
        """Shape of what comes out."""
        return self._of_functional("output_shape", "output shape")

    @property
    def input_names(self):
        """Names of the input layers."""
        return self._of_functional("input_names", "inputs")

    @property
    def output_names(self):
        """Names of the operations that give the outputs."""
        return self._of_functional("output_names", "outputs")

    @property
    def input_dtype(self):
        """The dtype to which inputs are cast."""
        if self._stack and hasattr(self._stack[0], "input_dtype"):
            return (
                self._stack[0].dtype
                if isinstance(self._stack[0], InputLayer)
                else self._stack[0].input_dtype
            )
        return super().input_dtype

    def _take_inputs(self, plan, args, kwargs):
        # The first layer casts as its own dtype policy says.
        return args, kwargs

    def get_config(self):
        """The layers."""
        layers = [serialize_keras_object(layer) for layer in self._stack]
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
        }
        config["layers"] = layers
        if self._functional is not None:
            config["build_input_shape"] = self._build_shapes["input_shape"]
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from `get_config()`."""
        if not {"name", "layers"} <= config.keys() or not isinstance(config["layers"], list):
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys, the latter a list. Received the keys: {shorten(list(config))}"
            )
        model = cls(name=config["name"])
        for data in config["layers"]:
            if not isinstance(data, dict) or "config" not in data:
                raise ValueError(
                    "A layer's configuration is not valid. Expected a dictionary containing a "
                    f"'config' key. Received: {shorten(data)}"
                )
            model.add(deserialize_keras_object(data, custom_objects=custom_objects), rebuild=False)
        if config.get("trainable") is False:
            model.trainable = False
        shape = config.get("build_input_shape")
        if not model._functional:
            model._maybe_rebuild()
        if not model.built and shape is not None and _is_known(shape):
            model.build(_as_shapes(shape))
        return model


def _check_single_argument(layer):
    needed = [
        p.name
        for p in inspect.signature(layer.call).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) > 1:
        raise ValueError(
            "Layers added to a Sequential model can only have a single positional argument, the"
            f" input tensor. Layer {type(layer).__name__} has multiple positional arguments:"
            f" {needed}"
        )


def _origin(tensor):
    return getattr(tensor, "_keras_history", None)


def _input_dtype(layer):
    if type(layer).__name__ == "Embedding":
        return "float32"
    return getattr(layer, "input_dtype", None)


def _inputs_for(shape, dtype):
    if is_shape(shape):
        return Input(batch_shape=shape, dtype=dtype)
    if isinstance(shape, dict):
        return {key: Input(batch_shape=item, dtype=dtype, name=key) for key, item in shape.items()}
    return [_inputs_for(item, dtype) for item in shape]


def _static(shape):
    return tuple(n if isinstance(n, int) else None for n in shape)


def _shape_of(inputs):
    return tree.map_structure(lambda x: x.shape, inputs)


def _fits(own, given):
    return len(own) == len(given) and all(
        a is None or b is None or a == b for a, b in zip(own, given, strict=True)
    )


def _is_known(shape):
    return is_shape(shape) or isinstance(shape, (list, dict))


def _needs_values(error):
    """Whether tracing failed because code asked for the value of a tensor."""
    while error is not None:
        if type(error).__name__ in (
            "TracerBoolConversionError",
            "ConcretizationTypeError",
            "TracerArrayConversionError",
            "TracerIntegerConversionError",
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
