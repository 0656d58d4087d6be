"""`EinsumDense` and `ReversibleEmbedding` besides the rows of the table: equations, low-rank
adaptation and quantisation."""

import numpy as np
import pytest

from cornu import layers, quantizers

# By equation: the output shape, and the shape of inputs.
EQUATIONS = {
    "ab,bc->ac": ((6,), (3, 8)),
    "abc,cde->abde": ((None, 2, 6), (2, 3, 8)),
    "btd,ndh->btnh": ((None, 2, 6), (2, 3, 8)),
    "abcd,cde->abe": ((None, 6), (2, 3, 4, 8)),
    "ab,bcd->adc": ((6, 2), (3, 8)),
    "abc,dc->abd": ((None, 6), (2, 3, 8)),
    "abc,bd->adc": ((6, 4), (2, 8, 4)),
    "abc,bcd->abd": ((3, 6), (2, 3, 8)),
    "...bc,bd->...cd": ((5, 6), (2, 8, 5)),
    "ab...,bc->ac...": ((6,), (2, 8, 5)),
}
MODES = {
    "int8": (quantizers.Int8QuantizationConfig(), 0.03),
    "int8_weights": (quantizers.Int8QuantizationConfig(activation_quantizer=None), 0.03),
    "int4": (quantizers.Int4QuantizationConfig(block_size=None), 0.35),
    "int4_blocks": (quantizers.Int4QuantizationConfig(block_size=4), 0.35),
    "float8": (quantizers.Float8QuantizationConfig(), 0.3),
}


def made(equation, **arguments):
    """A built layer with a kernel of its own, and inputs: the same each time."""
    random = np.random.default_rng(4)
    output_shape, shape = EQUATIONS[equation]
    layer = layers.EinsumDense(equation, output_shape, **arguments)
    layer.build(shape)
    layer.kernel.assign(random.normal(size=layer.kernel.shape))
    return layer, random.normal(size=shape).astype("float32")


@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_product_is_that_of_numpy(equation):
    layer, inputs = made(equation)
    expected = np.einsum(equation, inputs.astype("float64"), np.asarray(layer.kernel, "float64"))
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(inputs.shape) == expected.shape


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("equation", EQUATIONS)
def test_a_quantised_kernel_computes_nearly_the_same(equation, mode):
    config, tolerance = MODES[mode]
    layer, inputs = made(equation)
    before = np.asarray(layer(inputs))
    layer.quantize(config=config)
    after = np.asarray(layer(inputs))
    assert after.shape == before.shape
    assert np.abs(after - before).max() < tolerance * np.abs(before).max()
    store = {}
    layer.save_own_variables(store)
    again = layers.EinsumDense.from_config(layer.get_config())
    again.build(inputs.shape)
    again.load_own_variables({key: np.asarray(value) for key, value in store.items()})
    np.testing.assert_array_equal(again(inputs), after)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_adaptation_adds_the_product_of_two_matrices(equation):
    layer, inputs = made(equation)
    layer.enable_lora(2, lora_alpha=3.0, b_initializer="normal")
    first, second = layer.lora_kernel_a, layer.lora_kernel_b
    kernel = np.asarray(layer._kernel, "float64") + 1.5 * np.matmul(first.numpy(), second.numpy())
    np.testing.assert_allclose(layer.kernel, kernel, rtol=1e-4, atol=1e-5)
    expected = np.einsum(equation, inputs.astype("float64"), kernel)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("equation", "shape", "scale"),
    [
        ("btd,ndh->btnh", (2, 8, 6), (1, 1, 2, 6)),
        ("ab,bcd->adc", (8, 2, 6), (1, 6, 2)),
        ("abc,bcd->abd", (3, 8, 6), (1, 3, 6)),
    ],
)
def test_files_hold_8_bit_kernels_as_keras_has_them(equation, shape, scale):
    layer, _ = made(equation)
    layer.quantize("int8")
    assert [tuple(w.shape) for w in layer.weights] == [shape, scale]


