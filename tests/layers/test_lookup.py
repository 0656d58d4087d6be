"""`StringLookup` and `IntegerLookup`, against what Keras 3.15.1 gives."""

import importlib
import io
import json
import zipfile

import numpy as np
import pytest

import cornu as keras
from cornu.compat import finder
from cornu.compat import tensorflow_api as tf

TOKENS = ["b", "c", "a"]
TEXT = np.array([["b", "z", "a"], ["c", "c", ""]])
NUMBERS = np.array([[12, 7, -5], [36, 36, 0]])
WEIGHTS = [0.5, 1.5, 2.5]
UNK = "[UNK]"


def string_lookup(**options):
    return keras.layers.StringLookup(vocabulary=TOKENS, **options)


def integer_lookup(**options):
    return keras.layers.IntegerLookup(vocabulary=[12, 36, -5], **options)


# Options, and what becomes of TEXT (and of NUMBERS, which stand for the same tokens).
OUTPUTS = [
    ({}, [[1, 0, 3], [2, 2, 0]]),
    ({"mask_token": ""}, [[2, 1, 4], [3, 3, 0]]),
    ({"output_mode": "multi_hot"}, [[1, 1, 0, 1], [1, 0, 1, 0]]),
    ({"output_mode": "multi_hot", "mask_token": ""}, [[1, 1, 0, 1], [0, 0, 1, 0]]),
    ({"output_mode": "count"}, [[1, 1, 0, 1], [1, 0, 2, 0]]),
    (
        {"output_mode": "count", "max_tokens": 6, "pad_to_max_tokens": True},
        [[1, 1, 0, 1, 0, 0], [1, 0, 2, 0, 0, 0]],
    ),
    ({"output_mode": "tf_idf", "idf_weights": WEIGHTS}, [[1.5, 0.5, 0, 2.5], [1.5, 0, 3, 0]]),
    (
        {
            "output_mode": "tf_idf",
            "idf_weights": WEIGHTS,
            "max_tokens": 5,
            "pad_to_max_tokens": True,
        },
        [[1.5, 0.5, 0, 2.5, 0], [1.5, 0, 3, 0, 0]],
    ),
    (
        {"output_mode": "one_hot"},
        [[[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]], [[0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]]],
    ),
]


@pytest.mark.parametrize(("options", "expected"), OUTPUTS)
def test_numbers_and_vectors_of_tokens(options, expected):
    numeric = {**options, "mask_token": 0} if "mask_token" in options else options
    cases = ((string_lookup(**options), TEXT), (integer_lookup(**numeric), NUMBERS))
    for layer, inputs in cases:
        found = layer(inputs)
        assert found.dtype == ("float32" if "output_mode" in options else "int32")
        np.testing.assert_allclose(found, expected)
        assert layer.compute_output_shape(inputs.shape) == found.shape
        dtype = "string" if inputs is TEXT else "int64"
        symbolic = layer(keras.KerasTensor((None, 3), dtype))
        assert (symbolic.shape, symbolic.dtype) == ((None, *found.shape[1:]), found.dtype)
        again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
        np.testing.assert_allclose(again(inputs), expected)
        assert again.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("b", 1),
        (["b", "z"], [1, 0]),
        (np.array([["b"], ["q"]]), [[1], [0]]),
        (np.array(["b", b"z", b"c"], object), [1, 0, 2]),
        (np.array([b"b", b"z"]), [1, 0]),
        (np.zeros((0, 2), "U1"), np.zeros((0, 2))),
        (tf.constant([["b"], ["a"]]), [[1], [3]]),
        (tf.constant("a"), 3),
    ],
)
def test_strings_come_in_many_forms(inputs, expected):
    found = string_lookup()(inputs)
    assert found.shape == np.shape(expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("shape", "mode", "expected"),
    [
        ((), "one_hot", (1, 4)),
        ((), "count", (4,)),
        ((3,), "one_hot", (3, 4)),
        ((1,), "one_hot", (1, 4)),
        ((3,), "multi_hot", (4,)),
        ((2, 1), "one_hot", (2, 4)),
        ((2, 1), "count", (2, 4)),
        ((2, 3, 2), "one_hot", (2, 3, 2, 4)),
        ((2, 3, 1), "one_hot", (2, 3, 4)),
        ((2, 3, 2), "multi_hot", (2, 2, 4)),
        ((0, 2), "count", (0, 4)),
        ((2, 0), "count", (2, 4)),
    ],
)
def test_shapes_of_vectors(shape, mode, expected):
    layer = integer_lookup(output_mode=mode)
    inputs = np.full(shape, 36)
    assert layer(inputs).shape == layer.compute_output_shape(shape) == expected
    wanted = np.zeros(expected)
    wanted[..., 2] = shape[-1] if mode == "count" and shape and np.size(inputs) else 1
    np.testing.assert_array_equal(layer(inputs), wanted * (0 not in shape))


