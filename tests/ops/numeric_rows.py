"""Rows of the further elementwise ops, of the ops on bits, and of the window functions."""

import math

import numpy as np
from ops.elementwise_rows import (
    away_from_zero,
    booleans,
    complexes,
    integers,
    one,
    positive,
    special,
    two,
    two_broadcast,
    two_distinct,
    two_integers,
    two_nonzero,
    two_small,
    with_nan,
)
from ops.rows import elementwise, row

erfc = np.vectorize(math.erfc)
LIMITS = np.array([1e10, -1e10, np.nan, np.inf, -np.inf, 2.7, -2.7, 2147483520.0], "float32")


def arrays(*values, dtype="float32"):
    """A sampler of the given arguments as arrays."""
    return lambda r, n: tuple(np.array(value, dtype) for value in values)


def number(value):
    """A sampler of one argument that is no tensor."""
    return lambda r, n: (value,)


def half(sample):
    """A sampler of the same floats in half precision."""
    return lambda r, n: tuple(value.astype("float16") for value in sample(r, n))


def divide_no_nan(x1, x2):
    return np.where(x2 == 0, 0, x1 / np.where(x2 == 0, 1, x2))


def gammainc(x1, x2):
    """The series of DLMF 8.7.1, with Kummer's transformation."""
    term = np.exp(-x2 + x1 * np.log(x2) - np.vectorize(math.lgamma)(x1 + 1))
    total = np.zeros_like(term)
    for k in range(1, 400):
        total, term = total + term, term * x2 / (x1 + k)
    return total


def nan_to_num(x, **kwargs):
    return np.nan_to_num(x.astype("float32"), **kwargs)


def nextafter(x1, x2):
    return np.nextafter(x1.astype("float32"), x2.astype("float32"))


def saturate_cast(x, dtype):
    if dtype == "bool":
        return (x > 0) | np.isnan(x)
    info = np.finfo(dtype) if dtype.startswith("float") else np.iinfo(dtype)
    wide = np.asarray(x, "float64")
    wide = wide if dtype.startswith("float") else np.nan_to_num(wide, posinf=np.inf, neginf=-np.inf)
    return np.clip(wide, float(info.min), float(info.max)).astype(dtype)


def view(x, dtype=None):
    narrow = x.astype("float32") if x.dtype == "float64" else x
    return narrow if dtype is None else narrow.view(dtype)


UNARY = [
    row("angle", complexes, np.angle),
    row("angle", away_from_zero, np.angle),
    row("angle", arrays([-1.0, 0.0, -0.0, np.nan, np.inf, -np.inf]), np.angle, gradient=False),
    row("angle", integers, np.angle, gradient=False),
    *elementwise(["cbrt", "fabs"], away_from_zero),
    *elementwise(["cbrt", "deg2rad", "exp2", "fabs", "rad2deg"], integers, gradient=False,
                 ulps=32),
    *elementwise(["deg2rad", "rad2deg", "exp2"], one),
    *elementwise(["deg2rad", "exp2", "log2"], half(positive)),
    *elementwise(["log10", "log2", "reciprocal"], positive),
    *elementwise(["log10", "log2"], arrays([0.0, np.inf, -1.0, np.nan]), gradient=False),
    row("reciprocal", lambda r, n: (r.integers(0, 9, n, 3),), lambda x: 1 / x, gradient=False),
    row("reciprocal", half(positive), np.reciprocal),
    *elementwise(["conjugate"], complexes),
    *elementwise(["conjugate"], one),
    *elementwise(["conjugate"], integers, gradient=False),
    row("erfc", one, erfc, ulps=64),
    row("erfc", arrays([-3.0, 0.0, 2.0, 5.0, 9.0]), erfc, gradient=False, ulps=64),
    row("i0", one, np.i0),
    row("i0", arrays([-9.0, 0.0, 8.0, 30.0]), np.i0, ulps=32),
    # What is next to a zero of the sine is relative to the size of the angle.
    row("sinc", one, np.sinc, terms=4),
    row("sinc", arrays([0.0, 1e-4, -1e-9]), np.sinc),
    *elementwise(["isneginf", "isposinf", "isreal", "signbit"], special, gradient=False),
    *elementwise(["isneginf", "isposinf", "isreal", "signbit"], integers, gradient=False),
    row("signbit", arrays([0.0, -0.0, -1.0]), np.signbit, gradient=False),
    row("isreal", arrays([1 + 0j, 1j], dtype="complex64"), np.isreal, gradient=False),
    row("nan_to_num", arrays([0.0, np.nan, -1.5]), nan_to_num, gradient=False),
    row("nan_to_num", arrays([np.inf, -np.inf]), nan_to_num, gradient=False, terms=1),
    row("nan_to_num", special, nan_to_num, {"nan": 2.0, "posinf": 3.0, "neginf": -3.0},
        gradient=False),
    row("nan_to_num", one, nan_to_num),
    row("nan_to_num", integers, np.nan_to_num, gradient=False),
]  # fmt: skip

