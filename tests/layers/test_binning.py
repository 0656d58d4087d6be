"""`CategoryEncoding`, `Discretization`, `Hashing` and `HashedCrossing`, against Keras 3.15.1."""

import json

import numpy as np
import pytest

import cornu as keras
from cornu.compat import tensorflow_api as tf

ROWS = np.array([[0, 1], [0, 0], [1, 2], [3, 1]])
CUBE = np.array([[[0, 1], [2, 2], [1, 1]], [[3, 3], [1, 0], [1, 2]]])


def copied(layer):
    """The layer from its config, by way of JSON."""
    return type(layer).from_config(json.loads(json.dumps(layer.get_config())))


def everywhere(layer, inputs, dtype):
    """The outputs of a layer, once it is sure that compiled code and a pipeline have the same, and
    a copy of the layer."""
    found = np.asarray(layer(inputs))
    assert layer.compute_output_shape(inputs.shape) == found.shape
    symbolic = layer(keras.KerasTensor((None, *inputs.shape[1:]), dtype))
    assert symbolic.shape[1:] == found.shape[1:]
    model = keras.Sequential([keras.Input(inputs.shape[1:], dtype=dtype), copied(layer)])
    np.testing.assert_allclose(model.predict(inputs.astype(dtype), verbose=0), found, rtol=1e-6)
    dataset = tf.data.Dataset.from_tensors(inputs).map(copied(layer))
    np.testing.assert_allclose(next(iter(dataset)), found, rtol=1e-6)
    return found


# ---- CategoryEncoding ----


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("multi_hot", [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]]),
        ("binary", [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]]),
        ("count", [[1, 1, 0, 0], [2, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]]),
        ("one_hot", np.eye(4)[ROWS]),
    ],
)
def test_categories_as_vectors(mode, expected):
    layer = keras.layers.CategoryEncoding(num_tokens=4, output_mode=mode)
    found = everywhere(layer, ROWS, "int32")
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(layer(ROWS.tolist()), expected)
    half = keras.layers.CategoryEncoding(num_tokens=4, output_mode=mode, dtype="float16")
    assert half(ROWS).dtype == half(keras.KerasTensor((None, 2), "int32")).dtype == "float16"


@pytest.mark.parametrize(
    ("inputs", "mode", "expected"),
    [
        (2, "one_hot", [[0, 0, 1]]),
        (2, "count", [0, 0, 1]),
        ([1, 2], "one_hot", [[0, 1, 0], [0, 0, 1]]),
        ([1, 2], "multi_hot", [0, 1, 1]),
        ([[1], [2]], "one_hot", [[0, 1, 0], [0, 0, 1]]),
        ([1.0, 2.0], "one_hot", [[0, 1, 0], [0, 0, 1]]),
        ([-1, 2, 9], "count", [0, 0, 1]),
        (np.zeros((0, 2), int), "count", np.zeros((0, 3))),
    ],
)
def test_categories_of_all_shapes(inputs, mode, expected):
    layer = keras.layers.CategoryEncoding(num_tokens=3, output_mode=mode)
    for given in (inputs, np.array(inputs), keras.ops.convert_to_tensor(inputs)):
        found = layer(given)
        assert found.shape == np.shape(expected) == layer.compute_output_shape(np.shape(inputs))
        np.testing.assert_array_equal(found, expected)


def test_quirk_rows_of_three_axes_are_those_of_axis_one():
    layer = keras.layers.CategoryEncoding(num_tokens=4, output_mode="count")
    found = everywhere(layer, CUBE, "int32")
    expected = [[[1, 1, 1, 0], [0, 2, 1, 0]], [[0, 2, 0, 1], [1, 0, 1, 1]]]
    np.testing.assert_array_equal(found, expected)
    weights = np.arange(12.0).reshape(CUBE.shape)
    weighted = layer(CUBE, count_weights=weights)
    np.testing.assert_array_equal(weighted[0, 0], [0, 4, 2, 0])
    tensors = map(keras.ops.convert_to_tensor, (CUBE, weights))
    np.testing.assert_array_equal(layer(*tensors), weighted)


