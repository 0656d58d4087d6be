"""The graph of a functional model as a config, and back."""

import inspect

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.core.input_layer import InputLayer
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.symbolic.tensor import KerasTensor

GRAPH_KEYS = ("layers", "input_layers", "output_layers", "added_layers")


def functional_config(model):
    """`{"name", "trainable", "layers", "input_layers", "output_layers"}`, as Keras writes it."""
    graph = model._graph
    calls = _calls(graph)
    numbers = {id(node): number for nodes in calls.values() for number, node in enumerate(nodes)}
    layers = []
    for operation in graph.operations:
        nodes = [] if isinstance(operation, InputLayer) else calls[id(operation)]
        config = serialize_keras_object(operation)
        inbound = [_node_config(node, numbers) for node in nodes]
        layers.append({**config, "name": operation.name, "inbound_nodes": inbound})

    def place(tensor):
        node = tensor._keras_node
        number = numbers[id(node)] + _first_number(node.operation)
        return [node.operation.name, number, node.outputs.index(tensor)]

    config = {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _places(model._inputs_structure, place),
        "output_layers": _places(model._outputs_structure, place),
    }
    if model._added:
        config["added_layers"] = [place(tensor) for tensor in model._added]
    return config


def _first_number(operation):
    """The number of an operation's first call, in the lists of a config's inputs and outputs: Keras
    counts the calls of a nested functional model from 1 there, those of all others from 0."""
    return int(hasattr(operation, "_graph"))


def _places(structure, place):
    return tree.map_structure(place, structure)


def _calls(graph):
    """For the id of each operation, its calls that belong to the graph, in their order."""
    calls = {}
    for node in graph.nodes:
        calls.setdefault(id(node.operation), []).append(node)
    for nodes in calls.values():
        nodes.sort(key=lambda node: node.index)
    return calls


def _node_config(node, numbers):
    def leaf(value):
        if not isinstance(value, KerasTensor):
            return value
        source = value._keras_node
        place = [source.operation.name, numbers[id(source)], source.outputs.index(value)]
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": value.shape,
                "dtype": value.dtype,
                "keras_history": place,
            },
        }

    args, kwargs = tree.map_structure(leaf, (tuple(node.args), dict(node.kwargs)))
    config = {"args": _serialized(args), "kwargs": _serialized(kwargs)}
    if node.kwargs.get("training") is not None:
        # Keras writes `training` for every call, also where nobody passed it; this says that
        # somebody did.
        config["explicit"] = ["training"]
    return config


