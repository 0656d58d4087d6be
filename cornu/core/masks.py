"""Masks of tensors: which steps of a sequence count.

A concrete or symbolic tensor carries its mask as the attribute `_keras_mask`. A traced one can't,
so its mask is kept with the frame in which the pure code runs, or with the outermost layer call.
"""

from cornu.core.scopes import CALL, FRAME


def get_mask(tensor):
    """The mask of `tensor`, or None."""
    mask = getattr(tensor, "_keras_mask", None)
    if mask is not None:
        return mask
    for table in _tables():
        found = table.get(id(tensor))
        if found is not None and found[0] is tensor:
            return found[1]
    return None


def set_mask(tensor, mask):
    """Give `tensor` a mask; None takes it away."""
    try:
        tensor._keras_mask = mask
        return
    except AttributeError:  # a traced tensor
        pass
    for table in _tables():
        table[id(tensor)] = (tensor, mask)
        return


def _tables():
    frame, call = FRAME.get(), CALL.get()
    if frame is not None:
        yield frame.masks
    if call is not None:
        yield call.masks
