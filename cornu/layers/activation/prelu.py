"""`PReLU`."""

import operator

from cornu import constraints, initializers, ops, regularizers
from cornu.core.errors import shorten
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.PReLU")
class PReLU(Layer):
    """Each element where it is positive, times a trained slope of its own elsewhere (He et al.
    2015).

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes; names, configs or
            callables.
        shared_axes: int or list of ints, counted from 1: axes along which the slope is the same,
            such as `[1, 2]` for the rows and columns of images.
        **kwargs: see `Layer`.

    The slopes `alpha` have the shape of a sample, with size 1 along the shared axes.

    Raises:
        ValueError: if the size of an axis that is not shared is unknown, or an axis is out of
            range.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.PReLU(alpha_initializer=cornu.initializers.Constant(0.5))
        >>> layer(cornu.ops.convert_to_tensor([[-2.0, 3.0]]))
        Array([[-1.,  3.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer="Zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = _checked(shared_axes)

    def build(self, input_shape):
        sizes = list(input_shape[1:])
        shared = self.shared_axes or []
        for axis in shared:
            if not 1 <= axis <= len(sizes):
                raise ValueError(
                    f"Layer '{self.name}': `shared_axes` are counted from 1 to the last axis of the"
                    f" inputs, {len(sizes)}. Received: shared_axes={shared}, inputs of shape"
                    f" {tuple(input_shape)}"
                )
            sizes[axis - 1] = 1
        if None in sizes:
            raise ValueError(
                f"Layer '{self.name}' has a slope for each place of a sample, and needs to know how"
                f" many. Received inputs of shape {tuple(input_shape)}: name the axes of unknown"
                " size in `shared_axes`."
            )
        self.alpha = self.add_weight(
            name="alpha",
            shape=sizes,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        own = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)

    def call(self, inputs):
        below = ops.negative(ops.relu(ops.negative(inputs)))
        return ops.add(ops.relu(inputs), ops.multiply(self.alpha, below))

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


def _checked(axes):
    if axes is None:
        return None
    try:
        given = list(axes) if isinstance(axes, (list, tuple)) else [axes]
        return [operator.index(axis) for axis in given]
    except TypeError:
        raise TypeError(
            f"`shared_axes` must be an int or a list of ints. Received: shared_axes={shorten(axes)}"
        ) from None
