"""Keras 2's functions that make, shape, draw and print tensors."""

import functools
import math

import numpy as np

from cornu import ops, random
from cornu.backend import engine
from cornu.compat._k_graph import lifted, sized
from cornu.compat._k_state import filled, variable
from cornu.core import config, dtypes
from cornu.state.variable import value_of
from cornu.symbolic.tensor import KerasTensor


@sized
def zeros(shape, dtype=None, name=None):
    """A variable of zeros, of dtype `floatx()` by default; in compiled code a tensor."""
    return filled(ops.zeros, shape, dtype, name)


@sized
def ones(shape, dtype=None, name=None):
    """A variable of ones, of dtype `floatx()` by default; in compiled code a tensor."""
    return filled(ops.ones, shape, dtype, name)


@sized
def eye(size, dtype=None, name=None):
    """The identity matrix as a variable; in compiled code a tensor.

    Args:
        size: number of rows, or pair of the numbers of rows and columns.
    """
    rows, columns = size if isinstance(size, (list, tuple)) else (size, size)

    def make(size, dtype):
        return ops.eye(*size, dtype=dtype)

    return filled(make, (rows, columns), dtype, name)


@sized
def arange(start, stop=None, step=1, dtype="int32"):
    """Numbers from `start` (0 if alone) to before `stop`, `step` apart; floats if one is one."""
    if stop is None:
        start, stop = 0, start
    found = ops.arange(start, stop, step)
    return found if dtype == "int32" else ops.cast(found, dtype)


@sized
def reshape(x, shape):
    """The elements of `x` in another shape; -1 is what is left over."""
    return ops.reshape(x, tuple(shape))


@sized
def tile(x, n):
    """The whole of `x` repeated `n` times along each axis."""
    return ops.tile(x, n)


@sized
def repeat(x, n):
    """(batch, features) as (batch, n, features)."""
    if len(x.shape) != 2:
        raise ValueError(f"`repeat` needs a tensor of two axes. Received: shape={tuple(x.shape)}")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


@sized
def repeat_elements(x, rep, axis):
    """Each element repeated `rep` times along `axis`."""
    return ops.repeat(x, rep, axis=axis)


def flatten(x):
    """All elements along one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x):
    """(batch, ...) as (batch, features)."""
    features = x.shape[1:]
    if None in features:
        return ops.reshape(x, (x.shape[0], -1))
    return ops.reshape(x, (-1, math.prod(features)))


def cast_to_floatx(x):
    """A NumPy array or tensor in the default float dtype, remaining what it is."""
    if isinstance(x, (np.ndarray, np.generic, list, tuple, int, float)):
        return np.asarray(x, dtype=config.floatx())
    return ops.cast(x, config.floatx())


def clip(x, min_value, max_value):
    """`x`, at least `min_value` and at most `max_value`; None is no limit. Where the limits cross,
    the lower counts."""
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        high = max(low, high)
    return ops.clip(x, low, high)


def int_shape(x):
    """The shape as a tuple of ints, None for sizes that are unknown; None for what has no shape."""
    found = getattr(x, "shape", None)
    return None if found is None else tuple(n if isinstance(n, int) else None for n in found)


def count_params(x):
    """Number of elements."""
    return math.prod(x.shape)


def dtype(x):
    """The name of the dtype of a tensor, variable or array."""
    return dtypes.standardize_dtype(x.dtype)


def stop_gradient(variables):
    """A tensor, or each of a list, constant for gradients."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(each) for each in variables]
    return ops.stop_gradient(variables)


@lifted
def print_tensor(x, message="", summarize=3):
    """`x` itself; its value is printed whenever it is computed.

    Args:
        message: printed before.
        summarize: how many elements at each end of an axis are shown; -1 for all.
    """
    x = ops.convert_to_tensor(x)
    show = functools.partial(_show, message, summarize)
    if engine.is_traced(x):
        engine.host_call(show, x)
    else:
        show(x)
    return x


def _show(message, summarize, value):
    value = np.asarray(value)
    most = value.size if summarize < 0 else 2 * summarize
    text = np.array2string(value, threshold=most, edgeitems=max(summarize, 1))
    print(message, text)


def _whole(dtype):
    return dtype is not None and dtypes.is_int_dtype(dtypes.standardize_dtype(dtype))


@lifted
def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from a normal distribution."""
    return random.normal(shape, mean, stddev, dtype, seed)


@lifted
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from a normal distribution, those beyond two standard deviations drawn again."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


@lifted
def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Draws evenly from [minval, maxval), also integers."""
    draw = random.randint if _whole(dtype) else random.uniform
    return draw(shape, minval, maxval, dtype=dtype, seed=seed)


@lifted
def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """Ones with probability `p`, else zeros."""
    drawn = random.uniform(shape, dtype="float32", seed=seed)
    return ops.cast(drawn < p, dtype or config.floatx())


random_binomial = random_bernoulli  # its older name


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A variable with draws from a normal distribution of standard deviation `scale`."""
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype=dtype, name=name)


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A variable with draws from [low, high)."""
    return variable(random.uniform(shape, low, high, dtype, seed), dtype=dtype, name=name)


@sized
def dropout(x, level, noise_shape=None, seed=None):
    """Each element set to 0 with probability `level`, the others divided by `1 - level`."""
    return random.dropout(x, level, noise_shape, seed)


def ones_like(x, dtype=None, name=None):
    """Ones of the shape of `x`."""
    return ops.ones_like(_value(x), dtype=dtype)


def zeros_like(x, dtype=None, name=None):
    """Zeros of the shape of `x`."""
    return ops.zeros_like(_value(x), dtype=dtype)


def _value(x):
    return x if isinstance(x, KerasTensor) else ops.convert_to_tensor(value_of(x))
