"""Ops on the bits and the range of numbers: logic and shifts, divisors, neighbours, views."""

import re

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.symbolic.op import kernel, op, promote, promote_float

# Of the float dtypes, what `saturate_cast` stops at.
_LARGEST = {
    "float8_e4m3fn": 448.0,
    "float8_e5m2": 57344.0,
    "float16": 65504.0,
    "bfloat16": float.fromhex("0x1.fep127"),
    "float32": float.fromhex("0x1.fffffep127"),
    "float64": float.fromhex("0x1.fffffffffffffp1023"),
}


def _bits_dtype(*found):
    name = promote(*found)
    if "int" not in name and name != "bool":
        raise TypeError(f"Only integers and booleans have bits to work on. Received dtype: {name}")
    return name


def _shift_dtype(*found):
    name = promote(*found)
    if "int" not in name and name != "bool":
        raise TypeError(f"Only bits of integers can be shifted. Received dtype: {name}")
    return "int32" if name == "bool" else name


def _whole_dtype(*found):
    name = promote(*found)
    if "int" not in name and name != "bool":
        raise ValueError(f"Only integers have common divisors. Received dtype: {name}")
    return "int32" if name == "bool" else name


@op("x", "y", dtype=_bits_dtype)
def bitwise_and(x, y):
    """Bits set in both integers."""
    return kernel()


@op("x", "y", dtype=_bits_dtype)
def bitwise_or(x, y):
    """Bits set in either integer."""
    return kernel()


@op("x", "y", dtype=_bits_dtype)
def bitwise_xor(x, y):
    """Bits set in exactly one of the integers."""
    return kernel()


@op("x", dtype=_bits_dtype)
def bitwise_not(x):
    """Every bit of integers flipped."""
    return kernel()


@op("x", dtype=_bits_dtype)
def bitwise_invert(x):
    """Every bit of integers flipped; the same as `bitwise_not`."""
    return kernels.bitwise_not(x)


@op("x", "y", dtype=_shift_dtype)
def left_shift(x, y):
    """Bits of `x` moved up by `y` places; booleans are int32."""
    return kernel()


@op("x", "y", dtype=_shift_dtype)
def bitwise_left_shift(x, y):
    """Bits of `x` moved up by `y` places; the same as `left_shift`."""
    return kernels.left_shift(x, y)


@op("x", "y", dtype=_shift_dtype)
def right_shift(x, y):
    """Bits of `x` moved down by `y` places, the sign kept; booleans are int32."""
    return kernel()


@op("x", "y", dtype=_shift_dtype)
def bitwise_right_shift(x, y):
    """Bits of `x` moved down by `y` places; the same as `right_shift`."""
    return kernels.right_shift(x, y)


@op("x1", "x2", dtype=_whole_dtype)
def gcd(x1, x2):
    """Greatest common divisor of integers, not negative."""
    return kernel()


@op("x1", "x2", dtype=_whole_dtype)
def lcm(x1, x2):
    """Least common multiple of integers, not negative; 0 if either is."""
    return kernel()


@op("x1", "x2", dtype=promote_float)
def nextafter(x1, x2):
    """The number next to `x1` in the direction of `x2`, in the precision of the result; it has no
    gradient."""
    return kernel()


@op("x", family="core")
def saturate_cast(x, dtype):
    """`x` in another dtype, what is out of its range at the nearest end of it.

    Infinities become the ends of the range too, NaN stays NaN, or 0 among integers. Booleans are
    what is above 0, and NaN.

    Args:
        dtype: name of a real dtype.

    Raises:
        ValueError: for complex numbers, which have no order.
    """
    source, target = str(x.dtype), dtypes.narrow(dtypes.standardize_dtype(dtype))
    if "complex" in source + target:
        raise ValueError(f"Complex numbers have no range: `saturate_cast` from {source} to {dtype}")
    if source == "bool":
        return engine.cast(x, target)
    low, high = _limits(target)
    least, largest = _limits(source)
    if "float" in source and "float" not in target and target != "bool":
        return _float_to_int(x, low, high, largest, target)
    low, high = (type(largest)(end) for end in (max(low, least), min(high, largest)))
    return engine.cast(kernels.clip(x, low, high), target)


def _limits(name):
    """The least and the largest finite number of a dtype."""
    if name == "bool":
        return 0, 1
    if name in _LARGEST:
        return -_LARGEST[name], _LARGEST[name]
    sign, bits = re.fullmatch(r"(u?)int(\d+)", name).groups()
    return (0, 2 ** int(bits) - 1) if sign else (-(2 ** (int(bits) - 1)), 2 ** (int(bits) - 1) - 1)


def _float_to_int(x, low, high, largest, target):
    # In floats the upper end may be rounded up to a number that no integer of the dtype is.
    above = kernels.greater_equal(x, float(high) if high <= largest else float("inf"))
    below = kernels.less_equal(x, float(low) if -low <= largest else float("-inf"))
    other = kernels.logical_or(kernels.logical_or(above, below), kernels.isnan(x))
    inside = engine.cast(kernels.where(other, kernels.zeros((), x.dtype), x), target)
    low, high = kernels.full((), low, target), kernels.full((), high, target)
    return kernels.where(above, high, kernels.where(below, low, inside))


@op("x")
def view(x, dtype=None):
    """The bytes of `x` read as numbers of another dtype; the last axis becomes longer or shorter
    where their sizes differ.

    Args:
        dtype: name of a dtype, by default that of `x`.

    Raises:
        ValueError: if the last axis holds no whole number of elements of `dtype`, or if that has 64
            bits and the engine computes in 32.
    """
    if dtype is None:
        return x
    name = dtypes.standardize_dtype(dtype)
    if dtypes.narrow(name) != name:
        raise ValueError(f"`view` as {name} needs an engine that computes in 64 bits.")
    last = x.shape[-1] if x.ndim else 1
    if isinstance(last, int) and last * _bytes(str(x.dtype)) % _bytes(name):
        raise ValueError(
            f"The last axis of x holds no whole number of {name}. Received: "
            f"x.shape={tuple(x.shape)}, x.dtype={x.dtype}"
        )
    return kernels.view(x, name)


def _bytes(name):
    """Size of one number of a dtype."""
    return 1 if name == "bool" else int(re.search(r"\d+", name)[0]) // 8
