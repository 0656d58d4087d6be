"""Small questions about one batch of data."""

import numpy as np

from cornu.backend import engine
from cornu.core import tree
from cornu.core.masks import set_mask
from cornu.core.scopes import FRAME
from cornu.symbolic.tensor import KerasTensor


def batch_size(x):
    """Number of samples of the first array in a nest."""
    for leaf in tree.flatten(x):
        if leaf is not None:
            return leaf.shape[0] if leaf.shape else 1
    return 1


def as_given(data):
    """A batch as users' own steps get it: inputs alone are in no tuple, unless they are several."""
    if isinstance(data, tuple) and len(data) == 1 and not isinstance(data[0], (tuple, list)):
        return data[0]
    return data


def with_masks(y_pred, masks):
    """Predictions that came out of a gradient, given their masks again."""
    for value, mask in zip(tree.flatten(y_pred), tree.flatten(masks), strict=True):
        if mask is not None and FRAME.get() is not None:
            set_mask(value, mask)
    return y_pred


def as_symbol(array):
    """An array as a tensor without a value; None and such tensors as they are."""
    if array is None or isinstance(array, KerasTensor):
        return array
    return KerasTensor(
        tuple(array.shape),
        str(np.dtype(array.dtype)) if not engine.is_tensor(array) else str(array.dtype),
    )
