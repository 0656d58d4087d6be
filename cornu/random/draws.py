"""Random draws. In all of them `seed` is an int, for the same numbers at each call; a
`SeedGenerator`, for new ones at each call; None for the process's own generator; or a random key of
the engine. `shape` is a tuple of ints, `dtype` a float dtype, by default `floatx()`.
"""

import functools
import inspect
import operator

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.core.scopes import MASKS
from cornu.core.shapes import canonicalize_axis
from cornu.serial.registry import export
from cornu.state.seeds import draw_seed
from cornu.state.variable import value_of
from cornu.symbolic.mask_flow import carry
from cornu.symbolic.op import is_symbolic
from cornu.symbolic.operation import Operation

HALVES = ("float16", "bfloat16")


class RandomCall(Operation):
    """A draw as the node of a graph."""

    def __init__(self, function, static):
        super().__init__(name=None)
        self.function, self.static = function, static

    def call(self, tensor):
        return self.function(tensor, **self.static)

    def get_config(self):
        raise ValueError(
            f"A functional model that calls `random.{self.function.__name__}` on its tensors can't"
            " be saved: put the call into a layer."
        )


def _draw(function):
    """A public draw of numbers of a given shape."""
    return export(f"keras.random.{function.__name__}")(function)


def _draw_from(function):
    """A public draw that begins with a tensor, which may be symbolic."""
    signature = inspect.signature(function)
    first = next(iter(signature.parameters))

    @functools.wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs).arguments
        tensor = bound.pop(first)
        if is_symbolic(tensor):
            result = RandomCall(call, bound)(tensor)
        else:
            result = function(engine.asarray(value_of(tensor)), **bound)
        return carry(function.__name__, [tensor], bound, result) if MASKS else result

    return export(f"keras.random.{function.__name__}")(call)


def _float(dtype, name):
    dtype = dtypes.standardize_dtype(dtype)
    if not dtypes.is_float_dtype(dtype):
        raise ValueError(
            f"`keras.random.{name}` requires a floating point `dtype`. Received: dtype={dtype}"
        )
    return dtypes.narrow(dtype)


def _sizes(shape):
    if None in tuple(shape if hasattr(shape, "__iter__") else (shape,)):
        raise ValueError(f"Random numbers need a shape without None. Received: shape={shape}")
    try:
        return (operator.index(shape),)
    except TypeError:
        return tuple(int(size) for size in shape)


def _of(value, dtype):
    return engine.asarray(value_of(value), dtype)


def _wide(dtype):
    # Rejection sampling in half precision would reject or accept by its rounding errors.
    return "float32" if dtype in HALVES else dtype


def _check(holds, name, what, value):
    """Raise where a number or an array on the host is outside of what the distribution allows."""
    if isinstance(value, (int, float, np.ndarray, np.generic)) and not np.all(holds(value)):
        raise ValueError(f"`keras.random.{name}` needs {what}.")


@_draw
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from the normal distribution of the given mean and standard deviation."""
    dtype = _float(dtype, "normal")
    drawn = kernels.normal(draw_seed(seed), _sizes(shape), dtype)
    return drawn * _of(stddev, dtype) + _of(mean, dtype)


@_draw
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from the normal distribution, those beyond two standard deviations drawn again."""
    dtype = _float(dtype, "truncated_normal")
    drawn = kernels.truncated_normal(draw_seed(seed), _sizes(shape), dtype)
    return drawn * _of(stddev, dtype) + _of(mean, dtype)


@_draw
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Draws evenly from [minval, maxval)."""
    dtype = _float(dtype, "uniform")
    low, high = _of(minval, dtype), _of(maxval, dtype)
    return kernels.uniform(draw_seed(seed), _sizes(shape), dtype) * (high - low) + low


@_draw
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers drawn evenly from [minval, maxval)."""
    dtype = dtypes.standardize_dtype(dtype or "int32")
    if not dtypes.is_int_dtype(dtype):
        raise ValueError(
            f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype}"
        )
    bounds = value_of(minval), value_of(maxval)
    return kernels.randint(draw_seed(seed), _sizes(shape), *bounds, dtypes.narrow(dtype))


