"""Activations, windows and losses as ops."""

import math

from cornu.backend import engine, kernels
from cornu.core import config, dtypes
from cornu.core.shapes import to_tuple
from cornu.symbolic.op import op, promote, promote_float


@op("x", family="nn", fuse=True)
def relu(x):
    """`max(x, 0)`. Its gradient at 0 is 0 (Nair & Hinton 2010)."""
    zero = x.dtype.type(0)
    return kernels.where(x > zero, x, zero)


@op("x", dtype=promote_float, family="nn", fuse=True)
def sigmoid(x):
    """`1 / (1 + exp(-x))`, from 0 to 1."""
    return 0.5 * (kernels.tanh(0.5 * x) + 1)


@op("x", dtype=promote_float, family="nn", keras_name="LogSigmoid", fuse=True)
def log_sigmoid(x):
    """`log(sigmoid(x))`, exact for large negative `x`."""
    return -_softplus(-x)


def _softplus(x):
    # Neither `maximum` nor `absolute`: at 0 their gradients would add up to another one than 1/2.
    above = x > 0
    shrinking = kernels.exp(kernels.where(above, -x, x))
    return kernels.where(above, x, x.dtype.type(0)) + kernels.log1p(shrinking)


@op("x", dtype=promote_float, family="nn", fuse=True)
def softplus(x):
    """`log(1 + exp(x))`, a smooth relu."""
    return _softplus(x)


@op("x", dtype=promote_float, family="nn", fuse=True)
def silu(x):
    """`x * sigmoid(x)` (Elfwing et al. 2017)."""
    return x / (1 + kernels.exp(-x))


@op("x", dtype=promote_float, family="nn", fuse=True)
def gelu(x, approximate=True):
    """`x` times the normal distribution function of `x` (Hendrycks & Gimpel 2016), by tanh if
    `approximate`."""
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1 + kernels.tanh(inner))
    return 0.5 * x * (1 + kernels.erf(x / math.sqrt(2)))


@op("x", dtype=promote_float, family="nn", fuse=True)
def elu(x, alpha=1.0):
    """`x` above 0, `alpha * (exp(x) - 1)` below (Clevert et al. 2015)."""
    below = kernels.where(x > 0, x.dtype.type(0), x)  # not `minimum`, whose gradient at 0 is 1/2
    return kernels.where(x > 0, x, alpha * kernels.expm1(below))


@op("x", dtype=promote_float, family="nn", keras_name="LeakyRelu", fuse=True)
def leaky_relu(x, negative_slope=0.2):
    """`x` above 0, `negative_slope * x` below."""
    return kernels.where(x > 0, x, negative_slope * x)


@op("x", dtype=promote_float, family="nn", fuse=True)
def softmax(x, axis=-1):
    """`exp(x)` divided by its sum along `axis` (an int or a tuple of ints), without overflow."""
    shifted = kernels.exp(x - engine.stop_gradient(kernels.max(x, axis=axis, keepdims=True)))
    return shifted / kernels.sum(shifted, axis=axis, keepdims=True)


@op("x", dtype=promote_float, family="nn", keras_name="LogSoftmax", fuse=True)
def log_softmax(x, axis=-1):
    """`log(softmax(x))` along `axis`, without overflow."""
    shifted = x - engine.stop_gradient(kernels.max(x, axis=axis, keepdims=True))
    return shifted - kernels.log(kernels.sum(kernels.exp(shifted), axis=axis, keepdims=True))


@op("x", family="nn", keras_name="OneHot")
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """Integers as vectors with a 1 at their place; outside [0, num_classes) all zeros.

    Args:
        sparse: must be False: the engine has dense tensors only.
    """
    if sparse:
        raise ValueError("The JAX engine has no sparse tensors: leave out `sparse`.")
    return kernels.one_hot(x, num_classes, axis, dtypes.narrow(dtypes.standardize_dtype(dtype)))


def _windows(x, strides, dilation_rate, padding, data_format, what):
    data_format = config.standardize_data_format(data_format)
    rank = x.ndim - 2
    if rank < 1:
        raise ValueError(
            f"{what} needs inputs with a batch axis, a channel axis and at least one spatial axis. "
            f"Received: inputs.shape={tuple(x.shape)}"
        )
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
    return (
        data_format,
        to_tuple(strides, rank, "strides"),
        to_tuple(dilation_rate, rank, "dilation_rate"),
        padding,
    )