# The numbers that TensorFlow's hashes give.
WORDS = [*(f"word{i}" for i in range(4)), "", "é", "x" * 7, "y" * 20, "z" * 40, "r" * 65, "s" * 200]


@pytest.mark.parametrize(
    ("salt", "expected"),
    [
        (None, [13, 29, 31, 25, 13, 25, 29, 16, 27, 28, 47]),
        ([1, 2], [2, 49, 18, 27, 35, 41, 29, 13, 43, 40, 31]),
        ((133, 137), [9, 12, 43, 29, 0, 34, 37, 35, 24, 18, 11]),
    ],
)
def test_unknown_strings_share_numbers_by_a_hash(salt, expected):
    layer = keras.layers.StringLookup(vocabulary=["a"], num_oov_indices=50, salt=salt)
    np.testing.assert_array_equal(layer(WORDS), expected)
    assert layer.get_config()["salt"] == (None if salt is None else list(salt))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [2, 47, 0, 47, 2, 0]),
        ({"oov_method": "farmhash"}, [9, 49, 5, 7, 19, 35]),
        ({"oov_method": "farmhash", "salt": 7}, [5, 21, 20, 43, 35, 36]),
    ],
)
def test_unknown_integers_share_numbers(options, expected):
    layer = keras.layers.IntegerLookup(vocabulary=[1], num_oov_indices=50, **options)
    inputs = np.array([[2, -3, 100, 2**31 - 1, -(2**31), 0]])
    np.testing.assert_array_equal(layer(inputs), [expected])
    model = keras.Sequential([keras.Input((6,), dtype="int32"), layer])
    np.testing.assert_array_equal(model.predict(inputs.astype("int32"), verbose=0), [expected])


@pytest.mark.parametrize(("options", "expected"), [OUTPUTS[i] for i in (1, 3, 4, 7, 8)])
def test_integers_are_looked_up_in_compiled_code(options, expected):
    options = {**options, "mask_token": 0} if "mask_token" in options else options
    model = keras.Sequential([keras.Input((3,), dtype="int32"), integer_lookup(**options)])
    np.testing.assert_allclose(model.predict(NUMBERS.astype("int32"), verbose=0), expected)


@pytest.mark.parametrize("oov", [0, 1, 2])
@pytest.mark.parametrize("mask", [None, ""])
def test_numbers_back_to_tokens(oov, mask):
    layer = string_lookup(invert=True, num_oov_indices=oov, mask_token=mask)
    vocabulary = layer.get_vocabulary()
    assert vocabulary == [""] * (mask is not None) + [UNK] * oov + TOKENS
    found = layer(np.arange(len(vocabulary) + 1)[:, None])
    assert found.tolist() == [[token.encode()] for token in [*vocabulary, UNK]]
    assert isinstance(found.numpy()[0, 0], bytes)
    assert layer(keras.KerasTensor((None, 2), "int32")).dtype == "string"
    numeric = integer_lookup(
        invert=True, num_oov_indices=oov, mask_token=None if mask is None else 0
    )
    assert numeric(np.arange(-1, 6)).tolist()[1 : len(vocabulary) + 1] == numeric.get_vocabulary()
    assert numeric(np.array([-1, 99])).tolist() == [-1, -1]


