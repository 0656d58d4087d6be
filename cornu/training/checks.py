"""Values that no step should see, found on the host before it runs: labels that are no classes or
no probabilities, indices that an `Embedding` does not have.

Compiled code would turn them into zeros, into NaN or into other numbers without a word. Arrays in
memory are looked at once, batches of an iterable as they come. Numbers that are not finite are not
looked for here, which would cost a pass over all inputs: the watch over the loss finds them
(`training.watch`).
"""

import warnings

import numpy as np

from cornu import losses
from cornu.core import source
from cornu.data.arrays import ArrayData, unpack
from cornu.layers import Embedding
from cornu.training.outputs import target_of
from cornu.training.ranges import all_below, all_whole, extent, first_place, in_words, is_array

# Losses whose targets are class numbers.
LOSSES = (
    losses.SparseCategoricalCrossentropy,
    losses.CategoricalGeneralizedCrossEntropy,
    losses.CTC,
)
FUNCTIONS = (losses.sparse_categorical_crossentropy, losses.ctc)
# Losses whose targets are probabilities.
OF_PROBABILITIES = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
FUNCTIONS_OF_PROBABILITIES = (losses.binary_crossentropy, losses.binary_focal_crossentropy)


def function_of(loss):
    """The function that a loss is made of, or None."""
    return getattr(loss, "_fn", None) or getattr(loss, "fn", None)


def class_count(loss, y_pred):
    """The number of classes that a loss on class numbers finds in the predictions, else None."""
    if not isinstance(loss, LOSSES) and function_of(loss) not in FUNCTIONS:
        return None
    shape = getattr(y_pred, "shape", ())
    axis = getattr(loss, "axis", -1)
    return shape[axis] if shape and isinstance(shape[axis], int) else None


class DataChecks:
    """What the values of a model's data must be like.

    Args:
        model: a model, whose losses are looked at if they are matched with its outputs.
    """

    def __init__(self, model):
        loss = model._compile_loss
        built = loss is not None and loss.built
        self.model = model
        self.losses = [entry for entry in loss.entries if _has_rule(entry)] if built else []
        self.outputs = len(loss.outputs) if built else 0

    @property
    def needed(self):
        """Whether there is anything to look at."""
        return bool(self.losses or lookups(self.model)[1])

    def once(self, data):
        """Look at arrays in memory, unless that was done before.

        Raises:
            ValueError: for a label that is no class, or an index that an `Embedding` does not have.
        """
        if not isinstance(data, ArrayData) or data.__dict__.get("_values_checked"):
            return
        data._values_checked = True
        self._look(data.arrays, in_words)

    def batch(self, batch, step):
        """Look at the batch of a step.

        Raises:
            ValueError: as `once` does.
        """
        self._look(batch, lambda place: f"{in_words(place)} of batch {step + 1}")

    def stack(self, stacked, step):
        """Look at batches that are stacked along a new first axis, from that of a step on.

        Raises:
            ValueError: as `once` does.
        """
        self._look(stacked, lambda place: f"{in_words(place[1:])} of batch {step + place[0] + 1}")

    def _look(self, data, in_words):
        x, y, _ = unpack(data)
        check_inputs(self.model, x, in_words)
        for entry in self.losses:
            target = target_of(y, entry.output, self.outputs)
            if not is_array(target):
                continue
            if entry.classes is not None:
                check_classes(target, entry, in_words)
            elif not entry.told:
                entry.told = warn_of_probabilities(target, entry, in_words)


def _has_rule(entry):
    return entry.classes is not None or _is_of_probabilities(entry.loss)


def _is_of_probabilities(loss):
    return isinstance(loss, OF_PROBABILITIES) or function_of(loss) in FUNCTIONS_OF_PROBABILITIES


def check_classes(labels, entry, in_words=in_words):
    """Raise ValueError for a label that is no class of the model's outputs.

    Args:
        labels: array of numbers.
        entry: the loss that they are for, with its number of classes.
        in_words: from the place of a number to words for it.
    """
    if all_below(labels, entry.classes) and all_whole(labels):
        return
    labels = np.asarray(labels)
    wrong = ~((labels >= 0) & (labels < entry.classes) & (labels == np.floor(labels)))
    ignored = getattr(entry.loss, "ignore_class", None)
    if ignored is not None:
        wrong &= labels != ignored
    place = first_place(wrong)
    if place is None:
        return
    raise ValueError(
        f"The label {labels[place]!s} at index {in_words(place)} of `y`{_of_output(entry)} is"
        f" no class: the model has {entry.classes} classes, so labels must be whole numbers from"
        f" 0 to {entry.classes - 1}. Correct the labels, or the size of the last layer."
    )


