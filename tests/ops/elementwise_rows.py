"""Rows of the elementwise ops."""

import math

import numpy as np
from ops.rows import elementwise, row

erf = np.vectorize(math.erf)
lgamma = np.vectorize(math.lgamma)


def erfinv(y):
    """The inverse of the error function, by Newton's method."""
    x = np.zeros_like(y)
    for _ in range(60):
        x -= (erf(x) - y) * math.sqrt(math.pi) / 2 * np.exp(x * x)
    return x


def clip(x, x_min, x_max):
    return np.clip(x, x_min, x_max)


def one(r, n):
    return (r.normal(n, 3),)


def away_from_zero(r, n):
    return (r.distinct(n, 3),)


def positive(r, n):
    return (r.uniform(0.2, 4.0, n, 3),)


def within_one(r, n):
    return (r.uniform(-0.9, 0.9, n, 3),)


def integers(r, n):
    return (r.integers(-9, 9, n, 3),)


def booleans(r, n):
    return (r.booleans(n, 3),)


def complexes(r, n):
    return (r.complex(n, 3),)


def special(r, n):
    return (np.array([[0.0, -1.5, np.inf, -np.inf, np.nan]] * n, "float32"),)


def halves(r, n):
    return (np.array([-1.5, -0.5, 0.5, 1.5, 2.5], "float32"),)


def halves_and_one(r, n):
    return r.integers(-3, 4, n, 3).astype("float32") / 2, 0.5


def two(r, n):
    return r.normal(n, 3), r.normal(n, 3)


def two_broadcast(r, n):
    return r.normal(n, 1, 3), r.normal(2, 1)


def two_distinct(r, n):
    both = r.distinct(2, n, 3)
    return both[0], both[1]


def two_nonzero(r, n):
    return r.distinct(n, 3), r.uniform(0.5, 3.0, n, 3)


def two_integers(r, n):
    return r.integers(-9, 9, n, 3), r.integers(1, 9, n, 3)


def two_small(r, n):
    return r.integers(0, 4, n, 3), r.integers(0, 4, n, 3)


def two_booleans(r, n):
    return r.booleans(n, 3), r.booleans(n, 3)


def and_number(number):
    """A tensor and a Python number."""
    return lambda r, n: (r.distinct(n, 3), number)


def with_nan(r, n):
    x1, x2 = two(r, n)
    x1[0, 0] = x2[1, 1] = np.nan
    return x1, x2


REAL = [
    *elementwise(["arcsinh", "arctan", "cos", "cosh", "exp", "expm1", "sin", "sinh", "tanh"], one),
    *elementwise(["tan"], within_one),
    *elementwise(["arccos", "arcsin", "arctanh"], within_one),
    *elementwise(["arccosh"], lambda r, n: (r.uniform(1.1, 4.0, n, 3),), ulps=32),
    *elementwise(["log", "log1p", "sqrt"], positive),
    *elementwise(["abs", "absolute", "negative", "sign", "square"], away_from_zero),
    *elementwise(["ceil", "floor", "trunc"], away_from_zero),
    *elementwise(["abs", "absolute", "negative", "sign", "square"], integers, gradient=False),
    *elementwise(["ceil", "floor", "trunc"], integers, gradient=False),
    *elementwise(["exp", "sin", "sqrt", "log1p"], lambda r, n: (r.integers(0, 9, n, 3),)),
    row("erf", one, erf),
    row("erfinv", within_one, erfinv, ulps=32),
    row("lgamma", lambda r, n: (r.uniform(2.5, 6.0, n, 3),), lgamma, ulps=64),
    row("lgamma", lambda r, n: (r.uniform(-0.9, -0.1, n, 3),), lgamma, ulps=200),
    row("rsqrt", positive, lambda x: 1 / np.sqrt(x)),
    row("round", away_from_zero, np.round),
    row("round", one, np.round, {"decimals": 1}),
    row("round", halves, np.round, gradient=False),
    row("round", integers, np.round, gradient=False),
    row("round", lambda r, n: (r.integers(-60, 60, n, 9),), np.round, {"decimals": -1},
        gradient=False),
    *elementwise(["isfinite", "isinf", "isnan"], special, gradient=False),
    *elementwise(["sqrt", "log", "exp", "sign", "tanh"], lambda r, n: (
        np.array([0.0, np.inf, np.nan], "float32"),), gradient=False),
    row("clip", away_from_zero, clip, {"x_min": -1.0, "x_max": 0.75}),
    row("clip", away_from_zero, clip, {"x_min": None, "x_max": 0.5}),
    row("clip", integers, clip, {"x_min": -3, "x_max": 4}, gradient=False),
    row("clip", integers, clip, {"x_min": -2.5, "x_max": 4.5}, gradient=False),
]  # fmt: skip

