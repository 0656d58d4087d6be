"""Keras 2's activations, losses, batch normalisation and connectionist temporal classification."""

from collections import namedtuple

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core import config

# A sparse tensor by its parts: indices (count, rank), values (count,), shape.
SparseParts = namedtuple("SparseParts", "indices values dense_shape")


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """`x` from `threshold` to `max_value`, which is the most; below, `alpha * (x - threshold)`."""
    x = ops.convert_to_tensor(x)
    if max_value is None and not alpha and not threshold:
        return ops.relu(x)
    above = x if max_value is None else ops.maximum(ops.minimum(x, max_value), 0)
    below = ops.multiply(x - threshold, alpha) if alpha else ops.zeros_like(x)
    return ops.where(x > threshold if threshold else x >= 0, above, below)


def hard_sigmoid(x):
    """`0.2 * x + 0.5`, at least 0 and at most 1: steeper than Keras 3's."""
    return ops.clip(0.2 * ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)


def l2_normalize(x, axis=None):
    """`x` divided by its Euclidean norm along `axis`, or over all; zeros stay zeros."""
    x = ops.convert_to_tensor(x)
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


def softmax(x, axis=-1):
    """`exp(x)` divided by its sum along `axis`."""
    return ops.softmax(x, axis=axis)


def binary_focal_crossentropy(
    target, output, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False
):
    """Binary crossentropy, times `(1 - p of the true class)**gamma` (Lin et al. 2017).

    Args:
        apply_class_balancing: whether to weigh class 1 by `alpha` and class 0 by `1 - alpha`.
    """
    target, output = ops.convert_to_tensor(target), ops.convert_to_tensor(output)
    target = ops.cast(target, output.dtype)
    p = ops.sigmoid(output) if from_logits else output
    loss = ops.binary_crossentropy(target, p)
    sure = target * p + (1 - target) * (1 - p)
    loss = ops.power(1.0 - sure, gamma) * loss
    if apply_class_balancing:
        loss = (target * alpha + (1 - target) * (1 - alpha)) * loss
    return loss


def categorical_focal_crossentropy(
    target, output, alpha=0.25, gamma=2.0, from_logits=False, axis=-1
):
    """Categorical crossentropy, each class's term times `alpha * (1 - p)**gamma` (Lin et al.
    2017)."""
    target, output = ops.convert_to_tensor(target), ops.convert_to_tensor(output)
    if from_logits:
        output = ops.softmax(output, axis=axis)
    p = ops.clip(
        output / ops.sum(output, axis=axis, keepdims=True), config.epsilon(), 1 - config.epsilon()
    )
    terms = alpha * ops.power(1.0 - p, gamma) * ops.cast(target, p.dtype) * -ops.log(p)
    return ops.sum(terms, axis=axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, ignore_class=None):
    """`-log(p[target])`, 0 where the target is `ignore_class`."""
    target = ops.cast(target, "int32")
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, output, from_logits, axis)
    ignored = ops.equal(target, ignore_class)
    known = ops.where(ignored, ops.zeros_like(target), target)
    loss = ops.sparse_categorical_crossentropy(known, output, from_logits, axis)
    return ops.where(ops.reshape(ignored, loss.shape), ops.zeros_like(loss), loss)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """`(x - mean) / sqrt(var + epsilon) * gamma + beta`.

    Args:
        mean, var, beta, gamma: vectors along `axis`, or tensors of the rank of `x` that broadcast
            with it; the last two may be None.
    """
    x = ops.convert_to_tensor(x)
    along = [1] * len(x.shape)
    along[axis] = -1

    def fit(value):
        value = ops.convert_to_tensor(value)
        return ops.reshape(value, along) if len(value.shape) == 1 else value

    scale = ops.rsqrt(fit(var) + epsilon)
    if gamma is not None:
        scale = scale * fit(gamma)
    out = (x - fit(mean)) * scale
    return out if beta is None else out + fit(beta)


def normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon=1e-3):
    """`x` normalised over `reduction_axes`, and the mean and variance that were found.

    Args:
        gamma, beta: scale and offset, of the shape of the axes that are left; or None.
    """
    axes = tuple(reduction_axes)
    x = ops.convert_to_tensor(x)
    mean, variance = ops.moments(x, axes=axes)
    places = {axis % len(x.shape) for axis in axes}
    shape = [1 if axis in places else size for axis, size in enumerate(x.shape)]

    def fit(value):
        return ops.reshape(value, [-1 if size is None else size for size in shape])

    normed = (x - fit(mean)) * ops.rsqrt(fit(variance) + epsilon)
    if gamma is not None:
        normed = normed * fit(gamma)
    if beta is not None:
        normed = normed + fit(beta)
    return normed, mean, variance


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """Loss of connectionist temporal classification (Graves et al. 2006), (batch, 1).

    Args:
        y_true: classes (batch, longest label).
        y_pred: probabilities (batch, time, classes), the last class being the blank.
        input_length, label_length: (batch, 1).
    """
    y_pred = ops.convert_to_tensor(y_pred)
    loss = ops.ctc_loss(
        ops.cast(y_true, "int32"),
        ops.log(y_pred + config.epsilon()),
        ops.cast(ops.reshape(label_length, (-1,)), "int32"),
        ops.cast(ops.reshape(input_length, (-1,)), "int32"),
        mask_index=y_pred.shape[-1] - 1,
    )
    return ops.expand_dims(loss, 1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """The likeliest labels for what a network trained with `ctc_batch_cost` gives.

    Args:
        y_pred: probabilities (batch, time, classes), the last class being the blank.
        input_length: (batch,).
        greedy: whether to take the likeliest class at each step, rather than search with
            `beam_width` candidates for the `top_paths` likeliest labels.

    Returns:
        A list with a tensor (batch, time) of classes, -1 after the end, for each path; and scores
        (batch, paths): log probabilities, or if `greedy` minus that of the path.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    decoded, scores = ops.ctc_decode(
        ops.log(y_pred + config.epsilon()),
        ops.cast(ops.reshape(input_length, (-1,)), "int32"),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=greedy,
        mask_index=y_pred.shape[-1] - 1,
    )
    return list(ops.unstack(decoded, axis=0)), scores


def ctc_label_dense_to_sparse(labels, label_lengths):
    """Labels (batch, longest) without their padding, as the parts of a sparse tensor: places
    (count, 2), values and shape. Not inside compiled code."""
    labels, lengths = np.asarray(labels), np.asarray(label_lengths).reshape(-1)
    inside = np.arange(labels.shape[1]) < lengths[:, None]
    return SparseParts(
        engine.asarray(np.argwhere(inside), "int32"),
        engine.asarray(labels[inside]),
        tuple(labels.shape),
    )


def is_sparse(tensor):
    """Whether a tensor is sparse: here, whether it is the parts of one."""
    return isinstance(tensor, SparseParts)


def to_dense(tensor):
    """A sparse tensor as an ordinary one; others as they are."""
    if not is_sparse(tensor):
        return tensor
    return ops.scatter(tensor.indices, tensor.values, tensor.dense_shape)
