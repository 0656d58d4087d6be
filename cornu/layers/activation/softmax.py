"""`Softmax`."""

import operator

from cornu import activations, ops
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.Softmax")
class Softmax(Layer):
    """Positive numbers that sum to 1 along `axis`: `exp(x)` divided by its sum.

    Args:
        axis: int, or list of ints for one sum over several axes.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: tensor of floats.
        mask: booleans, of the shape of the inputs or one that broadcasts to it; the outputs are 0
            where it is False, and the others sum to 1 without them. A sum of nothing is 0.

    Raises:
        TypeError: if `axis` is neither an int nor a list of ints.
        ValueError: if the mask does not broadcast to the shape of the inputs.

    Example:
        >>> import cornu
        >>> x = cornu.ops.zeros((1, 4))
        >>> cornu.layers.Softmax()(x, mask=[[True, True, False, False]])
        Array([[0.5, 0.5, 0. , 0. ]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.axis = _checked(axis)
        self._build_at_init()

    def call(self, inputs, mask=None):
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        if mask is None:
            return activations.softmax(inputs, axis=axis)
        mask = ops.cast(mask, "bool")
        _check_shapes(mask.shape, inputs.shape, self.name)
        lowest = ops.cast(float("-inf"), inputs.dtype)
        outputs = activations.softmax(ops.where(mask, inputs, lowest), axis=axis)
        return ops.where(mask, outputs, ops.cast(0, inputs.dtype))

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


def _checked(axis):
    try:
        if isinstance(axis, (list, tuple)):
            return type(axis)(operator.index(one) for one in axis)
        return operator.index(axis)
    except TypeError:
        raise TypeError(
            f"`axis` must be an int or a list of ints. Received: axis={shorten(axis)}"
        ) from None


def _check_shapes(mask, inputs, name):
    received = f"Received: inputs.shape={tuple(inputs)}, mask.shape={tuple(mask)}"
    if len(mask) > len(inputs):
        raise ValueError(
            f"Layer '{name}': `mask` must not have more dimensions than `inputs`. {received}"
        )
    sizes = zip(reversed(mask), reversed(inputs), strict=False)
    if any(own not in (1, size) for own, size in sizes):
        raise ValueError(
            f"Layer '{name}': `mask` must be broadcastable to `inputs`. Each of its sizes must be 1"
            f" or that of the inputs, counted from the last axis. {received}"
        )
