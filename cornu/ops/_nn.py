"""Windows, losses, and classes as vectors, as ops."""

import math

from cornu.backend import kernels
from cornu.core import config, dtypes
from cornu.core.shapes import canonicalize_axis
from cornu.ops._activation import _log_softmax, _softplus
from cornu.ops._normalization import HALF, _wide
from cornu.ops._ranges import warn_of_classes
from cornu.symbolic.op import op, promote_float


@op("x", family="nn", keras_name="OneHot", check=warn_of_classes)
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """Integers as vectors with a 1 at their place; outside [0, num_classes) all zeros.

    Args:
        sparse: must be False: the engine has dense tensors only.
    """
    if sparse:
        raise ValueError("The JAX engine has no sparse tensors: leave out `sparse`.")
    return kernels.one_hot(x, num_classes, axis, dtypes.narrow(dtypes.standardize_dtype(dtype)))


@op("inputs", family="nn", keras_name="MultiHot")
def _multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False):
    if sparse:
        raise ValueError("The JAX engine has no sparse tensors: leave out `sparse`.")
    dtype = dtypes.narrow(dtypes.standardize_dtype(dtype))
    places = kernels.one_hot(inputs, num_classes, axis, dtype)
    # The axis summed up does not follow `axis`: that is so in Keras.
    return kernels.max(places, axis=1 if inputs.ndim > 1 else 0)


def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """Sets of integers as vectors with a 1 at the place of each of them.

    Args:
        inputs: (n,) for one set, (batch, n, ...) for one set for each element of the batch.
            Integers outside of [0, num_classes) are left out.
        num_classes: size of the vectors.
        axis: where the axis of the classes is put, before axis 1 (of vectors, axis 0) is reduced to
            its maximum; other than -1 this makes no sets.
        dtype: of the result, by default `floatx()`.
        sparse: must be False: the engine has dense tensors only.
        **kwargs: `num_tokens`, an old name of `num_classes`.
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if kwargs:
        raise TypeError(f"multi_hot does not take the arguments {sorted(kwargs)}")
    if num_classes is None:
        raise ValueError("Argument `num_classes` must be specified.")
    return _multi_hot(inputs, num_classes=num_classes, axis=axis, dtype=dtype, sparse=sparse)


def _same_shape(target, output, name):
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(
            f"{name}: arguments `target` and `output` must have the same shape. "
            f"Received: target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}"
        )


@op("target", "output", dtype=promote_float, family="nn")
def binary_crossentropy(target, output, from_logits=False):
    """`-(t log p + (1 - t) log(1 - p))`, elementwise; `output` is p, or its logit if
    `from_logits`.

    Probabilities are kept `keras.config.epsilon()` away from 0 and 1; half precision is computed in
    float32, in which that is possible.
    """
    _same_shape(target, output, "binary_crossentropy")
    dtype = output.dtype
    target, output = _wide(target), _wide(output)
    if from_logits:
        return (_softplus(output) - target * output).astype(dtype)
    tiny = output.dtype.type(config.epsilon())
    p = kernels.clip(output, tiny, 1 - tiny)
    loss = -(target * kernels.log(p) + (1 - target) * kernels.log(1 - p))
    return loss.astype(dtype)


@op("target", "output", dtype=promote_float, family="nn")
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-sum(target * log(p))` along `axis`; `output` is p (rescaled to sum 1), or logits if
    `from_logits`.

    A class with target 0 adds nothing, even if its logit is -inf. Probabilities are kept
    `keras.config.epsilon()` away from 0 and 1, also where all of them are 0.
    """
    _same_shape(target, output, "categorical_crossentropy")
    if output.ndim < 1:
        raise ValueError(
            f"categorical_crossentropy needs a class axis. Received: output.shape={output.shape}"
        )
    axis = canonicalize_axis(axis, output.ndim)
    logs = _log_probabilities(_wide(output), from_logits, axis)
    target = _wide(target)
    absent = kernels.logical_and(target == 0, kernels.isinf(logs))
    logs = kernels.where(absent, logs.dtype.type(0), logs)
    return -kernels.sum(target * logs, axis=axis).astype(output.dtype)


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return _log_softmax(output, axis)
    total = kernels.sum(output, axis=axis, keepdims=True)
    output = output / kernels.where(total == 0, output.dtype.type(1), total)
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
    axis = canonicalize_axis(axis, output.ndim)
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = kernels.squeeze(target, axis)
    expected = tuple(n for i, n in enumerate(output.shape) if i != axis)
    if tuple(target.shape) != expected:
        raise ValueError(
            "sparse_categorical_crossentropy: `target` must have the shape of `output` without the"
            f" class axis, {expected}. Received: target.shape={tuple(target.shape)},"
            f" output.shape={tuple(output.shape)}"
        )
    logs = _log_probabilities(_wide(output), from_logits, axis)
    chosen = kernels.one_hot(target, output.shape[axis], axis, "bool")
    losses = kernels.where(chosen, logs, logs.dtype.type(0))
    return -kernels.sum(losses, axis=axis).astype(output.dtype)


@op("x1", "x2", dtype=promote_float, family="nn", keras_name="PSNR", fuse=True)
def psnr(x1, x2, max_val):
    """Peak signal-to-noise ratio in dB, `20 log10(max_val) - 10 log10(mean((x1 - x2)**2))`.

    Args:
        x1, x2: tensors of the same shape; the mean is over all of it. Equal tensors give inf.
        max_val: the largest possible value, such as 1.0 or 255.
    """
    if tuple(x1.shape) != tuple(x2.shape):
        raise ValueError(
            "psnr: input shapes must match. "
            f"Received: x1.shape={tuple(x1.shape)}, x2.shape={tuple(x2.shape)}"
        )
    error = kernels.mean(kernels.square(_wide(x1) - _wide(x2)))
    ratio = 20 * math.log10(max_val) - kernels.log(error) * (10 / math.log(10))
    return ratio.astype(x1.dtype)


def _polar_dtype(*found):
    # There are no complex numbers of half precision.
    name = promote_float(*found)
    return "float32" if name in HALF else name


@op("abs_", "angle", dtype=_polar_dtype, family="nn", fuse=True)
def polar(abs_, angle):
    """Complex numbers with the given absolute values and angles (in radians)."""
    return kernels.complex(abs_ * kernels.cos(angle), abs_ * kernels.sin(angle))