def test_large_integers_stay_as_they_are():
    tokens = [2**40, 5]
    layer = keras.layers.IntegerLookup(vocabulary=tokens)
    assert layer(np.array([2**40, 2**40 + 2**32, 5])).tolist() == [1, 0, 2]
    back = keras.layers.IntegerLookup(vocabulary=tokens, invert=True)
    assert back(np.array([1, 2])).tolist() == tokens


# ---- learning a vocabulary ----

DATA = ["a", "b", "a", "c", "b", "a", "d", "e", "e", "", UNK, "m"]
LEARNED = ["a", "e", "b", "m", "d", "c", ""]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.array(DATA[4 * index : 4 * index + 4]), np.zeros(4)


SOURCES = {
    "list": lambda: DATA,
    "rows": lambda: np.array(DATA).reshape(4, 3).tolist(),
    "array": lambda: np.array(DATA),
    "objects": lambda: np.array(DATA, object),
    "bytes": lambda: np.array([token.encode() for token in DATA]),
    "tensor": lambda: tf.constant(DATA),
    "batches": lambda: [np.array(DATA[:5]), np.array(DATA[5:])],
    "generator": lambda: (np.array(DATA[i : i + 4]) for i in (0, 4, 8)),
    "dataset": lambda: tf.data.Dataset.from_tensor_slices(DATA).batch(5),
    "PyDataset": Batches,
}


@pytest.mark.parametrize("source", SOURCES)
def test_adapt_takes_the_most_frequent_first(source):
    layer = keras.layers.StringLookup()
    layer.adapt(["q", "q"])  # to be forgotten
    layer.adapt(SOURCES[source]())
    assert layer.get_vocabulary() == [UNK, *LEARNED]
    assert layer.get_vocabulary(include_special_tokens=False) == LEARNED
    assert layer.vocabulary_size() == 8


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_tokens": 4}, [UNK, "a", "e", "b"]),
        ({"max_tokens": 4, "mask_token": "m"}, ["m", UNK, "a", "e"]),
        ({"max_tokens": 4, "mask_token": "m", "output_mode": "count"}, [UNK, "a", "e", "b"]),
        ({"mask_token": ""}, ["", UNK, "a", "e", "b", "m", "d", "c"]),
        ({"max_tokens": 4, "num_oov_indices": 2}, [UNK, UNK, "a", "e"]),
    ],
)
def test_adapt_leaves_out_special_tokens(options, expected):
    layer = keras.layers.StringLookup(**options)
    layer.adapt(DATA)
    assert layer.get_vocabulary() == expected


def test_integers_are_learned():
    layer = keras.layers.IntegerLookup(mask_token=0)
    layer.adapt([5, 5, 3, -1, 0, 3, 3, 9, 2**33, 7])
    assert layer.get_vocabulary() == [0, -1, 3, 5, 2**33, 9, 7]


def test_a_row_is_a_document():
    for data, expected in (
        (DATA, [1.7698301, 1.3862944, 1.6094379, 0, 0, 0, 0, 0]),
        (np.array(DATA).reshape(4, 3), [1.0268081, 0.8472978, 1.0986123, 0, 0, 0, 0, 0]),
        (SOURCES["generator"](), [0.82065779, 0.6931472, 0.6931472, 0, 0, 0, 0, 0]),
    ):
        layer = keras.layers.StringLookup(output_mode="tf_idf")
        layer.adapt(data)
        np.testing.assert_allclose(layer(["a", "e", "zz"]), expected, rtol=1e-6)


