"""Constraints that only tf.keras 2 has."""

import numpy as np

from cornu import ops
from cornu.constraints import Constraint
from cornu.core.errors import shorten
from cornu.serial.registry import export


@export("keras.constraints.RadialConstraint")
class RadialConstraint(Constraint):
    """A convolution's kernel is made the same along each (square) ring around its centre.

    As in tf.keras, each ring takes the value that the diagonal has one place before it reaches the
    ring, below the centre and right of it.

    Raises:
        ValueError: for a kernel that is not of shape (rows, columns, inputs, filters), with as many
            rows as columns.

    Example:
        >>> import cornu
        >>> kernel = cornu.ops.reshape(cornu.ops.arange(9.0), (3, 3, 1, 1))
        >>> cornu.constraints.RadialConstraint()(kernel)[..., 0, 0]
        Array([[4., 4., 4.],
               [4., 0., 4.],
               [4., 4., 4.]], dtype=float32)
    """

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        if len(w.shape) != 4 or w.shape[0] != w.shape[1]:
            raise ValueError(
                "RadialConstraint takes the kernels of 2D convolutions, (rows, columns, inputs,"
                f" filters), with as many rows as columns. Received: {shorten(w)}"
            )
        size = w.shape[0]
        away = np.abs(2 * np.arange(size) - size + 1) // 2  # from the middle, along one axis
        ring = np.maximum(away[:, None], away[None, :])
        diagonal = ring + max(0, size // 2 - 1)
        flat = ops.reshape(w, (size * size, *w.shape[2:]))
        return ops.reshape(ops.take(flat, diagonal.ravel() * (size + 1), axis=0), w.shape)