COMPLEX = [
    *elementwise(["real", "imag"], complexes),
    *elementwise(["conj"], complexes),
    *elementwise(["abs", "absolute"], complexes),
    *elementwise(["real", "imag", "conj"], one),
    *elementwise(["add", "multiply"], lambda r, n: (r.complex(n, 3), r.normal(n, 3))),
    # A product of complex numbers cancels: what is lost is relative to their size.
    *elementwise(["square"], complexes, terms=4),
]

BITS = [
    *elementwise(["bitwise_and", "bitwise_or", "bitwise_xor"], two_integers, gradient=False),
    row("bitwise_not", integers, np.bitwise_not, gradient=False),
    *elementwise(["left_shift", "right_shift"], two_small, gradient=False),
    row("right_shift", lambda r, n: (r.integers(-99, 99, n, 3), 2), np.right_shift,
        gradient=False),
]  # fmt: skip

BINARY = [
    *elementwise(["add", "subtract", "multiply"], two),
    *elementwise(["add", "subtract", "multiply", "arctan2"], two_broadcast),
    *elementwise(["add", "subtract", "multiply"], two_integers, gradient=False),
    *elementwise(["add", "multiply", "divide", "power"], and_number(2)),
    *elementwise(["add", "subtract", "multiply", "maximum", "minimum"], and_number(1.5)),
    *elementwise(["add", "multiply"], lambda r, n: (r.integers(-9, 9, n, 3), 0.5)),
    *elementwise(["subtract", "divide"], lambda r, n: (1.5, r.uniform(0.5, 2.0, n, 3))),
    *elementwise(["divide", "true_divide", "mod", "floor_divide"], two_nonzero),
    *elementwise(["divide", "true_divide", "mod", "floor_divide"], two_integers, gradient=False),
    *elementwise(["maximum", "minimum"], two_distinct),
    *elementwise(["maximum", "minimum"], with_nan, gradient=False),
    row("power", lambda r, n: (r.uniform(0.5, 2.0, n, 3), r.normal(n, 3)), np.power),
    row("power", two_small, np.power, gradient=False),
]

COMPARISONS = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
COMPARE = [
    compared
    for sample in (two_small, two, with_nan, halves_and_one)
    for compared in elementwise(COMPARISONS, sample, gradient=False)
]

LOGIC = [
    row("logical_not", booleans, np.logical_not, gradient=False),
    row("logical_not", integers, np.logical_not, gradient=False),
    *elementwise(["logical_and", "logical_or", "logical_xor"], two_booleans, gradient=False),
    *elementwise(["logical_and", "logical_or", "logical_xor"], two_small, gradient=False),
    row("where", lambda r, n: (r.booleans(n, 3), r.normal(n, 3), r.normal(3)), np.where),
    row("where", lambda r, n: (r.booleans(n, 3), r.normal(n, 3), 0.0), np.where),
    row("where", lambda r, n: (r.booleans(n, 1), r.integers(0, 9, n, 3), r.normal(n, 3)), np.where),
    row("where", lambda r, n: (r.booleans(n, 3),), np.where, gradient=False, compiled=False),
]

ROWS = [*REAL, *COMPLEX, *BITS, *BINARY, *COMPARE, *LOGIC]
