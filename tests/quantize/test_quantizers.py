"""Functions and configs of `keras.quantizers`, against NumPy in float64."""

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from quantize.cases import normal

import cornu
from cornu import ops, quantizers

DATA = Path(__file__).parent / "data"
X = normal(0, 4, 6)


@pytest.mark.parametrize("axis", [-1, 0, (0, 1), None])
@pytest.mark.parametrize("value_range", [(-127, 127), (-8, 7)])
@pytest.mark.parametrize("to_numpy", [False, True])
def test_abs_max_quantize(axis, value_range, to_numpy):
    integers, scale = quantizers.abs_max_quantize(X, axis, value_range, to_numpy=to_numpy)
    exact = value_range[1] / (np.abs(X.astype("float64")).max(axis=axis, keepdims=True) + 1e-7)
    np.testing.assert_allclose(scale, exact, rtol=1e-6)
    np.testing.assert_array_equal(integers, np.clip(np.round(X * exact), *value_range))
    assert integers.dtype == "int8"
    assert np.abs(np.asarray(integers) / scale - X).max() <= 0.5001 / np.min(exact)


def test_abs_max_quantize_on_symbols_and_integers():
    integers, scale = quantizers.abs_max_quantize(cornu.KerasTensor((None, 3)), axis=-1)
    assert (integers.shape, integers.dtype) == ((None, 3), "int8")
    assert (scale.shape, scale.dtype) == ((None, 1), "float32")
    integers, scale = quantizers.abs_max_quantize(np.array([[1, -2]]), axis=-1)
    assert scale.dtype == "float32"


def test_blocks_are_those_of_keras():
    with np.load(DATA / "functions.npz") as expected:
        for to_numpy in (False, True):
            found = quantizers.abs_max_quantize_grouped_with_zero_point(
                normal(3, 10, 3), 4, to_numpy=to_numpy
            )
            np.testing.assert_array_equal(found[0], expected["integers"])
            np.testing.assert_allclose(found[1], expected["scale"], rtol=1e-6)
            np.testing.assert_array_equal(found[2], expected["zero"])


@pytest.mark.parametrize("block_size", [2, 4, 7, 100])
def test_blocks_with_values_of_both_signs_lose_little(block_size):
    x = normal(2, 14, 3)
    integers, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(x, block_size)
    group = np.arange(14) // block_size
    back = (np.asarray(integers, "float64") - np.asarray(zero)[group]) * np.asarray(scale)[group]
    mixed = np.stack(
        [(x[group == g].min(0) < 0) & (x[group == g].max(0) > 0) for g in range(group.max() + 1)]
    )[group]
    error = np.abs(back - x) / np.asarray(scale)[group]
    assert error[mixed].max() <= 1.001


def test_quirk_zero_points_stay_in_range():
    x = np.array([[10.0], [11.0]], "float32")  # far from 0: the zero point would be -150
    integers, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(x, 2)
    assert np.asarray(zero).tolist() == [[-8]]
    assert np.asarray(integers).tolist() == [[7], [7]]


# --- packing


