"""`BatchNormalization`."""

from cornu import constraints, initializers, ops, regularizers
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.BatchNormalization")
class BatchNormalization(Layer):
    """Normalises each channel by the batch's mean and variance in training, by running ones else
    (Ioffe & Szegedy 2015).

    Args:
        axis: the channel axis.
        momentum: running statistics are `momentum * old + (1 - momentum) * batch`.
        epsilon: added to the variance.
        center, scale: whether there are a trained offset `beta` and factor `gamma`.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer:
            names, configs or callables.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: names, configs or
            callables.
        renorm, renorm_clipping, renorm_momentum: batch renormalisation (Ioffe 2017); not available
            yet.
        synchronized: whether statistics are those of all replicas; not available yet.
        **kwargs: see `Layer`.

    `trainable = False` also makes the layer use its running statistics. A mask leaves out the steps
    that don't count.

    Raises:
        ValueError: if `axis` is no int.

    Example:
        >>> import cornu
        >>> cornu.layers.BatchNormalization()(cornu.ops.ones((2, 3))).shape
        (2, 3)
    """

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
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if renorm or synchronized:
            raise NotImplementedError(
                "BatchNormalization: `renorm` and `synchronized` are not available yet."
            )
        if not isinstance(axis, int):
            raise ValueError(f"`axis` must be an int. Received: axis={axis}")
        self.axis = axis
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.renorm, self.renorm_clipping, self.renorm_momentum = (
            renorm,
            renorm_clipping,
            renorm_momentum,
        )
        self.synchronized = synchronized
        self.supports_masking = True
        self.gamma = self.beta = None

    def build(self, input_shape):
        rank = len(input_shape)
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"Layer '{self.name}': axis {self.axis} is out of bounds for inputs of {rank} axes,"
                f" shape {tuple(input_shape)}"
            )
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                f"Layer '{self.name}' needs to know the size of axis {self.axis}. Received:"
                f" {input_shape}"
            )
        shape = (channels,)
        if self.scale:
            self.gamma = self.add_weight(
                shape=shape,
                name="gamma",
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                shape=shape,
                name="beta",
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        self.moving_mean = self.add_weight(
            shape=shape,
            name="moving_mean",
            initializer=self.moving_mean_initializer,
            trainable=False,
            autocast=False,
        )
        self.moving_variance = self.add_weight(
            shape=shape,
            name="moving_variance",
            initializer=self.moving_variance_initializer,
            trainable=False,
            autocast=False,
        )
        self.input_spec = InputSpec(ndim=rank, axes={self.axis % rank: channels})

    def call(self, inputs, training=None, mask=None):
        if mask is not None and tuple(mask.shape) != tuple(inputs.shape[:-1]):
            raise ValueError(
                "The mask must have the shape of the inputs without their last axis. "
                f"Received: mask.shape={tuple(mask.shape)}, inputs.shape={tuple(inputs.shape)}"
            )
        wide = (
            ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        )
        if training and self.trainable:
            mean, variance = self._batch_statistics(wide, mask)
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        outputs = ops.batch_normalization(
            wide,
            mean=ops.cast(mean, wide.dtype),
            variance=ops.cast(variance, wide.dtype),
            axis=self.axis,
            offset=self.beta,
            scale=self.gamma,
            epsilon=self.epsilon,
        )
        return ops.cast(outputs, self.compute_dtype)

    def _update(self, variable, value):
        old = variable.value
        variable.assign(old * self.momentum + ops.cast(value, old.dtype) * (1.0 - self.momentum))

    def _batch_statistics(self, inputs, mask):
        rank = len(inputs.shape)
        axes = [axis for axis in range(rank) if axis != self.axis % rank]
        if mask is None:
            return ops.moments(inputs, axes=tuple(axes))
        weights = ops.broadcast_to(ops.expand_dims(ops.cast(mask, inputs.dtype), -1), inputs.shape)
        count = ops.sum(weights, axis=axes, keepdims=True) + 1e-7
        mean = ops.sum(weights * inputs, axis=axes, keepdims=True) / count
        variance = ops.sum(weights * ops.square(inputs - mean), axis=axes, keepdims=True) / count
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        if isinstance(self.axis, int) and not -len(input_shape) <= self.axis < len(input_shape):
            raise ValueError(
                f"Axis {self.axis} is out of bounds for the input shape {tuple(input_shape)}"
            )
        return input_shape

    def compute_output_spec(self, inputs, training=None, mask=None):
        return KerasTensor(inputs.shape, self.compute_dtype)
