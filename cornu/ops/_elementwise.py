"""Elementwise ops. `x` may be a tensor of any shape; two arguments broadcast against each other as
in NumPy."""

import warnings

from cornu.backend import engine, kernels
from cornu.ops._index import indices_of_unknown_number
from cornu.symbolic.op import (
    FunctionCall,
    as_bool,
    kernel,
    op,
    promote,
    promote_divide,
    promote_float,
)


def _where_dtype(condition, *branches):
    return ("bool", *([promote(*branches)] * len(branches)))


@op("x", dtype=promote_float)
def arccos(x):
    """Angle whose cosine is `x`, in [0, pi]; NaN outside [-1, 1]."""
    return kernel()


@op("x", dtype=promote_float)
def arccosh(x):
    """Inverse hyperbolic cosine; NaN below 1."""
    return kernel()


@op("x", dtype=promote_float)
def arcsin(x):
    """Angle whose sine is `x`, in [-pi/2, pi/2]; NaN outside [-1, 1]."""
    return kernel()


@op("x", dtype=promote_float)
def arcsinh(x):
    """Inverse hyperbolic sine."""
    return kernel()


@op("x", dtype=promote_float)
def arctan(x):
    """Angle whose tangent is `x`, in (-pi/2, pi/2)."""
    return kernel()


@op("x", dtype=promote_float)
def arctanh(x):
    """Inverse hyperbolic tangent; NaN outside [-1, 1]."""
    return kernel()


@op("x", dtype=promote_float)
def cos(x):
    """Cosine of angles in radians."""
    return kernel()


@op("x", dtype=promote_float)
def cosh(x):
    """Hyperbolic cosine."""
    return kernel()


@op("x", dtype=promote_float, family="math")
def erf(x):
    """Gauss error function, 2/sqrt(pi) times the integral of exp(-t**2) from 0 to `x`."""
    return kernel()


@op("x", dtype=promote_float, family="math")
def erfinv(x):
    """Inverse of the error function; infinite at -1 and 1, NaN beyond."""
    return kernel()


@op("x", dtype=promote_float)
def exp(x):
    """e to the power `x`."""
    return kernel()


@op("x", dtype=promote_float)
def expm1(x):
    """`exp(x) - 1`, exact for small `x`."""
    return kernel()


@op("x", dtype=promote_float, family="math")
def lgamma(x):
    """Logarithm of the absolute value of the gamma function."""
    return kernel()


@op("x", dtype=promote_float)
def log(x):
    """Natural logarithm; -inf at 0, NaN below."""
    return kernel()


@op("x", dtype=promote_float)
def log1p(x):
    """`log(1 + x)`, exact for small `x`."""
    return kernel()


@op("x", dtype=promote_float, family="math")
def rsqrt(x):
    """1 over the square root of `x`."""
    return kernel()


@op("x", dtype=promote_float)
def sin(x):
    """Sine of angles in radians."""
    return kernel()


@op("x", dtype=promote_float)
def sinh(x):
    """Hyperbolic sine."""
    return kernel()


@op("x", dtype=promote_float)
def sqrt(x):
    """Non-negative square root; NaN below 0."""
    return kernel()


@op("x", dtype=promote_float)
def tan(x):
    """Tangent of angles in radians."""
    return kernel()


@op("x", dtype=promote_float)
def tanh(x):
    """Hyperbolic tangent."""
    return kernel()


@op("x")
def absolute(x):
    """Absolute value; of a complex number its modulus."""
    return kernel()


@op("x")
def negative(x):
    """`-x`."""
    return kernel()


@op("x")
def sign(x):
    """-1, 0 or 1."""
    return kernel()


@op("x")
def square(x):
    """`x * x`."""
    return kernel()


@op("x")
def real(x):
    """Real part."""
    return kernel()


@op("x")
def imag(x):
    """Imaginary part; zeros for real `x`."""
    return kernel()


@op("x")
def conj(x):
    """Complex conjugate."""
    return kernel()


@op("x", dtype=promote_float)
def ceil(x):
    """Smallest integer not below each element, as a float."""
    return kernel()


@op("x", dtype=promote_float)
def floor(x):
    """Largest integer not above each element, as a float."""
    return kernel()


@op("x")
def trunc(x):
    """Integer part, towards zero."""
    return kernel()


@op("x")
def isfinite(x):
    """True where neither infinite nor NaN."""
    return kernel()


