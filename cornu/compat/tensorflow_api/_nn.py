"""`tf.nn`: activations, losses on logits, convolutions, pooling, normalisation, lookups."""

import numpy as np

from cornu import ops, random
from cornu.compat.tensorflow_api import _nn_windows
from cornu.compat.tensorflow_api._seeds import seed_of
from cornu.compat.tensorflow_api._table import fill
from cornu.compat.tensorflow_api._tensors import convert_to_tensor

TABLE = {
    "elu": (lambda features: ops.elu(features), "features"),
    "gelu": (
        lambda features, approximate=False: ops.gelu(features, approximate),
        "features approximate",
    ),
    "leaky_relu": (lambda features, alpha=0.2: ops.leaky_relu(features, alpha), "features alpha"),
    "log_sigmoid": (ops.log_sigmoid, "x"),
    "relu": (ops.relu, "features"),
    "relu6": (ops.relu6, "features"),
    "selu": (ops.selu, "features"),
    "sigmoid": (ops.sigmoid, "x"),
    "softplus": (ops.softplus, "features"),
    "softsign": (ops.softsign, "features"),
    "tanh": (ops.tanh, "x"),
}
fill(globals(), TABLE)


def silu(features, beta=1.0):
    """`x * sigmoid(beta * x)`."""
    return ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


swish = silu


def crelu(features, axis=-1, name=None):
    """`relu` of the tensor and of its negative, one after the other."""
    return ops.concatenate([ops.relu(features), ops.relu(ops.negative(features))], axis=axis)


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """Crossentropy of each element's own label, from 0 to 1, and its logit."""
    labels, logits = _pair(labels, logits)
    return ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))


def weighted_cross_entropy_with_logits(labels, logits, pos_weight, name=None):
    """As `sigmoid_cross_entropy_with_logits`, positive labels weighted."""
    labels, logits = _pair(labels, logits)
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * (
        ops.log1p(ops.exp(-ops.abs(logits))) + ops.relu(-logits)
    )


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """Crossentropy of distributions and logits."""
    labels, logits = _pair(labels, logits)
    return ops.negative(ops.sum(labels * ops.log_softmax(logits, axis=axis), axis=axis))


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """Crossentropy of class numbers and logits."""
    logits = convert_to_tensor(logits)
    labels = ops.expand_dims(convert_to_tensor(labels), -1)
    chosen = ops.take_along_axis(ops.log_softmax(logits, axis=-1), labels, axis=-1)
    return ops.negative(ops.squeeze(chosen, -1))


def _pair(labels, logits):
    logits = convert_to_tensor(logits)
    return ops.cast(convert_to_tensor(labels), str(logits.dtype)), logits


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """Loss of counts under a Poisson distribution with the logarithm `log_input` of its mean."""
    targets, log_input = convert_to_tensor(targets), convert_to_tensor(log_input)
    loss = ops.exp(log_input) - log_input * targets
    if not compute_full_loss:
        return loss
    safe = ops.where(targets > 1, targets, ops.ones_like(targets))
    stirling = safe * ops.log(safe) - safe + 0.5 * ops.log(2 * np.pi * safe)
    return loss + ops.where(targets > 1, stirling, ops.zeros_like(targets))


def l2_loss(t, name=None):
    """Half the sum of squares."""
    return ops.multiply(ops.sum(ops.square(t)), 0.5)


def compute_average_loss(per_example_loss, sample_weight=None, global_batch_size=None):
    """The sum of the losses of examples, divided by the size of the batch."""
    loss = convert_to_tensor(per_example_loss)
    size = loss.shape[0] if global_batch_size is None else global_batch_size
    if sample_weight is not None:
        loss = loss * ops.cast(sample_weight, str(loss.dtype))
    return ops.divide(ops.sum(loss), ops.cast(size, str(loss.dtype)))


def scale_regularization_loss(regularization_loss):
    """The sum of losses; there is one replica."""
    return ops.sum(convert_to_tensor(regularization_loss))


