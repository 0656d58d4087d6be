"""Gradients that are given rather than derived."""

import functools

from cornu.backend import engine
from cornu.core import tree
from cornu.serial.registry import export
from cornu.state.variable import value_of


@export("keras.ops.custom_gradient")
def custom_gradient(f):
    """Decorator that gives a function a gradient of your own.

    Args:
        f: `f(*tensors) -> (outputs, gradient)`, where `gradient(upstream)` returns the gradient by
            each tensor: a tensor, or None for one that has none. The argument may be taken as
            `gradient(*args, upstream=None)` too.

    Returns:
        A function of the same tensors, which returns the outputs alone.

    Example:
        >>> import cornu
        >>> @cornu.ops.custom_gradient
        ... def rounded(x):
        ...     return cornu.ops.round(x), lambda upstream: upstream
        >>> with cornu.GradientTape() as tape:
        ...     x = cornu.ops.ones((1,)) * 0.7
        ...     tape.watch(x)
        ...     y = rounded(x)
        >>> tape.gradient(y, x).tolist()
        [1.0]
    """
    inner = engine.custom_gradient(f)

    @functools.wraps(f)
    def call(*tensors):
        return inner(*tree.map_structure(value_of, tensors))

    return call
