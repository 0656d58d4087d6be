"""Masks of tensors: which steps of a sequence count.

A concrete or symbolic tensor carries its mask as the attribute `_keras_mask`. A traced one can't,
so its mask is kept with the frame in which the pure code runs, or with the outermost layer call.
A tensor whose mask an op could not keep carries a note of that instead, so that whoever wants the
mask can say where it went.
"""

import warnings
from dataclasses import dataclass

from cornu.core.scopes import CALL, FRAME, MASK_WARNINGS, MASKS

MASK, LOST = "_keras_mask", "_lost_mask"
# Stands for all losses and metrics: that one of them misses a mask is told once.
SCORES = "a loss or metric"


@dataclass(frozen=True, slots=True)
class LostMask:
    """The note of a mask that is gone.

    Args:
        op: name of the op that dropped it.
        shape: of the mask.
    """

    op: str
    shape: tuple


def get_mask(tensor):
    """The mask of `tensor`, or None."""
    return _get(tensor, MASK)


def set_mask(tensor, mask):
    """Give `tensor` a mask; None takes it away."""
    _set(tensor, MASK, mask)


def copy_mask(source, target):
    """Give `target` the mask of `source`, or the note of the one that it lost."""
    for attribute in (MASK, LOST):
        found = _get(source, attribute)
        if found is not None:
            _set(target, attribute, found)


def get_lost_mask(tensor):
    """The note of the mask that `tensor` would have, or None."""
    return _get(tensor, LOST)


def pass_lost_mask(note, tensor, rank):
    """Give `tensor`, made from one of `rank` axes, the note of a mask that is gone, unless the
    masked axes are gone too."""
    shape = tuple(tensor.shape)
    if len(shape) >= rank or shape[: len(note.shape)] == note.shape:
        _set(tensor, LOST, note)


def wanted_mask(tensor, consumer, key=None):
    """The mask of `tensor`, or None; warns if it got lost on the way.

    Args:
        consumer: who wants it, such as `"layer 'lstm'"`.
        key: what stands for the consumer in telling once, by default itself.
    """
    mask = get_mask(tensor)
    if mask is None and MASKS:
        note = get_lost_mask(tensor)
        if note is not None and (note.op, key or consumer) not in MASK_WARNINGS:
            MASK_WARNINGS.add((note.op, key or consumer))
            warnings.warn(
                f"The mask of what {consumer} was given was lost in `{note.op}`, which does not"
                " keep each step in its place, so steps that were masked count. Pass a mask to"
                f" {consumer} if it takes one, set `_keras_mask` of the result of `{note.op}`, or"
                " put that op into a layer which defines `compute_mask`.",
                stacklevel=6,
            )
    return mask


def _get(tensor, attribute):
    found = getattr(tensor, attribute, None)
    if found is not None:
        if not MASKS:
            _start()
        return found
    if MASKS:
        for table in _tables():
            found = table.get((attribute, id(tensor)))
            if found is not None and found[0] is tensor:
                return found[1]
    return None


def _set(tensor, attribute, value):
    if value is not None and not MASKS:
        _start()
    try:
        setattr(tensor, attribute, value)
        return
    except AttributeError:  # a traced tensor
        pass
    for table in _tables():
        table[attribute, id(tensor)] = (tensor, value)
        return


def _start():
    MASKS["seen"] = True
    for call in _ON_FIRST_MASK:
        call()


def _tables():
    frame, call = FRAME.get(), CALL.get()
    if frame is not None:
        yield frame.masks
    if call is not None:
        yield call.masks


# What is to be done once, when the first tensor gets a mask.
_ON_FIRST_MASK = []


def on_first_mask(call):
    """Have `call()` run when the first tensor of the process gets a mask."""
    _ON_FIRST_MASK.append(call)
