"""Further elementwise functions of real and complex numbers: roots, logarithms, sums and distances
that neither overflow nor lose a gradient, and tests on values."""

import math

from cornu.backend import engine, kernels
from cornu.ops._elementwise import warn_of_zero
from cornu.symbolic.op import kernel, op, promote, promote_divide, promote_float


def _scaled_dtype(x1, x2):
    # The exponents of `ldexp` are integers of their own dtype.
    exponents = "int32" if x2 is int else promote(x2)
    if "int" not in exponents:
        raise TypeError(f"`x2` of `ldexp` must be integers. Received: x2.dtype={exponents}")
    return promote_float(x1), exponents


@op("x", dtype=promote_float, fuse=True)
def angle(x):
    """Angle of complex numbers against the positive real axis, in [-pi, pi]; of real numbers 0 or
    pi. Its gradient at 0 is 0."""
    if "complex" in str(x.dtype):
        return _angle_of_point(kernels.imag(x), kernels.real(x))
    sides = kernels.where(kernels.signbit(x), x.dtype.type(math.pi), x.dtype.type(0))
    return kernels.where(kernels.isnan(x), x, sides)


def _angle_of_point(y, x):
    # At the origin a point on the same side, with the same angle, takes the place of (x, y).
    origin = kernels.logical_and(x == 0, y == 0)
    side = kernels.copysign(kernels.ones((), x.dtype), engine.stop_gradient(x))
    return kernels.arctan2(
        kernels.where(origin, engine.stop_gradient(y), y), kernels.where(origin, side, x)
    )


@op("x1", "x2", dtype=promote_float, fuse=True)
def arctan2(x1, x2):
    """Angle of the point (x2, x1) against the positive first axis, in [-pi, pi]. Its gradient at
    the origin is 0."""
    return _angle_of_point(x1, x2)


@op("x", dtype=promote_float)
def cbrt(x):
    """Cube root, also of negative numbers."""
    return kernel()


@op("x")
def conjugate(x):
    """Complex conjugate; real numbers stay as they are."""
    return kernels.conj(x)


@op("x1", "x2", dtype=promote_float)
def copysign(x1, x2):
    """The size of `x1` with the sign of `x2`; -0.0 is negative."""
    return kernel()


@op("x", dtype=promote_float)
def deg2rad(x):
    """Degrees as radians."""
    return kernels.multiply(x, math.pi / 180)


@op("x", dtype=promote_float)
def rad2deg(x):
    """Radians as degrees."""
    return kernels.multiply(x, 180 / math.pi)


@op("x1", "x2", dtype=promote_divide, fuse=True)
def divide_no_nan(x1, x2):
    """Quotient `x1 / x2`, and 0 where `x2` is 0. Gradients are 0 there too."""
    zero = x2 == 0
    quotient = kernels.divide(x1, kernels.where(zero, kernels.ones((), x2.dtype), x2))
    return kernels.where(zero, kernels.zeros((), quotient.dtype), quotient)


@op("x", dtype=promote_float, family="math")
def erfc(x):
    """`1 - erf(x)`, exact also for large `x`."""
    return kernel()


@op("x", dtype=promote_float)
def exp2(x):
    """2 to the power `x`."""
    return kernel()


@op("x", dtype=promote_float)
def fabs(x):
    """Absolute value, a float also for integers."""
    return kernels.absolute(x)


@op("x1", "x2", dtype=promote_float)
def float_power(x1, x2):
    """`x1` to the power `x2`, a float also for integers; NaN for broken powers of numbers below
    0."""
    return kernels.power(x1, x2)