@pytest.mark.parametrize(("shape", "axis"), [((5, 3), 0), ((5, 3), -1), ((4,), 0), ((2, 3, 4), 1)])
@pytest.mark.parametrize(("dtype", "low", "high"), [("int8", -8, 7), ("uint8", 0, 15)])
def test_packing_and_unpacking(shape, axis, dtype, low, high):
    numbers = np.random.RandomState(0).randint(low, high + 1, shape).astype(dtype)
    packed, packed_shape, size = quantizers.pack_int4(numbers, axis=axis, dtype=dtype)
    half = list(shape)
    half[axis] = -(-shape[axis] // 2)
    assert packed.shape == packed_shape == tuple(half)
    assert size == shape[axis]
    assert packed.dtype == dtype
    found = quantizers.unpack_int4(packed, size, axis=axis, dtype=dtype)
    np.testing.assert_array_equal(found, numbers)


def test_the_first_of_two_is_the_lower_half():
    packed, _, _ = quantizers.pack_int4(np.array([1, -2], "int8"))
    assert packed.tolist() == [0x1 | (-2 << 4)]
    assert quantizers.unpack_int4(packed, None).tolist() == [1, -2]


def test_errors_of_packing():
    bytes_ = np.zeros((2, 2), "int8")
    with pytest.raises(TypeError, match="Expected int8 tensor for packing, got int32"):
        quantizers.pack_int4(bytes_.astype("int32"))
    with pytest.raises(ValueError, match="'int8' or 'uint8'"):
        quantizers.pack_int4(bytes_, dtype="int32")
    with pytest.raises(TypeError, match="for unpacking, got float32"):
        quantizers.unpack_int4(bytes_.astype("float32"), 2)
    with pytest.raises(ValueError, match="out of bounds"):
        quantizers.unpack_int4(bytes_, 2, axis=2)


# --- 8-bit floats


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_rounding_to_8_bit_floats(dtype, scale):
    x = X * 300
    limit = float(ml_dtypes.finfo(dtype).max)
    exact = np.clip(x / scale, -limit, limit).astype(dtype).astype("float64") * scale
    found = quantizers.quantize_and_dequantize(x, scale, dtype, "float32")
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize(
    ("amax", "scale", "margin", "expected"),
    [
        (896.0, 1.0, 0, 2.0),
        (896.0, 1.0, 1, 4.0),
        (0.0, 3.0, 0, 3.0),
        (np.inf, 3.0, 0, 3.0),
        (np.nan, 3.0, 0, 3.0),
    ],
)
def test_compute_float8_scale(amax, scale, margin, expected):
    found = quantizers.compute_float8_scale(np.float32(amax), np.float32(scale), 448.0, margin)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("history", [[1.0], [1.0, 2.0], [1.0, 2.0, 5.0, 4.0]])
def test_compute_float8_amax_history(history):
    found = quantizers.compute_float8_amax_history(np.array([[-7.0, 3.0]]), np.array(history))
    assert found.tolist() == [7.0, *np.roll(history, -1)[1:]]


# --- quantisation-aware training


def fake_quantize(x, low, high, num_bits, narrow):
    """The rounding of TensorFlow's op of this name, in float64."""
    bottom, top = int(narrow), 2**num_bits - 1
    step = (high - low) / (top - bottom)
    zero = np.round(np.clip(bottom - low / step, bottom, top))
    first, last = (bottom - zero) * step, (top - zero) * step
    steps = np.floor((np.clip(x, first, last) - first) / step + 0.5)
    return first + steps * step, first, last


@pytest.mark.parametrize("num_bits", [2, 7, 8])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (0.0, 3.0), (-0.05, 0.5)])
def test_fake_quantisation(num_bits, narrow, low, high):
    call = quantizers.fake_quant_with_min_max_vars
    expected, first, last = fake_quantize(X.astype("float64"), low, high, num_bits, narrow)
    found = call(X, low, high, num_bits=num_bits, narrow_range=narrow)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)

    x, bounds = ops.convert_to_tensor(X), [ops.convert_to_tensor(v) for v in (low, high)]
    with cornu.GradientTape() as tape:
        y = ops.sum(call(x, *bounds, num_bits=num_bits, narrow_range=narrow))
    by_x, by_low, by_high = tape.gradient(y, [x, *bounds])
    np.testing.assert_array_equal(by_x, (first <= X) & (last >= X))
    np.testing.assert_allclose(by_low, (first > X).sum())
    np.testing.assert_allclose(by_high, (last < X).sum())


def test_fake_quantisation_by_channel():
    low, high = np.array([-1.0, -2.0, -0.5, -1.0]), np.array([1.0, 2.0, 3.0, 0.5])
    found = quantizers.fake_quant_with_min_max_vars(X, low, high, axis=0)
    for row, values in enumerate(np.asarray(found)):
        one = quantizers.fake_quant_with_min_max_vars(X[row], low[row], high[row])
        np.testing.assert_allclose(values, one, rtol=1e-6)
    symbol = quantizers.fake_quant_with_min_max_vars(cornu.KerasTensor((None, 3)), -1.0, 2.0)
    assert symbol.shape == (None, 3)


# --- quantizers and configs

