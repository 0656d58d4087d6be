"""How ops are called: with what, and what they say about mistakes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import KerasTensor, Variable, ops

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]], "float32")


def test_shape_of_tensors_arrays_lists_and_symbolic_tensors():
    assert ops.shape(jnp.ones((2, 3))) == (2, 3)
    assert ops.shape([[1, 2, 3]]) == (1, 3)
    assert ops.shape(Variable(X)) == (2, 3)
    assert ops.shape(KerasTensor((None, 3))) == (None, 3)


def test_ndim_and_size():
    assert (ops.ndim(X), ops.size(X)) == (2, 6)
    symbolic = ops.size(KerasTensor((None, 3)))
    assert (ops.ndim(KerasTensor((None, 3))), symbolic.shape, symbolic.dtype) == (2, (), "int32")
    assert (ops.ndim(2.0), ops.size(2.0)) == (0, 1)


def test_is_tensor():
    assert ops.is_tensor(jnp.ones(2))
    assert not ops.is_tensor(np.ones(2))
    assert not ops.is_tensor([1.0])
    assert jax.jit(lambda x: jnp.asarray(ops.is_tensor(x)))(1.0)


@pytest.mark.parametrize(
    "value",
    [X, jnp.asarray(X), X.tolist(), Variable(X), [jnp.asarray(row) for row in X]],
    ids=["array", "tensor", "list", "variable", "list of tensors"],
)
def test_convert_to_numpy(value):
    found = ops.convert_to_numpy(value)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, X)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.5, "float32"),
        (True, "bool"),
        ([1, 2.5], "float32"),
        ([[True], [False]], "bool"),
        ([], "float32"),
        (np.float64(1.5), "float32"),
        (np.arange(3), "int32"),
        (np.ones(2, "uint8"), "uint8"),
        ([np.float16(1), np.float16(2)], "float16"),
        (Variable(X, dtype="bfloat16"), "bfloat16"),
    ],
    ids=repr,
)
def test_dtype_of_a_converted_value(value, dtype):
    assert ops.convert_to_tensor(value).dtype == dtype
    assert ops.convert_to_tensor(value, dtype="float16").dtype == "float16"


def test_complex_numbers_are_tensors_too():
    assert ops.convert_to_tensor(1j).dtype == "complex64"
    assert ops.convert_to_tensor([1, 2j]).dtype == "complex64"
    assert complex(ops.conj(1 + 2j)) == 1 - 2j


def test_convert_to_tensor_leaves_symbolic_tensors_alone():
    x = KerasTensor((None, 2))
    assert ops.convert_to_tensor(x) is x
    assert ops.convert_to_tensor(x, "int32").dtype == "int32"


@pytest.mark.parametrize("kind", ["sparse", "ragged"])
def test_there_are_no_sparse_or_ragged_tensors(kind):
    with pytest.raises(ValueError, match="no sparse or ragged"):
        ops.convert_to_tensor(X, **{kind: True})


def test_arguments_may_be_named():
    expected = X + 1
    for got in (ops.add(X, 1.0), ops.add(X, x2=1.0), ops.add(x2=1.0, x1=X)):
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(ops.sum(x=X, axis=0, keepdims=True), X.sum(0, keepdims=True))


@pytest.mark.parametrize(
    "value",
    [X.tolist(), X, X.astype("float64"), jnp.asarray(X), Variable(X)],
    ids=["list", "float32", "float64", "tensor", "variable"],
)
def test_whatever_converts_to_a_tensor_is_taken(value):
    for op in (ops.sum, ops.square, ops.relu, ops.matmul):
        arguments = (value, value[0]) if op is ops.matmul else (value,)
        wanted = (X, X[0]) if op is ops.matmul else (X,)
        got = op(*arguments)
        assert got.dtype == "float32"
        np.testing.assert_array_equal(got, op(*map(jnp.asarray, wanted)))


def test_variables_are_taken_beside_tensors_and_numbers():
    v = Variable(X)
    np.testing.assert_array_equal(ops.add(v, v), X + X)
    np.testing.assert_array_equal(ops.add(2.0, v), X + 2)
    np.testing.assert_array_equal(ops.concatenate([v, X]), np.concatenate([X, X]))
    assert ops.where(v > 0, v, KerasTensor((3,))).shape == (2, 3)


def test_values_and_symbolic_tensors_mix():
    x = cornu.Input((3,))
    model = cornu.Model(x, ops.maximum(ops.matmul(x, X.T), [0.5, -0.5]))
    expected = np.maximum(X @ X.T, [0.5, -0.5])
    np.testing.assert_allclose(model(X), expected, rtol=1e-6)


def test_bounds_of_clip_may_be_tensors():
    low, high = jnp.asarray([-1.0, 0.0, 1.0]), jnp.ones((2, 1))
    np.testing.assert_array_equal(ops.clip(X, low, high), np.clip(X, low, high))
    assert ops.clip(KerasTensor((None, 3)), low, 2.0).shape == (None, 3)


def test_linspace_returns_its_step_on_request():
    values, step = ops.linspace(0.0, 1.0, 5, retstep=True)
    assert (values.tolist(), float(step)) == ([0.0, 0.25, 0.5, 0.75, 1.0], 0.25)


def test_repeats_may_differ():
    x = np.arange(6.0).reshape(3, 2)
    assert ops.repeat(x, [2, 0, 1], axis=0)[:, 0].tolist() == [0, 0, 4]
    assert ops.repeat(KerasTensor((3, 2)), [2, 0, 1], axis=0).shape == (3, 2)


def test_scattered_values_add_up():
    found = ops.scatter([[1], [0], [1]], [1.0, 2.0, 3.0], shape=(3,))
    assert found.tolist() == [2.0, 4.0, 0.0]


def test_custom_gradient_is_used_in_gradients_alone():
    @ops.custom_gradient
    def rounded(x, y):
        return ops.round(x) * y, lambda upstream: (upstream * 3.0, upstream * 5.0)

    assert float(rounded(0.7, 2.0)) == 2.0
    first, second = jax.grad(rounded, argnums=(0, 1))(0.7, 2.0)
    assert (float(first), float(second)) == (3.0, 5.0)
    assert float(rounded(Variable(1.4), 2.0)) == 2.0


def test_custom_gradient_takes_upstream_by_name():
    @ops.custom_gradient
    def doubled(x):
        def gradient(*args, upstream=None):
            (upstream,) = args or (upstream,)
            return 7.0 * upstream

        return 2 * x, gradient

    assert float(jax.grad(doubled)(1.0)) == 7.0


def test_stop_gradient_is_a_constant_for_gradients():
    assert float(jax.grad(lambda x: ops.stop_gradient(x) * x)(3.0)) == 3.0


@pytest.mark.parametrize("op", [ops.relu, ops.leaky_relu, ops.max, ops.norm, ops.sqrt, ops.abs])
def test_gradient_is_a_number_wherever_the_value_is_smooth_enough(op):
    x = jnp.asarray([1.0, 4.0, 2.0])
    assert np.isfinite(jax.grad(lambda x: ops.sum(op(x)))(x)).all()


def test_of_equal_maxima_in_a_window_the_first_gets_the_gradient():
    gradient = jax.grad(lambda x: ops.sum(ops.max_pool(x, 2)))(jnp.ones((1, 2, 2, 1)))
    assert gradient.ravel().tolist() == [1.0, 0.0, 0.0, 0.0]


EXACT_IN_32_BITS = {
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "var": lambda x: x.var(-1),
    "logsumexp": lambda x: np.log(np.exp(x).sum(-1)),
    "moments": lambda x: x.var(-1),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("op", EXACT_IN_32_BITS)
def test_half_precision_is_summed_up_in_32_bits(op, dtype):
    x = jnp.asarray(np.random.default_rng(3).uniform(0.5, 1.5, (3, 2000)), dtype)
    got = getattr(ops, op)(x, -1)
    got = got[1] if op == "moments" else got
    assert got.dtype == dtype
    want = EXACT_IN_32_BITS[op](np.asarray(x, "float64"))
    unit = jnp.finfo(dtype).eps * np.exp2(np.floor(np.log2(want)))
    assert np.all(np.abs(np.asarray(got, "float64") - want) <= 2 * unit)


MISTAKES = {
    "matmul": (r"3.*2", lambda: ops.matmul(np.ones((2, 3)), np.ones((2, 3)))),
    "conv channels": ("channels 3.* 2", lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 2, 4)))),
    "conv rank": (r"\(5, 3\)", lambda: ops.conv(np.ones((5, 3)), np.ones((3, 4)))),
    "padding": ("'full'", lambda: ops.max_pool(np.ones((1, 5, 3)), 2, padding="full")),
    "pool size": ("tuple of 1", lambda: ops.max_pool(np.ones((1, 5, 3)), (2, 2))),
    "data format": ("last", lambda: ops.average_pool(np.ones((1, 5, 3)), 2, data_format="last")),
    "shapes": (r"\(3, 1\)", lambda: ops.binary_crossentropy(np.ones(3), np.ones((3, 1)))),
    "class shapes": (
        r"\(2, 3\).*\(2, 4\)",
        lambda: ops.categorical_crossentropy(np.ones((2, 3)), np.ones((2, 4))),
    ),
    "labels": (
        r"\(2,\).*\(2, 3\)",
        lambda: ops.sparse_categorical_crossentropy(np.ones((2, 3)), np.ones((2, 3))),
    ),
    "no classes": ("class axis", lambda: ops.sparse_categorical_crossentropy(1, 0.5)),
    "one hot": ("sparse", lambda: ops.one_hot([1], 3, sparse=True)),
    "pad": ("mode=reflect", lambda: ops.pad(X, 1, mode="reflect", constant_values=1.0)),
    "reshape": (r"\(4, 2\)", lambda: ops.reshape(X, (4, 2))),
    "symbolic reshape": (r"\(4, 2\)", lambda: ops.reshape(KerasTensor((2, 3)), (4, 2))),
    "concatenate": (
        r"\(2, 3\).*\(3, 4\)",
        lambda: ops.concatenate([np.ones((2, 3)), np.ones((3, 4))]),
    ),
    "dtype": ("float33", lambda: ops.cast(X, "float33")),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_an_error_that_names_what_came(case):
    message, mistake = MISTAKES[case]
    with pytest.raises((ValueError, TypeError), match=message) as info:
        mistake()
    assert len(str(info.value)) < 2000


def test_unknown_arguments_are_errors():
    with pytest.raises(TypeError, match="dims"):
        ops.sum(X, dims=1)
    with pytest.raises(TypeError, match="optimize"):
        ops.einsum("ij->i", X, optimize=True)


def test_synchronized_moments_say_that_they_are_missing():
    with pytest.raises(NotImplementedError, match="synchronized"):
        ops.moments(X, 0, synchronized=True)


def test_ops_in_a_graph_have_the_names_that_files_know():
    x = cornu.Input((3,))
    y = ops.logsumexp(ops.leaky_relu(ops.add(x, 1.0)), axis=-1)
    config = cornu.Model(x, y).get_config()["layers"][1:]
    assert [(layer["module"], layer["class_name"]) for layer in config] == [
        ("keras.src.ops.numpy", "Add"),
        ("keras.src.ops.nn", "LeakyRelu"),
        ("keras.src.ops.math", "Logsumexp"),
    ]
    assert config[2]["config"]["axis"] == -1


def test_a_list_of_tensors_and_numbers_is_a_tensor():
    two, three = ops.convert_to_tensor(2.0), cornu.Variable(3.0)
    np.testing.assert_array_equal(ops.add([two, 0], 1), [3, 1])
    np.testing.assert_array_equal(ops.matmul([[two, three]], [[1.0], [2.0]]), [[8]])
    np.testing.assert_array_equal(jax.jit(lambda x: ops.sum([x, three]))(two), 5)
    symbol = cornu.Input((3,), batch_size=4)
    assert ops.add([symbol, symbol], 1).shape == (2, 4, 3)


def test_each_item_of_a_list_of_tensors_may_be_a_list():
    first, second = ops.meshgrid([1, 2], [3])
    np.testing.assert_array_equal(first, [[1, 2]])
    np.testing.assert_array_equal(second, [[3, 3]])
    np.testing.assert_array_equal(ops.concatenate([[1, 2], [3.5]]), [1, 2, 3.5])
    np.testing.assert_array_equal(ops.einsum("i,ij->j", [1, 2], [[3], [4]]), [11])
