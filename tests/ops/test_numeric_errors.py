"""What the numeric and the arranging ops say about mistakes, and their gradients at hard points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cornu import KerasTensor, ops

FLOATS = np.ones((2, 3), "float32")
INTEGERS = np.ones((2, 3), "int32")

MISTAKES = [
    ("array_split", (FLOATS, [1, 2]), TypeError, "number of parts"),
    ("array_split", (FLOATS, 0), ValueError, "at least one part"),
    ("bartlett", (KerasTensor((), "int32"),), TypeError, "symbolic"),
    ("bartlett", (-2,), ValueError, "negative length"),
    ("bitwise_and", (FLOATS, FLOATS), TypeError, "float32"),
    ("bitwise_invert", (FLOATS,), TypeError, "float32"),
    ("bitwise_left_shift", (INTEGERS, FLOATS), TypeError, "float32"),
    ("diag", (np.ones((2, 2, 2)),), ValueError, r"\(2, 2, 2\)"),
    ("diagonal", (np.ones(3),), ValueError, r"\(3,\)"),
    ("diagonal", (FLOATS, 0, 1, -1), ValueError, "axis1=1, axis2=-1"),
    ("digitize", (FLOATS, FLOATS), ValueError, r"bins.*\(2, 3\)"),
    ("dsplit", (FLOATS, 3), ValueError, r"at least 3 axes.*\(2, 3\)"),
    ("fliplr", (np.ones(3),), ValueError, r"at least 2 axes.*\(3,\)"),
    ("flipud", (1.0,), ValueError, r"at least 1 axes"),
    ("gcd", (FLOATS, INTEGERS), ValueError, "float32"),
    ("hsplit", (1.0, 2), ValueError, "at least 1 axes"),
    ("isneginf", (np.ones(2, "complex64"),), ValueError, "complex"),
    ("kaiser", (4, KerasTensor(())), TypeError, "symbolic"),
    ("lcm", (FLOATS, 2), ValueError, "float32"),
    ("ldexp", (FLOATS, FLOATS), TypeError, "x2"),
    ("left_shift", (FLOATS, 1), TypeError, "float32"),
    ("meshgrid", (FLOATS,), ValueError, "indexing.*'zz'"),
    ("rot90", (np.ones(3),), ValueError, r"\(3,\)"),
    ("rot90", (FLOATS, 1, (0, -2)), ValueError, r"\(0, -2\)"),
    ("rot90", (FLOATS, 1, (0, 1, 0)), ValueError, r"\(0, 1, 0\)"),
    ("saturate_cast", (np.ones(2, "complex64"), "float32"), ValueError, "complex64"),
    ("select", (INTEGERS, [FLOATS]), ValueError, "ndarray"),
    ("select", ([INTEGERS], [FLOATS, FLOATS]), ValueError, "1 conditions and 2 choices"),
    ("select", ([], []), ValueError, "at least 1"),
    ("unravel_index", ([1, 12], (3, 4)), ValueError, r"from 1 to 12.*\(3, 4\)"),
    ("unravel_index", (-13, (3, 4)), ValueError, "out of range"),
    ("vander", (FLOATS,), ValueError, r"\(2, 3\)"),
    ("vectorize", (3,), ValueError, "pyfunc"),
    ("view", (np.ones((2, 3), "int8"), "int32"), ValueError, r"\(2, 3\)"),
    ("view", (FLOATS, "int64"), ValueError, "64 bits"),
    ("vsplit", (FLOATS, 5), ValueError, "equal"),
]
KEYWORDS = {"meshgrid": {"indexing": "zz"}}


@pytest.mark.parametrize(
    ("name", "arguments", "error", "says"),
    MISTAKES,
    ids=[f"{place}-{mistake[0]}" for place, mistake in enumerate(MISTAKES)],
)
def test_mistake_is_explained(name, arguments, error, says):
    with pytest.raises(error, match=says) as caught:
        getattr(ops, name)(*arguments, **KEYWORDS.get(name, {}))
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("name", ["bitwise_or", "gcd", "ldexp", "right_shift"])
def test_wrong_dtype_is_refused_in_a_graph_too(name):
    with pytest.raises((TypeError, ValueError), match="float32"):
        getattr(ops, name)(KerasTensor((2, 3)), KerasTensor((2, 3)))


# Op, arguments, and the gradient by each: conventions where there is none.
HARD_POINTS = [
    ("angle", (0.0,), (0.0,)),
    ("angle", (0j,), (0.0,)),
    ("arctan2", (0.0, 0.0), (0.0, 0.0)),
    ("arctan2", (0.0, -1.0), (-1.0, 0.0)),
    ("divide_no_nan", (3.0, 0.0), (0.0, 0.0)),
    ("fmax", (1.0, 1.0), (0.0, 1.0)),
    ("fmin", (1.0, np.nan), (1.0, 0.0)),
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("hypot", (3.0, 0.0), (1.0, 0.0)),
    ("hypot", (np.inf, 1.0), (1.0, 0.0)),
    ("hypot", (3e38, 3e38), (0.5**0.5, 0.5**0.5)),
    ("logaddexp", (np.inf, 1.0), (1.0, 0.0)),
    ("logaddexp", (-np.inf, -np.inf), (1.0, 0.0)),
    ("logaddexp", (2.0, 2.0), (0.5, 0.5)),
    ("logaddexp2", (1.0, -np.inf), (1.0, 0.0)),
    ("sinc", (0.0,), (0.0,)),
]


@pytest.mark.parametrize(("name", "arguments", "gradients"), HARD_POINTS)
def test_gradient_at_a_hard_point(name, arguments, gradients):
    function = getattr(ops, name)
    found = jax.grad(function, tuple(range(len(arguments))))(*map(jnp.asarray, arguments))
    np.testing.assert_allclose(np.array(found).real, gradients, rtol=1e-6)


def test_gradient_of_a_power_at_zero():
    slope = jax.jacobian(ops.vander)(jnp.array([0.0, 2.0, 1.0]))
    np.testing.assert_array_equal(slope[0, :, 0], [0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("options", "shapes"),
    [
        ({}, [(None,)]),
        ({"size": 3}, [(3,)]),
        ({"axis": 0}, [(None, 5)]),
        ({"axis": -1, "size": 2}, [(4, 2)]),
        ({"return_index": True, "return_inverse": True}, [(None,), (None,), (4, 5)]),
        ({"axis": 1, "return_inverse": True, "return_counts": True}, [(4, None), (5,), (None,)]),
    ],
    ids=repr,
)
def test_how_many_different_elements_there_are_is_unknown(options, shapes):
    found = ops.unique(KerasTensor((4, 5), "int8"), **options)
    found = found if isinstance(found, tuple) else (found,)
    assert [tensor.shape for tensor in found] == shapes
    assert [tensor.dtype for tensor in found] == ["int8"] + ["int32"] * (len(shapes) - 1)


def test_index_out_of_range_of_a_tensor_is_moved_to_the_nearest_end():
    row, column = ops.unravel_index(jnp.array([-1, 5, 100]), (3, 4))
    np.testing.assert_array_equal(row, [2, 1, 2])
    np.testing.assert_array_equal(column, [3, 1, 3])


def test_vectorize():
    both = ops.vectorize(lambda a, b: ops.where(a > b, a - b, a + b))
    np.testing.assert_array_equal(both(np.arange(4), 2), [2, 3, 4, 1])
    rows = ops.vectorize(ops.sum, signature="(n)->()")
    np.testing.assert_array_equal(rows(FLOATS), [3.0, 3.0])
    power = ops.vectorize(lambda x, n: x**n, excluded={1})
    np.testing.assert_array_equal(power(np.arange(3.0), 2), [0.0, 1.0, 4.0])


def test_meshgrid_of_nothing():
    assert ops.meshgrid() == []


def test_python_numbers_are_weak_in_select():
    chosen = ops.select([np.array([True, False])], [np.array([1, 2], "int8")], default=5)
    assert chosen.dtype == "int8"
    chosen = ops.select([np.array([True, False])], [np.array([1, 2], "int8")], default=2.5)
    assert (chosen.dtype, chosen.tolist()) == ("float32", [1.0, 2.5])


@pytest.mark.parametrize("name", ["floor_divide", "mod", "fmod"])
def test_eager_division_of_integers_by_0_warns(name):
    op = getattr(ops, name)
    with pytest.warns(RuntimeWarning, match=f"`{name}` divides integers by 0"):
        op(INTEGERS, np.array([1, 0, 2], "int32"))
    with pytest.warns(RuntimeWarning, match="by 0"):
        op(jnp.ones((2,), "int32"), 0)
    op(FLOATS, 0.0)
    op(INTEGERS, 2)
    jax.jit(op)(INTEGERS, 0 * INTEGERS)


OUT_OF_RANGE = {
    "take": lambda: ops.take(FLOATS, [0, 3], axis=1),
    "take_flat": lambda: ops.take(FLOATS, np.array([-7])),
    "take_along_axis": lambda: ops.take_along_axis(FLOATS, np.array([[2, 0, 0]]), axis=0),
    "take_symbolic": lambda: ops.take(KerasTensor((2, 3)), 2, axis=0),
    "scatter": lambda: ops.scatter(np.array([[3]]), np.ones(1), (3,)),
    "scatter_update": lambda: ops.scatter_update(FLOATS, np.array([[0, 0], [1, 3]]), np.ones(2)),
    "get_item": lambda: ops.get_item(FLOATS, (0, 3)),
    "operator": lambda: KerasTensor((2, 3))[2],
}


@pytest.mark.parametrize("case", OUT_OF_RANGE)
def test_an_index_from_the_host_that_is_out_of_range_is_an_error(case):
    with pytest.raises(ValueError, match="out of range"):
        OUT_OF_RANGE[case]()


def test_one_hot_of_classes_that_are_not_there_warns():
    with pytest.warns(UserWarning, match="from 0 to 5, for 3 classes"):
        assert float(ops.sum(ops.one_hot([0, 5], 3))) == 1
    ops.one_hot([0, 2, -1], 3)
