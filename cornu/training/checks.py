"""Values that no step should see, found once, on the host, before training."""

import numpy as np

from cornu import losses
from cornu.data.arrays import ArrayData, unpack
from cornu.training.outputs import target_of

# Losses whose targets are class numbers.
LOSSES = (
    losses.SparseCategoricalCrossentropy,
    losses.CategoricalGeneralizedCrossEntropy,
    losses.CTC,
)
FUNCTIONS = (losses.sparse_categorical_crossentropy, losses.ctc)


def check_labels(compiled_loss, data):
    """Raise ValueError for class numbers outside of the classes that a model's outputs have.

    Args:
        compiled_loss: a built `CompiledLoss`.
        data: the data; only arrays in memory are checked, once.

    Compiled code would turn such labels into zeros or NaN without a word.
    """
    if not isinstance(data, ArrayData) or data.__dict__.get("_labels_checked"):
        return
    data._labels_checked = True
    y = unpack(data.arrays)[1]
    for entry in compiled_loss.entries:
        if entry.classes is None:
            continue
        target = target_of(y, entry.output, len(compiled_loss.outputs))
        if target is not None:
            _check(np.asarray(target), entry)


def _check(labels, entry):
    ignored = getattr(entry.loss, "ignore_class", None)
    outside = (labels < 0) | (labels >= entry.classes)
    if ignored is not None:
        outside &= labels != ignored
    if not outside.any():
        return
    place = np.unravel_index(int(np.argmax(outside)), labels.shape)
    where = ", ".join(map(str, place))
    name = f" for the output '{entry.output.name}'" if entry.output.name else ""
    raise ValueError(
        f"The label {labels[place]} at index {where} of `y`{name} is no class: the model has"
        f" {entry.classes} classes, so labels must be from 0 to {entry.classes - 1}. Correct the"
        " labels, or the size of the last layer."
    )


def class_count(loss, y_pred):
    """The number of classes that a loss on class numbers finds in the predictions, else None."""
    function = getattr(loss, "_fn", None) or getattr(loss, "fn", None)
    if not isinstance(loss, LOSSES) and function not in FUNCTIONS:
        return None
    shape = getattr(y_pred, "shape", ())
    axis = getattr(loss, "axis", -1)
    return shape[axis] if shape and isinstance(shape[axis], int) else None
