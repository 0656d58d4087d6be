"""Activations made of straight pieces, and the sparse ones."""

from cornu import ops
from cornu.serial.registry import export


@export("keras.activations.relu6")
def relu6(x):
    """`x` limited to [0, 6] (Krizhevsky 2010).

    Example:
        >>> import cornu
        >>> cornu.activations.relu6([-1.0, 2.0, 8.0])
        Array([0., 2., 6.], dtype=float32)
    """
    return ops.relu6(x)


@export("keras.activations.hard_sigmoid")
def hard_sigmoid(x):
    """`x / 6 + 1/2` limited to [0, 1].

    Example:
        >>> import cornu
        >>> cornu.activations.hard_sigmoid([-3.0, 0.0, 3.0])
        Array([0. , 0.5, 1. ], dtype=float32)
    """
    return ops.hard_sigmoid(x)


@export("keras.activations.hard_silu", "keras.activations.hard_swish")
def hard_silu(x):
    """`x` times the hard sigmoid of `x`, also called hard swish (Howard et al. 2019).

    Example:
        >>> import cornu
        >>> cornu.activations.hard_silu([0.0, 8.0])
        Array([0., 8.], dtype=float32)
    """
    return ops.hard_silu(x)


@export("keras.activations.hard_tanh")
def hard_tanh(x):
    """`x` limited to [-1, 1].

    Example:
        >>> import cornu
        >>> cornu.activations.hard_tanh([-3.0, 0.5, 3.0])
        Array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return ops.hard_tanh(x)


@export("keras.activations.hard_shrink")
def hard_shrink(x, threshold=0.5):
    """`x` outside of [-threshold, threshold], 0 within.

    Args:
        x: tensor.
        threshold: number, not negative.

    Example:
        >>> import cornu
        >>> cornu.activations.hard_shrink([-0.75, 0.25, 1.0])
        Array([-0.75,  0.  ,  1.  ], dtype=float32)
    """
    return ops.hard_shrink(x, threshold=threshold)


@export("keras.activations.soft_shrink")
def soft_shrink(x, threshold=0.5):
    """`x` moved towards 0 by `threshold`, but not beyond.

    Args:
        x: tensor.
        threshold: number, not negative.

    Example:
        >>> import cornu
        >>> cornu.activations.soft_shrink([-0.75, 0.25, 1.0])
        Array([-0.25,  0.  ,  0.5 ], dtype=float32)
    """
    return ops.soft_shrink(x, threshold=threshold)


@export("keras.activations.threshold")
def threshold(x, threshold, default_value):
    """`x` above `threshold`, `default_value` elsewhere.

    Args:
        x: tensor.
        threshold: number.
        default_value: number.

    Example:
        >>> import cornu
        >>> cornu.activations.threshold([-1.0, 2.0], 0.5, 9.0)
        Array([9., 2.], dtype=float32)
    """
    return ops.threshold(x, threshold=threshold, default_value=default_value)


@export("keras.activations.sparse_plus")
def sparse_plus(x):
    """0 below -1, `(x + 1)**2 / 4` up to 1, `x` above.

    Example:
        >>> import cornu
        >>> cornu.activations.sparse_plus([-2.0, 0.0, 2.0])
        Array([0.  , 0.25, 2.  ], dtype=float32)
    """
    return ops.sparse_plus(x)


@export("keras.activations.sparse_sigmoid")
def sparse_sigmoid(x):
    """`(x + 1) / 2` limited to [0, 1].

    Example:
        >>> import cornu
        >>> cornu.activations.sparse_sigmoid([-1.0, 0.0, 1.0])
        Array([0. , 0.5, 1. ], dtype=float32)
    """
    return ops.sparse_sigmoid(x)


@export("keras.activations.sparsemax")
def sparsemax(x, axis=-1):
    """The nearest point to `x` among vectors along `axis` that are not negative and sum to 1.

    Args:
        x: tensor of at least one axis.
        axis: int.

    Reference: Martins & Astudillo 2016, "From Softmax to Sparsemax".

    Example:
        >>> import cornu
        >>> cornu.activations.sparsemax([0.5, 1.0, -2.0])
        Array([0.25, 0.75, 0.  ], dtype=float32)
    """
    return ops.sparsemax(x, axis=axis)
