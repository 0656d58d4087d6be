"""Activations.

All keep the shape of `x`, except `glu`. Where one of them bends, its gradient there is that of one
side, named in its docstring; NaN stays NaN.
"""

import math
import warnings

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.core.shapes import canonicalize_axis
from cornu.ops._normalization import _wide
from cornu.symbolic.op import op, promote, promote_float

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@op("x", family="nn", fuse=True)
def relu(x):
    """`max(x, 0)`. Its gradient at 0 is 0 (Nair & Hinton 2010)."""
    zero = x.dtype.type(0)
    return kernels.where(x <= zero, zero, x)


@op("x", dtype=promote_float, family="nn", fuse=True)
def relu6(x):
    """`min(max(x, 0), 6)`. Its gradient at 0 and 6 is 0 (Krizhevsky 2010)."""
    return _between(x, 0, 6)


def _between(x, low, high):
    """`x` limited to [low, high], without gradient at the limits."""
    low, high = x.dtype.type(low), x.dtype.type(high)
    return kernels.where(x <= low, low, kernels.where(x >= high, high, x))


@op("x", dtype=promote_float, family="nn", fuse=True)
def sigmoid(x):
    """`1 / (1 + exp(-x))`, from 0 to 1."""
    return 0.5 * (kernels.tanh(0.5 * x) + 1)


@op("x", dtype=promote_float, family="nn", keras_name="HardSigmoid", fuse=True)
def hard_sigmoid(x):
    """`x / 6 + 1/2` limited to [0, 1]. Its gradient at -3 and 3 is 0."""
    return _between(x / 6 + 0.5, 0, 1)


@op("x", dtype=promote_float, family="nn", keras_name="SparseSigmoid", fuse=True)
def sparse_sigmoid(x):
    """`(x + 1) / 2` limited to [0, 1]. Its gradient at -1 and 1 is 0."""
    return _between(0.5 * x + 0.5, 0, 1)


@op("x", dtype=promote_float, family="nn", keras_name="LogSigmoid", fuse=True)
def log_sigmoid(x):
    """`log(sigmoid(x))`, exact for large negative `x`."""
    return -_softplus(-x)


def _softplus(x):
    # Neither `maximum` nor `absolute`: at 0 their gradients would add up to another one than 1/2.
    above = x > 0
    shrinking = kernels.exp(kernels.where(above, -x, x))
    return kernels.where(above, x, x.dtype.type(0)) + kernels.log1p(shrinking)


@op("x", dtype=promote_float, family="nn", fuse=True)
def softplus(x):
    """`log(1 + exp(x))`, a smooth relu."""
    return _softplus(x)


@op("x", dtype=promote_float, family="nn", keras_name="SparsePlus", fuse=True)
def sparse_plus(x):
    """0 below -1, `(x + 1)**2 / 4` up to 1, `x` above."""
    middle = 0.25 * kernels.square(_between(x, -1, 1) + 1)
    return kernels.where(x >= 1, x, middle)


@op("x", dtype=promote_float, family="nn", fuse=True)
def squareplus(x, b=4):
    """`(x + sqrt(x**2 + b)) / 2`, a smooth relu without `exp` (Barron 2021).

    Args:
        b: how wide the bend at 0 is, not negative; 0 gives relu.
    """
    if b < 0:
        raise ValueError(f"squareplus: `b` must not be negative. Received: b={b}")
    if b == 0:
        return kernels.where(x <= 0, x.dtype.type(0), x)
    # Scaled, so that no square overflows; below 0, without the difference of near equals.
    above = x > 0
    size = kernels.where(above, x, -x)
    unit = engine.stop_gradient(kernels.maximum(size, x.dtype.type(math.sqrt(b))))
    root = unit * kernels.sqrt(kernels.square(x / unit) + b / unit / unit)
    total = size + root
    return kernels.where(above, 0.5 * total, 0.5 * b / total)


@op("x", dtype=promote_float, family="nn", fuse=True)
def silu(x):
    """`x * sigmoid(x)` (Elfwing et al. 2017)."""
    return x * _logistic(x)


swish = silu


def _logistic(x):
    # To the last digit for small values, and no overflow spoils a gradient.
    above = x > 0
    shrinking = kernels.exp(kernels.where(above, -x, x))
    return kernels.where(above, x.dtype.type(1), shrinking) / (1 + shrinking)


@op("x", dtype=promote_float, family="nn", keras_name="HardSilu", fuse=True)
def hard_silu(x):
    """`x` times the hard sigmoid of `x` (Howard et al. 2019)."""
    return x * _between(x / 6 + 0.5, 0, 1)


hard_swish = hard_silu


