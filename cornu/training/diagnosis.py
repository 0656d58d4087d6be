"""Where numbers that are not finite come from: the data, a weight, a layer, or the loss."""

import contextlib
import warnings

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import tree
from cornu.core.dtypes import is_float_dtype
from cornu.core.errors import shorten
from cornu.data.arrays import unpack
from cornu.layers import Embedding
from cornu.state.functional import Frame
from cornu.training.ranges import extent, first_place, in_words, is_array

NAMES = ("x", "y", "sample_weight")


def about_data(data, places=None, where=" of the batch"):
    """Sentences on what in data is not finite, one for each array.

    Args:
        data: `(x, y, sample_weight)`, or less of it.
        places: places of the samples in all of the data, if they are known.
        where: what the data are part of, in words.
    """
    found = []
    for name, nest in zip(NAMES, unpack(data), strict=True):
        for path, array in tree.flatten_with_path(nest):
            wrong = _not_finite(array)
            place = None if wrong is None else first_place(wrong)
            if place is None:
                continue
            part = name + "".join(f"[{key!r}]" for key in path)
            value = np.asarray(array[place])
            index = place if places is None else (int(places[place[0]]), *place[1:])
            found.append(
                f"`{part}` holds {value} at index {in_words(index)}"
                f"{where if places is None else ''} ({int(wrong.sum())} of the {wrong.size} numbers"
                f"{where} are not finite): correct the data."
            )
    return found


def _not_finite(array):
    """Where an array is not finite, on the host; None for what can't be infinite."""
    if not is_array(array) or not is_float_dtype(str(array.dtype)):
        return None
    return ~np.asarray(ops.isfinite(array))


def is_finite(value):
    """Whether all floats in a nest are finite, as far as they have a value."""
    for leaf in tree.flatten(value):
        if engine.is_tensor(leaf) and not engine.is_traced(leaf):
            wrong = _not_finite(leaf)
            if wrong is not None and wrong.any():
                return False
    return True


def about_layers(model, variables, values, batch):
    """Sentences on the first layer whose output is not finite, for one batch.

    Args:
        model: the model.
        variables: all that a step may assign.
        values: their values before the step.
        batch: `(x, y, sample_weight)`, or less of it.
    """
    x = tree.map_structure(lambda a: None if a is None else engine.asarray(a), unpack(batch)[0])
    stand_ins = {id(variable): value for variable, value in zip(variables, values, strict=True)}
    with (
        Frame(stand_ins, collect_losses=True),
        recording(model) as recorder,
        warnings.catch_warnings(action="ignore"),
    ):
        try:
            model(x, training=True)
        except Exception as error:
            if recorder.first is None:
                return [f"The layers could not be called one by one to look: {shorten(error)}."]
        return recorder.sentences(model)


class Recorder:
    """Remembers the first call of a layer whose output is not finite."""

    def __init__(self):
        self.first = None

    def around(self, layer):
        """The layer's `_call`, watched."""
        call = layer._call

        def watched(*args, **kwargs):
            outputs = call(*args, **kwargs)
            if self.first is None and not is_finite(outputs):
                self.first = (layer, args)
            return outputs

        return watched

    def sentences(self, model):
        """What was found, in words."""
        weights = [v.path for v in model.variables if not is_finite(v._raw_value)]
        found = []
        if weights:
            found.append(
                f"Of {len(model.variables)} variables {len(weights)} are not finite before this"
                f" step, the first is '{weights[0]}': an update before it went wrong, or they were"
                " given such values."
            )
        if self.first is None:
            return [
                *found,
                "The outputs of all layers are finite for this batch, so it begins in the loss"
                " function, in a metric of the loss, or in a regularizer.",
            ]
        layer, args = self.first
        found.append(
            f"The first layer whose output is not finite is '{layer.path or layer.name}'"
            f" ({type(layer).__name__}){_inputs_in_words(layer, args)}."
        )
        return found


def _inputs_in_words(layer, args):
    if isinstance(layer, Embedding) and args and args[0].size:
        low, high = extent(args[0])
        if low < 0 or high >= layer.input_dim:
            return (
                f": its inputs are from {low} to {high}, but its vocabulary has {layer.input_dim}"
                " entries"
            )
    own = [v.path for v in layer.variables if not is_finite(v._raw_value)]
    if own:
        return ", whose weights are not finite"
    if is_finite(args):
        return ", on finite inputs"
    small = layer.compute_dtype == "float16"
    range_of_halves = ": float16, in which it computes, ends at 65504" if small else ""
    return f", on inputs that are not finite either{range_of_halves}"


@contextlib.contextmanager
def recording(model):
    """Within, calls of the model's layers are watched by the `Recorder` that this gives."""
    recorder = Recorder()
    layers = model._flatten_layers(include_self=False)
    for layer in layers:
        object.__setattr__(layer, "_call", recorder.around(layer))
    try:
        yield recorder
    finally:
        for layer in layers:
            object.__delattr__(layer, "_call")
