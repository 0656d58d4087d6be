"""Normalisations.

Half precision is computed in float32 and rounded once, at the end.
"""

import numbers
import warnings

from cornu.backend import engine, kernels
from cornu.core import config
from cornu.core.shapes import canonicalize_axis
from cornu.symbolic.op import op, promote_float

HALF = ("float16", "bfloat16")


def _wide(x):
    """`x`, half precision in float32."""
    return engine.cast(x, "float32") if str(x.dtype) in HALF else x


def _axes(axis, rank):
    axes = range(rank) if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
    return tuple(sorted(canonicalize_axis(one, rank) for one in axes))


@op("x", dtype=promote_float, family="nn", fuse=True)
def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its norm along `axis`, but at least by `epsilon`: zero vectors stay zero.

    At a zero vector the norm counts as constant, so that the gradient is that of `x / epsilon`.

    Args:
        axis: int, tuple of ints, or None for all axes.
        order: of the norm, an int from 1.
        epsilon: by default `keras.config.epsilon()`.

    Raises:
        ValueError: if `order` is no positive int.
    """
    if not isinstance(order, numbers.Integral) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    epsilon = config.epsilon() if epsilon is None else epsilon
    axes = _axes(axis, x.ndim)
    wide = _wide(x)
    # Powers of values of size 1 neither overflow nor vanish, whatever the size of `x`.
    size = kernels.absolute(wide)
    top = engine.stop_gradient(kernels.max(size, axis=axes, keepdims=True, initial=0))
    empty = top == 0
    one = wide.dtype.type(1)
    unit = kernels.where(kernels.logical_or(empty, kernels.isinf(top)), one, top)
    powers = kernels.sum((size / unit) ** order, axis=axes, keepdims=True)
    powers = kernels.where(empty, one, powers)
    norm = unit * (kernels.sqrt(powers) if order == 2 else powers ** (1 / order))
    small = kernels.logical_or(empty, norm < epsilon)
    return (wide / kernels.where(small, wide.dtype.type(epsilon), norm)).astype(x.dtype)


def _as_first(x, *others):
    # The dtype of `x` is that of the result; parameters meet it in float32 if it is half.
    return (promote_float(x), *(None for _ in others))


def _spread(value, name, x, axes):
    """A parameter with sizes along `axes`, shaped to meet `x`."""
    shape = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
    own = [size for size in value.shape if size != 1]
    if own != [size for size in shape if size != 1]:
        if len(axes) == 1:
            raise ValueError(
                f"`{name}` must be a vector of length {x.shape[axes[0]]}, the size of axis "
                f"{axes[0]} of `x`. Received: {name}.shape={tuple(value.shape)}, "
                f"x.shape={tuple(x.shape)}"
            )
        raise ValueError(
            f"`{name}` must have the shape of `x` along the normalized axes {tuple(axes)}. "
            f"Received: {name}.shape={tuple(value.shape)}, x.shape={tuple(x.shape)}"
        )
    return value.reshape(shape)


@op(
    "x", "mean", "variance", "offset", "scale", dtype=promote_float, family="nn",
    keras_name="BatchNorm", fuse=True,
)  # fmt: skip
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    Args:
        mean, variance, offset, scale: vectors along `axis` of `x`.
        axis: int, the axis that keeps its own statistics, such as that of channels.
    """
    axes = _axes(axis, x.ndim)
    factor = kernels.rsqrt(_wide(_spread(variance, "variance", x, axes)) + epsilon)
    if scale is not None:
        factor = factor * _wide(_spread(scale, "scale", x, axes))
    result = (_wide(x) - _wide(_spread(mean, "mean", x, axes))) * factor
    if offset is not None:
        result = result + _wide(_spread(offset, "offset", x, axes))
    return result.astype(x.dtype)


@op("x", "gamma", "beta", dtype=_as_first, family="nn", keras_name="LayerNorm", fuse=True)
def _layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, rms_scaling=False):
    axes = _axes(axis, x.ndim)
    epsilon = config.epsilon() if epsilon is None else epsilon
    wide = _wide(x)
    if rms_scaling:
        variance = kernels.var(wide, axis=axes, keepdims=True)
        result = wide * kernels.rsqrt(variance + epsilon)
        if gamma is not None:
            result = result * _spread(gamma, "gamma", x, axes).astype(wide.dtype)
        return result.astype(x.dtype)
    trained = gamma is not None and beta is not None
    if trained and kernels.layer_norm_suits(x, gamma, beta, axes):
        return kernels.layer_norm(x, gamma, beta, epsilon)
    # Relative to any one element the values are small where they are near to each other, and no
    # digits are lost in their mean; the result does not depend on the choice.
    first = wide[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(x.ndim))]
    shifted = wide - engine.stop_gradient(first)
    centered = shifted - kernels.mean(shifted, axis=axes, keepdims=True)
    variance = kernels.mean(kernels.square(centered), axis=axes, keepdims=True)
    result = centered * kernels.rsqrt(variance + epsilon)
    if gamma is not None:
        result = result * _spread(gamma, "gamma", x, axes).astype(wide.dtype)
    if beta is not None:
        result = result + _spread(beta, "beta", x, axes).astype(wide.dtype)
    return result.astype(x.dtype)


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """`x` with mean 0 and variance 1 along `axis`, times `gamma`, plus `beta` (Ba et al. 2016).

    Exact to rounding also where the values of a row are large and near to each other.

    Args:
        gamma, beta: tensors of the shape of `x` along `axis`, or None.
        axis: int or tuple of ints.
        epsilon: added to the variance, by default `keras.config.epsilon()`.
        **kwargs: `rms_scaling=True`, which is deprecated: `x` divided by its standard deviation,
            times `gamma`.

    Raises:
        ValueError: if `gamma` or `beta` does not fit.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"layer_normalization does not take the arguments {sorted(kwargs)}")
    if rms_scaling:
        warnings.warn(
            "You passed `rms_scaling=True`, which is deprecated: it divides by the standard "
            "deviation, not by the root mean square. Use `keras.ops.rms_normalization`.",
            stacklevel=2,
        )
    return _layer_normalization(x, gamma, beta, axis=axis, epsilon=epsilon, rms_scaling=rms_scaling)


@op("x", "scale", dtype=_as_first, family="nn", keras_name="RMSNorm", fuse=True)
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """`x` divided by its root mean square along `axis`, times `scale` (Zhang & Sennrich 2019).

    Args:
        scale: tensor that broadcasts against `x`, or None.
        axis: int or tuple of ints.
        epsilon: added to the mean square, by default `keras.config.epsilon()`.

    Raises:
        ValueError: if `scale` does not fit.
    """
    axes = _axes(axis, x.ndim)
    epsilon = config.epsilon() if epsilon is None else epsilon
    wide = _wide(x)
    mean = kernels.mean(kernels.square(wide), axis=axes, keepdims=True)
    result = wide * kernels.rsqrt(mean + epsilon)
    if scale is not None:
        sizes = zip(reversed(scale.shape), reversed(x.shape), strict=False)
        if scale.ndim > x.ndim or not all(own in (1, size) for own, size in sizes):
            raise ValueError(
                "rms_normalization: `scale` must broadcast against `x`. "
                f"Received: scale.shape={tuple(scale.shape)}, x.shape={tuple(x.shape)}"
            )
        result = result * scale.astype(wide.dtype)
    return result.astype(x.dtype)
