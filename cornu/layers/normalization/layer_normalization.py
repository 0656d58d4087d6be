"""`LayerNormalization`."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.layers.normalization._affine import (
    Affine,
    as_list,
    axes_of,
    checked_axis,
    known_sizes,
    shaped_for,
    wide,
)
from cornu.serial.registry import export


@export("keras.layers.LayerNormalization")
class LayerNormalization(Affine, Layer):
    """Gives each sample mean 0 and variance 1 along `axis`, then `* gamma + beta` (Ba et al. 2016).

    Args:
        axis: int, or list of ints that are normalised together.
        epsilon: added to the variance.
        center, scale: whether there are a trained offset `beta` and factor `gamma`, of the shape of
            the inputs along `axis`.
        beta_initializer, gamma_initializer: names, configs or callables.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: names, configs or
            callables, None for none.
        **kwargs: see `Layer`; and `rms_scaling=True`, which is deprecated: the inputs divided by
            their standard deviation, times `gamma`. See `RMSNormalization`.

    Inputs of any shape. Training makes no difference; other samples of the batch make none.
    Statistics of half precision are computed in float32.

    Raises:
        TypeError: if `axis` is neither an int nor a list of ints.
        ValueError: if the inputs have no such axis, or its size is unknown.

    Example:
        >>> import cornu
        >>> x = cornu.ops.convert_to_tensor([[1.0, 3.0], [20.0, 60.0]])
        >>> cornu.layers.LayerNormalization(epsilon=0.0)(x)
        Array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
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
        self.rms_scaling = kwargs.pop("rms_scaling", False)
        super().__init__(**kwargs)
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
        axes_of(self.axis, len(input_shape))
        self.axis = as_list(self.axis)
        if self.rms_scaling:
            self.center = False  # there never is an offset
        self._add_affine(known_sizes(self, input_shape, self.axis))

    def call(self, inputs):
        axes = axes_of(self.axis, len(inputs.shape))
        gamma, beta = (shaped_for(weight, inputs, axes) for weight in (self.gamma, self.beta))
        options = {"rms_scaling": True} if self.rms_scaling else {}
        x = wide(inputs, self.compute_dtype)
        x = ops.layer_normalization(x, gamma, beta, axis=axes, epsilon=self.epsilon, **options)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        axes_of(self.axis, len(input_shape))
        return input_shape

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "rms_scaling": self.rms_scaling}