def warn_of_probabilities(labels, entry, in_words=in_words):
    """Warn of a label outside of [0, 1], for a loss that takes it as a probability.

    Returns:
        Whether there was one.
    """
    if labels.size == 0 or labels.dtype.kind == "b":
        return False
    low, high = extent(labels)
    if not (low < 0 or high > 1):
        return False
    labels = np.asarray(labels)
    place = first_place((labels < 0) | (labels > 1))
    warnings.warn(
        f"The label {labels[place]!s} at index {in_words(place)} of `y`{_of_output(entry)} is"
        f" no probability, but the loss '{getattr(entry.loss, 'name', entry.loss)}' takes labels"
        " from 0 to 1. For labels of -1 and 1 use a hinge loss, or turn them into 0 and 1.",
        stacklevel=source.level(),
    )
    return True


def _of_output(entry):
    return f" for the output '{entry.output.name}'" if entry.output.name else ""


def check_inputs(model, x, in_words=in_words):
    """Raise ValueError for an index in a model's inputs that an `Embedding` does not have.

    Args:
        model: the model.
        x: its inputs.
        in_words: from the place of a number to words for it.
    """
    graph, tables = lookups(model)
    if not tables:
        return
    values = graph._input_values(x)
    for place, layer in tables:
        if values[place] is not None:
            check_indices(values[place], layer, graph.input_names[place], in_words)


def check_indices(indices, layer, name, in_words=in_words):
    """Raise ValueError for an index that an `Embedding` does not have.

    Args:
        indices: array of numbers.
        layer: the `Embedding`.
        name: the input that the indices came in by.
        in_words: from the place of a number to words for it.
    """
    if not is_array(indices) or all_below(indices, layer.input_dim):
        return
    indices = np.asarray(indices)
    # A fraction is cut off when the layer makes an integer of it.
    place = first_place(~((indices > -1) & (indices < layer.input_dim)))
    if place is None:
        return
    raise ValueError(
        f"The index {indices[place]!s} at {in_words(place)} of the input '{name}' is outside"
        f" of the vocabulary of layer '{layer.name}' ({type(layer).__name__}), which has"
        f" {layer.input_dim} entries, numbered from 0 to {layer.input_dim - 1}. Correct the"
        f" indices, or `input_dim`, which must be the largest index + 1."
    )


def lookups(model):
    """The `Embedding`s that look a model's inputs up.

    Returns:
        The functional model that it is or holds, and pairs of the place of an input and an
        `Embedding`; there are none for a model that is no graph.
    """
    model = _graph_model(model)
    if model is None:
        return None, []
    found = model.__dict__.get("_lookups")
    if found is None or found[0] is not model._graph:
        places = {id(tensor): place for place, tensor in enumerate(model._graph.inputs)}
        found = (model._graph, list(_tables(model._graph, places)))
        object.__setattr__(model, "_lookups", found)
    return model, found[1]


def _graph_model(model):
    """The model itself or the one inside it that is a graph, or None."""
    state = getattr(model, "__dict__", {})
    return model if "_graph" in state else state.get("_functional")


def _tables(graph, places):
    """Pairs of place and `Embedding` in a graph and the models in it.

    Args:
        places: from the ids of tensors to the places of the inputs that they are.
    """
    for node in graph.nodes:
        found = [places.get(id(tensor)) for tensor in node.input_tensors]
        if all(place is None for place in found):
            continue
        if isinstance(node.operation, Embedding):
            yield found[0], node.operation
            continue
        inner = _graph_model(node.operation)
        if inner is not None and _in_order(node, inner):
            pairs = zip(inner._graph.inputs, found, strict=True)
            yield from _tables(inner._graph, {id(tensor): place for tensor, place in pairs})


def _in_order(node, model):
    """Whether a model is called on as many tensors as it has inputs, in their order."""
    by_name = any(isinstance(argument, dict) for argument in node.args)
    return len(node.input_tensors) == len(model._graph.inputs) and not by_name
