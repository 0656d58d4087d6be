"""`TextVectorization`, against what Keras 3.15.1 gives."""

import json
import re
import zipfile

import numpy as np
import pytest

import cornu as keras
from cornu.compat import tensorflow_api as tf

TEXTS = ["The cat, the DOG!", "a cat's É day  x\ty", "", "the\nend. the-end"]
UNK = "[UNK]"
KERAS_CONFIG = (
    "name trainable dtype max_tokens standardize split ngrams output_mode pad_to_max_tokens"
    " output_sequence_length sparse ragged vocabulary idf_weights encoding vocabulary_size"
)


def layer(**options):
    return keras.layers.TextVectorization(**options)


def adapted(**options):
    made = layer(**options)
    made.adapt(TEXTS)
    return made


# Options, the vocabulary of TEXTS without the special tokens, and what becomes of the first and the
# last text.
LEARNED = [
    (
        {},
        "the É y x theend end dog day cats cat a",
        [[2, 11, 2, 8, 0, 0], [2, 7, 6, 0, 0, 0]],
    ),
    (
        {"standardize": None},
        "the É y x the-end end. day cat, cat's a The DOG!",
        [[12, 9, 2, 13, 0, 0], [2, 7, 6, 0, 0, 0]],
    ),
    (
        {"standardize": "lower"},
        "the É y x the-end end. dog! day cat, cat's a",
        [[2, 10, 2, 8, 0, 0], [2, 7, 6, 0, 0, 0]],
    ),
    (
        {"standardize": "strip_punctuation"},
        "the É y x theend end day cats cat a The DOG",
        [[12, 10, 2, 13, 0, 0], [2, 7, 6, 0, 0, 0]],
    ),
    (
        {"output_sequence_length": 3},
        "the É y x theend end dog day cats cat a",
        [[2, 11, 2], [2, 7, 6]],
    ),
    ({"max_tokens": 4}, "the É", [[2, 1, 2, 1, 0, 0], [2, 1, 1, 0, 0, 0]]),
    (
        {"output_mode": "multi_hot"},
        "the É y x theend end dog day cats cat a",
        [[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]],
    ),
    (
        {"output_mode": "count", "max_tokens": 5},
        "the É y x",
        [[2, 2, 0, 0, 0], [2, 1, 0, 0, 0]],
    ),
    (
        {"output_mode": "count", "max_tokens": 6, "pad_to_max_tokens": True},
        "the É y x theend",
        [[2, 2, 0, 0, 0, 0], [1, 1, 0, 0, 0, 1]],
    ),
]


@pytest.mark.parametrize(("options", "vocabulary", "outputs"), LEARNED)
def test_what_is_learned_and_given(options, vocabulary, outputs):
    found = adapted(**options)
    specials = [UNK] if "output_mode" in options else ["", UNK]
    assert found.get_vocabulary() == [*specials, *vocabulary.split()]
    assert found.get_vocabulary(include_special_tokens=False) == vocabulary.split()
    result = found(np.array(TEXTS))
    np.testing.assert_array_equal(np.asarray(result)[[0, -1]], outputs)
    assert result.dtype == "int32" and not np.asarray(result)[2].any()
    np.testing.assert_array_equal(found([[text] for text in TEXTS]), result)


def test_characters_and_runs_of_words():
    found = adapted(split="character")
    assert found.get_vocabulary()[2:] == list(" tehdayncÉxsog\n\t")
    np.testing.assert_array_equal(found("the É"), [3, 5, 4, 2, 11])
    found = adapted(ngrams=2)
    assert found.get_vocabulary()[2:7] == ["the", "É day", "É", "y", "x y"]
    first = [2, 20, 2, 14, 11, 19, 10, 0, 0, 0, 0]
    np.testing.assert_array_equal(np.asarray(found(TEXTS))[0], first)
    found = adapted(ngrams=(2, 3))
    np.testing.assert_array_equal(np.asarray(found(TEXTS))[0], [9, 16, 7, 8, 15, 0, 0, 0, 0])


def test_weights():
    found = layer(vocabulary=["the", "cat"], output_mode="tf_idf", idf_weights=[0.5, 0.25])(TEXTS)
    np.testing.assert_allclose(found, [[0.375, 1, 0.25], [2.25, 0, 0], [0, 0, 0], [0.75, 0.5, 0]])
    learned = np.asarray(adapted(output_mode="tf_idf")(TEXTS))
    np.testing.assert_allclose(learned[0, [1, 7, 10]], [2 * np.log1p(4 / 3), *[np.log(3)] * 2])


