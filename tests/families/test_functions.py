"""Activations, regularizers and constraints against Keras's and against the formulas."""

import math
from pathlib import Path

import jax
import numpy as np
import pytest
from families import function_cases
from families.gradients import check_gradient

import cornu

RECORDED = np.load(Path(__file__).parent / "data" / "values.npz")
X = function_cases.X
W = X.astype("float64")
BAD_STRENGTHS = ("a", -1.0, math.nan, math.inf, [0.1])


def logistic(x):
    return 1 / (1 + np.exp(-x))


def normal_distribution(x):
    return np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))))(x)


EXPS = np.exp(W)
ORACLES = {
    "relu": np.maximum(W, 0),
    "relu_all": np.minimum(np.where(W > 0.4, W, 0.2 * (W - 0.4)), 2.0),
    "leaky_relu": np.where(W > 0, W, 0.2 * W),
    "elu_alpha": np.where(W > 0, W, 0.4 * (EXPS - 1)),
    "softmax": EXPS / EXPS.sum(-1, keepdims=True),
    "softmax_axes": EXPS / EXPS.sum(),
    "log_softmax": W - np.log(EXPS.sum(-1, keepdims=True)),
    "sigmoid": logistic(W),
    "tanh": np.tanh(W),
    "gelu": W * normal_distribution(W),
    "silu": W * logistic(W),
    "softplus": np.log1p(EXPS),
    "exponential": EXPS,
    "linear": W,
    "celu_alpha": np.where(W > 0, W, 0.4 * np.expm1(W / 0.4)),
    "glu": W[:, :2] * logistic(W[:, 2:]),
    "hard_shrink": np.where(abs(W) > 0.5, W, 0),
    "hard_silu": W * np.clip(W / 6 + 0.5, 0, 1),
    "mish": W * np.tanh(np.log1p(EXPS)),
    "selu": 1.0507009873554805 * np.where(W > 0, W, 1.6732632423543772 * (EXPS - 1)),
    "soft_shrink": np.sign(W) * np.maximum(abs(W) - 0.5, 0),
    "softsign": W / (1 + abs(W)),
    "sparse_plus": np.where(W < 1, np.maximum(W + 1, 0) ** 2 / 4, W),
    "squareplus": (W + np.sqrt(W**2 + 4)) / 2,
    "tanh_shrink": W - np.tanh(W),
    "threshold": np.where(W > 0.3, W, 2.0),
}


@pytest.mark.parametrize("case", function_cases.ACTIVATIONS)
def test_activation_is_that_of_keras(case):
    function = function_cases.activation(cornu, case)
    expected = RECORDED[f"activation/{case}"]
    found = function(X)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(jax.jit(function)(X), expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("case", ORACLES)
def test_activation_formula(case):
    found = function_cases.activation(cornu, case)(X)
    np.testing.assert_allclose(found, ORACLES[case], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", function_cases.ACTIVATIONS)
def test_activation_gradient(case):
    cornu.config.set_floatx("float64")
    function = function_cases.activation(cornu, case)
    inputs = X + 0.013  # where no activation bends
    shape = function(inputs).shape
    weights = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    check_gradient(lambda x: (function(x) * weights).sum(), inputs, tolerance=1e-5)


@pytest.mark.parametrize("case", [c for c in function_cases.ACTIVATIONS if c != "linear"])
def test_activation_of_symbols(case):
    function = function_cases.activation(cornu, case)
    inputs = cornu.Input(batch_shape=X.shape)
    model = cornu.Model(inputs, function(inputs))
    np.testing.assert_allclose(model(X), function(X), rtol=1e-6)
    twin = cornu.Model.from_config(model.get_config())
    np.testing.assert_array_equal(twin(X), model(X))


@pytest.mark.parametrize("name", ["relu", "tanh", "softplus", "exponential", "gelu", "silu"])
def test_activation_of_integers(name):
    found = getattr(cornu.activations, name)(np.array([-2, 0, 3], "int32"))
    assert found.dtype == ("int32" if name == "relu" else "float32")
    assert cornu.activations.relu(np.array([-2, 3]), negative_slope=0.5).tolist() == [-1.0, 3.0]


@pytest.mark.parametrize("case", function_cases.REGULARIZERS)
def test_regularizers(case):
    regularizer = function_cases.REGULARIZERS[case](cornu.regularizers)
    x = cornu.ops.convert_to_tensor(X)
    np.testing.assert_allclose(regularizer(x), RECORDED[f"regularizer/{case}"], rtol=1e-6)
    cornu.config.set_floatx("float64")
    check_gradient(lambda value: regularizer(value).sum(), X, tolerance=1e-5)


@pytest.mark.parametrize("case", function_cases.CONSTRAINTS)
def test_constraints(case):
    constraint = function_cases.CONSTRAINTS[case](cornu.constraints)
    expected = RECORDED[f"constraint/{case}"]
    np.testing.assert_allclose(constraint(cornu.Variable(X)), expected, rtol=2e-6)
    np.testing.assert_allclose(jax.jit(constraint)(X), expected, rtol=2e-6)


def test_half_precision_stays_half():
    x = cornu.ops.ones((2, 2), "float16")
    assert cornu.regularizers.L1L2(0.1, 0.1)(x).dtype == "float16"
    assert cornu.constraints.MaxNorm()(x).dtype == "float16"
    assert cornu.activations.relu(x, max_value=6.0, negative_slope=0.1).dtype == "float16"


@pytest.mark.parametrize("value", BAD_STRENGTHS, ids=str)
def test_regularizer_strength(value):
    for name in ("L1", "L2"):
        with pytest.raises(ValueError, match=f"{name.lower()}: expected a non-negative float"):
            getattr(cornu.regularizers, name)(value)


def test_orthogonal_mistakes():
    with pytest.raises(ValueError, match="rows"):
        cornu.regularizers.OrthogonalRegularizer(mode="diagonal")
    with pytest.raises(ValueError, match="rank 2"):
        cornu.regularizers.OrthogonalRegularizer()(np.ones(3))


def test_sparsemax_is_a_distribution():
    # Keras gives zeros, or parts of the sum, where more than one element has a share.
    found = cornu.activations.sparsemax(np.array([[0.1, 0.2, 0.3], [1, 1, 0]], "float32"))
    np.testing.assert_allclose(found, [[7 / 30, 1 / 3, 13 / 30], [0.5, 0.5, 0]], rtol=1e-6)
    inputs = cornu.Input((3,))
    assert cornu.activations.sparsemax(inputs).shape == (None, 3)


@pytest.mark.parametrize(
    "name, found", [("hard_swish", "hard_silu"), ("swish", "silu"), ("mish", "mish")]
)
def test_other_names_of_activations(name, found):
    assert cornu.activations.get(name) is getattr(cornu.activations, found)
    assert cornu.activations.serialize(cornu.activations.get(name)) == found


def test_serialized_activations():
    @cornu.saving.register_keras_serializable("families")
    def wave(x):
        return cornu.ops.sin(x)

    assert cornu.activations.serialize(cornu.activations.swish) == "silu"
    assert cornu.activations.serialize(wave)["config"] == "families>wave"
    assert cornu.activations.get(cornu.activations.serialize(wave)) is wave
    assert cornu.activations.deserialize("mine", custom_objects={"mine": wave}) is wave
    assert cornu.activations.get(None) is cornu.activations.linear
    with pytest.raises(ValueError, match="cannot be serialized"):
        cornu.activations.serialize("relu")