@op("inputs", "kernel", dtype=promote, family="nn")
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution over 1 to 3 spatial axes.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        kernel: (*window, channels / groups, filters).
        strides, dilation_rate: int, or one for each spatial axis.
        padding: `"valid"` or `"same"`.
    """
    data_format, strides, dilation, padding = _windows(
        inputs, strides, dilation_rate, padding, data_format, "conv"
    )
    channels = inputs.shape[-1 if data_format == "channels_last" else 1]
    if channels % kernel.shape[-2]:
        raise ValueError(
            "The number of input channels must be evenly divisible by kernel's in_channels. "
            f"Received input channels {channels} and kernel in_channels {kernel.shape[-2]}."
        )
    return kernels.conv(inputs, kernel, strides, padding, data_format, dilation)


@op("inputs", family="nn")
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Largest element of each window; of several equal ones, the first gets the gradient.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for `"channels_first"`.
        pool_size: int, or one for each spatial axis.
        strides: as `pool_size`, which is the default.
    """
    strides = pool_size if strides is None else strides
    data_format, strides, _, padding = _windows(
        inputs, strides, 1, padding, data_format, "max_pool"
    )
    pool_size = to_tuple(pool_size, inputs.ndim - 2, "pool_size")
    return kernels.max_pool(inputs, pool_size, strides, padding, data_format)


@op("inputs", dtype=promote_float, family="nn")
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Mean of each window, over the elements that are really there. Arguments as of `max_pool`."""
    strides = pool_size if strides is None else strides
    data_format, strides, _, padding = _windows(
        inputs, strides, 1, padding, data_format, "average_pool"
    )
    pool_size = to_tuple(pool_size, inputs.ndim - 2, "pool_size")
    return kernels.average_pool(inputs, pool_size, strides, padding, data_format)


@op("x", "mean", "variance", "offset", "scale", family="nn", fuse=True)
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, the statistics being along
    `axis`."""
    shape = [1] * x.ndim
    shape[axis] = mean.shape[0]
    factor = kernels.rsqrt(variance.reshape(shape) + epsilon)
    if scale is not None:
        factor = factor * scale.reshape(shape)
    shift = -mean.reshape(shape) * factor
    if offset is not None:
        shift = shift + offset.reshape(shape)
    return x * factor.astype(x.dtype) + shift.astype(x.dtype)


def _same_shape(target, output, name):
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(
            f"{name}: arguments `target` and `output` must have the same shape. "
            f"Received: target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}"
        )


@op("target", "output", dtype=promote_float, family="nn")
def binary_crossentropy(target, output, from_logits=False):
    """`-(t log p + (1 - t) log(1 - p))`, elementwise; `output` is p, or its logit if
    `from_logits`."""
    _same_shape(target, output, "binary_crossentropy")
    if from_logits:
        return _softplus(output) - target * output
    tiny = output.dtype.type(config.epsilon())
    p = kernels.clip(output, tiny, 1 - tiny)
    return -(target * kernels.log(p) + (1 - target) * kernels.log(1 - p))


@op("target", "output", dtype=promote_float, family="nn")
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-sum(target * log(p))` along `axis`; `output` is p (rescaled to sum 1), or logits if
    `from_logits`."""
    _same_shape(target, output, "categorical_crossentropy")
    if output.ndim < 1:
        raise ValueError(
            f"categorical_crossentropy needs a class axis. Received: output.shape={output.shape}"
        )
    return -kernels.sum(target * _log_probabilities(output, from_logits, axis), axis=axis)


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        top = engine.stop_gradient(kernels.max(output, axis=axis, keepdims=True))
        shifted = output - top
        return shifted - kernels.log(kernels.sum(kernels.exp(shifted), axis=axis, keepdims=True))
    output = output / kernels.sum(output, axis=axis, keepdims=True)
    tiny = output.dtype.type(config.epsilon())
    return kernels.log(kernels.clip(output, tiny, 1 - tiny))


def _sparse_dtypes(target, output):
    return ("int32", promote_float(output))


@op("target", "output", dtype=_sparse_dtypes, family="nn")
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-log(p[target])`, `target` being class indices without the class axis (or with it, of size
    1).

    Args:
        target: integers of the shape of `output` without `axis`.
        output: probabilities (rescaled to sum 1), or logits if `from_logits`.
        axis: the class axis of `output`; only the last is possible with NumPy-like broadcasting of
            `target`.
    """
    if output.ndim < 1:
        raise ValueError(
            "sparse_categorical_crossentropy needs a class axis. Received:"
            f" output.shape={output.shape}"
        )
    axis = axis % output.ndim
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = kernels.squeeze(target, axis)
    expected = tuple(n for i, n in enumerate(output.shape) if i != axis)
    if tuple(target.shape) != expected:
        raise ValueError(
            "sparse_categorical_crossentropy: `target` must have the shape of `output` without the"
            f" class axis, {expected}. Received: target.shape={tuple(target.shape)},"
            f" output.shape={tuple(output.shape)}"
        )
    logs = _log_probabilities(output, from_logits, axis)
    one_hot = kernels.one_hot(target, output.shape[axis], axis, output.dtype)
    return -kernels.sum(one_hot * logs, axis=axis)


@op("x", family="nn", keras_name="Normalize")
def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its norm along `axis`, zero vectors left as they are."""
    epsilon = config.epsilon() if epsilon is None else epsilon
    size = kernels.norm(x, ord=order, axis=axis, keepdims=True)
    return x / kernels.maximum(size, x.dtype.type(epsilon))
