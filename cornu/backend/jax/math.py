"""Elementwise and reducing kernels. Arguments come promoted: most are `jax.numpy`'s functions as
they are."""

import functools

import jax
import jax.numpy as jnp
from jax import lax
from numpy.lib.array_utils import normalize_axis_tuple

from cornu.backend.jax.extremes import extreme

INT32 = jnp.dtype("int32")

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
    "complex",
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
    "cbrt",
    "copysign",
    "erfc",
    "exp2",
    "fmax",
    "fmin",
    "fmod",
    "gammainc",
    "gcd",
    "heaviside",
    "i0",
    "isclose",
    "isneginf",
    "isposinf",
    "isreal",
    "lcm",
    "ldexp",
    "log10",
    "log2",
    "nan_to_num",
    "nextafter",
    "reciprocal",
    "signbit",
    "sinc",
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
cbrt = jnp.cbrt
ceil = jnp.ceil
complex = lax.complex
conj = jnp.conj
copysign = jnp.copysign
cos = jnp.cos
cosh = jnp.cosh
divide = jnp.true_divide
equal = jnp.equal
erf = lax.erf
erfc = lax.erfc
erfinv = lax.erf_inv
exp = jnp.exp
exp2 = jnp.exp2
expm1 = jnp.expm1
floor = jnp.floor
floor_divide = jnp.floor_divide
fmax = jnp.fmax
fmin = jnp.fmin
fmod = jnp.fmod
gammainc = lax.igamma
gcd = jnp.gcd
greater = jnp.greater
greater_equal = jnp.greater_equal
heaviside = jnp.heaviside
i0 = jnp.i0
imag = jnp.imag
isfinite = jnp.isfinite
isinf = jnp.isinf
isnan = jnp.isnan
isneginf = jnp.isneginf
isposinf = jnp.isposinf
isreal = jnp.isreal
lcm = jnp.lcm
ldexp = jnp.ldexp
left_shift = jnp.left_shift
less = jnp.less
less_equal = jnp.less_equal
lgamma = lax.lgamma
log = jnp.log
log10 = jnp.log10
log1p = jnp.log1p
log2 = jnp.log2
logical_and = jnp.logical_and
logical_not = jnp.logical_not
logical_or = jnp.logical_or
logical_xor = jnp.logical_xor
maximum = jnp.maximum
minimum = jnp.minimum
mod = jnp.mod
multiply = jnp.multiply
negative = jnp.negative
nextafter = jnp.nextafter
not_equal = jnp.not_equal
real = jnp.real
reciprocal = jnp.reciprocal
right_shift = jnp.right_shift
rsqrt = lax.rsqrt
sign = jnp.sign
signbit = jnp.signbit
sin = jnp.sin
sinc = jnp.sinc
sinh = jnp.sinh
sqrt = jnp.sqrt
square = jnp.square
subtract = jnp.subtract
tan = jnp.tan
tanh = jnp.tanh
trunc = jnp.trunc


def power(x1, x2):
    return jnp.power(x1, x2) if type(x2) is int else _power(x1, x2)


@functools.partial(jax.jit, inline=True)
def _power(x1, x2):
    # x**0 is 1 at 0 too, and its gradient 0, where that of JAX is NaN.
    origin = (x1 == 0) & (x2 == 0)
    return jnp.power(jnp.where(origin, jnp.ones_like(x1), x1), x2)


power.__module__ = jnp.power.__module__  # numbers may come as they are, as to JAX's own functions


def clip(x, x_min, x_max):
    return jnp.clip(x, x_min, x_max)


def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    return jnp.isclose(x1, x2, rtol, atol, equal_nan)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    return jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


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


def _as_int32(x):
    return x if x.dtype == INT32 else lax.convert_element_type(x, INT32)


def argmax(x, axis=None, keepdims=False):
    return _as_int32(jnp.argmax(x, axis=axis, keepdims=keepdims))


def argmin(x, axis=None, keepdims=False):
    return _as_int32(jnp.argmin(x, axis=axis, keepdims=keepdims))


def cumsum(x, axis=None, dtype=None):
    return jnp.cumsum(x, axis, dtype)


def cumprod(x, axis=None, dtype=None):
    return jnp.cumprod(x, axis, dtype)


def max(x, axis=None, keepdims=False, initial=None):
    return extreme(x, axis, keepdims, initial, largest=True)


def min(x, axis=None, keepdims=False, initial=None):
    return extreme(x, axis, keepdims, initial, largest=False)


def mean(x, axis=None, keepdims=False):
    return jnp.mean(x, axis=_axes(axis, x.ndim), keepdims=keepdims)


def _axes(axis, rank):
    """Axes counted from the start; JAX's means say "tuple index out of range" of others."""
    return None if axis is None else normalize_axis_tuple(axis, rank)


def prod(x, axis=None, keepdims=False, dtype=None):
    return jnp.prod(x, axis=axis, keepdims=keepdims, dtype=dtype)


def sum(x, axis=None, keepdims=False):
    return jnp.sum(x, axis=axis, keepdims=keepdims)


def std(x, axis=None, keepdims=False):
    return jnp.std(x, axis=_axes(axis, x.ndim), keepdims=keepdims)


def var(x, axis=None, keepdims=False):
    return jnp.var(x, axis=_axes(axis, x.ndim), keepdims=keepdims)
