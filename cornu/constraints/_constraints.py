"""Conditions that weights are brought back to after each step of training."""

from cornu import ops
from cornu.core import config
from cornu.serial.configurable import Configurable
from cornu.serial.registry import export


@export("keras.constraints.Constraint")
class Constraint(Configurable):
    """A function from weights to weights that meet a condition; subclasses write `__call__`.

    The config follows from the constructor's arguments, if each is kept in an attribute of its
    name.

    Example:
        >>> import cornu
        >>> class Centred(cornu.constraints.Constraint):
        ...     def __call__(self, w):
        ...         return w - cornu.ops.mean(w)
        >>> Centred()(cornu.ops.convert_to_tensor([1.0, 3.0]))
        Array([-1.,  1.], dtype=float32)
    """

    def __call__(self, w):
        """The tensor `w` made to meet the condition: unchanged here."""
        return w


def _norm(w, axis):
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@export("keras.constraints.MaxNorm", "keras.constraints.max_norm")
class MaxNorm(Constraint):
    """Weights with a norm above `max_value` along `axis` are scaled down to it.

    Args:
        max_value: largest norm.
        axis: int or ints; 0 for a dense kernel (inputs, units), `[0, 1, 2]` for a 2D convolution's.

    Example:
        >>> import cornu
        >>> cornu.constraints.MaxNorm(1.0)(cornu.ops.convert_to_tensor([3.0, 4.0])).round(3)
        Array([0.6, 0.8], dtype=float32)
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        norms = _norm(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (config.epsilon() + norms))


@export("keras.constraints.NonNeg", "keras.constraints.non_neg")
class NonNeg(Constraint):
    """Negative weights become 0.

    Example:
        >>> import cornu
        >>> cornu.constraints.NonNeg()([-1.0, 2.0])
        Array([0., 2.], dtype=float32)
    """

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        return ops.where(ops.greater_equal(w, 0), w, ops.zeros_like(w))


@export("keras.constraints.UnitNorm", "keras.constraints.unit_norm")
class UnitNorm(Constraint):
    """Weights are scaled to norm 1 along `axis`.

    Args:
        axis: int or ints, as of `MaxNorm`.

    Example:
        >>> import cornu
        >>> cornu.constraints.UnitNorm()(cornu.ops.convert_to_tensor([3.0, 4.0])).round(3)
        Array([0.6, 0.8], dtype=float32)
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        return w / (config.epsilon() + _norm(w, self.axis))


@export("keras.constraints.MinMaxNorm", "keras.constraints.min_max_norm")
class MinMaxNorm(Constraint):
    """Weights are scaled towards a norm from `min_value` to `max_value` along `axis`.

    Args:
        min_value, max_value: the interval of norms.
        rate: how far to go: 1 keeps the condition strictly, 0 does nothing.
        axis: int or ints, as of `MaxNorm`.

    Example:
        >>> import cornu
        >>> cornu.constraints.MinMaxNorm(0.0, 1.0)(cornu.ops.ones((4,))).round(3)
        Array([0.5, 0.5, 0.5, 0.5], dtype=float32)
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        norms = _norm(w, self.axis)
        wanted = (
            self.rate * ops.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        )
        return w * (wanted / (config.epsilon() + norms))