def test_weights_of_categories():
    layer = keras.layers.CategoryEncoding(4, "count")
    weights = np.array([[0.1, 0.2], [0.1, 0.1], [0.2, 0.3], [0.4, 0.2]])
    expected = [[0.1, 0.2, 0, 0], [0.2, 0, 0, 0], [0, 0.2, 0.3, 0], [0, 0.2, 0, 0.4]]
    np.testing.assert_allclose(layer(ROWS, count_weights=weights), expected, rtol=1e-6)
    inputs = keras.Input((2,), dtype="int32"), keras.Input((2,))
    model = keras.Model(inputs, layer(inputs[0], count_weights=inputs[1]))
    found = model.predict((ROWS.astype("int32"), weights), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.raises(ValueError, match="`count_weights` is not used"):
        keras.layers.CategoryEncoding(4)(ROWS, count_weights=weights)


# ---- Discretization ----

BOUNDARIES = [0.0, 0.5, 1.0]
NUMBERS = np.array([[-1.5, 0.0], [0.5, 0.7], [1.0, np.inf]], "float32")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("int", [[0, 1], [2, 2], [3, 3]]),
        ("multi_hot", [[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        ("count", [[1, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]]),
        ("one_hot", np.eye(4)[[[0, 1], [2, 2], [3, 3]]]),
    ],
)
def test_numbers_in_bins(mode, expected):
    layer = keras.layers.Discretization(bin_boundaries=BOUNDARIES, output_mode=mode)
    found = everywhere(layer, NUMBERS, "float32")
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == ("int32" if mode == "int" else "float32")


def test_what_is_no_number_and_large_ones():
    layer = keras.layers.Discretization(bin_boundaries=BOUNDARIES)
    assert layer(np.array([np.nan, np.inf, -np.inf])).tolist() == [3, 3, 0]
    layer = keras.layers.Discretization(bin_boundaries=[2**30, 2**30 + 1])
    assert layer(np.array([2**30, 2**30 + 1])).tolist() == [1, 2]
    assert int(keras.layers.Discretization(bin_boundaries=[])(7.0)) == 0


@pytest.mark.parametrize(
    ("data", "bins", "expected"),
    [
        (np.arange(100.0), 4, [24, 49, 74]),
        (np.arange(10.0), 4, [1.5, 4, 6.5]),
        (np.arange(12).reshape(4, 3), 3, [3, 7]),
        ([5.0, 1, 1, 2, 9, 9, 3], 10, [1, 1, 2, 3, 5, 9]),
        (np.array([4.0]), 3, []),
        (np.arange(100000.0), 3, [33332.333, 66665.667]),
        (iter([np.arange(10.0), np.arange(5.0, 20.0)]), 4, [5, 8, 12.75]),
        (tf.data.Dataset.range(10).batch(3), 2, [4]),
    ],
)
def test_discretization_adapts(data, bins, expected):
    layer = keras.layers.Discretization(num_bins=bins)
    layer.adapt([7.0, 8.0])  # to be forgotten
    layer.adapt(data)
    np.testing.assert_allclose(layer.bin_boundaries, expected, rtol=2e-4)
    again = copied(layer)
    assert again.bin_boundaries == layer.bin_boundaries
    again.adapt(np.arange(4.0))
    assert again.bin_boundaries != layer.bin_boundaries


def test_many_batches_are_summed_up():
    data = np.random.default_rng(0).normal(size=(500, 200))
    layer = keras.layers.Discretization(num_bins=4, epsilon=0.5)
    layer.adapt(iter(data))
    quartiles = np.quantile(data, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(layer.bin_boundaries, quartiles, atol=0.01)
    layer.reset_state()
    layer.finalize_state()
    np.testing.assert_allclose(layer.bin_boundaries, quartiles, atol=0.01)


def test_learned_bins_are_saved(tmp_path):
    layer = keras.layers.Discretization(num_bins=4, output_mode="one_hot", name="bins")
    layer.adapt(np.arange(100.0))
    assert layer.get_config() == {
        "bin_boundaries": [24.0, 49.0, 74.0], "num_bins": 4, "epsilon": 0.01, "name": "bins",
        "output_mode": "one_hot", "sparse": False, "dtype": "float32",
    }  # fmt: skip
    model = keras.Sequential([keras.Input((3,)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = np.array([[0.0, 50.0, 99.0]])
    np.testing.assert_array_equal(loaded.predict(inputs, verbose=0), layer(inputs))


# ---- Hashing ----

LETTERS = np.array([["A"], ["B"], ["C"], ["D"], ["E"]])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [4, 3, 2, 0, 2]),
        ({"mask_value": ""}, [1, 1, 4, 4, 1]),
        ({"salt": 133}, [4, 3, 2, 3, 2]),
    ],
)
def test_strings_in_bins(options, expected):
    layer = keras.layers.Hashing(num_bins=5, **options)
    for given in (LETTERS, LETTERS.tolist(), LETTERS.astype("S"), tf.constant(LETTERS)):
        assert layer(given)[:, 0].tolist() == expected
    assert copied(layer)(LETTERS)[:, 0].tolist() == expected
    vectors = keras.layers.Hashing(num_bins=5, output_mode="one_hot", **options)
    np.testing.assert_array_equal(vectors(LETTERS), np.eye(5)[expected])
    assert vectors(keras.KerasTensor((None, 1), "string")).shape == (None, 5)
    dataset = tf.data.Dataset.from_tensor_slices(LETTERS).map(layer)
    assert [int(each[0]) for each in dataset] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[4, 4], [1, 3]]),
        ({"salt": 133}, [[0, 0], [2, 1]]),
        ({"output_mode": "count"}, [[0, 0, 0, 0, 2], [0, 1, 0, 1, 0]]),
    ],
)
def test_integers_in_bins(options, expected):
    layer = keras.layers.Hashing(num_bins=5, **options)
    np.testing.assert_array_equal(everywhere(layer, np.array([[1, 2], [3, 4]]), "int32"), expected)


