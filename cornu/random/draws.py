"""Random draws. In all of them `seed` is an int, for the same numbers at each call; a
`SeedGenerator`, for new ones at each call; or None for the process's own generator. `shape` is a
tuple of ints, `dtype` a float dtype, by default `floatx()`.
"""

import functools
import inspect

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.serial.registry import export
from cornu.state.seeds import draw_seed
from cornu.symbolic.op import is_symbolic
from cornu.symbolic.operation import Operation


def _float(dtype):
    dtype = dtypes.standardize_dtype(dtype)
    if not dtypes.is_float_dtype(dtype):
        raise ValueError(f"`dtype` must be a floating point dtype. Received: {dtype}")
    return dtypes.narrow(dtype)


def _sizes(shape):
    return tuple(int(size) for size in shape)


class RandomCall(Operation):
    """A draw as the node of a graph."""

    def __init__(self, function, static):
        super().__init__(name=None)
        self.function, self.static = function, static

    def call(self, *tensors):
        return self.function(*tensors, **self.static)

    def get_config(self):
        raise ValueError(
            f"A functional model that calls `random.{self.function.__name__}` on its tensors can't"
            " be saved: put the call into a layer."
        )


def _draw(*tensors):
    """A public draw, whose arguments named `tensors` may be symbolic."""

    def define(function):
        names = list(inspect.signature(function).parameters)

        @export(f"keras.random.{function.__name__}")
        @functools.wraps(function)
        def call(*args, **kwargs):
            if any(map(is_symbolic, args)):
                static = {**dict(zip(names[1:], args[1:], strict=False)), **kwargs}
                return RandomCall(function, static)(args[0])
            return function(*args, **kwargs)

        return call

    return define


@_draw()
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from the normal distribution of the given mean and standard deviation."""
    dtype = _float(dtype)
    return kernels.normal(draw_seed(seed), _sizes(shape), dtype) * _of(stddev, dtype) + _of(
        mean, dtype
    )


@_draw()
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from the normal distribution, those beyond two standard deviations drawn again."""
    dtype = _float(dtype)
    drawn = kernels.truncated_normal(draw_seed(seed), _sizes(shape), dtype)
    return drawn * _of(stddev, dtype) + _of(mean, dtype)


@_draw()
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Draws evenly from [minval, maxval)."""
    dtype = _float(dtype)
    low, high = _of(minval, dtype), _of(maxval, dtype)
    return kernels.uniform(draw_seed(seed), _sizes(shape), dtype) * (high - low) + low


def _of(value, dtype):
    return engine.asarray(value, dtype)


@_draw()
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers drawn evenly from [minval, maxval)."""
    dtype = dtypes.standardize_dtype(dtype)
    if not dtypes.is_int_dtype(dtype):
        raise ValueError(
            f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype}"
        )
    return kernels.randint(draw_seed(seed), _sizes(shape), minval, maxval, dtypes.narrow(dtype))


@_draw()
def gamma(shape, alpha, dtype=None, seed=None):
    """Draws from the gamma distribution of shape `alpha` and scale 1."""
    dtype = _float(dtype)
    return kernels.gamma(draw_seed(seed), _sizes(shape), _of(alpha, dtype), dtype)


@_draw("logits")
def categorical(logits, num_samples, dtype="int32", seed=None):
    """`num_samples` class indices for each row of `logits` (batch, classes)."""
    logits = engine.asarray(logits)
    if logits.ndim != 2:
        raise ValueError(
            "`logits` should be 2-D with shape [batch_size, num_classes]. Received:"
            f" logits.shape={logits.shape}"
        )
    return engine.cast(
        kernels.categorical(draw_seed(seed), logits, num_samples), dtypes.standardize_dtype(dtype)
    )


@_draw("x")
def shuffle(x, axis=0, seed=None):
    """The slices of `x` along `axis` in random order."""
    return kernels.shuffle(draw_seed(seed), engine.asarray(x), axis)


@_draw("inputs")
def dropout(inputs, rate, noise_shape=None, seed=None):
    """Each element set to 0 with probability `rate`, the others divided by `1 - rate` (Srivastava
    et al. 2014).

    Args:
        noise_shape: shape of the random choice, which broadcasts against `inputs`; None in it is
            the size of `inputs`.
    """
    inputs = engine.asarray(inputs)
    key = draw_seed(seed)
    if rate >= 1.0:
        return inputs * 0
    shape = inputs.shape
    if noise_shape is not None:
        if len(noise_shape) != len(shape):
            raise ValueError(
                "Argument `noise_shape` must have as many sizes as `inputs` has axes. Received:"
                f" noise_shape={noise_shape} and inputs.shape={tuple(shape)}"
            )
        shape = [
            size if wanted is None else wanted
            for size, wanted in zip(shape, noise_shape, strict=True)
        ]
    keep = kernels.uniform(key, tuple(shape), "float32") >= rate
    scale = inputs.dtype.type(1.0 / (1.0 - rate))
    return kernels.where(keep, inputs * scale, inputs.dtype.type(0))
