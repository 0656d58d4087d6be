"""Data that can't be used: one clear error each, before anything is trained."""

import numpy as np
import pytest
from data.datasets import Numbered

import cornu as keras

X, Y = np.zeros((10, 4), "float32"), np.zeros((10, 1), "float32")


def fit(*args, **kwargs):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(*args, verbose=0, **kwargs)


def generator(*items):
    return (item for item in items)


class Samples:
    """A dataset of samples as PyTorch has them."""

    def __getitem__(self, index):
        return X[index], Y[index]

    def __len__(self):
        return 10


Samples.__module__ = "torch.utils.data.dataset"

# What is wrong: arguments of `fit`, and what the message must say.
MISTAKES = {
    "no samples": ((X[:0], Y[:0]), {}, "no data.*0 samples"),
    "an empty list": (([], []), {}, "no data.*0 samples"),
    "an empty dict": (({},), {}, "no array was given"),
    "a number": ((5, Y), {}, "`x` must have a batch axis"),
    "nothing": ((None, Y), {}, "`x` is None"),
    "text": ((np.array([["a"] * 4]), Y[:1]), {}, "`x` holds text"),
    "text as objects": ((np.array([["a"] * 4], dtype=object), Y[:1]), {}, "`x` holds text"),
    "a path": (("images/",), {}, "Unrecognized data type.*images/"),
    "dates": ((np.array(["2020-01-01"], "datetime64[D]"), Y[:1]), {}, "`x` must hold numbers"),
    "records": ((np.zeros(1, [("a", "f4")]), Y[:1]), {}, "`x` must hold numbers"),
    "None among objects": ((np.array([[1.0, None]], dtype=object), Y[:1]), {}, "`x` can't be made"),
    "a function": ((fit, Y), {}, "`x` can't be made one array"),
    "numbers and sequences": (([[1, 2], 3], Y[:2]), {}, "`x` can't be made one array"),
    "sequences of text": (([["a"], ["b", "c"]], Y[:2]), {}, "`x` holds text"),
    "steps of two shapes": (([[[1, 2]], [[1], [2]]], Y[:2]), {}, "different shapes"),
    "text in a column": (({"a": X, "b": ["u"] * 10}, Y), {}, r"`x\['b'\]` holds text"),
    "lengths": ((X, Y[:5]), {}, "'x' sizes: 10.*'y' sizes: 5"),
    "lengths in a dict": (({"a": X, "b": X[:3]}, Y), {}, "'x' sizes: 10, 3"),
    "length of weights": ((X, Y), {"sample_weight": np.ones(3)}, "'sample_weight' sizes: 3"),
    "batch size 0": ((X, Y), {"batch_size": 0}, "positive int.*batch_size=0"),
    "batch size -1": ((X, Y), {"batch_size": -1}, "positive int.*batch_size=-1"),
    "batch size 2.5": ((X, Y), {"batch_size": 2.5}, "positive int.*batch_size=2.5"),
    "shuffle": ((X, Y), {"shuffle": "samples"}, "True, False or 'batch'.*'samples'"),
    "an empty generator": ((generator(),), {}, "no data"),
    "a generator of four": ((generator((X, Y, Y, Y)),), {}, "found a tuple of 4 items"),
    "a generator of None": ((generator(None),), {}, "Batch 0 of generator must be x.*None"),
    "a generator of text": ((generator("ab"),), {}, "Batch 0 of generator must be x.*'ab'"),
    "lengths in a batch": ((generator((X, Y[:3])),), {}, "Batch 0 has 10 inputs, but 3 targets"),
    "a dataset of no batches": ((Numbered(0),), {}, "Numbered has no batches"),
    "a dataset of samples": ((Samples(),), {}, "Samples gives single samples.*DataLoader"),
    "targets beside batches": ((generator((X, Y)), Y), {}, "`y` must not be passed"),
    "weights beside batches": (
        (generator((X, Y)),),
        {"sample_weight": np.ones(10)},
        "`sample_weight` must not be passed",
    ),
    "both kinds of weights": (
        (X, Y),
        {"sample_weight": np.ones(10), "class_weight": {0: 1.0}},
        "`class_weight` and `sample_weight`",
    ),
    "both kinds of weights in batches": (
        (generator((X, Y, np.ones(10))),),
        {"class_weight": {0: 1.0}},
        "`class_weight` and `sample_weight`",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    args, kwargs, match = MISTAKES[name]
    with pytest.raises(ValueError, match=rf"(?s){match}") as caught:
        fit(*args, **kwargs)
    assert len(str(caught.value)) < 2000