def test_adapt_stops_after_so_many_steps():
    layer = keras.layers.StringLookup()
    layer.adapt((np.array(["a"]) for _ in iter(int, 1)), steps=3)
    assert layer.get_vocabulary() == [UNK, "a"]


def test_what_is_counted_counts_when_it_is_finished():
    layer = keras.layers.StringLookup()
    layer.update_state(["a", "a", "b"])
    layer.update_state(["c", "b", "b"])
    assert layer.get_vocabulary() == [UNK]
    layer.finalize_state()
    layer.reset_state()
    layer.finalize_state()
    assert layer.get_vocabulary() == [UNK, "b", "a", "c"]


# ---- setting it ----


@pytest.mark.parametrize(
    ("vocabulary", "options", "expected"),
    [
        ((*TOKENS,), {}, [UNK, *TOKENS]),
        (np.array(TOKENS), {}, [UNK, *TOKENS]),
        ([b"a", b"b"], {}, [UNK, "a", "b"]),
        (tf.constant(["a", "b"]), {}, [UNK, "a", "b"]),
        ([UNK, "a"], {}, [UNK, "a"]),
        (["", UNK, "a"], {"mask_token": ""}, ["", UNK, "a"]),
        ([UNK, UNK, "a"], {"num_oov_indices": 2}, [UNK, UNK, "a"]),
    ],
)
def test_a_vocabulary_may_hold_the_special_tokens(vocabulary, options, expected):
    layer = keras.layers.StringLookup(vocabulary=vocabulary, **options)
    assert layer.get_vocabulary() == expected
    other = keras.layers.StringLookup(**options)
    other.set_vocabulary(vocabulary)
    assert other.get_vocabulary() == expected


def test_quirk_a_vocabulary_may_hold_the_token_of_the_unknown_again():
    assert string_lookup().get_vocabulary() == [UNK, *TOKENS]
    layer = keras.layers.StringLookup(vocabulary=["a", UNK])
    assert layer.get_vocabulary() == [UNK, "a", UNK]
    assert layer([UNK, "x"]).tolist() == [2, 0]


@pytest.mark.parametrize("text", ["a\nb\n", "a\nb", "a\r\nb\r\n"])
def test_a_vocabulary_in_a_file(tmp_path, text):
    path = tmp_path / "tokens.txt"
    path.write_bytes(text.encode())
    for given in (path, str(path)):
        layer = keras.layers.StringLookup(vocabulary=given)
        assert layer.get_vocabulary() == [UNK, "a", "b"]
        assert layer.get_config()["vocabulary"] is None
    path.write_text("7\n-3\n")
    assert keras.layers.IntegerLookup(vocabulary=path).get_vocabulary() == [-1, 7, -3]


def test_weights_of_a_vocabulary_that_is_set():
    layer = keras.layers.StringLookup(output_mode="tf_idf")
    layer.set_vocabulary(["x", "y"], idf_weights=[1.0, 2.0])
    np.testing.assert_allclose(layer(["x", "x", "q"]), [1.5, 2, 0])
    layer = keras.layers.StringLookup(output_mode="tf_idf")
    layer.set_vocabulary([UNK, "x"], idf_weights=[9.0, 2.0])
    np.testing.assert_allclose(layer(["x", "x", "q"]), [9, 4])