def test_shapes():
    given = {"vocabulary": ["the"]}
    whole = layer(split=None, **given)
    np.testing.assert_array_equal(whole(["the", "z"]), [2, 1])
    np.testing.assert_array_equal(whole([["the", "z"], ["y", "the"]]), [[2, 1], [1, 2]])
    padded = layer(split=None, output_sequence_length=3, **given)
    np.testing.assert_array_equal(padded(["the", "z"]), [[2, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(layer(**given)("the x"), [2, 1])
    np.testing.assert_array_equal(layer(**given)(b"the x"), [2, 1])
    one_hot = layer(output_mode="one_hot", **given)(["the x", "the"])
    np.testing.assert_array_equal(one_hot, [[[0, 1], [1, 0]], [[0, 1], [0, 0]]])
    symbol = keras.Input((1,), dtype="string")
    shapes = {
        (None, None): layer(**given),
        (None, 4): layer(output_sequence_length=4, **given),
        (None, 2): layer(output_mode="count", **given),
        (None, 9): layer(output_mode="count", max_tokens=9, pad_to_max_tokens=True, **given),
        (None, None, 2): layer(output_mode="one_hot", **given),
    }
    for shape, made in shapes.items():
        assert made(symbol).shape == made.compute_output_shape((None, 1)) == shape
    with pytest.raises(ValueError, match="the last shape dimension must be 1"):
        layer(**given)([["a", "b"]])


def test_functions_of_users():
    def standardize(texts):
        return tf.strings.regex_replace(tf.strings.lower(texts), "<br />", " ")

    made = layer(vocabulary=["a", "b"], standardize=standardize)
    np.testing.assert_array_equal(made(["A<br />b"]), [[2, 3]])
    np.testing.assert_array_equal(made("A<br />b"), [2, 3])

    made = layer(vocabulary=["a", "b"], standardize=lambda texts: np.char.lower(texts))
    np.testing.assert_array_equal(made(["A b"]), [[2, 3]])

    def split(texts):
        return [text.split("-") for text in texts]

    made = layer(vocabulary=["a", "b"], standardize=None, split=split)
    np.testing.assert_array_equal(made(["a-x-b", "b"]), [[2, 1, 3], [3, 0, 0]])


def test_in_a_pipeline_and_a_model():
    made = layer(output_sequence_length=4)
    data = tf.data.Dataset.from_tensor_slices((TEXTS, [0, 1, 0, 1]))
    made.adapt(data.map(lambda text, _: text).batch(2))
    assert made.get_vocabulary() == adapted().get_vocabulary()
    batches = data.batch(2).map(lambda text, label: (made(text), label))
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Embedding(20, 3), keras.layers.Flatten()]
    )
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit(batches, verbose=0)
    whole = keras.Sequential([keras.Input((1,), dtype="string"), made, model])
    assert whole(np.array([[text] for text in TEXTS])).shape == (4, 1)


def test_files(tmp_path):
    path = tmp_path / "model.keras"
    made = adapted(output_mode="tf_idf", ngrams=2)
    model = keras.Sequential([keras.Input((1,), dtype="string"), made])
    model.save(path)
    with zipfile.ZipFile(path) as file:
        folder = "assets/layers/text_vectorization"
        names = {f"{folder}/vocabulary.txt", f"{folder}/_lookup_layer/vocabulary.txt"}
        assert names <= set(file.namelist())
        config = json.loads(file.read("config.json"))["config"]["layers"][1]["config"]
    assert set(config) == set(KERAS_CONFIG.split())
    again = keras.saving.load_model(path)
    assert again.layers[-1].get_vocabulary() == made.get_vocabulary()
    np.testing.assert_array_equal(again.layers[-1](TEXTS), made(TEXTS))
    copy = keras.layers.TextVectorization.from_config(
        layer(vocabulary=["a"], ngrams=(1, 2)).get_config()
    )
    assert copy.get_vocabulary() == ["", UNK, "a"] and copy.ngrams == (1, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"standardize": "x"}, "Unknown value for `standardize` argument of TextVectorization"),
        ({"split": "x"}, "Unknown value for `split` argument of TextVectorization"),
        ({"output_mode": "x"}, "Unknown value for `output_mode` argument of TextVectorization"),
        ({"ngrams": 0}, "`ngrams` must be None, an integer, or a tuple of integers"),
        ({"ngrams": "a"}, "`ngrams` must be None, an integer, or a tuple of integers"),
        ({"output_sequence_length": 0}, "`output_sequence_length` must be None or an integer"),
        (
            {"output_sequence_length": 2, "output_mode": "count"},
            "`output_sequence_length` must not be set if `output_mode` is not 'int'",
        ),
        ({"ragged": True}, "`ragged=True` needs ragged tensors"),
        ({"max_tokens": 1}, "`max_tokens` must be greater than 1"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(**options)


def test_a_vocabulary_is_needed():
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        layer()(TEXTS)
