"""`class_weight`: the same as the weights of samples that it stands for."""

import numpy as np
import pytest

import cornu as keras
from cornu.data import adapt
from cornu.data.class_weights import ClassWeights

LABELS = np.array([0, 1, 2, 1, 0, 2, 2, 1])
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
BY_CLASS = {0: 0.5, 1: 2.0, 2: 3.0}
WEIGHTS = np.array([BY_CLASS[label] for label in LABELS], "float32")


def two_outputs():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(3, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", {"a": loss, "b": loss})
    return model


def fitted(y, **kwargs):
    model = two_outputs()
    model.fit(X, y, verbose=0, shuffle=False, batch_size=4, **kwargs)
    return model.get_weights()


LISTED, NAMED = [LABELS, LABELS[::-1].copy()], {"a": LABELS, "b": LABELS[::-1].copy()}


@pytest.mark.parametrize("y", [LISTED, NAMED], ids=["list", "dict"])
@pytest.mark.parametrize(
    "class_weight", [{"a": BY_CLASS}, {"a": BY_CLASS, "b": None}, [BY_CLASS, None]]
)
def test_weights_of_one_output(y, class_weight):
    ones = np.ones(8, "float32")
    expected = fitted(LISTED, sample_weight=[WEIGHTS, ones])
    for found, weight in zip(fitted(y, class_weight=class_weight), expected, strict=True):
        np.testing.assert_allclose(found, weight, rtol=1e-5, atol=1e-6)


def test_weights_of_both_outputs_of_batches():
    def batches():
        for start in (0, 4):
            part = slice(start, start + 4)
            yield X[part], {name: labels[part] for name, labels in NAMED.items()}

    expected = fitted(LISTED, sample_weight=[WEIGHTS, WEIGHTS[::-1].copy()])
    model = two_outputs()
    model.fit(batches(), class_weight={"a": BY_CLASS, "b": BY_CLASS}, verbose=0)
    for found, weight in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "y",
    [LABELS, LABELS[:, None], np.eye(3)[LABELS], LABELS.astype("float32"), [LABELS], {"a": LABELS}],
    ids=["flat", "column", "one-hot", "floats", "list", "dict"],
)
def test_forms_of_targets(y):
    for spec in (BY_CLASS, [BY_CLASS], {"a": BY_CLASS}):
        found = ClassWeights(spec, ["a"])(y)
        np.testing.assert_array_equal(found, WEIGHTS)
        assert found.dtype == "float32"


def test_negative_labels_have_weights_too():
    found = ClassWeights({-1: 0.0, 0: 1.0, 2: 2.0})(np.array([-1, 2, 0]))
    assert found.tolist() == [0, 2, 1]


def test_a_missing_class_warns_once_and_counts_once():
    with pytest.warns(UserWarning, match="no weight for the classes 1, 2 of `y`") as told:
        found = adapt(X, LABELS, class_weight={0: 5.0}).arrays[2]
    assert len(told) == 1
    np.testing.assert_array_equal(found, np.where(LABELS == 0, 5.0, 1.0))
    batches = [(X[:4], LABELS[:4]), (X[4:], LABELS[4:])]
    data = adapt(iter(batches), class_weight={0: 5.0, 1: 1.0})
    with pytest.warns(UserWarning, match="the class 2 of `y`") as told:
        assert len(list(data.batches())) == 2
    assert len(told) == 1


# What is wrong: the weights, the targets, and what the message must say.
MISTAKES = {
    "a number as text": ({"0": 1.0}, LABELS, "must be class numbers.*'0'"),
    "a weight as text": ({0: "1"}, LABELS, r"class_weight\[0\]. must be a number.*'1'"),
    "a weight that is no number": ({0: float("nan")}, LABELS, "must be a number"),
    "no dict": (3.0, LABELS, "can't be 3.0.*Pass a dict"),
    "an unknown output": ({"c": BY_CLASS}, NAMED, r"'c'.*no output.*\['a', 'b'\]"),
    "an output misspelt": ({"aa": BY_CLASS}, LISTED, "'aa'.*no output.*mean 'a'"),
    "an output's weights are no dict": ({"a": BY_CLASS, "b": 2.0}, NAMED, "can't be 2.0"),
    "too many": ([BY_CLASS] * 3, LISTED, "3 entries, `y` has 2"),
    "one for several outputs": (BY_CLASS, LISTED, "single output; `y` has 2"),
    "no targets": (BY_CLASS, None, "no `y`"),
    "an image of labels": (BY_CLASS, np.zeros((2, 3, 3)), r"\(2, 3, 3\); use `sample_weight`"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    spec, y, match = MISTAKES[name]
    with pytest.raises(ValueError, match=match):
        ClassWeights(spec, ["a", "b"])(y)


def test_names_that_nobody_knows_need_a_dict():
    with pytest.raises(ValueError, match="names of the outputs are not known.*as a list"):
        ClassWeights({"a": BY_CLASS})(LISTED)
    found = ClassWeights({"a": BY_CLASS})(NAMED)
    np.testing.assert_array_equal(found["a"], WEIGHTS)
    assert found["b"] is None
