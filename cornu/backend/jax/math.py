"""Elementwise and reducing kernels. Arguments come promoted: most are `jax.numpy`'s functions as
they are."""

import jax.numpy as jnp
from jax import lax

__all__ = [
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "divide",
    "equal",
    "erf",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lgamma",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "power",
    "right_shift",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "real",
    "imag",
    "conj",
    "all",
    "any",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "max",
    "mean",
    "min",
    "prod",
    "sum",
    "std",
    "var",
]

absolute = jnp.abs
add = jnp.add
arccos = jnp.arccos
arccosh = jnp.arccosh
arcsin = jnp.arcsin
arcsinh = jnp.arcsinh
arctan = jnp.arctan
arctan2 = jnp.arctan2
arctanh = jnp.arctanh
bitwise_and = jnp.bitwise_and
bitwise_not = jnp.bitwise_not
bitwise_or = jnp.bitwise_or
bitwise_xor = jnp.bitwise_xor
ceil = jnp.ceil
conj = jnp.conj
cos = jnp.cos
cosh = jnp.cosh
divide = jnp.true_divide
equal = jnp.equal
erf = lax.erf
erfinv = lax.erf_inv
exp = jnp.exp
expm1 = jnp.expm1
floor = jnp.floor
floor_divide = jnp.floor_divide
greater = jnp.greater
greater_equal = jnp.greater_equal
imag = jnp.imag
isfinite = jnp.isfinite
isinf = jnp.isinf
isnan = jnp.isnan
left_shift = jnp.left_shift
less = jnp.less
less_equal = jnp.less_equal
lgamma = lax.lgamma
log = jnp.log
log1p = jnp.log1p
logical_and = jnp.logical_and
logical_not = jnp.logical_not
logical_or = jnp.logical_or
logical_xor = jnp.logical_xor
maximum = jnp.maximum
minimum = jnp.minimum
mod = jnp.mod
multiply = jnp.multiply
negative = jnp.negative
not_equal = jnp.not_equal
power = jnp.power
real = jnp.real
right_shift = jnp.right_shift
rsqrt = lax.rsqrt
sign = jnp.sign
sin = jnp.sin
sinh = jnp.sinh
sqrt = jnp.sqrt
square = jnp.square
subtract = jnp.subtract
tan = jnp.tan
tanh = jnp.tanh
trunc = jnp.trunc


def clip(x, x_min, x_max):
    return jnp.clip(x, x_min, x_max)


def round(x, decimals=0):
    if decimals < 0 and jnp.issubdtype(x.dtype, jnp.integer):
        return _round_integers(x, 10**-decimals)
    return jnp.round(x, decimals)


def _round_integers(x, unit):
    below = x // unit
    rest = x - below * unit
    up = (2 * rest > unit) | ((2 * rest == unit) & (below % 2 == 1))
    return (below + up.astype(x.dtype)) * unit


def all(x, axis=None, keepdims=False):
    return jnp.all(x, axis=axis, keepdims=keepdims)


def any(x, axis=None, keepdims=False):
    return jnp.any(x, axis=axis, keepdims=keepdims)


def argmax(x, axis=None, keepdims=False):
    return jnp.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


def argmin(x, axis=None, keepdims=False):
    return jnp.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


def cumsum(x, axis=None, dtype=None):
    return jnp.cumsum(x, axis, dtype)


def cumprod(x, axis=None, dtype=None):
    return jnp.cumprod(x, axis, dtype)


def max(x, axis=None, keepdims=False, initial=None):
    return jnp.max(x, axis=axis, keepdims=keepdims, initial=initial)


def min(x, axis=None, keepdims=False, initial=None):
    return jnp.min(x, axis=axis, keepdims=keepdims, initial=initial)


def mean(x, axis=None, keepdims=False):
    return jnp.mean(x, axis=axis, keepdims=keepdims)


def prod(x, axis=None, keepdims=False, dtype=None):
    return jnp.prod(x, axis=axis, keepdims=keepdims, dtype=dtype)


def sum(x, axis=None, keepdims=False):
    return jnp.sum(x, axis=axis, keepdims=keepdims)


def std(x, axis=None, keepdims=False):
    return jnp.std(x, axis=axis, keepdims=keepdims)


def var(x, axis=None, keepdims=False):
    return jnp.var(x, axis=axis, keepdims=keepdims)
