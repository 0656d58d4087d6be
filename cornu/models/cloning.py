"""`clone_model`: the same architecture with new weights."""

from cornu.core import tree
from cornu.layers._layer import Layer
from cornu.layers.core.input_layer import Input, InputLayer
from cornu.models.functional import Functional
from cornu.models.model import Model
from cornu.models.sequential import Sequential
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


def _from_config(layer):
    return layer.__class__.from_config(layer.get_config())


@export("keras.models.clone_model")
def clone_model(
    model, input_tensors=None, clone_function=None, call_function=None, recursive=False, **kwargs
):
    """A model of the same architecture, its layers made anew, with new weights.

    Args:
        model: a `Sequential`, functional or subclassed model.
        input_tensors: `KerasTensor`s (nested as the inputs) to build the new model on.
        clone_function: from a layer to the layer in its place; by default made from its config.
        call_function: `(layer, *args, **kwargs)` in place of calling the new layer (functional
            models only).
        recursive: whether layers inside nested models are cloned by `clone_function` too.

    Returns:
        A model, compiled as the other is.

    Raises:
        ValueError: for options that don't go with the kind of model.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(2)])
        >>> [w.shape for w in cornu.models.clone_model(model).weights]
        [(3, 2), (2,)]
    """
    if kwargs.keys() - {"cache"}:
        raise ValueError(f"Unexpected keyword argument(s): {tuple(kwargs)}")
    clone = _clone(model, input_tensors, clone_function, call_function, recursive)
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone


def _clone(model, input_tensors, clone_function, call_function, recursive):
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` argument is not supported with Sequential models. In a Sequential"
                " model, layers aren't called at model-construction time (they're merely listed)."
                " Use `call_function` with Functional models only. Received model of type"
                f" '{type(model).__name__}', with call_function={call_function}"
            )
        return _clone_sequential(model, input_tensors, clone_function or _from_config, recursive)
    if isinstance(model, Functional):
        _check_own_init(model, clone_function)
        return _clone_functional(
            model, input_tensors, clone_function or _from_config, call_function, recursive
        )
    if input_tensors is not None or clone_function is not None or call_function is not None:
        raise ValueError(
            "Arguments `clone_function`, `call_function` and `input_tensors` are only supported"
            " for Sequential models or Functional models. Received model of type"
            f" '{type(model).__name__}'"
        )
    return model.__class__.from_config(model.get_config())


def _check_own_init(model, clone_function):
    if (
        clone_function is not None
        and type(model) is not Functional
        and type(model).__init__
        not in (
            Model.__init__,
            Functional.__init__,
        )
        and type(model).get_config is not Functional.get_config
    ):
        raise ValueError(
            f"`clone_function` can't be used with a model whose class '{type(model).__name__}' has"
            " its own `get_config`."
        )


def _recursing(clone_function, call_function, recursive):
    def clone(layer):
        if recursive and isinstance(layer, Sequential):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if recursive and isinstance(layer, Functional):
            return clone_model(
                layer,
                clone_function=clone_function,
                call_function=call_function,
                recursive=True,
            )
        return clone_function(layer)

    return clone


def _clone_sequential(model, input_tensors, clone_function, recursive):
    clone = _recursing(clone_function, None, recursive)
    layers = [clone(layer) for layer in model.layers]
    first = model._stack[0] if model._stack and isinstance(model._stack[0], InputLayer) else None
    if isinstance(input_tensors, (list, tuple)):
        if len(input_tensors) != 1:
            raise ValueError("Argument `input_tensors` must contain a single tensor.")
        input_tensors = input_tensors[0]
    if input_tensors is not None:
        if not isinstance(input_tensors, KerasTensor):
            raise ValueError(
                "Argument `input_tensors` must be a KerasTensor. Received invalid value:"
                f" input_tensors={input_tensors}"
            )
        layers.insert(
            0,
            Input(
                batch_shape=input_tensors.shape, dtype=input_tensors.dtype, name=input_tensors.name
            ),
        )
    elif first is not None:
        layers.insert(
            0, InputLayer(batch_shape=first.batch_shape, dtype=first.dtype, name=first.name)
        )
    return model.__class__(layers, name=model.name, trainable=model.trainable)


def _clone_functional(model, input_tensors, clone_function, call_function, recursive):
    clone, made = _recursing(clone_function, call_function, recursive), {}

    def replace(operation):
        key = id(operation)
        if key not in made:
            made[key] = (
                clone(operation) if isinstance(operation, Layer) else _from_config(operation)
            )
        new = made[key]
        if call_function is None or not isinstance(operation, Layer):
            return new
        return lambda *args, **kwargs: call_function(new, *args, **kwargs)

    if input_tensors is None:
        inputs = [_fresh_input(tensor, clone) for tensor in model.inputs]
    else:
        _check_structure(model, input_tensors)
        inputs = [
            _given_input(given, own)
            for given, own in zip(tree.flatten(input_tensors), model.inputs, strict=True)
        ]
    every = model._graph.run(inputs, replace=replace)
    outputs = model._without_added(every)
    shape_in, shape_out = model._inputs_structure, model._outputs_structure
    pack = tree.pack_sequence_as
    copy = Functional(
        pack(shape_in, inputs) if tree.is_nested(shape_in) else inputs[0],
        pack(shape_out, outputs) if tree.is_nested(shape_out) else outputs[0],
        name=model.name,
        trainable=model.trainable,
    )
    for tensor in every[len(outputs) :]:
        copy._join(tensor)
    return copy


def _check_structure(model, input_tensors):
    try:
        tree.assert_same_structure(model.input, input_tensors)
    except ValueError as error:
        raise ValueError(
            f"`input_tensors` must have the same structure as model.input. {error}"
        ) from None


def _fresh_input(tensor, clone):
    layer = tensor._keras_history.operation
    new = InputLayer(
        batch_shape=layer.batch_shape, dtype=layer.dtype, name=layer.name, optional=layer.optional
    )
    return new._inbound_nodes[0].outputs[0]


def _given_input(given, own):
    if not isinstance(given, KerasTensor):
        raise ValueError(
            "All tensors in `input_tensors` must be KerasTensors. Received invalid value:"
            f" input_tensors={given}"
        )
    if given.dtype != own.dtype:
        raise ValueError(
            f"`input_tensors` must have the dtypes of the model's inputs: {own.dtype}, not"
            f" {given.dtype}"
        )
    history = getattr(given, "_keras_history", None)
    if history is not None and isinstance(history.operation, InputLayer):
        return given
    name = own._keras_history.operation.name
    return Input(tensor=given, name=name)
