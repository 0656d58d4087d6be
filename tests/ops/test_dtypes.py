"""Dtypes of results, as Keras has them and as symbolic tensors promise them."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ops.dtype_cases import BINARY, OF_TENSORS, UNARY, calls, dtypes_of

import cornu
from cornu import KerasTensor, ops

RECORDED = {
    key: dtype
    for dtype, keys in json.loads(
        (Path(__file__).parent / "data" / "dtypes.json").read_text()
    ).items()
    for key in keys.split()
}
# Nothing is computed with booleans, here as in Keras; where Keras's eager code raises on other
# dtypes, we compute in the default float, as its symbolic code promises.
REFUSED = {
    "negative(bool)",
    "sign(bool)",
    "round(bool)",
    "subtract(bool,bool)",
    "subtract(bool,True)",
}
# Those that compute with bits or exponents refuse all but integers, as in Keras.
OF_INTEGERS = {
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "ldexp",
    "left_shift",
    "right_shift",
}
OURS = {
    # Python numbers are weak here in every op, in Keras's `arctan2` and others they are not.
    "arctan2(bfloat16,2.5)": "bfloat16",
    "arctan2(float16,2.5)": "float16",
    "logaddexp(bfloat16,2.5)": "bfloat16",
    "logaddexp(float16,2.5)": "float16",
    "logaddexp2(bfloat16,2.5)": "bfloat16",
    "logaddexp2(float16,2.5)": "float16",
    # Booleans are integers to a divisor, as to a shift.
    "gcd(bool,bool)": "int32",
    "gcd(bool,True)": "int32",
    "lcm(bool,bool)": "int32",
    "lcm(bool,True)": "int32",
    # Booleans are bytes to a product, and products of bytes are summed in 32 bits.
    "matmul(bool,int8)": "int32",
    "relu(bool)": "bool",
}


@pytest.fixture(scope="module")
def found():
    """Our dtype for each of the recorded cases."""
    return dtypes_of(cornu, jax.eval_shape)


def test_every_case_is_recorded(found):
    assert found.keys() == RECORDED.keys()


@pytest.mark.parametrize("op", [*UNARY, *BINARY, "result_type"])
def test_dtype_is_that_of_keras(found, op):
    for key, dtype in {**RECORDED, **OURS}.items():
        if key.startswith(f"{op}("):
            refused = dtype == "TypeError" and key not in REFUSED and op not in OF_INTEGERS
            assert (key, found[key]) == (key, "float32" if refused else dtype)


@pytest.mark.parametrize("op", [*UNARY, *BINARY])
def test_symbolic_dtype_is_the_eager_one(found, op):
    for key, name, arguments in calls():
        if name == op and key not in REFUSED and not found[key].endswith("Error"):
            result = getattr(ops, op)(*map(symbolic, arguments))
            assert (key, result.dtype) == (key, found[key])


def symbolic(value):
    """A tensor without a value in the place of an array."""
    return KerasTensor(value.shape, str(value.dtype)) if hasattr(value, "shape") else value


@pytest.mark.parametrize("name", OF_TENSORS)
def test_one_dtype_promotes_to_itself(name):
    assert cornu.backend.result_type(name, name) == name
    assert cornu.backend.result_type(name) == name


def test_promotion_takes_any_number_of_dtypes():
    assert cornu.backend.result_type("int8", "bool", "uint8", "bfloat16") == "bfloat16"
    assert cornu.backend.result_type("int32", float, "float16") == "float16"
    assert cornu.backend.result_type() == "float32"


def test_default_float_is_what_integers_become():
    cornu.config.set_floatx("float16")
    assert ops.mean(jnp.arange(3)).dtype == "float16"
    assert ops.sqrt(KerasTensor((2,), "int32")).dtype == "float16"
    assert cornu.backend.result_type(int, float) == "float16"


def test_double_precision_is_switched_on_by_the_default_float():
    assert ops.ones(2, dtype="float64").dtype == "float32"
    cornu.config.set_floatx("float64")
    assert ops.convert_to_tensor(0.1).dtype == "float64"
    assert float(ops.exp(1.0)) == pytest.approx(2.718281828459045, abs=1e-15)
    cornu.config.set_floatx("float32")
    assert ops.convert_to_tensor(0.1).dtype == "float32"


@pytest.mark.parametrize("values", [["a", "b"], [b"a"]])
def test_text_is_refused_with_what_to_do(values):
    for function in (ops.exp, cornu.layers.Dense(1)):
        with pytest.raises(ValueError, match="Invalid dtype.*encode text first.*StringLookup"):
            function(np.array(values))
    with pytest.raises(ValueError, match="Invalid dtype: object.*as many in each row"):
        ops.exp(np.array([[1.0], [1.0, 2.0]], object))
