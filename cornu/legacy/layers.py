"""Layers that only tf.keras 2 has."""

import math

import numpy as np

from cornu import initializers, ops
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.layers.conv._base import positive
from cornu.layers.normalization.batch_normalization import BatchNormalization
from cornu.serial.registry import export


@export("keras.layers.ThresholdedReLU")
class ThresholdedReLU(Layer):
    """Each element where it is above `theta`, else 0.

    Args:
        theta: the threshold, a number from 0.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `theta` is None or negative.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.ThresholdedReLU(theta=1.0)
        >>> layer(cornu.ops.convert_to_tensor([-1.0, 0.5, 2.0]))
        Array([0., 0., 2.], dtype=float32)

    Reference: Konda et al. 2014, "Zero-bias autoencoders and the benefits of co-adapting features".
    """

    def __init__(self, theta=1.0, **kwargs):
        super().__init__(**kwargs)
        if theta is None or theta < 0:
            raise ValueError(f"`theta` must be a number from 0. Received: theta={theta}")
        self.theta = float(theta)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return ops.where(ops.greater(inputs, self.theta), inputs, ops.zeros_like(inputs))

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape


@export("keras.layers.AbstractRNNCell")
class AbstractRNNCell(Layer):
    """Base of a recurrent layer's cell: one step. Subclasses define `call(inputs, states)`,
    `state_size` and `output_size`.

    Args:
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> class Total(cornu.layers.AbstractRNNCell):
        ...     state_size = output_size = 3
        ...     def call(self, inputs, states):
        ...         total = states[0] + inputs
        ...         return total, [total]
        >>> cornu.layers.RNN(Total())(cornu.ops.ones((1, 5, 3)))
        Array([[5., 5., 5.]], dtype=float32)
    """

    def call(self, inputs, states):
        """One step: `(outputs, states)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(inputs, states)`.")

    @property
    def state_size(self):
        """Size of the state: an int, or a list of ints."""
        raise NotImplementedError(f"{type(self).__name__} must define `state_size`.")

    @property
    def output_size(self):
        """Size of the outputs, an int."""
        raise NotImplementedError(f"{type(self).__name__} must define `output_size`.")

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Zeros for each state.

        Args:
            inputs: tensor (batch, ...) that says the batch size and dtype, or None.
            batch_size: the batch size, without `inputs`.
            dtype: the dtype, by default that of `inputs`, or the layer's compute dtype.
        """
        if inputs is not None:
            batch_size, dtype = ops.shape(inputs)[0], dtype or inputs.dtype
        dtype = dtype or self.compute_dtype
        sizes = self.state_size
        if tree.is_nested(sizes):
            return tree.map_structure(
                lambda n: ops.zeros((batch_size, n), dtype=dtype), list(sizes)
            )
        return ops.zeros((batch_size, sizes), dtype=dtype)


@export("keras.layers.experimental.SyncBatchNormalization")
class SyncBatchNormalization(BatchNormalization):
    """`BatchNormalization(synchronized=True)` under its older name.

    Args:
        axis, momentum, epsilon, center, scale: as of `BatchNormalization`.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer:
            as of `BatchNormalization`.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: likewise.
        **kwargs: see `Layer`.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.experimental.SyncBatchNormalization()
        >>> layer.synchronized
        True
    """

    config_exclude = BatchNormalization.config_exclude | {"synchronized"}

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(
            axis=axis,
            momentum=momentum,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            synchronized=True,
            **kwargs,
        )


class Cauchy(initializers.Initializer):
    """Draws from the Cauchy distribution with the given scale."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def __call__(self, shape, dtype=None):
        uniform = initializers.RandomUniform(0.0, 1.0)(shape, dtype)
        return self.scale * ops.tan(math.pi * (uniform - 0.5))


_KERNELS = {
    "gaussian": lambda: initializers.RandomNormal(stddev=1.0),
    "laplacian": Cauchy,
}


@export("keras.layers.experimental.RandomFourierFeatures")
class RandomFourierFeatures(Layer):
    """Random features `cos(x W / scale + b)`, whose products approximate a kernel function, so that
    a linear layer on them does what a kernel machine would.

    Args:
        output_dim: number of features.
        kernel_initializer: `"gaussian"` or `"laplacian"`, the kernel to approximate; or another
            initializer of `W`.
        scale: the kernel's width, a positive number; by default `sqrt(input size / 2)` for
            `"gaussian"`, else 1.
        trainable: whether training changes the scale.
        name: name of the layer.
        **kwargs: see `Layer`.

    Raises:
        ValueError: for sizes and scales that are not positive, and an unknown kernel.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.experimental.RandomFourierFeatures(output_dim=64, scale=2.0)
        >>> layer(cornu.ops.ones((2, 5))).shape
        (2, 64)

    Reference: Rahimi & Recht 2007, "Random Features for Large-Scale Kernel Machines".
    """

    config_exclude = Layer.config_exclude - {"trainable", "name"}

    def __init__(
        self,
        output_dim,
        kernel_initializer="gaussian",
        scale=None,
        trainable=False,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.output_dim = positive(output_dim, "output_dim")
        if isinstance(kernel_initializer, str) and kernel_initializer.lower() not in _KERNELS:
            raise ValueError(
                f"`kernel_initializer` must be 'gaussian', 'laplacian' or an initializer."
                f" Received: kernel_initializer={shorten(kernel_initializer)}"
            )
        if scale is not None and not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}")
        self.kernel_initializer = kernel_initializer
        self.scale = scale

    def build(self, input_shape):
        size = input_shape[-1]
        if len(input_shape) != 2 or size is None:
            raise ValueError(
                "A RandomFourierFeatures layer takes inputs (batch, features) of a known size."
                f" Received: input_shape={tuple(input_shape)}"
            )
        self.input_spec = InputSpec(ndim=2, axes={1: size})
        kernel, scale = self.kernel_initializer, self.scale
        if isinstance(kernel, str):
            if scale is None:
                scale = math.sqrt(size / 2.0) if kernel.lower() == "gaussian" else 1.0
            kernel = _KERNELS[kernel.lower()]()
        self.unscaled_kernel = self.add_weight(
            name="unscaled_kernel",
            shape=(size, self.output_dim),
            initializer=kernel,
            trainable=False,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.output_dim,),
            initializer=initializers.RandomUniform(0.0, 2 * np.pi),
            trainable=False,
        )
        self.kernel_scale = self.add_weight(
            name="kernel_scale",
            shape=(1,),
            initializer=initializers.Constant(1.0 if scale is None else scale),
            trainable=True,
            constraint="non_neg",
        )

    def call(self, inputs):
        return ops.cos(ops.matmul(inputs, self.unscaled_kernel / self.kernel_scale) + self.bias)

    def compute_output_shape(self, input_shape):
        """`(batch, output_dim)`."""
        return (input_shape[0], self.output_dim)