@_draw
def gamma(shape, alpha, dtype=None, seed=None):
    """Draws from the gamma distribution of shape `alpha` and scale 1.

    Args:
        alpha: positive number, or tensor that broadcasts to `shape`.
    """
    dtype = _float(dtype, "gamma")
    _check(lambda a: a > 0, "gamma", "a positive `alpha`", alpha)
    wide = _wide(dtype)
    drawn = kernels.gamma(draw_seed(seed), _sizes(shape), _of(alpha, wide), wide)
    return engine.cast(drawn, dtype)


@_draw
def beta(shape, alpha, beta, dtype=None, seed=None):
    """Draws from the beta distribution, whose density is proportional to
    `x**(alpha - 1) * (1 - x)**(beta - 1)` on (0, 1).

    Args:
        alpha, beta: positive numbers, or tensors that broadcast to `shape`.
    """
    dtype = _float(dtype, "beta")
    _check(lambda a: a > 0, "beta", "a positive `alpha`", alpha)
    _check(lambda b: b > 0, "beta", "a positive `beta`", beta)
    wide = _wide(dtype)
    drawn = kernels.beta(draw_seed(seed), _sizes(shape), _of(alpha, wide), _of(beta, wide), wide)
    return engine.cast(drawn, dtype)


@_draw
def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` independent trials succeed, each with the given probability.

    Args:
        counts: number of trials, or tensor that broadcasts to `shape`.
        probabilities: from 0 to 1; number, or tensor that broadcasts to `shape`.
        dtype: a float dtype, as in Keras.
    """
    dtype = _float(dtype, "binomial")
    _check(lambda n: n >= 0, "binomial", "`counts` that are not negative", counts)
    _check(lambda p: (p >= 0) & (p <= 1), "binomial", "`probabilities` from 0 to 1", probabilities)
    wide = _wide(dtype)
    drawn = kernels.binomial(
        draw_seed(seed), _sizes(shape), _of(counts, wide), _of(probabilities, wide), wide
    )
    return engine.cast(drawn, dtype)


@_draw_from
def categorical(logits, num_samples, dtype="int32", seed=None):
    """`num_samples` class indices for each row of `logits` (batch, classes)."""
    if logits.ndim != 2:
        raise ValueError(
            "`logits` should be a 2-D tensor with shape [batch_size, num_classes]. Received:"
            f" logits.shape={tuple(logits.shape)}"
        )
    drawn = kernels.categorical(draw_seed(seed), logits, num_samples)
    return engine.cast(drawn, dtypes.standardize_dtype(dtype))


@_draw_from
def shuffle(x, axis=0, seed=None):
    """The slices of `x` along `axis` in random order."""
    return kernels.shuffle(draw_seed(seed), x, canonicalize_axis(axis, x.ndim))


@_draw_from
def dropout(inputs, rate, noise_shape=None, seed=None):
    """Each element set to 0 with probability `rate`, the others divided by `1 - rate` (Srivastava
    et al. 2014).

    Args:
        inputs: tensor of floats.
        rate: from 0 to 1.
        noise_shape: shape of the random choice, which broadcasts against `inputs`; None in it is
            the size of `inputs`.
    """
    if inputs.dtype.kind in "iub":
        raise TypeError(f"`dropout` scales floats. Received: inputs of dtype {inputs.dtype}")
    _check(lambda r: (r >= 0) & (r <= 1), "dropout", "a `rate` from 0 to 1", rate)
    key = draw_seed(seed)
    if rate >= 1.0:
        return inputs * 0
    keep = kernels.uniform(key, _noise_shape(inputs, noise_shape), "float32") >= rate
    scale = inputs.dtype.type(1.0 / (1.0 - rate))
    return kernels.where(keep, inputs * scale, inputs.dtype.type(0))


def _noise_shape(inputs, noise_shape):
    shape = tuple(inputs.shape)
    if noise_shape is None:
        return shape
    if len(noise_shape) != len(shape):
        raise ValueError(
            "Argument `noise_shape` must have as many sizes as `inputs` has axes. Received:"
            f" noise_shape={tuple(noise_shape)} and inputs.shape={shape}"
        )
    noise = tuple(
        size if wanted is None else wanted for size, wanted in zip(shape, noise_shape, strict=True)
    )
    if any(wanted not in (1, size) for size, wanted in zip(shape, noise, strict=True)):
        raise ValueError(
            "Each size of `noise_shape` must be 1 or that of `inputs`. Received:"
            f" noise_shape={tuple(noise_shape)} and inputs.shape={shape}"
        )
    return noise
