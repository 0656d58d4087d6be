"""`Function`: part of a graph as an operation."""

import numpy as np
import pytest

import cornu as keras
from cornu import Function, Input, KerasTensor, ops

ONES = np.ones((2, 3), "float32")


def double_sum():
    x, y = Input((3,)), Input((3,))
    return Function([x, y], (x + y) * 2, name="double_sum")


def test_it_computes_what_lies_between():
    function = double_sum()
    np.testing.assert_array_equal(function([ONES, 2 * ONES]), 6 * ONES)
    assert function.compute_output_shape([(5, 3), (5, 3)]) == (5, 3)
    symbolic = function([Input((3,)), Input((3,))])
    assert symbolic.shape == (None, 3)
    assert [op.name for op in function.operations][-2:] == ["add", "multiply"]


def test_it_may_begin_in_the_middle_and_at_tensors_from_nowhere():
    x = KerasTensor((2, 3))
    middle = ops.exp(x)
    function = Function({"m": middle}, {"out": middle + 1})
    np.testing.assert_array_equal(function({"m": ONES})["out"], 2 * ONES)
    assert [op.name for op in function.operations] == ["add"]
    np.testing.assert_allclose(Function(x, middle)(ONES), np.exp(ONES), rtol=1e-6)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda x, y, z: Function([], z), "`inputs` argument cannot be empty"),
        (lambda x, y, z: Function([x], []), "`outputs` argument cannot be empty"),
        (lambda x, y, z: Function([x], z), "Output .* is not connected to `inputs`"),
        (lambda x, y, z: Function([x, 1], z), "KerasTensors. Received: 1"),
        (lambda x, y, z: Function([x, y], z)(ONES), "invalid input structure"),
        (lambda x, y, z: Function([x, y], z)([ONES, ONES[:, :2]]), r"expected shape \(None, 3\)"),
    ],
)
def test_mistakes_are_told(make, message):
    x, y = Input((3,)), Input((3,))
    with pytest.raises(ValueError, match=message):
        make(x, y, x + y)


def test_source_inputs_are_what_a_tensor_is_made_from():
    x, y = Input((3,)), KerasTensor((None, 3))
    found = keras.utils.get_source_inputs((x + y) * x)
    assert len(found) == 2 and found[0] is x and found[1] is y
    assert keras.utils.get_source_inputs(y)[0] is y
