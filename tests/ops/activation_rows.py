"""Rows of activations."""

import math

import numpy as np
from ops.array_rows import logsumexp
from ops.elementwise_rows import erf
from ops.rows import row


def normal(r, n):
    return (r.normal(n, 4),)


def distinct(r, n):
    return (r.distinct(n, 4),)


def far(r, n):
    return (np.array([[-200.0, -30.0, 0.0, 30.0, 200.0]] * n, "float32"),)


def zeros(r, n):
    return (np.zeros((n, 2), "float32"),)


def small(r, n):
    return (np.array([[-0.3, -0.2, -1e-3, 1e-6, 0.24, 0.26]] * n, "float32"),)


def lost(r, n):
    return (np.array([[np.nan, -2.0, 2.0]] * n, "float32"),)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softmax(x, axis=-1):
    return np.exp(x - logsumexp(x, axis, keepdims=True))


def log_softmax(x, axis=-1):
    return x - logsumexp(x, axis, keepdims=True)


def gelu(x, approximate=True):
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def glu(x, axis=-1):
    first, second = np.split(x, 2, axis)
    return first * sigmoid(second)


def hard_sigmoid(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_shrink(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, x, 0)


def soft_shrink(x, threshold=0.5):
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


def sparse_plus(x):
    return np.where(x >= 1, x, np.maximum(x + 1, 0) ** 2 / 4)


def squareplus(x, b=4):
    # Both forms are the same number; each is exact on its side.
    root = np.sqrt(x**2 + b)
    return np.where(x > 0, (x + root) / 2, b / 2 / (root - np.minimum(x, 0)))


def tanh_shrink(x):
    # The series in the longest double that NumPy has.
    x = x.astype(np.longdouble)
    series = x**3 / 3 - 2 * x**5 / 15 + 17 * x**7 / 315 - 62 * x**9 / 2835
    return np.where(np.abs(x) < 0.01, series, x - np.tanh(x)).astype(float)


def threshold(x, threshold, default_value):
    return np.where(x > threshold, x, default_value)


def sparsemax(x, axis=-1):
    """By bisection of the threshold below which nothing is left."""
    low, high = x.max(axis, keepdims=True) - 1, x.max(axis, keepdims=True)
    for _ in range(80):
        middle = (low + high) / 2
        over = np.maximum(x - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return np.maximum(x - low, 0)


def uniform(x, axis=-1):
    return np.full_like(x, 1 / x.shape[axis])


def endless(value):
    """A sampler of rows of one infinity."""
    return lambda r, n: (np.full((n, 4), value, "float32"),)


def masked(r, n):
    return (np.array([[-np.inf, 0.0, -np.inf, 0.0]] * n, "float32"),)


STRAIGHT = [
    row("relu", distinct, lambda x: np.maximum(x, 0)),
    row("relu", lambda r, n: (r.integers(-9, 9, n, 3),), lambda x: np.maximum(x, 0),
        gradient=False),
    row("relu", lost, lambda x: np.maximum(x, 0), gradient=False),
    row("relu6", distinct, lambda x: np.clip(x, 0, 6)),
    row("relu6", lost, lambda x: np.clip(x, 0, 6), gradient=False),
    row("leaky_relu", distinct, leaky_relu),
    row("leaky_relu", distinct, leaky_relu, {"negative_slope": 0.05}),
    row("hard_sigmoid", distinct, hard_sigmoid),
    row("hard_sigmoid", lambda r, n: (r.integers(-9, 9, n, 3),), hard_sigmoid),
    row("hard_silu", distinct, lambda x: x * hard_sigmoid(x)),
    row("hard_swish", distinct, lambda x: x * hard_sigmoid(x)),
    row("hard_tanh", distinct, lambda x: np.clip(x, -1, 1)),
    row("hard_tanh", lambda r, n: (r.integers(-9, 9, n, 3),), lambda x: np.clip(x, -1, 1)),
    row("hard_tanh", lambda r, n: (r.integers(0, 9, n, 3, dtype="uint8"),),
        lambda x: np.clip(x, 0, 1)),
    row("hard_shrink", distinct, hard_shrink),
    row("hard_shrink", distinct, hard_shrink, {"threshold": 2.0}),
    row("hard_shrink", lost, lambda x: x, gradient=False),
    row("soft_shrink", distinct, soft_shrink),
    row("soft_shrink", distinct, soft_shrink, {"threshold": 0.0}),
    row("soft_shrink", lost, soft_shrink, gradient=False),
    row("sparse_plus", distinct, sparse_plus),
    row("sparse_sigmoid", distinct, lambda x: np.clip((x + 1) / 2, 0, 1)),
    row("threshold", distinct, threshold, {"threshold": 0.5, "default_value": 2.0}),
    row("threshold", lambda r, n: (r.integers(-9, 9, n, 3), 1, 7), threshold),
    row("threshold", lambda r, n: (r.integers(-9, 9, n, 3), 1.5, 0.5), threshold),
]  # fmt: skip
SMOOTH = [
    # Written with tanh, which is exact to a part of 1, not of the small values.
    row("sigmoid", normal, sigmoid),
    row("sigmoid", lambda r, n: (r.integers(-3, 3, n, 3),), sigmoid),
    row("sigmoid", zeros, sigmoid),
    row("log_sigmoid", normal, lambda x: -np.logaddexp(0, -x)),
    row("log_sigmoid", far, lambda x: -np.logaddexp(0, -x)),
    row("softplus", normal, lambda x: np.logaddexp(0, x)),
    row("softplus", far, lambda x: np.logaddexp(0, x)),
    row("silu", normal, lambda x: x * sigmoid(x)),
    row("silu", far, lambda x: x * sigmoid(x), ulps=32),
    row("silu", zeros, lambda x: x * sigmoid(x)),
    row("swish", normal, lambda x: x * sigmoid(x)),
    row("glu", normal, glu),
    row("glu", lambda r, n: (r.normal(n, 6, 3),), glu, {"axis": 1}),
    row("glu", lambda r, n: (100 * r.normal(n, 6),), glu, ulps=64),
    row("gelu", normal, gelu, terms=4),
    row("gelu", normal, gelu, {"approximate": False}, terms=4),
    row("elu", distinct, elu),
    row("elu", distinct, elu, {"alpha": 0.3}),
    row("elu", far, elu),
    row("celu", normal, celu),
    row("celu", normal, celu, {"alpha": 0.3}),
    row("celu", far, celu),
    row("selu", distinct, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    row("squareplus", normal, squareplus),
    row("squareplus", distinct, squareplus, {"b": 0.5}),
    row("squareplus", distinct, lambda x, b: np.maximum(x, 0), {"b": 0}),
    row("squareplus", lambda r, n: (np.array([[-1e4, 1e4, 1e25, -1e10]] * n, "float32"),),
        squareplus, gradient=False),
    row("softsign", normal, lambda x: x / (1 + np.abs(x))),
    row("softsign", zeros, lambda x: x / (1 + np.abs(x)), gradient=False),
    row("tanh_shrink", normal, tanh_shrink, ulps=64),
    row("tanh_shrink", small, tanh_shrink, ulps=64),
    row("tanh_shrink", far, tanh_shrink),
]  # fmt: skip
OVER_AXES = [
    row("softmax", normal, softmax),
    row("softmax", normal, softmax, {"axis": 0}),
    row("softmax", normal, softmax, {"axis": (0, 1)}),
    row("softmax", normal, softmax, {"axis": None}),
    row("softmax", normal, lambda x, axis: softmax(x, tuple(axis)), {"axis": [0, 1]}),
    row("softmax", far, lambda x: x >= 200, gradient=False, terms=1),
    row("softmax", endless(-np.inf), uniform, gradient=False),
    row("softmax", endless(np.inf), uniform, gradient=False),
    row("softmax", masked, lambda x: np.exp(x) / 2, gradient=False),
    row("log_softmax", normal, log_softmax, terms=4),
    row("log_softmax", normal, log_softmax, {"axis": 0}, terms=7),
    row("log_softmax", endless(-np.inf), lambda x: np.log(uniform(x)), gradient=False),
    row("log_softmax", masked, lambda x: x - np.log(2), gradient=False),
    row("log_softmax", lambda r, n: (np.array([[-1e38, 0.0, 1e38]] * n, "float32"),),
        lambda x: x - x.max(), gradient=False),
    row("sparsemax", normal, sparsemax, terms=4),
    row("sparsemax", lambda r, n: (r.normal(n, 5, 3),), sparsemax, {"axis": 1}, terms=5),
    row("sparsemax", lambda r, n: (0.1 * r.normal(n, 5),), sparsemax, terms=5),
    row("sparsemax", zeros, uniform, terms=2),
    row("sparsemax", lambda r, n: (np.array([[-1e30, 0.0, 0.0, -1e9]] * n, "float32"),),
        lambda x: (x == 0) / 2, gradient=False, terms=4),
]  # fmt: skip

ROWS = [*STRAIGHT, *SMOOTH, *OVER_AXES]