# ---- mistakes ----


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"max_tokens": 1}, "greater than 1"),
        ({"num_oov_indices": -1}, "greater than or equal to 0"),
        ({"pad_to_max_tokens": True}, "must set `max_tokens`"),
        ({"output_mode": "bad"}, "Allowed values"),
        ({"output_mode": None}, "Allowed values"),
        ({"invert": True, "output_mode": "count"}, "must be `'int'`"),
        ({"sparse": True, "output_mode": "count"}, "only TensorFlow has"),
        ({"salt": "a"}, "tuple of 2 integers"),
        ({"salt": [1, 2, 3]}, "tuple of 2 integers"),
        ({"vocabulary": [1, 2]}, "Expected strings"),
        ({"vocabulary": []}, "empty vocabulary"),
        ({"vocabulary": ["a", "b", "a"]}, "repeated term"),
        ({"vocabulary": ["a", "", "b"], "mask_token": ""}, "reserved mask token"),
        ({"vocabulary": TOKENS, "max_tokens": 3}, "larger than the maximum"),
        ({"vocabulary": "/does/not/exist.txt"}, "does not exist"),
        ({"vocabulary": TOKENS, "idf_weights": WEIGHTS}, "should only be set"),
        ({"vocabulary": TOKENS, "output_mode": "tf_idf"}, "must also be provided"),
        ({"vocabulary": TOKENS, "output_mode": "tf_idf", "idf_weights": [1]}, "the same length"),
        ({"max_values": 3}, "Unrecognized"),
        ({"oov_method": "md5"}, "Allowed values"),
    ],
)
def test_arguments_that_make_no_sense(options, reason):
    with pytest.raises(ValueError, match=reason):
        keras.layers.StringLookup(**options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"vocabulary_dtype": "float32"}, "Only `vocabulary_dtype='int64'`"),
        ({"oov_method": "md5"}, "Allowed values"),
        ({"salt": 1}, "oov_method='farmhash'"),
        ({"vocabulary": [1, 1]}, "repeated term"),
        ({"vocabulary": ["x"]}, "takes integers"),
    ],
)
def test_arguments_for_integers_that_make_no_sense(options, reason):
    with pytest.raises(ValueError, match=reason):
        keras.layers.IntegerLookup(**options)


@pytest.mark.parametrize(
    ("layer", "inputs", "reason"),
    [
        (string_lookup, np.array([1, 2]), "Expected strings"),
        (string_lookup, np.array(["a", None], object), "Expected strings"),
        (string_lookup, [["a"], ["a", "b"]], "same length"),
        (integer_lookup, np.array(["x"]), "takes integers"),
        (integer_lookup, [[1], [2, 3]], "takes integers"),
        (lambda: string_lookup(invert=True), np.array(["a"]), "integers"),
        (lambda: string_lookup(num_oov_indices=0), ["a", "x"], r"found OOV values \['x'\]"),
        (lambda: integer_lookup(num_oov_indices=0), [12, 8], r"found OOV values \[8\]"),
        (string_lookup, keras.KerasTensor((None, 2)), "dtype='string'"),
    ],
)
def test_inputs_that_make_no_sense(layer, inputs, reason):
    with pytest.raises(ValueError, match=reason):
        layer()(inputs)


def test_calls_at_the_wrong_time(tmp_path):
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        keras.layers.StringLookup()(["a"])
    with pytest.raises(ValueError, match="Cannot adapt"):
        string_lookup().adapt(["a"])
    layer = keras.layers.StringLookup(output_mode="multi_hot")
    layer.adapt(["a"])
    layer.adapt(["a", "b"])
    layer(["a"])
    with pytest.raises(RuntimeError, match="cannot be changed"):
        layer.adapt(["a"])
    layer = keras.layers.StringLookup(output_mode="tf_idf")
    with pytest.raises(ValueError, match="must be set"):
        layer.set_vocabulary(["a"])
    with pytest.raises(ValueError, match="from file"):
        layer.set_vocabulary(tmp_path / "x.txt")
    for text, reason in (("a\n\nb\n", "line 2 is empty"), ("", "line 1"), ("a\na", "repeated")):
        (tmp_path / "x.txt").write_text(text)
        with pytest.raises(ValueError, match=reason):
            keras.layers.StringLookup(vocabulary=tmp_path / "x.txt")


# ---- files and pipelines ----


def adapted(data, cls=keras.layers.StringLookup, **options):
    layer = cls(**options)
    layer.adapt(data)
    return layer