@op("x", dtype=promote_float, family="nn", fuse=True)
def glu(x, axis=-1):
    """First half of `x` along `axis`, times the sigmoid of the second half (Dauphin et al. 2016).

    Raises:
        ValueError: if `axis` has an odd size.
    """
    axis = canonicalize_axis(axis, x.ndim)
    if x.shape[axis] % 2:
        raise ValueError(
            "glu: the axis to split in two must have an even size. "
            f"Received: axis={axis}, x.shape={tuple(x.shape)}"
        )
    first, second = kernels.split(x, 2, axis)
    return first * _logistic(second)


@op("x", dtype=promote_float, family="nn", fuse=True)
def gelu(x, approximate=True):
    """`x` times the normal distribution function of `x` (Hendrycks & Gimpel 2016), by tanh if
    `approximate`."""
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1 + kernels.tanh(inner))
    return 0.5 * x * (1 + kernels.erf(x / math.sqrt(2)))


@op("x", dtype=promote_float, family="nn", fuse=True)
def elu(x, alpha=1.0):
    """`x` above 0, `alpha * (exp(x) - 1)` below (Clevert et al. 2015)."""
    return kernels.where(x > 0, x, alpha * _exponential_below(x))


def _exponential_below(x):
    # Not `minimum`, whose gradient at 0 is 1/2.
    return kernels.expm1(kernels.where(x > 0, x.dtype.type(0), x))


@op("x", dtype=promote_float, family="nn", fuse=True)
def celu(x, alpha=1.0):
    """`x` above 0, `alpha * (exp(x / alpha) - 1)` below, smooth at 0 (Barron 2017).

    Raises:
        ValueError: if `alpha` is 0.
    """
    if alpha == 0:
        raise ValueError("celu: `alpha` must not be 0. Received: alpha=0")
    below = kernels.where(x > 0, x.dtype.type(0), x)
    return kernels.where(x > 0, x, alpha * kernels.expm1(below / alpha))


@op("x", dtype=promote_float, family="nn", fuse=True)
def selu(x):
    """`1.0507 * elu(x, 1.6733)`, which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    Its gradient at 0 is that from below, 1.7581.
    """
    return SELU_SCALE * kernels.where(x > 0, x, SELU_ALPHA * _exponential_below(x))


@op("x", dtype=promote_float, family="nn", keras_name="LeakyRelu", fuse=True)
def leaky_relu(x, negative_slope=0.2):
    """`x` above 0, `negative_slope * x` below."""
    return kernels.where(x > 0, x, negative_slope * x)


def _signed(name):
    # -1 is among the results, so unsigned integers do not do.
    name = promote(name)
    return "int32" if name == "bool" or name.startswith("uint") else name


@op("x", dtype=_signed, family="nn", keras_name="HardTanh", fuse=True)
def hard_tanh(x):
    """`x` limited to [-1, 1]. Its gradient at -1 and 1 is 1."""
    low, high = x.dtype.type(-1), x.dtype.type(1)
    return kernels.where(x < low, low, kernels.where(x > high, high, x))


@op("x", dtype=promote_float, family="nn", keras_name="HardShrink", fuse=True)
def hard_shrink(x, threshold=0.5):
    """`x` outside of [-threshold, threshold], 0 within, where its gradient is 0 too."""
    return kernels.where(kernels.absolute(x) <= threshold, x.dtype.type(0), x)


@op("x", dtype=promote_float, family="nn", keras_name="SoftShrink", fuse=True)
def soft_shrink(x, threshold=0.5):
    """`x` moved towards 0 by `threshold`; 0, without gradient, within [-threshold, threshold]."""
    inside = kernels.absolute(x) <= threshold
    return kernels.where(inside, x.dtype.type(0), x - threshold * kernels.sign(x))


# The series of (x - tanh(x)) / x**3 in powers of x**2.
TANH_SHRINK_SERIES = (
    1 / 3, -2 / 15, 17 / 315, -62 / 2835, 1382 / 155925, -21844 / 6081075, 929569 / 638512875,
    -6404582 / 10854718875,
)  # fmt: skip


@op("x", dtype=promote_float, family="nn", keras_name="TanhShrink", fuse=True)
def tanh_shrink(x):
    """`x - tanh(x)`; near 0 by its series, as the difference would leave no digits."""
    near = kernels.absolute(x) < 0.25
    small = kernels.where(near, x, x.dtype.type(0))
    square = small * small
    series = x.dtype.type(0)
    for coefficient in reversed(TANH_SHRINK_SERIES):
        series = series * square + coefficient
    return kernels.where(near, small * square * series, x - kernels.tanh(x))