INFINITIES = arrays([np.inf, np.inf, -np.inf, -np.inf, 3.0], [np.inf, 1.0, -np.inf, 2.0, -np.inf])
FAR = arrays([3e38, 0.0, 1e-30, np.inf, np.nan], [1e38, 0.0, 1e-30, np.nan, -np.inf])

BINARY = [
    row("arctan2", arrays([0.0, -0.0, 0.0, -0.0], [0.0, 0.0, -0.0, -0.0]), np.arctan2,
        gradient=False),
    row("arctan2", arrays([np.inf, np.inf, 1.0], [np.inf, -np.inf, np.nan]), np.arctan2,
        gradient=False),
    *elementwise(["copysign", "fmax", "fmin"], two_distinct),
    *elementwise(["copysign"], arrays([1.0, 1.0, np.inf], [0.0, -0.0, -2.0]), gradient=False),
    *elementwise(["fmax", "fmin"], with_nan, gradient=False),
    *elementwise(["fmax", "fmin", "fmod", "copysign"], two_integers, gradient=False),
    *elementwise(["fmod"], two_nonzero),
    *elementwise(["hypot", "logaddexp", "logaddexp2", "fmax", "fmin"], two_broadcast),
    *elementwise(["hypot", "logaddexp", "logaddexp2"], two_integers),
    *elementwise(["hypot"], half(two)),
    *elementwise(["hypot", "logaddexp", "logaddexp2"], INFINITIES, gradient=False),
    *elementwise(["hypot"], FAR, gradient=False),
    *elementwise(["logaddexp", "logaddexp2"],
                 arrays([500.0, -500.0, 2.0, np.nan], [500.0, -500.0, -200.0, np.inf]),
                 gradient=False),
    row("divide_no_nan", two_nonzero, divide_no_nan),
    row("divide_no_nan", two_small, divide_no_nan, gradient=False),
    row("divide_no_nan", arrays([0.0, 1.0, np.nan, np.inf], [0.0, 0.0, 0.0, 0.0]), divide_no_nan,
        gradient=False),
    row("float_power", lambda r, n: (r.uniform(0.5, 2.0, n, 3), r.normal(n, 3)), np.power),
    row("float_power", lambda r, n: (r.integers(-3, 4, n, 3), r.integers(0, 4, n, 3)),
        np.float_power, gradient=False),
    row("gammainc", lambda r, n: (r.uniform(0.5, 3.0, n, 3), r.uniform(0.2, 4.0, n, 3)), gammainc,
        ulps=64),
    row("gammainc", arrays([0.5, 8.0, 40.0], [9.0, 0.5, 30.0]), gammainc, gradient=False, ulps=512),
    *elementwise(["heaviside"], two_distinct),
    *elementwise(["heaviside"], arrays([0.0, -0.0, np.nan, 2.0], [0.5, 1.0, 2.0, 3.0]),
                 gradient=False),
    *elementwise(["ldexp"], lambda r, n: (r.normal(n, 3), r.integers(-9, 9, n, 3)), ulps=0),
    *elementwise(["ldexp"], lambda r, n: (r.integers(-9, 9, n, 3), r.integers(-9, 9, 3)), ulps=0),
    row("nextafter", two, nextafter, gradient=False, ulps=0),
    row("nextafter", arrays([0.0, 1.0, 1.0, np.nan], [1.0, 1.0, -np.inf, 0.0]), nextafter,
        gradient=False, ulps=0),
]  # fmt: skip

NEAR = arrays([1.0, 1.0, np.inf, np.nan, 0.0], [1.000001, 1.1, np.inf, np.nan, 1e-9])