def _serialized(value):
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return value
    if isinstance(value, dict):
        return {key: _serialized(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_serialized(item) for item in value)
    return serialize_keras_object(value)


def functional_from_config(cls, config, custom_objects=None):
    """The model that a graph's config describes.

    Raises:
        ValueError: if a node names a layer or call that the config doesn't have.
    """
    operations, pending = {}, {}
    for data in config["layers"]:
        operation = deserialize_keras_object(_layer_data(data), custom_objects=custom_objects)
        if not hasattr(operation, "_inbound_nodes"):
            raise ValueError(
                f"Cannot deserialize '{data.get('name')}': {shorten(type(operation))} is no layer"
                " or op."
            )
        operations[data["name"]] = operation
        pending[data["name"]] = [_modern(node) for node in data["inbound_nodes"]]
        operation.name = data["name"]
    first = {name: len(operation._inbound_nodes) for name, operation in operations.items()}
    for name, operation in operations.items():
        first[name] = 0 if isinstance(operation, InputLayer) else first[name]
    _replay(operations, pending, first)

    def tensor_at(place):
        name, index, position = place
        if name not in operations:
            raise ValueError(f"The config names the layer '{name}', which it doesn't have.")
        index = first[name] + index - _first_number(operations[name])
        return operations[name]._inbound_nodes[index].outputs[position]

    inputs = _map_places(tensor_at, config["input_layers"])
    outputs = _map_places(tensor_at, config["output_layers"])
    rest = {
        key: value
        for key, value in config.items()
        if key not in (*GRAPH_KEYS, "name", "trainable", "dtype")
    }
    model = _construct(cls, inputs, outputs, config, rest)
    for place in config.get("added_layers", ()):
        model._join(tensor_at(place))
    return model


def _layer_data(data):
    return {key: value for key, value in data.items() if key not in ("name", "inbound_nodes")}


def _construct(cls, inputs, outputs, config, rest):
    accepted = inspect.signature(cls.__init__).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    named = {
        key: config[key]
        for key in ("name", "trainable")
        if key in config and (key in accepted or takes_any)
    }
    if "inputs" in accepted or takes_any:
        return cls(inputs=inputs, outputs=outputs, **named, **rest)
    raise TypeError(
        f"Unable to revive model from config: the constructor of {cls.__name__} does not take"
        " `inputs` and `outputs`. Give the class a `from_config` of its own."
    )


def _replay(operations, pending, first):
    """Call operations on tensors in the order that their inputs allow."""

    def ready(name, index):
        return name in operations and len(operations[name]._inbound_nodes) > first[name] + index

    progress = True
    while progress and any(pending.values()):
        progress = False
        for name, nodes in pending.items():
            while nodes and all(ready(*place[:2]) for place in _tensor_places(nodes[0])):
                _call(operations[name], nodes.pop(0), operations, first)
                progress = True
    for name, nodes in pending.items():
        if not nodes:
            continue
        needed = [place[0] for place in _tensor_places(nodes[0]) if not ready(*place[:2])]
        unknown = [other for other in needed if other not in operations]
        if unknown:
            raise ValueError(
                f"Invalid config. Missing node: {unknown[0]}, on whose output the layer '{name}' is"
                " called."
            )
        raise ValueError(
            f"Invalid config: there is a loop: the layer '{name}' is called on the output of"
            f" {needed}, which can't be had without '{name}' or was never called."
        )


def _modern(node):
    """A call as Keras 3 writes it, from that or from Keras 2's list of places."""
    if isinstance(node, dict):
        return node
    places = [
        {
            "class_name": "__keras_tensor__",
            "config": {"keras_history": list(place[:3])},
        }
        for place in node
    ]
    kwargs = dict(node[0][3]) if len(node[0]) > 3 else {}
    return {"args": [places[0] if len(places) == 1 else places], "kwargs": kwargs}


def _tensor_places(node):
    found = []

    def visit(value):
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found.append(value["config"]["keras_history"])
        elif isinstance(value, dict):
            for item in value.values():
                visit(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                visit(item)

    visit([node["args"], node["kwargs"]] if isinstance(node, dict) else node)
    return found


def _call(operation, node, operations, first):
    def revive(value):
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            name, index, position = value["config"]["keras_history"]
            return operations[name]._inbound_nodes[first[name] + index].outputs[position]
        if isinstance(value, dict) and "class_name" in value:
            return deserialize_keras_object(value)
        if isinstance(value, dict):
            return {key: revive(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(revive(item) for item in value)
        return value

    args = [revive(value) for value in node["args"]]
    kwargs = {key: revive(value) for key, value in node["kwargs"].items()}
    if not kwargs.get("training") and "training" not in node.get("explicit", ()):
        kwargs.pop("training", None)
    if isinstance(operation, Layer):
        operation(*args, **kwargs)
    else:
        operation.symbolic_call(*map(_key, args), **kwargs)


def _key(value):
    # An index was a tuple before JSON made it a list.
    if isinstance(value, list) and any(
        isinstance(item, (slice, type(None))) or item is Ellipsis for item in value
    ):
        return tuple(value)
    return value


def _map_places(function, places):
    if _is_place(places):
        return function(places)
    if isinstance(places, dict):
        return {key: _map_places(function, item) for key, item in places.items()}
    return type(places)(_map_places(function, item) for item in places)


def _is_place(value):
    return (
        isinstance(value, (list, tuple))
        and len(value) == 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
