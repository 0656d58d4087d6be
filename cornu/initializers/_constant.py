"""Initializers without chance. Values are made by NumPy, so that no shape costs a compilation."""

import numpy as np

from cornu.backend import engine
from cornu.core import dtypes
from cornu.initializers._initializer import Initializer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export


def to_tensor(values, dtype):
    """NumPy values as a tensor of `dtype` (`floatx()` if None), cast on the host."""
    dtype = dtypes.narrow(dtypes.standardize_dtype(dtype))
    return engine.asarray(np.asarray(values).astype(np.dtype(dtype), copy=False))


@export("keras.initializers.Zeros", "keras.initializers.zeros")
class Zeros(Initializer):
    """All elements 0.

    Example:
        >>> import cornu
        >>> cornu.initializers.Zeros()((2,))
        Array([0., 0.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return to_tensor(np.zeros(shape, np.dtype(dtypes.standardize_dtype(dtype))), dtype)


@export("keras.initializers.Ones", "keras.initializers.ones")
class Ones(Initializer):
    """All elements 1.

    Example:
        >>> import cornu
        >>> cornu.initializers.Ones()((2,))
        Array([1., 1.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return to_tensor(np.ones(shape, np.dtype(dtypes.standardize_dtype(dtype))), dtype)


@export("keras.initializers.Constant", "keras.initializers.constant")
class Constant(Initializer):
    """All elements equal to `value`.

    Args:
        value: number, or an array that broadcasts to the shape asked for.

    Example:
        >>> import cornu
        >>> cornu.initializers.Constant(3)((2,))
        Array([3., 3.], dtype=float32)
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return to_tensor(np.broadcast_to(np.asarray(self.value), shape), dtype)

    @classmethod
    def from_config(cls, config):
        return cls(value=deserialize_keras_object(config["value"]))


@export(
    "keras.initializers.Identity",
    "keras.initializers.IdentityInitializer",
    "keras.initializers.identity",
)
class Identity(Initializer):
    """A matrix with `gain` on its diagonal and zeros elsewhere.

    Args:
        gain: the diagonal's value.

    Raises:
        ValueError: when called with a shape that is no matrix's.

    Example:
        >>> import cornu
        >>> cornu.initializers.Identity()((2, 2))
        Array([[1., 0.],
               [0., 1.]], dtype=float32)
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        return to_tensor(self.gain * np.eye(*shape), dtype)
