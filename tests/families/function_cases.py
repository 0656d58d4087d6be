"""Activations, regularizers and constraints under test; for cornu and for Keras alike."""

import numpy as np

X = np.array([[-3.0, -1.0, -0.5, -0.1], [0.2, 0.7, 1.3, 8.0]], "float32")
ACTIVATIONS = {
    "relu": {},
    "relu_slope": {"negative_slope": 0.3},
    "relu_limit": {"max_value": 1.0, "negative_slope": 0.1},
    "relu_threshold": {"threshold": 0.4},
    "relu_all": {"threshold": 0.4, "max_value": 2.0, "negative_slope": 0.2},
    "leaky_relu": {},
    "leaky_relu_slope": {"negative_slope": 0.05},
    "elu": {},
    "elu_alpha": {"alpha": 0.4},
    "softmax": {},
    "softmax_axis": {"axis": 0},
    "softmax_axes": {"axis": (0, 1)},
    "log_softmax": {},
    "sigmoid": {},
    "tanh": {},
    "gelu": {},
    "gelu_tanh": {"approximate": True},
    "silu": {},
    "softplus": {},
    "exponential": {},
    "linear": {},
    "celu": {},
    "celu_alpha": {"alpha": 0.4},
    "glu": {},
    "glu_axis": {"axis": 0},
    "hard_shrink": {},
    "hard_shrink_threshold": {"threshold": 0.9},
    "hard_sigmoid": {},
    "hard_silu": {},
    "hard_tanh": {},
    "log_sigmoid": {},
    "mish": {},
    "relu6": {},
    "selu": {},
    "soft_shrink": {},
    "soft_shrink_threshold": {"threshold": 0.9},
    "softsign": {},
    "sparse_plus": {},
    "sparse_sigmoid": {},
    "squareplus": {},
    "squareplus_b": {"b": 0.3},
    "tanh_shrink": {},
    "threshold": {"threshold": 0.3, "default_value": 2.0},
}
FUNCTIONS = (
    "leaky_relu", "log_softmax", "relu6", "relu", "elu", "softmax", "gelu", "celu", "glu",
    "hard_shrink", "soft_shrink", "squareplus",
)  # fmt: skip


def function_name(case):
    """The activation that a case is about."""
    return next((name for name in FUNCTIONS if case.startswith(name)), case)


def activation(keras, case):
    """The activation of a case, as a function of a tensor."""
    function = getattr(keras.activations, function_name(case))
    return lambda x: function(x, **ACTIVATIONS[case])


REGULARIZERS = {
    "l1": lambda r: r.L1(0.3),
    "l2": lambda r: r.L2(0.2),
    "l1_l2": lambda r: r.L1L2(0.1, 0.4),
    "orthogonal_rows": lambda r: r.OrthogonalRegularizer(0.5),
    "orthogonal_columns": lambda r: r.OrthogonalRegularizer(0.5, mode="columns"),
}
CONSTRAINTS = {
    "max_norm": lambda c: c.MaxNorm(1.5),
    "max_norm_axis": lambda c: c.MaxNorm(2.0, axis=1),
    "non_neg": lambda c: c.NonNeg(),
    "unit_norm": lambda c: c.UnitNorm(axis=[0, 1]),
    "min_max_norm": lambda c: c.MinMaxNorm(1.0, 2.0, rate=0.7),
}