CONFIGS = [
    quantizers.Int8QuantizationConfig(),
    quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(axis=0), None),
    quantizers.Int4QuantizationConfig(),
    quantizers.Int4QuantizationConfig(block_size=None),
    quantizers.Float8QuantizationConfig(),
    quantizers.GPTQConfig(None, None, weight_bits=8, group_size=-1, symmetric=True),
    quantizers.AWQConfig(None, None, group_size=32),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_configs_come_back(config):
    described = quantizers.serialize(config)
    again = quantizers.deserialize(described)
    assert type(again) is type(config)
    assert quantizers.serialize(again) == described
    assert again.mode == config.mode
    assert described["module"] == "keras.quantizers"


def calibrated(cls, **settings):
    return lambda: getattr(quantizers, cls)([], None, **settings)


WRONG = {
    "wrong dtype": (
        lambda: quantizers.Int8QuantizationConfig(
            quantizers.AbsMaxQuantizer(value_range=(0, 9), output_dtype="uint8")
        ),
        "output_dtype='int8'",
    ),
    "wrong range": (
        lambda: quantizers.Int4QuantizationConfig(
            quantizers.AbsMaxQuantizer(axis=0), block_size=None
        ),
        r"value_range=\(-8, 7\)",
    ),
    "too wide": (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 200)), "-128, 127"),
    "own quantizer in blocks": (
        lambda: quantizers.Int4QuantizationConfig(
            quantizers.AbsMaxQuantizer(axis=0, value_range=(-8, 7))
        ),
        "does not support custom quantizers",
    ),
    "block of 0": (lambda: quantizers.Int4QuantizationConfig(block_size=0), "block_size=0"),
    "bits": (calibrated("GPTQConfig", weight_bits=5), "Unsupported weight_bits 5"),
    "damping": (calibrated("GPTQConfig", hessian_damping=2), "between 0 and 1"),
    "samples": (calibrated("GPTQConfig", num_samples=0), "num_samples must be"),
    "length": (calibrated("AWQConfig", sequence_length=-1), "sequence_length must be"),
    "group": (calibrated("AWQConfig", group_size=-2), "but got -2"),
    "grid": (calibrated("AWQConfig", num_grid_points=0), "num_grid_points must be"),
    "bits of AWQ": (calibrated("AWQConfig", weight_bits=8), "only supports 4-bit"),
    "name": (lambda: quantizers.get("abs_max"), "Could not interpret quantizer identifier"),
    "number": (lambda: quantizers.get(3), "Could not interpret quantizer identifier"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings(name):
    make, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as error:
        make()
    assert len(str(error.value)) < 2000


def test_get():
    assert quantizers.get(None) is None
    assert quantizers.get("abs_max_quantizer", axis=-1).axis == (-1,)
    assert quantizers.get(quantizers.AbsMaxQuantizer).axis is None
    quantizer = quantizers.AbsMaxQuantizer(axis=(0, 1))
    assert quantizers.get(quantizer) is quantizer
    again = quantizers.get(quantizers.serialize(quantizer))
    assert again.get_config() == quantizer.get_config()


def test_dtype_policy_strings():
    assert quantizers.GPTQConfig([], None).dtype_policy_string() == "gptq/4/128"
    assert quantizers.AWQConfig([], None, group_size=-1).dtype_policy_string() == "awq/4/-1"


def test_integer_products_are_summed_in_32_bits():
    ones = np.full((2, 300), 127, "int8")
    assert ops.matmul(ones, ones.T).dtype == "int32"
    assert int(ops.matmul(ones, ones.T)[0, 0]) == 127 * 127 * 300
    assert int(ops.einsum("ij,kj->ik", ones, ones)[0, 0]) == 127 * 127 * 300


def test_custom_gradient():
    @ops.custom_gradient
    def rounded(x, y):
        return ops.round(x) * y, lambda upstream: (upstream, None)

    variable = cornu.Variable(1.7)
    with cornu.GradientTape() as tape:
        out = rounded(variable, 3.0)
    assert float(out) == 6.0
    assert float(tape.gradient(out, variable)) == 1.0