@op("x")
def isinf(x):
    """True where infinite."""
    return kernel()


@op("x")
def isnan(x):
    """True where NaN."""
    return kernel()


@op("x", dtype=as_bool)
def logical_not(x):
    """`not x`, elementwise."""
    return kernel()


@op("x1", "x2", dtype=promote)
def add(x1, x2):
    """Sum `x1 + x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def subtract(x1, x2):
    """Difference `x1 - x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def multiply(x1, x2):
    """Product `x1 * x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def maximum(x1, x2):
    """The larger of each pair; NaN if either is."""
    return kernel()


@op("x1", "x2", dtype=promote)
def minimum(x1, x2):
    """The smaller of each pair; NaN if either is."""
    return kernel()


@op("x1", "x2", dtype=promote)
def mod(x1, x2):
    """Remainder of `x1 / x2`, with the sign of `x2`. Eager division of integers by 0 warns."""
    warn_of_zero("mod", x2)
    return kernels.mod(x1, x2)


@op("x1", "x2", dtype=promote)
def equal(x1, x2):
    """True where `x1 == x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def not_equal(x1, x2):
    """True where `x1 != x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def greater(x1, x2):
    """True where `x1 > x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def greater_equal(x1, x2):
    """True where `x1 >= x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def less(x1, x2):
    """True where `x1 < x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def less_equal(x1, x2):
    """True where `x1 <= x2`."""
    return kernel()


@op("x1", "x2", dtype=as_bool)
def logical_and(x1, x2):
    """`x1 and x2`, elementwise."""
    return kernel()


@op("x1", "x2", dtype=as_bool)
def logical_or(x1, x2):
    """`x1 or x2`, elementwise."""
    return kernel()


@op("x1", "x2", dtype=as_bool)
def logical_xor(x1, x2):
    """True where exactly one is true."""
    return kernel()


@op("x1", "x2", dtype=promote_divide)
def divide(x1, x2):
    """Quotient `x1 / x2`, a float also for integers."""
    return kernel()


@op("x1", "x2", dtype=promote_divide)
def true_divide(x1, x2):
    """Quotient `x1 / x2`, a float also for integers."""
    return divide(x1, x2)


@op("x1", "x2", dtype=promote)
def floor_divide(x1, x2):
    """Largest integer not above `x1 / x2`. Eager division of integers by 0 warns."""
    warn_of_zero("floor_divide", x2)
    return kernels.floor_divide(x1, x2)


def warn_of_zero(name, divisor):
    """Warn where integers are known to be divided by 0, which engines do without a word."""
    if divisor.dtype.kind in "iu" and not engine.is_traced(divisor) and not divisor.all():
        warnings.warn(
            f"`{name}` divides integers by 0: the results there are undefined. Replace the zeros in"
            " the divisor, or cast to a float dtype to get inf or nan.",
            RuntimeWarning,
            stacklevel=4,
        )


@op("x1", "x2", dtype=promote)
def power(x1, x2):
    """`x1` to the power `x2`."""
    return kernel()


@op("x")
def clip(x, x_min, x_max):
    """`x` limited to [x_min, x_max]; bounds are numbers or tensors that broadcast against `x`."""
    weak = (bool, int, float)
    found = [type(b) if type(b) in weak else b.dtype for b in (x_min, x_max) if b is not None]
    dtype = promote(x.dtype.name, *(kind if kind is not bool else "bool" for kind in found))
    return kernels.clip(x.astype(dtype), x_min, x_max)


@op("x")
def round(x, decimals=0):
    """`x` rounded to `decimals` places, halves to even."""
    return kernel()


@op("condition", "x1", "x2", dtype=_where_dtype)
def where(condition, x1=None, x2=None):
    """Elements of `x1` where `condition` holds, else of `x2`; with `condition` alone, the indices
    where it holds."""
    if (x1 is None) is not (x2 is None):
        raise ValueError(
            "`x1` and `x2` either both should be `None` or both should have non-None value."
        )
    if x1 is None:
        return kernels.nonzero(condition)
    return kernels.where(condition, x1, x2)


def _spec_of_where(call, condition, *branches):
    if any(branch is not None for branch in branches):
        return FunctionCall.compute_output_spec(call, condition, *branches)
    return indices_of_unknown_number(call, condition)


where.operation.compute_output_spec = _spec_of_where


def abs(x):
    """Absolute value; of a complex number its modulus."""
    return absolute(x)
