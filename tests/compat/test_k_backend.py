"""Keras 2's `keras.backend`: one table of values, and tests of what keeps or changes state."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compat.k_backend_rows import RECORDED, ROWS, Draw

import cornu
from cornu import KerasTensor, Variable, backend, layers
from cornu.core.scopes import LEARNING_PHASE

DATA = Path(__file__).parent / "data"
NAMES = (DATA / "legacy_backend_names.txt").read_text().split()
X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]], "float32")

recorded = iter(json.loads((DATA / "k_backend.json").read_text()))
CASES = [
    pytest.param(row, next(recorded) if row.want is RECORDED else None, id=f"{row.name}-{index}")
    for index, row in enumerate(ROWS)
]
assert next(recorded, None) is None, "run record_keras.py"
SYMBOLIC = [case for case in CASES if case.values[0].symbolic]
# Functions that the tests below are about.
TESTED_HERE = {
    "backend", "batch_set_value", "clear_session", "ctc_label_dense_to_sparse", "dropout",
    "epsilon", "floatx", "function", "get_uid", "gradients", "image_data_format", "in_test_phase",
    "in_train_phase", "is_float_dtype", "is_int_dtype", "is_keras_tensor", "learning_phase",
    "learning_phase_scope", "manual_variable_initialization", "name_scope",
    "normalize_batch_in_training", "placeholder", "print_tensor", "random_bernoulli",
    "random_binomial", "random_normal", "random_normal_variable", "random_uniform",
    "random_uniform_variable", "reset_uids", "result_type", "set_epsilon", "set_floatx",
    "set_image_data_format", "set_learning_phase", "set_value", "standardize_dtype",
    "truncated_normal",
}  # fmt: skip


def expected(row, record):
    """What a row gives, as a list of arrays, numbers or names."""
    if record is None:
        return jax.tree.leaves(row.want)
    name, found = record
    assert name == row.name, "run record_keras.py"
    return [np.array(values, dtype).reshape(shape) for dtype, shape, values in found]


def assert_close(got, want):
    got = jax.tree.leaves(got, is_leaf=lambda x: isinstance(x, Variable))
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        if isinstance(b, str):
            assert a == b
            continue
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        assert a.dtype.kind == b.dtype.kind
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_every_function_is_there_and_tested():
    assert len(NAMES) == 151
    missing = [name for name in NAMES if not callable(getattr(backend, name, None))]
    assert not missing, f"not there: {missing}"
    covered = {row.name for row in ROWS} | TESTED_HERE
    assert set(NAMES) == covered


def test_names_that_nobody_has_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'einsteinium'"):
        backend.einsteinium  # noqa: B018


def test_functions_are_imported_when_asked_for(run_python):
    program = (
        "import sys, cornu; assert 'cornu.compat.k_backend' not in sys.modules;"
        "from cornu.backend import batch_dot; print(batch_dot.__name__)"
    )
    assert run_python(program).split() == ["batch_dot"]


@pytest.mark.parametrize(("row", "record"), CASES)
def test_value(row, record):
    assert_close(row.call(backend, Draw(jnp.asarray)), expected(row, record))


@pytest.mark.parametrize(("row", "record"), SYMBOLIC)
def test_function_of_symbolic_tensors_gives_the_same(row, record):
    inputs, values = [], []

    def placeholder(value):
        inputs.append(backend.placeholder(value.shape, dtype=str(value.dtype)))
        values.append(value)
        return inputs[-1]

    outputs = row.call(backend, Draw(placeholder))
    want = expected(row, record)
    assert_shapes(outputs, want)
    outputs = jax.tree.leaves(outputs)
    symbolic = any(isinstance(output, KerasTensor) for output in outputs)
    assert_close(backend.function(inputs, outputs)(values) if symbolic else outputs, want)


def assert_shapes(outputs, want):
    for output, value in zip(jax.tree.leaves(outputs), want, strict=True):
        if isinstance(output, KerasTensor):
            assert output.shape == value.shape
            assert np.dtype(output.dtype).kind == value.dtype.kind


# Settings and names


def test_settings():
    assert (backend.backend(), backend.floatx(), backend.epsilon()) == ("jax", "float32", 1e-7)
    assert backend.image_data_format() == "channels_last"
    backend.set_floatx("float16")
    backend.set_epsilon(1e-3)
    backend.set_image_data_format("channels_first")
    assert (backend.floatx(), backend.epsilon()) == ("float16", 1e-3)
    assert backend.image_data_format() == "channels_first"
    assert backend.constant(1.0).dtype == backend.zeros((1,)).dtype == "float16"


def test_dtypes():
    assert backend.is_float_dtype("bfloat16") and not backend.is_float_dtype("int32")
    assert backend.is_int_dtype("uint8") and not backend.is_int_dtype("bool")
    assert backend.result_type("int32", "float16") == "float16"
    assert backend.standardize_dtype("int") == "int32"


def test_uids():
    assert [backend.get_uid("a"), backend.get_uid("a"), backend.get_uid("b")] == [1, 2, 1]
    backend.reset_uids()
    assert backend.get_uid("a") == 1
    backend.clear_session()
    assert backend.get_uid("a") == 1


def test_name_scope():
    with backend.name_scope("outer"):
        assert backend.variable(1.0, name="inner").path == "outer/inner"


# Variables


def test_variable_has_a_constraint_and_a_name():
    made = backend.variable(X, name="a/b", constraint=backend.abs)
    assert (made.name, made.dtype, made.constraint) == ("a_b", "float32", backend.abs)


def test_zeros_ones_and_eye_are_variables_but_tensors_in_compiled_code():
    for make in (lambda: backend.zeros((2,)), lambda: backend.ones((2,)), lambda: backend.eye(2)):
        assert isinstance(make(), Variable)
        assert np.array_equal(jax.jit(make)(), make())


def test_set_value_and_batch_set_value():
    a, b = backend.variable(1.0), backend.variable([1.0, 2.0])
    backend.set_value(a, 3)
    backend.batch_set_value([(a, a + 1), (b, [5.0, 6.0])])
    assert backend.batch_get_value([a, b])[0] == 4.0
    assert backend.get_value(b).tolist() == [5.0, 6.0]
    backend.manual_variable_initialization(True)
    backend.manual_variable_initialization(False)


def test_value_of_a_symbolic_tensor_is_an_error():
    x = layers.Input((3,))
    for ask in (backend.get_value, backend.eval, backend.variable):
        with pytest.raises(ValueError, match="KerasTensor has no|KerasTensor has none"):
            ask(x)


def test_placeholder():
    x = backend.placeholder((None, 3), dtype="int32", name="x")
    assert backend.is_keras_tensor(x) and not backend.is_keras_tensor(X)
    assert (x.shape, x.dtype, x.name) == ((None, 3), "int32", "x")
    assert backend.placeholder(ndim=2).shape == (None, None)
    with pytest.raises(ValueError, match="`shape` or `ndim`"):
        backend.placeholder()
    with pytest.raises(ValueError, match="sparse"):
        backend.placeholder((2,), sparse=True)


# The learning phase


def test_learning_phase():
    assert backend.learning_phase() == 0
    with backend.learning_phase_scope(1):
        assert backend.learning_phase() == 1
        assert backend.in_train_phase(2, 3) == backend.in_test_phase(3, lambda: 2) == 2
    backend.set_learning_phase(1)
    assert backend.in_train_phase(lambda: 2, 3) == 2
    backend.set_learning_phase(0)
    assert backend.in_train_phase(lambda: 2, 3) == 3
    assert backend.in_train_phase(2, 3, training=True) == 2
    with pytest.raises(ValueError, match="0 or 1"):
        backend.set_learning_phase(2)
    LEARNING_PHASE.clear()


def test_the_learning_phase_reaches_calls_that_say_nothing_about_training():
    x = np.ones((4, 8), "float32")
    dropout = layers.Dropout(0.5)
    with backend.learning_phase_scope(1):
        model = cornu.Sequential([layers.Input((8,)), layers.Dropout(0.5)])
        dropped = [np.asarray(layer(x)) for layer in (dropout, model)]
        kept = [dropout(x, training=False), model.predict(x, verbose=0)]
    assert all((array == 0).any() for array in dropped)
    kept += [dropout(x), model(x)]
    assert all((np.asarray(array) == 1).all() for array in kept)


def test_learning_phase_in_a_layer_is_that_of_its_call():
    class Phase(layers.Layer):
        def call(self, x, training=None):
            return backend.in_train_phase(x + 1, x)

    x = layers.Input((2,))
    model = cornu.Model(x, Phase()(x))
    assert model(jnp.zeros((1, 2)), training=True).tolist() == [[1, 1]]
    assert model.predict(np.zeros((1, 2)), verbose=0).tolist() == [[0, 0]]


def test_learning_phase_of_a_function():
    x = backend.placeholder((None, 2))
    run = backend.function([x, backend.learning_phase()], [backend.in_train_phase(x + 1, x)])
    assert run([np.zeros((1, 2)), 1])[0].tolist() == [[1, 1]]
    assert run([np.zeros((1, 2)), 0])[0].tolist() == [[0, 0]]


def test_learning_phase_reaches_the_layers_of_a_function():
    x = layers.Input((64,))
    y = layers.Dropout(0.5, seed=1)(x)
    run = backend.function([x, backend.learning_phase()], y)
    ones = np.ones((1, 64), "float32")
    assert (run([ones, 0]) == 1).all()
    first, second = run([ones, 1]), run([ones, 1])
    assert set(np.unique(first)) == {0, 2}
    assert (first != second).any()


# Functions and gradients


def test_function_of_part_of_a_model():
    x = layers.Input((3,))
    hidden = layers.Dense(4, activation="relu")(x)
    model = cornu.Model(x, layers.Dense(2)(hidden))
    run = backend.function([model.input], [model.layers[1].output])
    (found,) = run([X])
    kernel, bias = model.layers[1].get_weights()
    np.testing.assert_allclose(found, np.maximum(X @ kernel + bias, 0), rtol=1e-5)
    model.layers[1].set_weights([kernel * 0, bias + 1])
    assert (run([X])[0] == 1).all(), "weights are read anew"
    assert run([X[:1]])[0].shape == (1, 4)


def test_function_reads_and_updates_variables():
    x, total = backend.placeholder((2,)), backend.variable([0.0, 0.0])
    run = backend.function([x], [x * total], updates=[(total, total + x)])
    assert run([[1.0, 2.0]])[0].tolist() == [0, 0]
    assert run([[1.0, 2.0]])[0].tolist() == [1, 4]
    assert total.numpy().tolist() == [2, 4]
    run = backend.function([x], total, updates=[backend.update_sub(total, x)])
    run([[2.0, 4.0]])
    assert total.numpy().tolist() == [0, 0]


def test_function_takes_and_returns_what_it_was_made_with():
    x, y = backend.placeholder((2,)), backend.placeholder((2,))
    assert backend.function([x, y], x + y)([X[0, :2], X[1, :2]]).tolist() == [1.5, 2.0]
    assert backend.function([x], {"a": 2 * x})([X[0, :2]])["a"].tolist() == [2, -4]
    assert backend.function([], [backend.constant(3.0)])([])[0] == 3
    with pytest.raises(ValueError, match="takes 2 inputs"):
        backend.function([x, y], x + y)([X[0, :2]])
    with pytest.raises(TypeError, match="session"):
        backend.function([x], x, session=None)
    with pytest.raises(ValueError, match="inputs"):
        backend.function([x], x + y)


def test_gradients_by_inputs_and_tensors_on_the_way():
    x = layers.Input((3,))
    square = backend.square(x)
    loss = backend.sum(square * square)
    by_x, by_square, none = backend.gradients(loss, [x, square, layers.Input((3,))])
    assert none is None
    assert (by_x.shape, by_square.shape) == ((None, 3), (None, 3))
    found = backend.function([x], [by_x, by_square])([X])
    np.testing.assert_allclose(found[0], 4 * X**3, rtol=1e-5)
    np.testing.assert_allclose(found[1], 2 * X**2, rtol=1e-5)


def test_gradients_by_weights():
    x = layers.Input((3,))
    dense = layers.Dense(1, use_bias=False)
    scale = backend.variable(2.0)
    loss = backend.mean(dense(x)) * scale
    by_kernel, by_scale = backend.gradients(loss, [dense.kernel, scale])
    found = backend.function([x], [by_kernel, by_scale])([X])
    np.testing.assert_allclose(found[0], 2 * X.mean(0)[:, None], rtol=1e-5)
    np.testing.assert_allclose(found[1], (X @ dense.kernel.numpy()).mean(), rtol=1e-5)


def test_gradients_of_gradients():
    x = layers.Input((3,))
    (first,) = backend.gradients(backend.sum(x**3), x)
    (second,) = backend.gradients(first, x)
    np.testing.assert_allclose(backend.function([x], second)([X]), 6 * X, rtol=1e-5)


def test_gradients_of_values_say_what_to_use():
    with pytest.raises(RuntimeError, match="GradientTape"):
        backend.gradients(backend.constant(1.0), [backend.variable(1.0)])


# Sizes that only the run knows


def test_sizes_of_symbolic_tensors():
    x = layers.Input((None, 3))
    batch, steps, features = backend.shape(x)
    assert features == 3
    flat = backend.reshape(x, (batch * steps, features))
    ones = backend.ones((batch, 2 * steps - 1))
    assert (flat.shape, ones.shape) == ((None, 3), (None, None))
    found = backend.function([x], [flat, ones, backend.tile(x, (1, 1, 2))])([X[None]])
    assert [each.shape for each in found] == [(2, 3), (1, 3), (1, 2, 6)]


def test_random_numbers_of_a_symbolic_shape():
    x = layers.Input((50,))
    mask = backend.random_binomial(backend.shape(x), 0.5)
    assert mask.shape == (None, 50)
    model = cornu.Model(x, x * mask * 2)
    first, second = (model.predict(np.ones((4, 50)), verbose=0) for _ in range(2))
    assert set(np.unique(first)) == {0, 2}
    assert (first != second).any()


def test_random_numbers_in_a_lambda_while_training():
    model = cornu.Sequential(
        [
            layers.Input((4,)),
            layers.Lambda(lambda x: x * backend.random_binomial(backend.shape(x), 0.5)),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="sgd", loss="mse")
    history = model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


# Random numbers


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda: backend.random_normal((4000,), 1.0, 2.0, seed=1), 1.0, 2.0),
        (lambda: backend.random_uniform((4000,), -1.0, 3.0, seed=1), 1.0, 4 / 12**0.5),
        (lambda: backend.random_uniform((4000,), 0, 5, dtype="int32", seed=1), 2.0, 2**0.5),
        (lambda: backend.random_bernoulli((4000,), 0.25, seed=1), 0.25, 0.1875**0.5),
        (lambda: backend.random_binomial((4000,), 0.25, seed=1), 0.25, 0.1875**0.5),
        (lambda: backend.truncated_normal((4000,), 1.0, 2.0, seed=1), 1.0, 2 * 0.8796),
        (lambda: backend.random_normal_variable((4000,), 1.0, 2.0, seed=1), 1.0, 2.0),
        (lambda: backend.random_uniform_variable((4000,), 0.0, 2.0, seed=1), 1.0, 2 / 12**0.5),
        (lambda: backend.dropout(jnp.ones(4000), 0.2, seed=1), 1.0, 0.5),
    ],
)
def test_moments(draw, mean, deviation):
    drawn = np.asarray(draw(), "float64")
    assert abs(drawn.mean() - mean) < 5 * deviation / 4000**0.5
    assert abs(drawn.std() / deviation - 1) < 0.08
    assert np.array_equal(drawn, draw())


def test_random_dtypes_and_variables():
    assert backend.random_bernoulli((2,), dtype="int32").dtype == "int32"
    assert backend.random_uniform((2,), 0, 9, dtype="int32").dtype == "int32"
    assert isinstance(backend.random_normal_variable((2,), 0, 1), Variable)
    assert isinstance(backend.random_uniform_variable((2,), 0, 1), Variable)


# The rest


def test_print_tensor(capfd):
    x = layers.Input((3,))
    assert backend.print_tensor(jnp.arange(3), "eager").tolist() == [0, 1, 2]
    backend.function([x], backend.print_tensor(x, "compiled", summarize=-1))([X])
    jax.effects_barrier()
    printed = capfd.readouterr().out
    assert "eager [0 1 2]" in printed
    assert "compiled [[ 1.  -2.   3. ]" in printed


def test_normalize_batch_in_training():
    values = np.arange(24, dtype="float32").reshape(4, 3, 2) ** 2
    scale, offset = np.array([2.0, 3.0], "float32"), np.array([1.0, -1.0], "float32")
    found = backend.normalize_batch_in_training(values, scale, offset, [0, 1], epsilon=0.1)
    mean, variance = values.mean((0, 1)), values.var((0, 1))
    want = (values - mean) / np.sqrt(variance + 0.1) * scale + offset
    assert_close(found, [want, mean, variance])


def test_labels_as_the_parts_of_a_sparse_tensor():
    labels = np.array([[1, 2, 3], [4, 5, 6]])
    parts = backend.ctc_label_dense_to_sparse(labels, np.array([2, 1]))
    assert backend.is_sparse(parts)
    assert parts.indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert backend.to_dense(parts).tolist() == [[1, 2, 0], [4, 0, 0]]


def test_quirk_bias_of_all_axes_is_reshaped_to_channels_first():
    x, bias = jnp.zeros((1, 3, 2)), np.arange(6.0).reshape(2, 3)
    found = backend.bias_add(x, bias, "channels_first")
    assert found[0].tolist() == bias.reshape(3, 2).tolist() != bias.T.tolist()


def test_local_convolution_with_channels_first():
    inputs, kernel = Draw(np.asarray).normal(2, 2, 5), Draw(np.asarray).normal(2, 6, 3)
    found = backend.local_conv1d(inputs, kernel, (3,), (2,), "channels_first")
    assert found.shape == (2, 3, 2)
    np.testing.assert_allclose(
        found[:, :, 1], inputs[:, :, 2:5].reshape(2, 6) @ kernel[1], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: backend.batch_dot(X, X, 0), "axis 0"),
        (lambda: backend.batch_dot(X, X[:1], 1), "batch size"),
        (lambda: backend.batch_dot(X, X[:, :2], 1), "different sizes"),
        (lambda: backend.batch_dot(X[0], X[0]), "two axes"),
        (lambda: backend.bias_add(jnp.ones((1, 2, 2, 3)), jnp.ones((2, 3))), "1 or 3 axes"),
        (lambda: backend.pool2d(jnp.ones((1, 4, 4, 1)), (2, 2), pool_mode="min"), "pool_mode"),
        (lambda: backend.switch(jnp.ones((2, 3, 1), bool), X, X), "Rank of `condition`"),
        (lambda: backend.repeat(jnp.ones(3), 2), "two axes"),
        (lambda: backend.spatial_2d_padding(jnp.ones((1, 2, 2, 1)), ((1, 1),)), "`padding`"),
        (
            lambda: backend.conv2d_transpose(
                jnp.ones((1, 2, 2, 1)), jnp.ones((2, 2, 1, 1)), (1, 9, 9, 1)
            ),
            "output_shape",
        ),
    ],
)
def test_mistakes_are_value_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
