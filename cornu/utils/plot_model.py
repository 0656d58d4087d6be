"""`keras.utils.plot_model` and `model_to_dot`: pictures of models."""

import os
import sys
from dataclasses import dataclass

from cornu.core import tree
from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.layers.core.input_layer import InputLayer
from cornu.models import Functional, Sequential
from cornu.serial.registry import export
from cornu.utils._diagram import Box, Cell, Diagram
from cornu.utils._picture import MISSING, painter, write_picture

pydot = lazy_module("pydot", extra="plot")
display = lazy_module("IPython.display", package="ipython")

RANKDIRS = ("TB", "LR", "BT", "RL")


@dataclass(frozen=True)
class Shown:
    """What a picture shows of a layer."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool
    nested: bool
    rankdir: str
    dpi: float
    splines: str

    def box(self, layer):
        """The box of a layer."""
        rows = []
        activation = getattr(layer, "activation", None)
        if self.activations and callable(activation):
            rows.append([Cell("Activation", _name_of(activation))])
        cells = list(self._cells(layer))
        if cells:
            rows.append(cells)
        return Box(key_of(layer), layer.name if self.names else "", type(layer).__name__, rows)

    def _cells(self, layer):
        """Shapes, dtype and whether a layer is trained."""
        if self.shapes and not isinstance(layer, InputLayer):
            yield Cell("Input shape", _shapes(layer, "input"))
        if self.shapes:
            yield Cell("Output shape", _shapes(layer, "output"))
        if self.dtype:
            yield Cell("Output dtype", _dtypes(layer))
        if self.trainable and getattr(layer, "weights", None):
            yield (
                Cell("", "Trainable", "forestgreen")
                if layer.trainable
                else Cell("", "Non-trainable", "firebrick")
            )


def key_of(layer):
    """What a layer's box is called in the graph: a number, as in Keras."""
    return str(id(layer))


def _name_of(activation):
    found = getattr(activation, "name", None) or getattr(activation, "__name__", None)
    return found or type(activation).__name__


def _dtypes(layer):
    nodes = layer._inbound_nodes
    if not nodes:
        return "?"
    return _text(tree.map_structure(lambda tensor: str(tensor.dtype), nodes[0].outputs_structure))


def _shapes(layer, which):
    """Shapes of what goes into a layer, or comes out of it, in its first call."""
    nodes = layer._inbound_nodes
    if not nodes:
        return "?"
    found = nodes[0].outputs_structure if which == "output" else nodes[0].arguments_structure()
    return _text(tree.map_structure(lambda leaf: str(getattr(leaf, "shape", leaf)), found))


def _text(found):
    """A nest of texts as one text."""
    if isinstance(found, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in found.items())
    if isinstance(found, (list, tuple)):
        return f"[{', '.join(map(_text, found))}]"
    return str(found)


class _Describer:
    """Makes a `Diagram` of a model."""

    def __init__(self, shown):
        self.shown = shown

    def diagram(self, model):
        """The diagram of a model, those of nested ones within."""
        shown = self.shown
        found = Diagram(model.name, shown.rankdir, shown.dpi, shown.splines)
        graph = _graph_of(model)
        if graph is None:
            found.boxes.append(shown.box(model))
            return found
        for operation in graph.operations:
            if self._is_expanded(operation):
                found.parts.append(self.diagram(operation))
            elif not self._is_hidden(operation, model):
                found.boxes.append(shown.box(operation))
        return found

    def _is_expanded(self, layer):
        return self.shown.nested and _graph_of(layer) is not None

    def _is_hidden(self, layer, model):
        """Whether a layer has no box: the input of a `Sequential`."""
        return isinstance(layer, InputLayer) and isinstance(model, Sequential)

    def edges(self, model):
        """Pairs of keys: what leads to what, into nested models and out of them."""
        graph = _graph_of(model)
        found = []
        if graph is None:
            return found
        for operation in graph.operations:
            if self._is_expanded(operation):
                found += self.edges(operation)
        for node in graph.nodes:
            if node.is_input:
                continue
            for place, tensor in enumerate(node.input_tensors):
                starts = self._sources(tensor, model)
                ends = self._targets(node.operation, place)
                found += [(start, end) for start in starts for end in ends]
        return list(dict.fromkeys(found))

    def _sources(self, tensor, model):
        """Keys of the boxes that a tensor comes out of."""
        operation, _, place = tensor._keras_history
        if self._is_expanded(operation):
            return self._sources(_graph_of(operation).outputs[place], operation)
        return [] if self._is_hidden(operation, model) else [key_of(operation)]

    def _targets(self, operation, place):
        """Keys of the boxes that the tensor at a place of an operation's inputs goes into."""
        if not self._is_expanded(operation):
            return [key_of(operation)]
        graph = _graph_of(operation)
        tensor = graph.inputs[place]
        source = tensor._keras_history.operation
        if not self._is_hidden(source, operation):
            return [key_of(source)]
        consumers = (
            (node.operation, index)
            for node in graph.nodes
            for index, found in enumerate(node.input_tensors)
            if found is tensor
        )
        return [key for consumer in consumers for key in self._targets(*consumer)]


def _graph_of(model):
    """The graph of a functional model or the one inside of a built `Sequential`, or None."""
    if isinstance(model, Sequential):
        model = model._functional
    return model._graph if isinstance(model, Functional) else None


