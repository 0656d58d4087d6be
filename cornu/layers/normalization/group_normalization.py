"""`GroupNormalization`."""

import operator

from cornu import ops
from cornu.core.errors import shorten
from cornu.core.shapes import canonicalize_axis
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.layers.normalization._affine import Affine, checked_axis, known_sizes, wide
from cornu.serial.registry import export


@export("keras.layers.GroupNormalization")
class GroupNormalization(Affine, Layer):
    """Gives each group of channels of each sample mean 0 and variance 1, then `* gamma + beta` (Wu
    & He 2018).

    Args:
        groups: number of groups, which divides that of channels; 1 makes all channels one group, -1
            each channel a group of its own.
        axis: int, the axis of channels.
        epsilon: added to the variance.
        center, scale: whether there are a trained offset `beta` and factor `gamma` for each
            channel.
        beta_initializer, gamma_initializer: names, configs or callables.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: names, configs or
            callables, None for none.
        **kwargs: see `Layer`.

    Inputs of shape (batch, ..., channels), or with the channels elsewhere. Half precision is
    computed in float32.

    Raises:
        ValueError: if the number of channels is unknown or no multiple of `groups`.

    Example:
        >>> import cornu
        >>> x = cornu.ops.convert_to_tensor([[1.0, 3.0, 20.0, 60.0]])
        >>> cornu.layers.GroupNormalization(groups=2, epsilon=0.0)(x)
        Array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        groups=32,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.groups = _checked_groups(groups)
        self.axis = checked_axis(axis)
        self.epsilon = float(epsilon)
        self._set_affine(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
        )
        # Large values are infinite in half precision, their statistics are not.
        self.autocast = False
        self.supports_masking = True

    def build(self, input_shape):
        rank = len(input_shape)
        axis = canonicalize_axis(self.axis, rank)
        (channels,) = known_sizes(self, input_shape, [axis])
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels"
                f" ({channels}), in layer '{self.name}'."
            )
        if channels % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels"
                f" ({channels}): it must divide it evenly, in layer '{self.name}'."
            )
        self.input_spec = InputSpec(ndim=rank, axes={axis: channels})
        self._add_affine((channels,))

    def call(self, inputs):
        shape = tuple(inputs.shape)
        axis = canonicalize_axis(self.axis, len(shape))
        x = wide(inputs, self.compute_dtype)
        grouped = (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])
        together = tuple(place for place in range(1, len(grouped)) if place != axis)
        x = ops.layer_normalization(ops.reshape(x, grouped), axis=together, epsilon=self.epsilon)
        x = ops.reshape(x, shape)
        along = [-1 if place == axis else 1 for place in range(len(shape))]
        if self.gamma is not None:
            x = ops.multiply(x, ops.reshape(self.gamma, along))
        if self.beta is not None:
            x = ops.add(x, ops.reshape(self.beta, along))
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


def _checked_groups(groups):
    try:
        number = operator.index(groups)
    except TypeError:
        number = 0
    if isinstance(groups, bool) or (number < 1 and number != -1):
        raise ValueError(
            "Received an invalid value for argument `groups`, expected a positive integer, or -1"
            f" for a group for each channel. Received: groups={shorten(groups)}"
        )
    return number