@op("x1", "x2", dtype=promote)
def fmax(x1, x2):
    """The larger of each pair, the number if one is NaN. Between equals the gradient goes to
    `x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def fmin(x1, x2):
    """The smaller of each pair, the number if one is NaN. Between equals the gradient goes to
    `x2`."""
    return kernel()


@op("x1", "x2", dtype=promote)
def fmod(x1, x2):
    """Remainder of `x1 / x2`, with the sign of `x1`, as in C. Eager division of integers by 0
    warns."""
    warn_of_zero("fmod", x2)
    return kernels.fmod(x1, x2)


@op("x1", "x2", dtype=promote_float, family="math")
def gammainc(x1, x2):
    """Regularized lower incomplete gamma function: the integral of `t**(x1 - 1) * exp(-t)` from 0
    to `x2`, over that to infinity; NaN for negative arguments (NIST DLMF 8.2.4)."""
    return kernel()


@op("x1", "x2", dtype=promote_float)
def heaviside(x1, x2):
    """The step function: 0 where `x1` is negative, 1 where positive, `x2` where 0."""
    return kernel()


@op("x1", "x2", dtype=promote_float, fuse=True)
def hypot(x1, x2):
    """`sqrt(x1**2 + x2**2)`, without overflow; infinite if either is. Its gradient at (0, 0) is
    0."""
    one = kernels.ones((), x1.dtype)
    largest = kernels.maximum(kernels.absolute(x1), kernels.absolute(x2))
    infinite = kernels.logical_or(kernels.isinf(x1), kernels.isinf(x2))
    zero = largest == 0
    plain = kernels.logical_not(kernels.logical_or(infinite, zero))
    # The scale cancels, so no gradient goes through it.
    scale = engine.stop_gradient(kernels.where(plain, largest, one))
    near = [kernels.where(infinite, one, x) / scale for x in (x1, x2)]
    total = kernels.square(near[0]) + kernels.square(near[1])
    length = scale * kernels.sqrt(kernels.where(plain, total, one))
    length = kernels.where(zero, kernels.zeros((), x1.dtype), length)
    far = kernels.absolute(kernels.where(kernels.isinf(x1), x1, x2))
    return kernels.where(infinite, far, length)


@op("x", dtype=promote_float)
def i0(x):
    """Modified Bessel function of the first kind, of order 0 (NIST DLMF 10.25)."""
    return kernel()


@op("x1", "x2", dtype=promote)
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `abs(x1 - x2) <= atol + rtol * abs(x2)`; infinities are close to themselves, NaNs
    only if `equal_nan`."""
    return kernel()


@op("x1", "x2", dtype=promote, keras_name="AllClose")
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `isclose` holds for all pairs: one boolean."""
    return kernels.all(kernels.isclose(x1, x2, rtol, atol, equal_nan))


@op("x")
def isneginf(x):
    """True where -inf; a ValueError for complex numbers."""
    return kernel()


@op("x")
def isposinf(x):
    """True where +inf; a ValueError for complex numbers."""
    return kernel()


@op("x")
def isreal(x):
    """True where the imaginary part is 0."""
    return kernel()


@op("x1", "x2", dtype=_scaled_dtype)
def ldexp(x1, x2):
    """`x1 * 2**x2` for integers `x2`, exact."""
    return kernel()


@op("x", dtype=promote_float)
def log10(x):
    """Logarithm to base 10; -inf at 0, NaN below."""
    return kernel()


@op("x", dtype=promote_float)
def log2(x):
    """Logarithm to base 2; -inf at 0, NaN below."""
    return kernel()


def _ordered(x1, x2):
    """The larger of each pair, and the smaller less the larger, which is 0 for equal infinities."""
    above = x1 >= x2
    top, low = kernels.where(above, x1, x2), kernels.where(above, x2, x1)
    same = kernels.logical_and(low == top, kernels.isinf(top))
    zero = kernels.zeros((), top.dtype)
    return top, kernels.where(same, zero, low) - kernels.where(same, zero, top)


@op("x1", "x2", dtype=promote_float, fuse=True)
def logaddexp(x1, x2):
    """`log(exp(x1) + exp(x2))`, without overflow. Between equal infinities the gradient goes to
    `x1`."""
    top, gap = _ordered(x1, x2)
    return top + kernels.log1p(kernels.exp(gap))


@op("x1", "x2", dtype=promote_float, fuse=True)
def logaddexp2(x1, x2):
    """`log2(2**x1 + 2**x2)`, without overflow. Between equal infinities the gradient goes to
    `x1`."""
    top, gap = _ordered(x1, x2)
    return top + kernels.log1p(kernels.exp2(gap)) / math.log(2)


@op("x")
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """`x` with numbers for NaN and the infinities: for these the largest and the least of the dtype
    unless given."""
    return kernel()


@op("x", dtype=promote_float)
def reciprocal(x):
    """`1 / x`, a float also for integers; infinite at 0."""
    return kernel()


@op("x")
def signbit(x):
    """True where negative, also for -0.0; a ValueError for complex numbers."""
    return kernel()


@op("x", dtype=promote_float)
def sinc(x):
    """`sin(pi * x) / (pi * x)`, and 1 at 0."""
    return kernel()
