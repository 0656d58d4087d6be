"""`Flatten` and `Reshape`."""

import math
import operator

from cornu import ops
from cornu.core import config
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.Flatten")
class Flatten(Layer):
    """All axes but the batch axis as one.

    Args:
        data_format: `"channels_last"` or `"channels_first"`; with the latter the channel axis is
            moved last first.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> cornu.layers.Flatten()(cornu.ops.ones((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)
        self._channels_first = self.data_format == "channels_first"

    def call(self, inputs):
        if self._channels_first and len(inputs.shape) > 1:
            inputs = ops.moveaxis(inputs, 1, -1)
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape):
        """(batch, number of the other elements)."""
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(sizes))

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)


@export("keras.layers.Reshape")
class Reshape(Layer):
    """The elements of each sample in another shape.

    Args:
        target_shape: shape without the batch axis; one size may be -1 or None, for what is left
            over.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if the elements don't fit.

    Example:
        >>> import cornu
        >>> cornu.layers.Reshape((2, -1))(cornu.ops.ones((5, 6))).shape
        (5, 2, 3)
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        target_shape = tuple(target_shape)
        try:
            sizes = tuple(operator.index(-1 if size is None else size) for size in target_shape)
        except TypeError:
            sizes = None
        if sizes is None or min(sizes, default=0) < -1:
            raise ValueError(
                "Each size in `target_shape` must be a non-negative integer, or -1 for what is left"
                f" over. Received: target_shape={target_shape}"
            )
        if sizes.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension, -1 or None, in the new shape."
                f" Received: target_shape={target_shape}"
            )
        self.target_shape = sizes
        self.built = type(self).build is Layer.build

    def call(self, inputs):
        return ops.reshape(inputs, (inputs.shape[0], *self._sizes(inputs.shape)))

    def _sizes(self, shape):
        count = None if None in shape[1:] else math.prod(shape[1:])
        if -1 not in self.target_shape:
            known = math.prod(self.target_shape)
            if count is not None and isinstance(count, int) and known != count:
                self._refuse(shape)
            return self.target_shape
        known = -math.prod(self.target_shape)
        if count is None:
            return tuple(None if size == -1 else size for size in self.target_shape)
        if isinstance(count, int) and (known == 0 or count % known):
            self._refuse(shape)
        return tuple(count // known if size == -1 else size for size in self.target_shape)

    def _refuse(self, shape):
        raise ValueError(
            "The total size of the tensor must be unchanged. Received: "
            f"input_shape={tuple(shape[1:])}, target_shape={self.target_shape}"
        )

    def compute_output_shape(self, input_shape):
        """The batch size and `target_shape`."""
        return (input_shape[0], *self._sizes(input_shape))

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
