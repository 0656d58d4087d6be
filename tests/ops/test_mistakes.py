"""Mistakes in shapes, axes and indices that are told before anything runs, and what is none."""

import collections

import numpy as np
import pytest

import cornu as keras
from cornu import KerasTensor, ops

X = np.ones((2, 3, 4), "float32")
MISTAKES = {
    "transpose: too few axes": (lambda: ops.transpose(X, (0, 1)), "same length as the input"),
    "transpose: no axis": (lambda: ops.transpose(X, (0, 1, 5)), r"integer in \[-3, 3\)"),
    "transpose: twice": (lambda: ops.transpose(X, (0, 1, 1)), "permutation of the axes"),
    "index: two ellipses": (lambda: ops.get_item(X, (..., ...)), "one Ellipsis"),
    "index: too many": (lambda: ops.get_item(X, (0, 0, 0, 0)), "Too many items"),
    "symbolic index": (lambda: KerasTensor((None, 3))[0, 0, 0], "Too many items"),
    "cholesky": (lambda: ops.cholesky(KerasTensor((None, 15))), "square matrices"),
    "det": (lambda: ops.det(KerasTensor((2, 15, None))), "square matrices"),
    "solve": (
        lambda: ops.solve(KerasTensor((None, 4, 4)), KerasTensor((None, None, 2))),
        "both must be known",
    ),
    "tree: arity": (lambda: keras.tree.assert_same_structure((1, (2, 3)), (1, (2,))), r"at \(1,\)"),
    "tree: named tuple": (
        lambda: keras.tree.assert_same_structure(
            (1, 2), collections.namedtuple("Pair", "a b")(1, 2)
        ),
        "Expected: tuple",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case):
    call, match = MISTAKES[case]
    with pytest.raises(ValueError, match=match):
        call()


def test_unknown_sizes_that_fit():
    assert ops.cholesky(KerasTensor((None, None))).shape == (None, None)
    assert ops.solve(KerasTensor((None, 4, 4)), KerasTensor((None, 4, 2))).shape == (None, 4, 2)


@pytest.mark.parametrize("op", [ops.nonzero, ops.where])
def test_nonzero_of_a_symbol(op):
    x = keras.Input((3,))
    found = op(x)
    assert [(one.shape, one.dtype) for one in found] == [((None,), "int32")] * 2
    values = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]], "float32")
    for one, expected in zip(keras.Function(x, found)(values), np.nonzero(values), strict=True):
        np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize(
    ("shape", "repeats", "axis", "expected"),
    [
        ((None, 3), [1, 2], 0, (None, 3)),
        ((None, 3), [1, 2], None, (None,)),
        ((None, 3), [1, 2, 1], -1, (None, 4)),
        ((None, 3), 2, 0, (None, 3)),
    ],
)
def test_repeats_of_a_symbol(shape, repeats, axis, expected):
    assert ops.repeat(KerasTensor(shape), repeats, axis).shape == expected


def test_moments_beyond_half_precision():
    mean, variance = ops.moments(np.array([-60000.0, 60000.0], "float16"), axes=[0])
    assert float(mean) == 0.0 and float(variance) == np.finfo("float16").max


def test_what_an_operation_returned():
    class Pair(keras.Operation):
        def call(self, x):
            return x, {"twice": 2 * x}

    operation = Pair()
    operation(KerasTensor((2,)))
    assert [type(one) for one in operation.output] == [KerasTensor, KerasTensor]
