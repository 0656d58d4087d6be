"""Small helpers on arrays and batches."""

import numpy as np

from cornu import ops
from cornu.backend import engine


def to_categorical(x, num_classes=None):
    """Class numbers as one-hot vectors.

    Args:
        x: integers of any shape; a last axis of size 1 is left out.
        num_classes: length of the vectors; the largest number plus 1 by default.

    Returns:
        Floats of the shape of `x` with `num_classes` added; a NumPy array for array-likes, a tensor
        for a tensor.

    Example:
        >>> import cornu
        >>> cornu.utils.to_categorical([0, 2], 3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    if engine.is_tensor(x):
        if num_classes is None:
            num_classes = int(x.max()) + 1
        if x.ndim > 1 and x.shape[-1] == 1:
            x = x[..., 0]
        return ops.one_hot(x, num_classes)
    x = np.asarray(x, dtype="int64")
    if x.ndim > 1 and x.shape[-1] == 1:
        x = x[..., 0]
    if num_classes is None:
        num_classes = int(x.max()) + 1
    if x.size and not 0 <= x.min() <= x.max() < num_classes:
        raise ValueError(
            f"Class numbers must be in [0, {num_classes}). Received numbers from {x.min()} to"
            f" {x.max()}"
        )
    return np.eye(num_classes)[x]


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm of the given order along `axis`; zero vectors stay zero.

    Returns:
        A NumPy array for array-likes, a tensor for a tensor.
    """
    if engine.is_tensor(x):
        return ops.normalize(x, axis=axis, order=order)
    x = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, axis)


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """`x`, `(x, y)` or `(x, y, sample_weight)`, as data for `fit` are given."""
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) or sample_weight is not None else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