def test_values_that_are_left_out_have_the_first_bin():
    layer = keras.layers.Hashing(num_bins=5, mask_value=2)
    found = layer(np.array([1, 2, 2**40]))
    assert found[1] == 0 and found[0] > 0 and found[2] > 0
    layer = keras.layers.Hashing(num_bins=5, mask_value="")
    assert layer(["A", ""]).tolist() == [1, 0]
    with pytest.raises(TypeError, match="of the kind of the inputs"):
        layer(np.array([1]))


# ---- HashedCrossing ----

PAIR = (np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102]))


def test_combinations_in_bins():
    layer = keras.layers.HashedCrossing(num_bins=10**6)
    expected = [794891, 97754, 794891, 409576, 403523]
    assert layer(PAIR).tolist() == expected
    assert layer([part[:, None] for part in PAIR])[:, 0].tolist() == expected
    assert int(layer(("A", 101))) == expected[0]
    assert layer((["a", "b"], [1, 2], ["z", "y"])).tolist() == [322855, 904919]
    assert layer((np.array([-1]), np.array([2**40]))).tolist() == [979029]
    dataset = tf.data.Dataset.from_tensor_slices(PAIR).map(lambda *pair: layer(pair))
    assert list(map(int, dataset)) == expected
    vectors = keras.layers.HashedCrossing(num_bins=5, output_mode="one_hot")
    np.testing.assert_array_equal(vectors(PAIR), np.eye(5)[[1, 4, 1, 1, 3]])
    assert vectors.compute_output_shape([(5,), (5,)]) == (5, 5)
    symbolic = copied(vectors)((keras.KerasTensor((None,), "string"), keras.KerasTensor((None,))))
    assert symbolic.shape == (None, 5)


def test_combinations_of_integers_in_compiled_code():
    inputs = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    model = keras.Model(inputs, keras.layers.HashedCrossing(num_bins=10**6)(inputs))
    found = model.predict((np.array([[1], [2]]), np.array([[3], [4]])), verbose=0)
    assert found.tolist() == [[503651], [297547]]


# ---- mistakes ----


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("CategoryEncoding", {}, "num_tokens must be set"),
        ("CategoryEncoding", {"num_tokens": 0}, ">= 1"),
        ("CategoryEncoding", {"num_tokens": 3, "output_mode": "int"}, "Unknown arg"),
        ("CategoryEncoding", {"num_tokens": 3, "sparse": True}, "only TensorFlow has"),
        ("Discretization", {}, "either `num_bins` or `bin_boundaries`"),
        ("Discretization", {"num_bins": 2, "bin_boundaries": [1.0]}, "should not be set"),
        ("Discretization", {"num_bins": -1}, "greater than or equal to 0"),
        ("Discretization", {"num_bins": 3, "epsilon": 0}, "between 0 and 1"),
        ("Discretization", {"bin_boundaries": [2.0, 1.0]}, "must ascend"),
        ("Discretization", {"num_bins": 3, "output_mode": "tf_idf"}, "Allowed values"),
        ("Hashing", {"num_bins": None}, "non-positive"),
        ("Hashing", {"num_bins": 0}, "non-positive"),
        ("Hashing", {"num_bins": 3, "output_mode": "x"}, "Expected one of"),
        ("Hashing", {"num_bins": 3, "salt": "x"}, "tuple of size 2"),
        ("Hashing", {"num_bins": 3, "dtype": "float32"}, "should be an integer type"),
        ("Hashing", {"num_bins": 1, "mask_value": ""}, "2 or more"),
        ("Hashing", {"num_bins": 3, "sparse": True}, "may only be true"),
        ("HashedCrossing", {"num_bins": 0}, "non-positive"),
        ("HashedCrossing", {"num_bins": 3, "output_mode": "count"}, "Allowed values"),
    ],
)
def test_arguments_that_make_no_sense(name, options, reason):
    with pytest.raises(ValueError, match=reason):
        getattr(keras.layers, name)(**options)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (np.array([1]), "list or tuple"),
        ([np.array([1])], "at least two"),
        ([np.array([1]), np.array([1, 2])], "equal shape"),
        ([np.ones((2, 2), int)] * 2, "should have shape"),
        ([np.ones(2)] * 2, "integer or string"),
    ],
)
def test_features_that_cannot_be_crossed(inputs, reason):
    with pytest.raises(ValueError, match=reason):
        keras.layers.HashedCrossing(num_bins=3)(inputs)


def test_bins_that_are_not_known():
    layer = keras.layers.Discretization(num_bins=3)
    with pytest.raises(ValueError, match="call `adapt"):
        layer([1.0])
    assert layer.bin_boundaries is None
    with pytest.raises(ValueError, match="Cannot adapt"):
        keras.layers.Discretization(bin_boundaries=[1.0]).adapt([1.0])
