"""Operators of JAX's arrays, watched: what follows them is told, so that masks can go along.

JAX calls nobody when `x * 2` is computed, so its classes' operators are wrapped, once and only when
a tensor of the process has a mask. What they compute stays the same.
"""

import functools

import jax
from jax._src.array import ArrayImpl as ArrayType

# From the method to the op that does the same.
BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
METHODS = {
    **{f"__{name}__": op for name, op in BINARY.items()},
    **{f"__r{name}__": op for name, op in BINARY.items()},
    "__eq__": "equal",
    "__ne__": "not_equal",
    "__lt__": "less",
    "__le__": "less_equal",
    "__gt__": "greater",
    "__ge__": "greater_equal",
    "__neg__": "negative",
    "__abs__": "absolute",
    "__invert__": "logical_not",
    "__getitem__": "get_item",
}
# Whose second operand stands on the left.
REFLECTED = {f"__r{name}__" for name in BINARY}


def watch_operators(after):
    """Have `after(name, operands, result)` called after each operator on JAX's arrays."""
    for cls in (ArrayType, jax.core.Tracer):
        for method, op in METHODS.items():
            setattr(cls, method, _watched(getattr(cls, method), op, method in REFLECTED, after))


def _watched(method, op, is_reflected, after):
    @functools.wraps(method)
    def call(self, *others):
        result = method(self, *others)
        if result is not NotImplemented:
            after(op, (*others, self) if is_reflected else (self, *others), result)
        return result

    return call