def _described(model, shown):
    if not getattr(model, "built", False):
        raise ValueError(
            "This model has not yet been built, so its layers and shapes are not known. Build it"
            " first, by calling it on a batch of data, or with `build(input_shape)`."
        )
    describer = _Describer(shown)
    found = describer.diagram(model)
    found.edges = describer.edges(model)
    return found


def _shown(
    show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
    show_layer_activations, show_trainable, splines, kwargs,
):  # fmt: skip
    """What to show, checked."""
    if "layer_range" in kwargs:
        raise ValueError("Argument `layer_range` is no longer supported: leave it out.")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {sorted(kwargs)}")
    if rankdir not in RANKDIRS:
        raise ValueError(f"`rankdir` must be one of {RANKDIRS}. Received: {shorten(rankdir)}")
    return Shown(
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable,
        expand_nested, rankdir, 96 if dpi is None else dpi, splines,
    )  # fmt: skip


@export("keras.utils.model_to_dot")
def model_to_dot(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    subgraph=False,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """A model as a graph of the package `pydot`.

    Args:
        model: a built model. One whose class defines `call` is a single box.
        show_shapes: whether to show shapes of inputs and outputs.
        show_dtype: whether to show dtypes of outputs.
        show_layer_names: whether to show names of layers beside their classes.
        rankdir: `"TB"`, from top to bottom, `"LR"`, from left to right, `"BT"` or `"RL"`.
        expand_nested: whether to show the layers of nested models, in a frame.
        dpi: pixels per inch.
        subgraph: whether to return a `pydot.Cluster`, to be put into another graph.
        show_layer_activations: whether to show the activation of layers that have one.
        show_trainable: whether to show if a layer is trainable.
        splines: how Graphviz draws edges: `"ortho"`, `"curved"`, `"polyline"`, `"line"`, ...

    Returns:
        A `pydot.Dot`, or a `pydot.Cluster` if `subgraph`.

    Raises:
        ImportError: if `pydot` is not installed.
        ValueError: if the model is not built, or for an unknown `rankdir`.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((4,)), cornu.layers.Dense(2, name="scores")])
        >>> graph = cornu.utils.model_to_dot(model)  # doctest: +SKIP
        >>> graph.write("model.dot")  # doctest: +SKIP
    """
    shown = _shown(
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
        show_layer_activations, show_trainable, splines, kwargs,
    )  # fmt: skip
    diagram = _described(model, shown)
    (graph,) = pydot.graph_from_dot_data(diagram.to_dot(subgraph))
    if not subgraph:
        return graph
    return pydot.Cluster(obj_dict=graph.get_subgraphs()[0].obj_dict)


@export("keras.utils.plot_model")
def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Draw a model into a file: layers as boxes, what leads from one to the next as arrows.

    Graphviz draws it if its program `dot` is on the path, else the package `graphviz-pure` (both
    are installed apart from cornu), else cornu itself, with matplotlib.

    Args:
        model: a built model. One whose class defines `call` is a single box.
        to_file: path of the file; its ending is the format: `.png`, `.svg`, `.jpg`, what else
            Graphviz or matplotlib can write, or `.dot` for the text from which Graphviz draws.
        show_shapes: whether to show shapes of inputs and outputs.
        show_dtype: whether to show dtypes of outputs.
        show_layer_names: whether to show names of layers beside their classes.
        rankdir: `"TB"`, from top to bottom, `"LR"`, from left to right, `"BT"` or `"RL"`.
        expand_nested: whether to show the layers of nested models, in a frame.
        dpi: pixels per inch.
        show_layer_activations: whether to show the activation of layers that have one.
        show_trainable: whether to show if a layer is trainable.
        splines: how Graphviz draws edges: `"ortho"`, `"curved"`, `"polyline"`, `"line"`, ...;
            matplotlib draws any but `"ortho"` as straight lines.

    Returns:
        In a notebook an `IPython.display.Image` (or `SVG`), else None.

    Raises:
        ImportError: if there is nothing that draws the format; in a notebook this is printed.
        ValueError: if the model is not built, or for an unknown `rankdir`.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((4,)), cornu.layers.Dense(2)])
        >>> cornu.utils.plot_model(model, "model.svg", show_shapes=True)  # doctest: +SKIP
    """
    shown = _shown(
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
        show_layer_activations, show_trainable, splines, kwargs,
    )  # fmt: skip
    diagram = _described(model, shown)
    path = os.fspath(to_file)
    ending = os.path.splitext(path)[1].lstrip(".").lower()
    path, file_format = (path, ending) if ending else (f"{path}.png", "png")
    found = painter(file_format)
    in_notebook = "IPython" in sys.modules and "ipykernel" in sys.modules
    if found is None:
        message = MISSING.format(format=file_format)
        if not in_notebook:
            raise ImportError(message)
        print(message)
        return None
    write_picture(diagram, path, file_format, found)
    return _displayed(path, file_format) if in_notebook else None


def _displayed(path, file_format):
    """A picture as notebooks show it, or None for formats that they don't."""
    if file_format == "svg":
        return display.SVG(filename=path)
    return display.Image(filename=path) if file_format in ("png", "jpg", "jpeg") else None
