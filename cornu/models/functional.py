"""`Functional`: a model that is a graph from inputs to outputs."""

import inspect
import warnings

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import tree
from cornu.core.masks import get_mask, set_mask
from cornu.layers._input_spec import InputSpec, check_each
from cornu.layers._layer import Layer
from cornu.layers.core.input_layer import Input, InputLayer
from cornu.layers.preprocessing._text import text_array
from cornu.models.added import AddLoss, AddMetric
from cornu.models.functional_config import functional_config, functional_from_config
from cornu.models.hooks import BUILDERS
from cornu.models.model import Model
from cornu.serial.configurable import Configurable
from cornu.serial.registry import export
from cornu.symbolic.graph import Disconnected, Graph, Node
from cornu.symbolic.tensor import KerasTensor
from cornu.training.trainer import Trainer


@export("keras.src.models.functional.Functional")
class Functional(Model):
    """The class of `Model(inputs, outputs)`; see `Model`."""

    def __new__(cls, *args, **kwargs):
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, inputs, outputs, name=None, **kwargs):
        Trainer.__init__(self)
        trainable = kwargs.pop("trainable", None)
        if not hasattr(self, "name"):
            Layer.__init__(self, name=name, **kwargs)
        self._set_graph(inputs, outputs)
        if trainable is not None:
            self._trainable = bool(trainable)  # the layers keep what each of them says

    def _set_graph(self, inputs, outputs):
        for what, values in (("inputs", inputs), ("outputs", outputs)):
            for value in tree.flatten(values):
                if not isinstance(value, KerasTensor):
                    raise ValueError(
                        f"All `{what}` values must be KerasTensors. Received: {what} including"
                        f" invalid value of type {type(value)}"
                    )
        inputs, outputs = _from_input_layers(inputs, outputs)
        try:
            graph = Graph(tree.flatten(inputs), tree.flatten(outputs))
        except Disconnected as error:
            raise ValueError(_about_disconnected(error, outputs)) from None
        _check_names(graph.operations)
        set_plain = object.__setattr__
        set_plain(self, "_graph", graph)
        set_plain(self, "_inputs_structure", inputs)
        set_plain(self, "_outputs_structure", outputs)
        layers = [operation for operation in graph.operations if isinstance(operation, Layer)]
        for layer in layers:
            self._tracker.add("layers", layer)
        set_plain(self, "_graph_layers", layers)
        set_plain(self, "_added", [])  # tensors of `add_loss` and `add_metric`
        set_plain(self, "_input_spec", ())  # see `input_spec`
        self._convert_input_args = False
        self._supports_masking = self._makes_masks = True
        self._close()
        self._tracker.unlock()  # subclasses may own more than the graph

    @property
    def inputs(self):
        """The `KerasTensor`s that go in, as a list."""
        return list(self._graph.inputs)

    @property
    def outputs(self):
        """The `KerasTensor`s that come out, as a list."""
        return self._without_added(self._graph.outputs)

    def _without_added(self, outputs):
        return list(outputs[: len(outputs) - len(self._added)])

    @property
    def input(self):
        """What goes in, nested as given."""
        return self._inputs_structure

    @property
    def output(self):
        """What comes out, nested as given."""
        return self._outputs_structure

    @property
    def input_shape(self):
        """Shapes of what goes in, nested as given."""
        return tree.map_structure(lambda x: x.shape, self._inputs_structure)

    @property
    def output_shape(self):
        """Shapes of what comes out, nested as given."""
        return tree.map_structure(lambda x: x.shape, self._outputs_structure)

    @property
    def layers(self):
        """The layers of the graph, from inputs to outputs."""
        return list(self._graph_layers)

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    @property
    def _operations(self):
        return self.operations

    @property
    def operations(self):
        """The layers and ops of the graph, from inputs to outputs."""
        return list(self._graph.operations)

    @property
    def input_names(self):
        """Names of the input layers."""
        return [tensor._keras_history.operation.name for tensor in self._graph.inputs]

    @property
    def output_names(self):
        """Names of the operations that give the outputs."""
        return [tensor._keras_history.operation.name for tensor in self.outputs]

    @property
    def input_spec(self):
        """What inputs must be like, from their `KerasTensor`s."""
        if self.__dict__.get("_manual_input_spec") is not None:
            return self._manual_input_spec
        optional = [tensor._keras_history.operation.optional for tensor in self._graph.inputs]
        own = self._inputs_structure
        named = isinstance(own, dict) and not any(map(tree.is_nested, own.values()))
        names = sorted(own) if named else self.input_names
        specs = []
        for tensor, name, missing in zip(self._graph.inputs, names, optional, strict=True):
            shape = (None, *tensor.shape[1:]) if tensor.shape else ()
            specs.append(
                InputSpec(shape=shape, allow_last_axis_squeeze=True, name=name, optional=missing)
            )
        return specs

    @input_spec.setter
    def input_spec(self, value):
        object.__setattr__(self, "_manual_input_spec", value)

    def _check_inputs(self, plan, args, kwargs):
        """Raise ValueError unless the inputs fit `input_spec`."""
        inputs = args[0] if args else kwargs.get(plan.first)
        values = self._input_values(inputs)
        specs = tree.flatten(self.input_spec)
        if len(specs) == len(values):
            # A wrong rank or a missing input is told by `call`, which adapts what it can.
            pairs = [
                (spec, value)
                for spec, value in zip(specs, values, strict=True)
                if len(getattr(value, "shape", ())) == spec.ndim
            ]
            check_each([spec for spec, _ in pairs], [value for _, value in pairs], self)

    def call(self, inputs, training=None, mask=None, **kwargs):
        self._warn_of_structure(inputs)
        values = self._ordered(inputs)
        if mask is not None:
            for value, one in zip(values, tree.flatten(mask), strict=True):
                if one is not None:
                    set_mask(value, one)
        outputs = self._without_added(self._graph.run(values, replace=None))
        return _pack(self._outputs_structure, outputs)

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        values = self._ordered(inputs)
        outputs = self._graph.run(values, replace=lambda operation: operation.compute_output_spec)
        fresh = [KerasTensor(x.shape, x.dtype) for x in self._without_added(outputs)]
        return _pack(self._outputs_structure, fresh)

    def compute_output_shape(self, input_shape):
        """Shapes of the outputs, nested as they are, for inputs of the given shape."""
        return super(Model, self).compute_output_shape(input_shape)

    _mask_from_call = True

    def compute_mask(self, inputs, previous_mask):
        return previous_mask if isinstance(previous_mask, (list, tuple)) else None

    def _ordered(self, inputs):
        """The inputs as a list in the graph's order, as tensors of the right rank and dtype."""
        values = self._input_values(inputs)
        paths = [path for path, _ in tree.flatten_with_path(self._inputs_structure)]
        return [
            self._standardized(value, tensor, path)
            for value, tensor, path in zip(values, self._graph.inputs, paths, strict=True)
        ]

    def _input_values(self, inputs):
        values = self._by_name(inputs)
        if values is None:
            values = tree.flatten(inputs)
            self._check_count(values)
        return values

    def _by_name(self, inputs):
        if not isinstance(inputs, dict):
            return None
        own = self._inputs_structure
        names = sorted(own) if isinstance(own, dict) else self.input_names
        if isinstance(own, dict) and any(tree.is_nested(item) for item in own.values()):
            return None
        if not isinstance(own, dict) and tree.is_nested(own) and any(map(tree.is_nested, own)):
            return None
        found = []
        for name, tensor in zip(names, self._graph.inputs, strict=True):
            layer = tensor._keras_history.operation
            key = name if name in inputs or isinstance(own, dict) else layer.name
            if key not in inputs and not layer.optional:
                raise ValueError(
                    f'Missing data for input "{name}". You passed a data dictionary with keys'
                    f" {list(inputs)}. Expected the following keys: {list(names)}"
                )
            found.append(inputs.get(key))
        return found

    def _check_count(self, values):
        wanted = len(self._graph.inputs)
        if len(values) != wanted:
            names = self.input_names
            example = ", ".join(f"'{name}': ..." for name in names)
            raise ValueError(
                f'Layer "{self.name}" expects {wanted} named input(s) with keys {names}, but it'
                f" received {len(values)} input tensors. Pass inputs as a dict, e.g."
                f" `layer({{{example}}})`."
            )

    def _warn_of_structure(self, inputs):
        own = self._inputs_structure
        if not tree.is_nested(own) or _alike(own, inputs):
            return  # a single input may come in a list of one
        if not tree.is_nested(inputs) and len(self._graph.inputs) == 1:
            return  # and a list of one as its single input
        if isinstance(inputs, dict) and not isinstance(own, dict):
            return  # given by name
        names = tree.map_structure(lambda x: x._keras_history.operation.name, own)
        complaint = (
            "The structure of `inputs` doesn't match the expected structure.\n"
            f"Expected: {names}\nReceived: inputs={_described(inputs)}"
        )
        if isinstance(own, dict) and isinstance(inputs, (list, tuple)) and list(own) != sorted(own):
            raise ValueError(complaint)  # in the order of the keys, or in that of the dict?
        warnings.warn(complaint, stacklevel=6)

    def _standardized(self, value, tensor, path):
        layer = tensor._keras_history.operation
        if value is None:
            if layer.optional:
                return None
            raise ValueError(
                f"The input '{layer.name}' of model '{self.name}' is not optional, but None was"
                " passed for it."
            )
        mask = get_mask(value)
        if not isinstance(value, KerasTensor):
            text = tensor.dtype == "string"  # no tensor of the engine: layers on text take it as is
            value = text_array(value) if text else engine.asarray(value, tensor.dtype)
        elif value.dtype != tensor.dtype:
            value = ops.cast(value, tensor.dtype)
        value = self._with_rank(value, tensor, layer.name, path)
        if mask is not None and get_mask(value) is None:
            set_mask(value, mask)
        return value

    # Whether inputs must have the sizes of the graph's, where these are known.
    _checks_sizes = True

    def _with_rank(self, value, tensor, name, path):
        shape, wanted = tuple(value.shape), tensor.shape
        if len(shape) == len(wanted) + 1 and shape[-1] == 1:
            return value[..., 0] if _is_text(value) else ops.squeeze(value, axis=-1)
        if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
            return value[..., None] if _is_text(value) else ops.expand_dims(value, axis=-1)
        fits = len(shape) == len(wanted) and all(
            size is None or not isinstance(found, int) or size == found or not self._checks_sizes
            for size, found in zip(wanted[1:], shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"Invalid input shape for input of shape {shape} with name '{name}' and path"
                f" '{'.'.join(map(str, path))}'. Expected shape {wanted}, in model '{self.name}'"
            )
        return value

    def add_loss(self, loss):
        """Add to the loss that training minimises: scalars computed in `call`, or the means of
        tensors of the graph."""
        for item in loss if isinstance(loss, (list, tuple)) else [loss]:
            if not (isinstance(item, KerasTensor) and self._extend(AddLoss(), item)):
                super().add_loss(item)

    def add_metric(self, value, name=None, aggregation="mean"):
        """Show the mean of a tensor that `call` computes, or of one of the graph."""
        if isinstance(value, KerasTensor) and self._extend(AddMetric(name), value, aggregation):
            return
        super().add_metric(value, name, aggregation)

    def _extend(self, layer, tensor, aggregation="mean"):
        """Run a layer on a tensor of the graph from now on; False for a tensor of another one."""
        try:
            Graph(self._graph.inputs, [tensor])
        except Disconnected:  # shapes are being inferred in a `call` of the user's
            return False
        if aggregation not in (None, "mean"):
            raise ValueError(f"`aggregation` must be 'mean'. Received: aggregation={aggregation!r}")
        self._join(layer(tensor))
        return True

    def _join(self, added):
        """Compute a tensor beside the outputs from now on."""
        self._added.append(added)
        graph = Graph(self._graph.inputs, [*self._graph.outputs, added])
        _check_names(graph.operations)
        object.__setattr__(self, "_graph", graph)
        layers = [operation for operation in graph.operations if isinstance(operation, Layer)]
        for own in layers:
            self._tracker.add("layers", own, late=True)
        object.__setattr__(self, "_graph_layers", layers)
        self._forget_compiled()

    def get_config(self):
        """The graph: layers, ops, and how they are connected."""
        if not _is_plain_functional(type(self)):
            return super().get_config()
        return functional_config(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from `get_config()`: from its graph, or from the constructor's arguments where
        a subclass's config holds those."""
        if "layers" not in config:
            return Configurable.from_config.__func__(cls, config)
        return functional_from_config(cls, config, custom_objects)

    def get_build_config(self):
        """A functional model is built from its config."""
        return {"input_shape": None}

    def build(self, input_shape=None):
        """A functional model is built from the start."""

    def build_from_config(self, config):
        """A functional model is built from the start."""


def _about_disconnected(error, outputs):
    paths = [path for path, tensor in tree.flatten_with_path(outputs) if tensor is error.output]
    where = ".".join(map(str, paths[0])) if paths else ""
    return f"Output with path `{where}` is not connected to `inputs`. {error}"


def _is_text(value):
    """Whether an input is an array of strings, which no op takes."""
    return isinstance(value, np.ndarray)


def _pack(structure, flat):
    if isinstance(structure, KerasTensor):
        return flat[0]
    return tree.pack_sequence_as(structure, flat)


def _alike(own, inputs):
    own, inputs = tree.lists_to_tuples(own), tree.lists_to_tuples(inputs)
    try:
        tree.assert_same_structure(own, inputs)
    except ValueError:
        return False
    return True


def _described(inputs):
    return tree.map_structure(lambda x: f"Tensor(shape={tuple(getattr(x, 'shape', ()))})", inputs)


def _check_names(operations):
    seen = set()
    for operation in operations:
        if operation.name in seen:
            count = sum(1 for other in operations if other.name == operation.name)
            raise ValueError(
                f'The name "{operation.name}" is used {count} times in the model. All operation'
                " names should be unique."
            )
        seen.add(operation.name)


def _from_input_layers(inputs, outputs):
    """Inputs that come out of other layers replaced by new ones, the graph recorded anew from
    them."""
    flat = tree.flatten(inputs)
    if all(_is_input(tensor) for tensor in flat):
        return inputs, outputs
    fresh = [
        tensor if _is_input(tensor) else Input(batch_shape=tensor.shape, dtype=tensor.dtype)
        for tensor in flat
    ]
    found = dict(zip(map(id, flat), fresh, strict=True))
    graph = Graph(flat, tree.flatten(outputs))
    for node in graph.nodes:
        if all(id(tensor) in found for tensor in node.outputs):
            continue
        args, kwargs = node.fill(lambda tensor: found[id(tensor)])
        copies = [KerasTensor(tensor.shape, tensor.dtype) for tensor in node.outputs]
        Node(node.operation, args, kwargs, copies, register=False)
        found.update(zip(map(id, node.outputs), copies, strict=True))
    results = [found[id(tensor)] for tensor in graph.outputs]
    return _pack(inputs, fresh), _pack(outputs, results)


def _is_input(tensor):
    history = getattr(tensor, "_keras_history", None)
    return history is None or isinstance(history.operation, InputLayer)


def _is_plain_functional(cls):
    """Whether the class can be made from inputs and outputs, so that its config is the graph's."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    names = {p.name for p in parameters}
    kinds = {p.kind for p in parameters}
    return {"inputs", "outputs"} <= names or {
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    } <= kinds


def _become_functional(model, args, kwargs):
    """Make a subclass of `Model` whose constructor was given inputs and outputs a functional
    model."""
    cls = type(model)
    if not issubclass(cls, Functional):
        _insert_base(cls)
    Functional.__init__(model, *args, **kwargs)


def _insert_base(cls):
    cls.__bases__ = tuple(Functional if base is Model else base for base in cls.__bases__)
    for base in cls.__bases__:
        if (
            base is not Functional
            and isinstance(base, type)
            and issubclass(base, Model)
            and not issubclass(base, Functional)
        ):
            _insert_base(base)


BUILDERS["functional"] = Functional
BUILDERS["become_functional"] = _become_functional
BUILDERS["functional_from_config"] = functional_from_config
BUILDERS["takes_functional"] = lambda cls: issubclass(cls, Model)