def moments(x, axes, shift=None, keepdims=False, name=None):
    """Mean and variance over axes; `shift` is a hint that TensorFlow ignores."""
    return ops.moments(x, axes=list(np.ravel(axes).tolist()), keepdims=keepdims)


def weighted_moments(x, axes, frequency_weights, keepdims=False, name=None):
    """Mean and variance over axes, elements weighted."""
    x = convert_to_tensor(x)
    axes = tuple(np.ravel(axes).tolist())
    weights = ops.broadcast_to(ops.cast(frequency_weights, str(x.dtype)), tuple(x.shape))
    total = ops.sum(weights, axis=axes, keepdims=True)
    mean = ops.sum(x * weights, axis=axes, keepdims=True) / total
    variance = ops.sum(weights * ops.square(x - mean), axis=axes, keepdims=True) / total
    if keepdims:
        return mean, variance
    return ops.squeeze(mean, axes), ops.squeeze(variance, axes)


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, the last two if given."""
    factor = ops.rsqrt(ops.add(variance, variance_epsilon))
    if scale is not None:
        factor = ops.multiply(factor, scale)
    found = ops.multiply(ops.subtract(x, mean), factor)
    return found if offset is None else ops.add(found, offset)


def local_response_normalization(input, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5, name=None):
    """Each element divided by a power of the squares of its neighbours along the last axis
    (https://papers.nips.cc/paper/4824)."""
    x = convert_to_tensor(input)
    count, reach = x.shape[-1], int(depth_radius)
    squares = ops.pad(ops.square(x), ((0, 0),) * (len(x.shape) - 1) + ((reach, reach),))
    sums = sum(squares[..., start : start + count] for start in np.arange(2 * reach + 1).tolist())
    return ops.divide(x, ops.power(bias + alpha * sums, beta))


lrn = local_response_normalization


def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """Elements set to zero with probability `rate`, the others scaled up."""
    x = convert_to_tensor(x)
    if noise_shape is not None:
        noise_shape = tuple(None if size is None else int(size) for size in noise_shape)
    return random.dropout(x, float(rate), noise_shape=noise_shape, seed=seed_of(seed))


def embedding_lookup(params, ids, max_norm=None, name=None):
    """The rows that `ids` name, made shorter if they are longer than `max_norm`."""
    found = ops.take(params, convert_to_tensor(ids), axis=0)
    if max_norm is None:
        return found
    length = ops.sqrt(ops.sum(ops.square(found), axis=-1, keepdims=True))
    return found * ops.divide(max_norm, ops.maximum(length, max_norm))


def bias_add(value, bias, data_format=None, name=None):
    """`value` with `bias` added along the axis of channels."""
    if data_format is None or not data_format.startswith("NC"):
        return ops.add(value, bias)
    rank = len(value.shape)
    return ops.add(value, ops.reshape(bias, (1, -1) + (1,) * (rank - 2)))


def depth_to_space(input, block_size, data_format="NHWC", name=None):
    """Channels as blocks of pixels."""
    return ops.depth_to_space(input, int(block_size), data_format=_order(data_format))


def space_to_depth(input, block_size, data_format="NHWC", name=None):
    """Blocks of pixels as channels."""
    return ops.space_to_depth(input, int(block_size), data_format=_order(data_format))


def _order(data_format):
    return "channels_first" if data_format.startswith("NC") else "channels_last"


def ctc_loss(
    labels,
    logits,
    label_length,
    logit_length,
    logits_time_major=True,
    unique=None,
    blank_index=None,
    name=None,
):
    """The connectionist temporal classification loss of each example of a batch.

    Raises:
        ValueError: for sparse labels, which have no `label_length`.
    """
    if label_length is None:
        raise ValueError("Pass dense `labels` with a `label_length`.")
    logits = convert_to_tensor(logits)
    if logits_time_major:
        logits = ops.swapaxes(logits, 0, 1)
    classes = logits.shape[-1]
    blank = int(blank_index or 0)
    mask = blank + classes if blank < 0 else blank
    return ops.ctc_loss(labels, logits, label_length, logit_length, mask_index=mask)


for _name in _nn_windows.__all__:
    globals()[_name] = getattr(_nn_windows, _name)