SAVED = {
    "given": lambda: string_lookup(mask_token=""),
    "learned": lambda: adapted(["é", "a", "a"]),
    "mask": lambda: adapted(["b", "a", "a"], mask_token="", num_oov_indices=2),
    "vectors": lambda: adapted(["b", "a", "a"], output_mode="multi_hot"),
    "padded": lambda: adapted(["b"], output_mode="count", max_tokens=9, pad_to_max_tokens=True),
    "weights": lambda: adapted([["a", "b"], ["a", "c"]], output_mode="tf_idf"),
    "weights given": lambda: string_lookup(output_mode="tf_idf", idf_weights=WEIGHTS),
    "lines": lambda: adapted(["a\nb", "a"]),
    "lines and weights": lambda: adapted(["a\nb", "a"], output_mode="tf_idf"),
    "integers": lambda: adapted([5, 5, 6], keras.layers.IntegerLookup, output_mode="tf_idf"),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_model_keeps_the_vocabulary(name, tmp_path):
    layer = SAVED[name]()
    dtype = "int32" if name == "integers" else "string"
    inputs = keras.Input((3,), dtype=dtype)
    path = tmp_path / "model.keras"
    keras.Model(inputs, layer(inputs)).save(path)
    loaded = keras.saving.load_model(path)
    again = loaded.layers[-1]
    assert again.get_vocabulary() == layer.get_vocabulary()
    assert loaded.output_shape == (None, *layer.compute_output_shape((3,)))
    values = NUMBERS if name == "integers" else np.array([["a", "é", "a\nb"], ["b", "c", ""]])
    np.testing.assert_array_equal(again(values), layer(values))
    members = zipfile.ZipFile(path).namelist()
    beside = "given" in name or "lines" in name
    assert any(member.endswith("_lookup/vocabulary.txt") for member in members) != beside


def test_the_file_is_as_keras_writes_it(tmp_path):
    layer = SAVED["mask"]()
    inputs = keras.Input((3,), dtype="string")
    buffer = io.BytesIO()
    keras.Model(inputs, layer(inputs)).save(tmp_path / "model.keras")
    buffer.write((tmp_path / "model.keras").read_bytes())
    archive = zipfile.ZipFile(buffer)
    text = archive.read("assets/layers/string_lookup/vocabulary.txt")
    assert text == b"\n[UNK]\n[UNK]\na\nb"
    config = json.loads(archive.read("config.json"))["config"]["layers"][1]["config"]
    del config["name"], config["dtype"]
    assert config == {
        "trainable": True, "invert": False, "max_tokens": None, "num_oov_indices": 2,
        "oov_token": UNK, "mask_token": "", "output_mode": "int", "sparse": False,
        "pad_to_max_tokens": False, "idf_weights": None, "vocabulary": None,
        "vocabulary_size": 5, "salt": None, "encoding": "utf-8",
    }  # fmt: skip


def test_a_vocabulary_set_over_a_given_one_is_saved():
    layer = string_lookup()
    layer.set_vocabulary(["x"])
    again = keras.layers.StringLookup.from_config(layer.get_config())
    assert again.get_vocabulary() == layer.get_vocabulary() == [UNK, "x"]


def test_configs_of_keras_are_read():
    config = {**string_lookup().get_config(), "oov_method": "floormod", "vocabulary_size": 4}
    assert keras.layers.StringLookup.from_config(config).get_vocabulary() == [UNK, *TOKENS]


def test_in_a_pipeline():
    dataset = tf.data.Dataset.from_tensor_slices((TEXT, [0, 1]))
    layer = string_lookup(output_mode="count")
    found = list(dataset.batch(2).map(lambda x, y: (layer(x), y)))
    np.testing.assert_array_equal(found[0][0], layer(TEXT))
    numeric = integer_lookup()
    mapped = tf.data.Dataset.from_tensor_slices(NUMBERS).map(numeric)
    np.testing.assert_array_equal(np.stack(list(mapped)), numeric(NUMBERS))
    back = string_lookup(invert=True)
    joined = tf.strings.reduce_join(back(layer.call(TEXT).argmax(-1)))
    assert joined.numpy().decode() == "[UNK]c"


def test_a_model_trains_on_integers_that_it_looks_up_itself():
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            integer_lookup(output_mode="multi_hot"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.1))
    losses = model.fit(NUMBERS.astype("int32"), np.ones((2, 1)), epochs=3, verbose=0)
    assert losses.history["loss"][-1] < losses.history["loss"][0]


