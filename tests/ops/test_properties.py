"""What holds of ops for all shapes, axes and dtypes: examples drawn by hypothesis, the same ones in
each run."""

import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

from cornu import KerasTensor, backend, ops

# CI has only so much time; CORNU_EVERY_ROW draws more.
COUNT = 100 if os.environ.get("CORNU_EVERY_ROW") else 50
drawn = settings(max_examples=COUNT, deadline=None, derandomize=True, database=None)

PAIRED = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "less": np.less,
    "greater_equal": np.greater_equal,
    "not_equal": np.not_equal,
}
REDUCING = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "var": np.var,
    "std": np.std,
    "any": np.any,
    "all": np.all,
    "count_nonzero": np.count_nonzero,
}
INTEGERS = ["uint8", "uint16", "uint32", "int8", "int16", "int32"]
DTYPES = ["bool", *INTEGERS, "float16", "bfloat16", "float32"]


def values(shape, seed=0):
    """Floats of a shape, as NumPy has them."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def assert_close(got, want):
    want = np.asarray(want)
    assert tuple(got.shape) == want.shape
    np.testing.assert_allclose(np.asarray(got), want, rtol=2e-5, atol=2e-5)


def symbolic(*arrays):
    """Tensors without values, of the shapes and dtypes of arrays."""
    return [KerasTensor(x.shape, str(x.dtype)) for x in arrays]


@drawn
@given(
    st.sampled_from(sorted(PAIRED)),
    shapes.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
)
def test_two_shapes_that_fit_give_what_numpy_gives(name, fitting):
    x, y = (values(shape, seed) for seed, shape in enumerate(fitting.input_shapes))
    op = getattr(ops, name)
    got = op(x, y)
    assert_close(got, PAIRED[name](x.astype("float64"), y.astype("float64")))
    assert tuple(got.shape) == fitting.result_shape
    specified = op(*symbolic(x, y))
    assert (specified.shape, specified.dtype) == (got.shape, str(got.dtype))


def _broadcasts(first, second):
    try:
        np.broadcast_shapes(first, second)
    except ValueError:
        return False
    return True


SHAPE = shapes.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4)


@drawn
@given(st.sampled_from(sorted(PAIRED)), SHAPE, SHAPE)
def test_two_shapes_that_do_not_fit_are_an_error_that_has_both(name, first, second):
    if _broadcasts(first, second):
        return
    arrays = np.ones(first, "float32"), np.ones(second, "float32")
    for given_tensors in (arrays, symbolic(*arrays)):
        with pytest.raises((ValueError, TypeError)) as raised:
            getattr(ops, name)(*given_tensors)
        text = str(raised.value)
        assert all(str(size) in text for size in (*first, *second))


@st.composite
def shape_and_axes(draw):
    """A shape, and axes of it: None, an int or a tuple, counted from either end."""
    shape = draw(shapes.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3))
    axes = draw(
        st.one_of(
            st.none(),
            st.integers(-len(shape), len(shape) - 1),
            shapes.valid_tuple_axes(len(shape), min_size=1),
        )
    )
    return shape, axes


@drawn
@given(st.sampled_from(sorted(REDUCING)), shape_and_axes(), st.booleans())
def test_reductions_over_any_axes_give_what_numpy_gives(name, shape_axes, keepdims):
    shape, axes = shape_axes
    x = values(shape)
    x[x < -1] = 0
    op, options = getattr(ops, name), {"axis": axes}
    if name != "count_nonzero":
        options["keepdims"] = keepdims
    got = op(x, **options)
    assert_close(got, REDUCING[name](x.astype("float64"), **options))
    specified = op(*symbolic(x), **options)
    assert (specified.shape, specified.dtype) == (got.shape, str(got.dtype))


@drawn
@given(st.sampled_from(sorted(REDUCING)), SHAPE, st.integers(0, 3), st.booleans())
def test_an_axis_out_of_range_is_an_error(name, shape, beyond, negative):
    axis = -len(shape) - 1 - beyond if negative else len(shape) + beyond
    with pytest.raises(ValueError, match=str(axis)):
        getattr(ops, name)(values(shape), axis=axis)


@drawn
@given(
    st.sampled_from(["add", "multiply", "maximum", "divide", "where", "subtract"]),
    st.sampled_from(DTYPES),
    st.sampled_from(DTYPES),
)
def test_dtypes_of_two_tensors_promote_alike_in_either_order(name, first, second):
    x, y = (ops.ones((2, 3), dtype=dtype) for dtype in (first, second))
    given_tensors = [x, y] if name != "where" else [ops.ones((2, 3), "bool"), x, y]
    turned = [*given_tensors[:-2], y, x]
    op = getattr(ops, name)
    if name == "subtract" and first == second == "bool":
        return
    got = op(*given_tensors)
    assert got.dtype == op(*turned).dtype
    expected = backend.result_type(first, second)
    if name == "divide":
        expected = backend.result_type(first, second, float)
    assert got.dtype == expected
    assert op(*symbolic(*given_tensors)).dtype == expected


@drawn
@given(st.sampled_from(DTYPES), st.one_of(st.integers(-3, 100), st.floats(-3, 3, width=16)))
def test_a_python_number_takes_the_dtype_of_the_tensor_if_it_can(dtype, number):
    x = ops.ones((2,), dtype=dtype)
    got = ops.multiply(x, number)
    assert got.dtype == backend.result_type(dtype, type(number))
    assert ops.multiply(*symbolic(x), number).dtype == got.dtype


# Few shapes where an example is many ops, since each shape is a compilation.
FEW = st.sampled_from([(3,), (1,), (2, 3), (3, 1), (2, 1, 3)])


@drawn
@given(FEW, st.data())
def test_moves_can_be_taken_back(shape, data):
    x = values(shape)
    rank = len(shape)
    order = data.draw(st.permutations(range(rank)))
    axis = data.draw(st.integers(-rank, rank - 1))
    steps = data.draw(st.sampled_from([-5, -1, 1, 2]))
    np.testing.assert_array_equal(ops.transpose(x, order), np.transpose(x, order))
    back = ops.transpose(ops.transpose(x, order), [int(n) for n in np.argsort(order)])
    np.testing.assert_array_equal(back, x)
    np.testing.assert_array_equal(ops.flip(ops.flip(x, axis), axis), x)
    np.testing.assert_array_equal(ops.roll(ops.roll(x, steps, axis), -steps, axis), x)
    np.testing.assert_array_equal(ops.squeeze(ops.expand_dims(x, axis), axis), x)
    np.testing.assert_array_equal(ops.stack(ops.unstack(x, axis=axis), axis=axis), x)
    np.testing.assert_array_equal(
        ops.concatenate(ops.split(x, x.shape[axis], axis=axis), axis=axis), x
    )
    np.testing.assert_array_equal(ops.reshape(ops.reshape(x, (-1,)), shape), x)


@drawn
@given(st.sampled_from([(3,), (2, 3)]), st.data())
def test_padding_surrounds_and_slicing_finds_what_was_there(shape, data):
    x = values(shape)
    pair = st.sampled_from([(0, 0), (1, 0), (0, 3)])
    widths = [data.draw(pair) for _ in shape]
    padded = ops.pad(x, widths, constant_values=7.0)
    assert_close(padded, np.pad(x, widths, constant_values=7.0))
    found = ops.slice(padded, [before for before, _ in widths], shape)
    np.testing.assert_array_equal(found, x)
    written = ops.slice_update(ops.zeros_like(padded), [before for before, _ in widths], x)
    assert float(ops.sum(written != 0)) == np.count_nonzero(x)


@st.composite
def factors(draw):
    """A shape, and another of as many elements with one size left open."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    other = draw(st.permutations(sizes))
    place = draw(st.integers(0, len(other) - 1))
    return tuple(sizes), tuple(-1 if i == place else n for i, n in enumerate(other))


@drawn
@given(factors())
def test_reshape_finds_the_size_left_open(shapes_drawn):
    shape, wanted = shapes_drawn
    x = values(shape)
    got = ops.reshape(x, wanted)
    assert_close(got, x.reshape(wanted))
    assert math.prod(got.shape) == x.size
    assert ops.reshape(*symbolic(x), wanted).shape == got.shape


@drawn
@given(
    st.sampled_from([(), (1,), (3,), (2, 3)]),
    st.sampled_from([1, 4]),
    st.sampled_from([1, 3]),
    st.sampled_from([1, 2]),
)
def test_matrix_products_broadcast_over_leading_axes(batch, rows, inner, columns):
    x, y = values((*batch, rows, inner)), values((inner, columns), 1)
    got = ops.matmul(x, y)
    assert_close(got, x.astype("float64") @ y.astype("float64"))
    assert ops.matmul(*symbolic(x, y)).shape == got.shape
    summed = ops.einsum("...ij,jk->...ik", x, y)
    assert_close(summed, np.asarray(got))
