"""`BatchNormalization`."""

import operator

from cornu import initializers, ops
from cornu.core.errors import shorten
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.layers.normalization._affine import Affine, known_sizes, wide
from cornu.serial.registry import export

CLIPPING = ("rmax", "rmin", "dmax")
# So that a batch in which nothing counts is not divided by zero.
TINY = 1e-7


@export("keras.layers.BatchNormalization")
class BatchNormalization(Affine, Layer):
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
        renorm: whether training corrects the batch's statistics by running ones, so that it does
            nearly what inference does, also with small batches (Ioffe 2017, "Batch
            Renormalization").
        renorm_clipping: dict with any of `"rmax"`, `"rmin"` and `"dmax"`: limits of the factor and
            of the size of the offset by which it corrects.
        renorm_momentum: the momentum of the running statistics by which it corrects.
        synchronized: whether statistics are those of all replicas. A program on JAX sees the whole
            batch, however it is spread over devices, so here they always are.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: tensor of any shape with at least one further axis.
        training: whether to use, and learn from, the batch's statistics. `trainable = False` also
            makes the layer use its running statistics.
        mask: booleans of the shape of the inputs without their last axis, or one that broadcasts to
            it; what it leaves out does not count in the statistics.

    Statistics of half precision are computed in float32.

    Raises:
        ValueError: if `axis` is no int, or another argument is out of range.

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
        try:
            self.axis = operator.index(axis)
        except TypeError:
            raise ValueError(f"`axis` must be an int. Received: axis={shorten(axis)}") from None
        self.momentum = float(momentum)
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
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = _checked_clipping(renorm_clipping, renorm)
        self.renorm_momentum = renorm_momentum
        self.synchronized = synchronized
        # Large values are infinite in half precision, their statistics are not.
        self.autocast = False
        self.supports_masking = True

    def build(self, input_shape):
        rank = len(input_shape)
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"Layer '{self.name}': axis {self.axis} is out of bounds for inputs of {rank} axes,"
                f" shape {tuple(input_shape)}"
            )
        shape = known_sizes(self, input_shape, [self.axis])
        self._add_affine(shape)
        self.moving_mean = self._statistic("moving_mean", shape, self.moving_mean_initializer)
        self.moving_variance = self._statistic(
            "moving_variance", shape, self.moving_variance_initializer
        )
        if self.renorm:
            self._add_renorm(shape)
        self.input_spec = InputSpec(ndim=rank, axes={self.axis % rank: shape[0]})

    def _statistic(self, name, shape, initializer):
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False, autocast=False
        )

    def _add_renorm(self, shape):
        def stddev(shape, dtype):
            return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

        self.moving_stddev = self._statistic("moving_stddev", shape, stddev)
        self.renorm_mean = self._statistic("renorm_mean", shape, self.moving_mean_initializer)
        self.renorm_stddev = self._statistic("renorm_stddev", shape, stddev)

    def call(self, inputs, training=None, mask=None):
        if mask is not None:
            _check_mask(mask, inputs)
        x = wide(inputs, self.compute_dtype)
        factor, offset = self.gamma, self.beta
        if training and self.trainable:
            mean, variance = self._batch_statistics(x, mask)
            self._update(self.moving_mean, mean, self.momentum)
            if self.renorm:
                factor, offset = self._corrected(mean, variance, factor, offset)
            else:
                self._update(self.moving_variance, variance, self.momentum)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        outputs = ops.batch_normalization(
            x,
            mean=ops.cast(mean, x.dtype),
            variance=ops.cast(variance, x.dtype),
            axis=self.axis,
            offset=offset,
            scale=factor,
            epsilon=self.epsilon,
        )
        return ops.cast(outputs, self.compute_dtype)

    def _update(self, variable, value, momentum):
        old = variable.value
        variable.assign(old * momentum + ops.cast(value, old.dtype) * (1.0 - momentum))

    def _corrected(self, mean, variance, gamma, beta):
        """Factor and offset that make of the batch's statistics what the running ones would give,
        which then learn from the batch."""
        stddev = ops.sqrt(variance + self.epsilon)
        running = ops.cast(self.renorm_stddev.value, stddev.dtype)
        factor = ops.stop_gradient(stddev / running)
        offset = ops.stop_gradient((mean - ops.cast(self.renorm_mean.value, mean.dtype)) / running)
        limits = self.renorm_clipping
        if limits.get("rmin") is not None:
            factor = ops.maximum(factor, limits["rmin"])
        if limits.get("rmax") is not None:
            factor = ops.minimum(factor, limits["rmax"])
        if limits.get("dmax") is not None:
            offset = ops.clip(offset, -limits["dmax"], limits["dmax"])
        self._update(self.renorm_mean, mean, self.renorm_momentum)
        self._update(self.renorm_stddev, stddev, self.renorm_momentum)
        # Here it is deviations that are averaged, not variances.
        self._update(self.moving_stddev, stddev, self.momentum)
        variance = ops.square(self.moving_stddev.value) - self.epsilon
        self.moving_variance.assign(ops.maximum(variance, 0.0))
        if gamma is not None:
            factor, offset = factor * gamma.value, offset * gamma.value
        return factor, offset if beta is None else offset + beta.value

    def _batch_statistics(self, inputs, mask):
        rank = len(inputs.shape)
        axes = tuple(axis for axis in range(rank) if axis != self.axis % rank)
        if mask is None:
            return ops.moments(inputs, axes=axes)
        weights = ops.broadcast_to(ops.expand_dims(ops.cast(mask, inputs.dtype), -1), inputs.shape)
        count = ops.sum(weights, axis=axes, keepdims=True) + TINY
        mean = ops.sum(weights * inputs, axis=axes, keepdims=True) / count
        variance = ops.sum(weights * ops.square(inputs - mean), axis=axes, keepdims=True) / count
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise ValueError(
                f"Axis {self.axis} is out of bounds for the input shape {tuple(input_shape)}"
            )
        return input_shape


def _check_mask(mask, inputs):
    wanted = tuple(inputs.shape[:-1])
    sizes = zip(mask.shape, wanted, strict=False)
    if len(mask.shape) != len(wanted) or any(own not in (1, size) for own, size in sizes):
        raise ValueError(
            "The mask must have the shape of the inputs without their last axis, or broadcast to"
            f" it. Received: mask.shape={tuple(mask.shape)}, inputs.shape={tuple(inputs.shape)}"
        )


def _checked_clipping(clipping, renorm):
    if clipping is None:
        return {} if renorm else None
    unknown = sorted(set(clipping) - set(CLIPPING))
    if unknown:
        raise ValueError(
            "Received invalid keys for `renorm_clipping` argument:"
            f" {unknown}. Supported values: {list(CLIPPING)}."
        )
    rmin, rmax, dmax = (clipping.get(key) for key in ("rmin", "rmax", "dmax"))
    if None not in (rmin, rmax) and rmax < rmin:
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. Received:"
            f" rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={dmax}."
        )
    return dict(clipping)