def test_old_arguments_of_tf_keras():
    finder.install()
    try:
        with pytest.warns(DeprecationWarning):
            layer = keras.layers.IntegerLookup(max_values=5, mask_value=0, oov_value=-7)
        assert (layer.max_tokens, layer.mask_token, layer.oov_token) == (5, 0, -7)
        with pytest.warns(DeprecationWarning, match="`num_tokens` now"):
            assert keras.layers.CategoryEncoding(max_tokens=3).num_tokens == 3
        with pytest.warns(DeprecationWarning, match="`bin_boundaries` now"):
            assert keras.layers.Discretization(bins=[1.0]).bin_boundaries == [1.0]
        old = importlib.import_module("keras.layers.experimental.preprocessing")
        assert old.StringLookup is keras.layers.StringLookup
    finally:
        finder.uninstall()


def test_strings_go_into_a_functional_model_but_not_into_a_compiled_step():
    inputs = keras.Input((3,), dtype="string")
    vectors = keras.layers.Dense(2)(string_lookup(output_mode="multi_hot")(inputs))
    model = keras.Model(inputs, vectors)
    for given in (TEXT, TEXT.astype(object), tf.constant(TEXT)):
        assert model(given).shape == (2, 2)
    one = keras.Input((1,), dtype="string")
    short = keras.Model(one, string_lookup()(one))
    assert short(np.array(["b", "c"])).tolist() == [[1], [2]]
    model.compile(loss="mse")
    for run in (model.predict, lambda x: model.fit(x, np.ones((2, 2)))):
        with pytest.raises(ValueError, match="holds text. Encode it as numbers first"):
            run(TEXT)


def test_in_a_pipeline_of_an_installed_tensorflow():
    real = pytest.importorskip("tensorflow", reason="TensorFlow is no dependency")
    layer = string_lookup(output_mode="count")
    mapped = real.data.Dataset.from_tensors(TEXT).map(layer)
    assert mapped.element_spec.shape == (2, 4)
    np.testing.assert_array_equal(next(iter(mapped)).numpy(), layer(TEXT))
    back = real.data.Dataset.from_tensors([1, 2]).map(string_lookup(invert=True))
    assert next(iter(back)).numpy().tolist() == [b"b", b"c"]
    pairs = real.data.Dataset.from_tensors((["A"], [101]))
    crossing = keras.layers.HashedCrossing(num_bins=10**6)
    found = next(iter(pairs.map(lambda *pair: crossing(pair))))
    assert found.numpy().tolist() == [794891] and found.dtype == "int64"
    learned = keras.layers.StringLookup()
    learned.adapt(real.data.Dataset.from_tensor_slices(DATA).batch(5))
    assert learned.get_vocabulary() == [UNK, *LEARNED]


def test_a_model_without_inputs_is_built_by_text():
    model = keras.Sequential(
        [keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")]
    )
    np.testing.assert_array_equal(model(np.array([["b", "a"], ["?", "?"]])), [[0, 1, 1], [1, 0, 0]])
    back = keras.Sequential([keras.layers.StringLookup(vocabulary=["a", "b"], invert=True)])
    assert back(np.array([[2, 1]])).tolist() == [[b"b", b"a"]]
