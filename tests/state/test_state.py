"""Variables, stateless scopes, seeds, and settings."""

import json

import jax
import numpy as np
import pytest

import cornu as keras
from cornu import ops
from cornu.state.variable import deferred_values


def test_assignments():
    variable = keras.Variable([1.0, 2.0])
    variable.assign([3.0, 4.0])
    variable.assign_add([1.0, 1.0])
    variable.assign_sub([0.5, 0.5])
    np.testing.assert_array_equal(variable.numpy(), [3.5, 4.5])
    assert variable.value.dtype == "float32"


@pytest.mark.parametrize("wrong", [[1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_a_value_of_another_shape_is_refused_and_changes_nothing(wrong):
    variable = keras.Variable([1.0, 2.0], name="thing")
    with pytest.raises(ValueError, match=r"\(2,\)"):
        variable.assign(wrong)
    np.testing.assert_array_equal(variable.numpy(), [1.0, 2.0])


OPERATORS = {
    "add": lambda v, x: (v + x, x + v),
    "subtract": lambda v, x: (v - x, x - v),
    "multiply": lambda v, x: (v * x, x * v),
    "divide": lambda v, x: (v / x, x / v),
    "floor_divide": lambda v, x: (v // x, x // v),
    "mod": lambda v, x: (v % x, x % v),
    "power": lambda v, x: (v**x, x**v),
    "compare": lambda v, x: (v < x, v <= x, v > x, v >= x, v == x, v != x),
    "unary": lambda v, x: (-v, abs(v), +v),
    "index": lambda v, x: (v[0], v[:1], v[..., None]),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_those_of_the_value(name):
    array = np.array([3.0, 2.0], "float32")
    other = np.array([2.0, 4.0], "float32")
    variable = keras.Variable(array)
    found = OPERATORS[name](variable, jax.numpy.asarray(other))
    for got, want in zip(found, OPERATORS[name](array, other), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)


def test_a_variable_is_an_array_to_numpy_and_jax():
    variable = keras.Variable([[1.0, 2.0]])
    assert np.asarray(variable).shape == (1, 2)
    assert float(jax.numpy.sum(jax.numpy.asarray(variable))) == 3.0
    assert ops.matmul(variable, [[1.0], [1.0]]).shape == (1, 1)


def test_initializers_and_dtypes_of_variables():
    variable = keras.Variable("ones", shape=(2, 3), dtype="float16")
    assert variable.dtype == "float16"
    assert variable.shape == (2, 3)
    assert keras.Variable(3).dtype == "int32"
    with pytest.raises(ValueError, match="shape"):
        keras.Variable(keras.initializers.Ones())


def test_a_stateless_scope_keeps_changes_to_itself():
    first, second = keras.Variable(1.0), keras.Variable(2.0)
    with keras.StatelessScope(state_mapping=[(first, ops.convert_to_tensor(10.0))]) as scope:
        assert float(first.value) == 10.0
        second.assign(first.value + 1)
        assert float(second.value) == 11.0
    assert (float(first.value), float(second.value)) == (1.0, 2.0)
    assert float(scope.get_current_value(second)) == 11.0
    assert scope.get_current_value(first) is not None


def test_an_error_in_a_stateless_scope_leaves_the_variables():
    variable = keras.Variable(1.0)
    with pytest.raises(RuntimeError, match="mine"), keras.StatelessScope():
        variable.assign(2.0)
        raise RuntimeError("mine")
    assert float(variable.value) == 1.0


def test_a_seed_generator_repeats_itself_only_from_its_start():
    def draws():
        generator = keras.random.SeedGenerator(7)
        return [float(keras.random.normal((), seed=generator)) for _ in range(3)]

    first = draws()
    assert len(set(first)) == 3
    assert draws() == first


def test_an_int_seed_gives_the_same_each_time():
    one, two = (keras.random.uniform((4,), seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_set_random_seed_repeats_everything():
    def run():
        keras.utils.set_random_seed(5)
        kernel = keras.layers.Dense(3)
        kernel.build((None, 2))
        return np.asarray(keras.random.normal((3,))), kernel.get_weights()[0]

    for one, two in zip(run(), run(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_name_scopes_nest():
    with keras.name_scope("a"), keras.name_scope("b"):
        assert keras.Variable(1.0, name="v").path == "a/b/v"
    assert keras.Variable(1.0, name="v").path == "v"


POLICIES = {
    "float32": ("float32", "float32"),
    "float64": ("float64", "float64"),
    "mixed_float16": ("float16", "float32"),
    "mixed_bfloat16": ("bfloat16", "float32"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_policies(name):
    policy = keras.DTypePolicy(name)
    assert (policy.compute_dtype, policy.variable_dtype) == POLICIES[name]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(policy))
    assert again == policy


def test_an_unknown_policy_is_an_error():
    with pytest.raises(ValueError, match="mixed_float61"):
        keras.DTypePolicy("mixed_float61")


def test_the_global_policy_reaches_new_layers_alone():
    old = keras.layers.Dense(2)
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert keras.layers.Dense(2).compute_dtype == "bfloat16"
    assert old.compute_dtype == "float32"


SETTINGS = [
    ("floatx", "set_floatx", "float16", "float15"),
    ("epsilon", "set_epsilon", 1e-3, None),
    ("image_data_format", "set_image_data_format", "channels_first", "channels_middle"),
]


@pytest.mark.parametrize(("get", "put", "value", "wrong"), SETTINGS)
def test_settings(get, put, value, wrong):
    getattr(keras.config, put)(value)
    assert getattr(keras.config, get)() == value
    if wrong is not None:
        with pytest.raises(ValueError, match=wrong):
            getattr(keras.config, put)(wrong)
        assert getattr(keras.config, get)() == value


@pytest.mark.parametrize(
    ("text", "epsilon"),
    [
        (json.dumps({"epsilon": 1e-3, "floatx": "float32", "backend": "jax"}), 1e-3),
        ("{ this is no JSON", 1e-7),
        ('["nor a dict"]', 1e-7),
        (json.dumps({"epsilon": "many", "backend": "fortran"}), 1e-7),
    ],
    ids=["good", "broken", "list", "wrong"],
)
def test_the_settings_file_is_read_and_never_an_error(text, epsilon, tmp_path, run_python):
    (tmp_path / "keras.json").write_text(text)
    out = run_python("import cornu; print(cornu.config.epsilon())", KERAS_HOME=str(tmp_path))
    assert float(out.split()[-1]) == epsilon


def test_no_home_is_no_error(run_python, tmp_path):
    home = str(tmp_path / "absent" / "folder")
    out = run_python("import cornu; print(cornu.config.floatx())", KERAS_HOME=home, HOME=home)
    assert out.split()[-1] == "float32"


def test_deferred_values_are_made_once_and_only_if_asked_for():
    made = []

    def initializer(shape, dtype=None):
        made.append(shape)
        return np.full(shape, len(made), dtype)

    with deferred_values():
        assigned, read, left, wide = (
            keras.Variable(initializer, shape=(n,), dtype=dtype)
            for n, dtype in ((1, "float32"), (2, "bfloat16"), (3, "int32"), (4, "int64"))
        )
        assert made == [(4,)]  # of which only the value tells the dtype
        assert (assigned.shape, read.dtype) == ((1,), "bfloat16")
        assigned.assign([7.0])
        assert read.numpy().tolist() == [2.0, 2.0]
        read.assign_add([1.0, 1.0])
        assert made == [(4,), (2,)]
    assert made == [(4,), (2,), (3,)]
    values = [variable.numpy().tolist() for variable in (assigned, read, left, wide)]
    assert values == [[7.0], [3.0, 3.0], [3, 3, 3], [1, 1, 1, 1]]


def test_deferred_values_are_checked():
    with pytest.raises(ValueError, match="expected"), deferred_values():
        keras.Variable(lambda shape, dtype=None: np.zeros(3), shape=(2,), name="v")
