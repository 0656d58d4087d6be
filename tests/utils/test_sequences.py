"""`pad_sequences`: cases recorded from Keras 3.15.1, and mistakes."""

import numpy as np
import pytest

import cornu as keras

ROWS = [[1], [2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6]]),
        ({"maxlen": 2}, [[0, 1], [2, 3], [5, 6]]),
        ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3], [4, 5]]),
        ({"padding": "post", "value": 9}, [[1, 9, 9], [2, 3, 9], [4, 5, 6]]),
        ({"maxlen": 4, "padding": "post"}, [[1, 0, 0, 0], [2, 3, 0, 0], [4, 5, 6, 0]]),
    ],
)
def test_padding_and_cutting(options, expected):
    found = keras.utils.pad_sequences(ROWS, **options)
    assert found.tolist() == expected and found.dtype == "int32"


def test_steps_keep_their_shape_and_empty_sequences_are_filled():
    found = keras.utils.pad_sequences([[[1, 2]], [], [[3, 4], [5, 6]]], dtype="float32")
    assert found.shape == (3, 2, 2) and found.dtype == "float32"
    assert found[0].tolist() == [[0, 0], [1, 2]] and not found[1].any()
    assert keras.utils.pad_sequences([[], []]).shape == (2, 0)


def test_text():
    found = keras.utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-")
    assert found.tolist() == [["-", "a"], ["b", "c"]]


@pytest.mark.parametrize(
    "args, kwargs, match",
    [
        ((3,), {}, "must be iterable.*3"),
        (([[1], 3],), {}, "an item that is none: 3"),
        (([["a"]],), {"value": "x"}, "dtype=object"),
        (([[[1, 2]], [[1]]],), {}, "need one shape"),
        ((ROWS,), {"padding": "before"}, "padding='before'"),
        ((ROWS,), {"truncating": "x"}, "truncating='x'"),
    ],
)
def test_mistakes(args, kwargs, match):
    with pytest.raises(ValueError, match=match):
        keras.utils.pad_sequences(*args, **kwargs)


def test_rows_may_be_arrays():
    found = keras.utils.pad_sequences([np.array([1, 2]), np.array([3])])
    assert found.tolist() == [[1, 2], [0, 3]]