CLOSE = [
    compared
    for name in ("isclose", "allclose")
    for compared in (
        row(name, NEAR, getattr(np, name), gradient=False),
        row(name, NEAR, getattr(np, name), {"rtol": 0.2, "equal_nan": True}, gradient=False),
        row(name, NEAR, getattr(np, name), {"rtol": 0.0, "atol": 1e-10}, gradient=False),
        row(name, two_small, getattr(np, name), gradient=False),
        row(name, two_broadcast, getattr(np, name), {"atol": 9.0}, gradient=False),
    )
]


BITS = [
    row("bitwise_invert", integers, np.invert, gradient=False),
    row("bitwise_invert", booleans, np.invert, gradient=False),
    row("bitwise_left_shift", two_small, np.left_shift, gradient=False),
    row("bitwise_right_shift", lambda r, n: (r.integers(-99, 99, n, 3), 2), np.right_shift,
        gradient=False),
    row("left_shift", lambda r, n: (r.integers(0, 9, n, 3, dtype="int8"), 2), np.left_shift,
        gradient=False),
    *elementwise(["gcd", "lcm"], two_integers, gradient=False),
    *elementwise(["gcd", "lcm"], two_small, gradient=False),
    *elementwise(["gcd", "lcm"], lambda r, n: (r.integers(-9, 9, n, 3, dtype="int8"), 6),
                 gradient=False),
    *[
        row("saturate_cast", number(LIMITS), saturate_cast, {"dtype": dtype}, gradient=False,
            terms=1)
        for dtype in ("int32", "uint8", "int8", "float16", "bool", "uint32")
    ],
    *[
        row("saturate_cast", lambda r, n: (np.array([70000, -70000, 300, -5], "int32"),),
            saturate_cast, {"dtype": dtype}, gradient=False, terms=1)
        for dtype in ("uint8", "int16", "uint32", "float16", "float32", "bool")
    ],
    row("saturate_cast", lambda r, n: (r.normal(n, 3).astype("float16") * 9,), saturate_cast,
        {"dtype": "int32"}, gradient=False),
    row("saturate_cast", lambda r, n: (np.array([4000000000, 7], "uint32"),), saturate_cast,
        {"dtype": "int32"}, gradient=False),
    row("saturate_cast", booleans, saturate_cast, {"dtype": "int32"}, gradient=False),
    row("saturate_cast", one, lambda x, dtype: x, {"dtype": "float64"}),
    *[
        row("view", lambda r, n: (r.normal(n, 4),), view, {"dtype": dtype}, gradient=False)
        for dtype in (None, "int32", "int8", "float16", "uint16")
    ],
    row("view", lambda r, n: (r.integers(-99, 99, n, 8, dtype="int8"),), view, {"dtype": "int16"},
        gradient=False),
    row("view", booleans, view, {"dtype": "uint8"}, gradient=False),
]  # fmt: skip


def angles(x):
    return 2 * np.pi * np.arange(x) / max(x - 1, 1)


def kaiser(x, beta):
    places = 2 * np.arange(x) / (x - 1) - 1
    return np.i0(beta * np.sqrt(1 - places**2)) / np.i0(beta)


SHAPES = {
    "bartlett": lambda x: 1 - np.abs(2 * np.arange(x) / (x - 1) - 1),
    "blackman": lambda x: 0.42 - 0.5 * np.cos(angles(x)) + 0.08 * np.cos(2 * angles(x)),
    "hamming": lambda x: 0.54 - 0.46 * np.cos(angles(x)),
    "hanning": lambda x: 0.5 - 0.5 * np.cos(angles(x)),
}

WINDOWS = [
    *[
        row(name, number(length), shape, compiled=False, terms=1)
        for name, shape in SHAPES.items()
        for length in (0, 2, 5, 8)
    ],
    *[row(name, number(1), lambda x: np.ones(1), compiled=False) for name in SHAPES],
    row("kaiser", lambda r, n: (7, 8.6), kaiser, compiled=False, terms=1),
    row("kaiser", lambda r, n: (6, 0), kaiser, compiled=False, terms=1),
    row("kaiser", lambda r, n: (1, 2.0), lambda x, beta: np.ones(1), compiled=False),
]  # fmt: skip

ROWS = [*UNARY, *BINARY, *CLOSE, *BITS, *WINDOWS]
