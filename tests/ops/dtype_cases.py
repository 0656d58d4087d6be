"""Dtypes that ops are tried with; for cornu and for Keras alike."""

import itertools
from functools import partial

import numpy as np

NAMES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "bfloat16", "float16", "float32", "float64", "float8_e4m3fn", "complex64",
)  # fmt: skip
PYTHON = {"int": int, "float": float}
# Arrays of 64 bits become arrays of 32 bits on the way into JAX.
OF_TENSORS = tuple(name for name in NAMES if "64" not in name and "float8" not in name)
# What one op is tried with in full, the others are tried with these.
SOME_PAIRS = (
    ("bool", "bool"), ("bool", "int8"), ("uint8", "int8"), ("uint32", "int32"),
    ("int32", "float16"), ("float16", "bfloat16"), ("bfloat16", "float32"),
)  # fmt: skip
NUMBERS = {"2": 2, "2.5": 2.5, "True": True}

UNARY = (
    "abs", "all", "amax", "amin", "angle", "any", "arccos", "arcsinh", "argmax", "argsort",
    "bitwise_invert", "cbrt", "ceil", "conjugate", "copy", "cos", "count_nonzero", "cumprod",
    "cumsum", "deg2rad", "diag", "diagflat", "diagonal", "elu", "empty_like", "erf", "erfc", "exp",
    "exp2", "expm1", "fabs", "flip", "fliplr", "flipud", "floor", "gelu", "i0", "isfinite", "isnan",
    "isneginf", "isposinf", "isreal", "leaky_relu", "log", "log10", "log1p", "log2", "log_sigmoid",
    "log_softmax", "logical_not", "logsumexp", "max", "mean", "min", "nan_to_num", "negative",
    "norm", "ones_like", "prod", "rad2deg", "ravel", "reciprocal", "relu", "rot90", "round",
    "rsqrt", "sigmoid", "sign", "signbit", "silu", "sin", "sinc", "softmax", "softplus", "sort",
    "sqrt", "square", "std", "sum", "tanh", "tril", "trunc", "var", "zeros_like",
)  # fmt: skip
BINARY = (
    "add", "allclose", "append", "arctan2", "bitwise_left_shift", "bitwise_right_shift", "divide",
    "divide_no_nan", "equal", "floor_divide", "fmax", "fmin", "fmod", "gcd", "geomspace", "greater",
    "heaviside", "hypot", "isclose", "isin", "lcm", "ldexp", "left_shift", "less", "logaddexp",
    "logaddexp2", "logical_and", "logspace", "matmul", "maximum", "minimum", "mod", "multiply",
    "nextafter", "power", "right_shift", "subtract", "true_divide",
)  # fmt: skip


def pairs():
    """Keys and pairs of dtypes for `result_type`."""
    kinds = {name: name for name in NAMES} | PYTHON
    for first, second in itertools.combinations_with_replacement(kinds, 2):
        yield f"{first},{second}", (kinds[first], kinds[second])


def tensor(name):
    """A small matrix of ones of a dtype."""
    import ml_dtypes

    kind = ml_dtypes.bfloat16 if name == "bfloat16" else name
    return np.ones((2, 2)).astype(kind)


def calls():
    """Keys, names of ops, and what to call them with."""
    for op in UNARY:
        for name in OF_TENSORS:
            yield f"{op}({name})", op, (tensor(name),)
    for op in BINARY:
        every = itertools.product(OF_TENSORS, repeat=2)
        for first, second in every if op == "add" else SOME_PAIRS:
            yield f"{op}({first},{second})", op, (tensor(first), tensor(second))
        if op == "matmul":
            continue
        for name, number in itertools.product(OF_TENSORS, NUMBERS):
            yield f"{op}({name},{number})", op, (tensor(name), NUMBERS[number])


def dtypes_of(keras, evaluate=None):
    """Key -> dtype of the result, or the class of the error.

    Args:
        evaluate: how to get the result of a function without arguments, by default by calling it.
    """
    evaluate = evaluate or (lambda function: function())
    found = {
        key: _dtype(evaluate, partial(getattr(keras.ops, op), *arguments))
        for key, op, arguments in calls()
    }
    for key, kinds in pairs():
        found[f"result_type({key})"] = _dtype(
            lambda function: function(), partial(keras.backend.result_type, *kinds)
        )
    return found


def _dtype(evaluate, function):
    try:
        result = evaluate(function)
    except (TypeError, ValueError) as error:
        return type(error).__name__
    return str(getattr(result, "dtype", result))