def test_files_hold_4_bit_kernels_as_matrices():
    layer, _ = made("abc,bcd->abd")
    layer.quantize(config=quantizers.Int4QuantizationConfig(block_size=4))
    shapes = {w.name: tuple(w.shape) for w in layer.weights}
    assert shapes == {
        "kernel": (8, 9),
        "kernel_scale": (2, 18),
        "kernel_zero": (2, 18),
        "g_idx": (8,),
    }


# --- there and back


@pytest.mark.parametrize("tied", [True, False])
def test_going_back_is_a_product_with_a_table(tied):
    layer = layers.ReversibleEmbedding(9, 6, tie_weights=tied, logit_soft_cap=2.0)
    layer.build()
    x = np.random.default_rng(4).normal(size=(2, 3, 6)).astype("float32")
    table = np.asarray(layer.embeddings).T if tied else np.asarray(layer.reverse_embeddings)
    np.testing.assert_allclose(
        layer(x, reverse=True), 2 * np.tanh(x @ table / 2), rtol=1e-4, atol=1e-5
    )
    assert [w.name for w in layer.weights] == ["embeddings", "reverse_embeddings"][: 2 - tied]


@pytest.mark.parametrize("mode", ["int8", "int8_weights", "int4", "int4_blocks"])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("lora", [False, True])
def test_a_quantised_table_goes_both_ways(tied, mode, lora):
    layer = layers.ReversibleEmbedding(9, 6, tie_weights=tied)
    layer.build()
    random = np.random.default_rng(4)
    layer.set_weights([random.normal(size=w.shape) for w in layer.weights])
    if lora:
        layer.enable_lora(2, b_initializer="normal")
    tokens = np.array([[0, 3, 8]])
    x = random.normal(size=(2, 6)).astype("float32")
    before = np.asarray(layer(tokens)), np.asarray(layer(x, reverse=True))
    config, tolerance = MODES[mode]
    layer.quantize(config=config)
    for old, new in zip(before, (layer(tokens), layer(x, reverse=True)), strict=True):
        assert np.abs(np.asarray(new) - old).max() < tolerance * np.abs(old).max()
    assert all("int" in w.dtype for w in layer.weights if w.name.endswith("embeddings"))


def test_scores_may_have_a_dtype_of_their_own():
    layer = layers.ReversibleEmbedding(9, 6, dtype="mixed_bfloat16", reverse_dtype="float32")
    x = layer(np.array([[1, 2]]))
    assert x.dtype == "bfloat16"
    assert layer(x, reverse=True).dtype == "float32"


WRONG = {
    "no equation": (lambda: layers.EinsumDense("ab->a", 2), "Invalid einsum equation"),
    "dots": (lambda: layers.EinsumDense("ab...,bc->...ac", 2), "Invalid einsum equation"),
    "from nowhere": (lambda: layers.EinsumDense("ab,bc->ad", 2), "no corresponding dimension"),
    "to nowhere": (lambda: layers.EinsumDense("ab,bcd->ac", 2), "did not have a match"),
    "shape": (lambda: layers.EinsumDense("ab,bc->ac", "x"), "`output_shape` must be an int"),
    "short shape": (
        lambda: layers.EinsumDense("abc,cd->abd", 2).build((2, 3, 4)),
        "must give the sizes of the axes 'bd'",
    ),
    "contradiction": (
        lambda: layers.EinsumDense("abc,cd->abd", (7, 2)).build((2, 3, 4)),
        "do not match at shared dimension 'b'",
    ),
    "bias": (
        lambda: layers.EinsumDense("ab,bc->ac", 2, bias_axes="z").build((2, 3)),
        "Bias dimension 'z'",
    ),
    "unknown": (
        lambda: layers.EinsumDense("abc,cd->abd", (None, 2)).build((None, 3, None)),
        "axes 'c' in 'abc,cd->abd' must be known",
    ),
    "columns": (
        lambda: layers.EinsumDense(
            "ab,bc->ac", 4, gptq_unpacked_column_size=3, dtype="gptq/4/2_from_float32"
        ).build((2, 6)),
        "has 4 columns",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert len(str(error.value)) < 2000