@op("x", dtype=promote_float, family="nn", fuse=True)
def softsign(x):
    """`x / (1 + |x|)`, from -1 to 1 (Turian et al. 2009)."""
    return x / (1 + kernels.absolute(x))


@op("x", family="nn", fuse=True)
def threshold(x, threshold, default_value):
    """`x` above `threshold`, `default_value` elsewhere, where the gradient is 0.

    Args:
        threshold: a number.
        default_value: a number; a float makes integers floats.
    """
    x = engine.cast(x, dtypes.result_type(str(x.dtype), type(default_value)))
    return kernels.where(x <= threshold, x.dtype.type(default_value), x)


def _warn_of_one_class(x, axis):
    if isinstance(axis, int) and -x.ndim <= axis < x.ndim and x.shape[axis] == 1:
        shape = tuple(n if isinstance(n, int) else None for n in x.shape)
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {shape}. This axis has "
            "size 1. The softmax operation will always return the value 1, which is likely not "
            "what you intended. Did you mean to use a sigmoid instead?",
            stacklevel=2,
        )


def _below_the_top(x, axis):
    """`x` minus its largest along `axis`: finite where `x` is, and never NaN from infinities.

    Elements equal to an infinite largest one count as equals: they become 0, the others -inf.
    """
    top = engine.stop_gradient(kernels.max(x, axis=axis, keepdims=True))
    endless = kernels.isinf(top)
    zero = x.dtype.type(0)
    x = kernels.where(endless, kernels.where(x == top, zero, x.dtype.type(-math.inf)), x)
    return x - kernels.where(endless, zero, top)


def _check_axes(x, axis, name):
    if x.ndim == 0:
        raise ValueError(f"{name} needs a tensor of at least one axis. Received: x.shape=()")
    if axis is None:
        return
    for one in axis if isinstance(axis, (list, tuple)) else (axis,):
        canonicalize_axis(one, x.ndim)


@op("x", dtype=promote_float, family="nn", fuse=True)
def softmax(x, axis=-1):
    """`exp(x)` divided by its sum along `axis` (an int, a tuple of ints, or None for all axes).

    Where all of `x` along `axis` is -inf, as in a row that is masked out, all elements are equal,
    as for any other common value. Warns if `axis` has size 1.
    """
    _check_axes(x, axis, "softmax")
    _warn_of_one_class(x, axis)
    return _softmax(x, axis)


def _softmax(x, axis):
    wide = _wide(x)
    shifted = kernels.exp(_below_the_top(wide, axis))
    return (shifted / kernels.sum(shifted, axis=axis, keepdims=True)).astype(x.dtype)


@op("x", dtype=promote_float, family="nn", keras_name="LogSoftmax", fuse=True)
def log_softmax(x, axis=-1):
    """`log(softmax(x))` along `axis`, without overflow."""
    _check_axes(x, axis, "log_softmax")
    return _log_softmax(x, axis)


def _log_softmax(x, axis):
    shifted = _below_the_top(_wide(x), axis)
    logs = kernels.log(kernels.sum(kernels.exp(shifted), axis=axis, keepdims=True))
    return (shifted - logs).astype(x.dtype)


@op("x", dtype=promote_float, family="nn", fuse=True)
def sparsemax(x, axis=-1):
    """The nearest point to `x` among vectors along `axis` that are not negative and sum to 1.

    Unlike softmax it is exactly 0 for elements far below the largest (Martins & Astudillo 2016).
    """
    axis = canonicalize_axis(axis, x.ndim)
    # Nothing more than 1 below the largest gets a share.
    shifted = kernels.maximum(_below_the_top(x, axis), x.dtype.type(-1))
    falling = kernels.flip(kernels.sort(engine.stop_gradient(shifted), axis), axis)
    counts = kernels.arange(1, x.shape[axis] + 1, dtype=x.dtype)
    counts = counts.reshape([-1 if place == axis else 1 for place in range(x.ndim)])
    sums = kernels.cumsum(falling, axis)
    # How many elements share, and by what they are lowered; then exactly, for the gradient.
    shares = 1 + counts * falling > sums
    total = kernels.sum(kernels.where(shares, falling, x.dtype.type(0)), axis, keepdims=True)
    size = kernels.sum(shares.astype(x.dtype), axis, keepdims=True)
    chosen = shifted > (total - 1) / size
    total = kernels.sum(kernels.where(chosen, shifted, x.dtype.type(0)), axis, keepdims=True)
    size = kernels.sum(chosen.astype(x.dtype), axis, keepdims=True)
    return kernels.where(chosen, shifted - (total - 1) / size, x.dtype.type(0))
