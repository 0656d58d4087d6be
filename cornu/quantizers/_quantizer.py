"""Quantizers: functions from floats to integers, with settings."""

from cornu.quantizers._functions import abs_max_quantize
from cornu.serial.registry import export

# What bytes hold.
RANGES = {"int8": (-128, 127), "uint8": (0, 255)}


@export("keras.Quantizer", "keras.quantizers.Quantizer")
class Quantizer:
    """Base of quantizers. A subclass defines `__call__` and `get_config`.

    Args:
        output_dtype: dtype of the integers.

    Example:
        >>> import cornu
        >>> class Signs(cornu.Quantizer):
        ...     def __call__(self, x, axis=None, to_numpy=False):
        ...         return cornu.ops.cast(cornu.ops.sign(x), self.output_dtype), 1.0
        >>> Signs()(cornu.ops.convert_to_tensor([-3.0, 2.0]))[0].tolist()
        [-1, 1]
    """

    def __init__(self, output_dtype="int8"):
        self.output_dtype = output_dtype

    def __call__(self, x):
        """`x`, as it is. Subclasses return `(integers, scale)`."""
        return x

    def get_config(self):
        """The constructor's arguments. Subclasses define it."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config):
        """A quantizer from `get_config()`."""
        return cls(**config)


@export("keras.quantizers.AbsMaxQuantizer")
class AbsMaxQuantizer(Quantizer):
    """Integers as far as the largest magnitude asks: see `abs_max_quantize`.

    Args:
        axis: int or tuple of ints, the axes that share a scale; by default given in the call.
        value_range: smallest and largest integer.
        epsilon: added to the largest magnitude.
        output_dtype: dtype of the integers.

    Raises:
        ValueError: if `output_dtype` doesn't hold `value_range`.

    Example:
        >>> import cornu
        >>> quantizer = cornu.quantizers.AbsMaxQuantizer(axis=-1)
        >>> quantizer(cornu.ops.convert_to_tensor([[1.0, -2.0]]))[0].tolist()
        [[64, -127]]
    """

    def __init__(self, axis=None, value_range=(-127, 127), epsilon=1e-07, output_dtype="int8"):
        super().__init__(output_dtype)
        self.axis = (axis,) if isinstance(axis, int) else axis and tuple(axis)
        self.value_range = value_range
        bounds = RANGES.get(output_dtype)
        if bounds and not bounds[0] <= value_range[0] <= value_range[1] <= bounds[1]:
            raise ValueError(
                f"Quantizer with output_dtype='{output_dtype}' requires value_range to be within"
                f" the interval {list(bounds)}. Received: value_range={value_range}"
            )
        self.epsilon = epsilon

    def __call__(self, x, axis=None, to_numpy=False):
        """`(integers, scale)` for `x`; `axis` goes before the constructor's."""
        return abs_max_quantize(
            x,
            axis=self.axis if axis is None else axis,
            value_range=self.value_range,
            dtype=self.output_dtype,
            epsilon=self.epsilon,
            to_numpy=to_numpy,
        )

    def get_config(self):
        """The constructor's arguments; no `axis` where it was left to the call."""
        config = {
            "value_range": self.value_range,
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        return config if self.axis is None else {**config, "axis": self.axis}
