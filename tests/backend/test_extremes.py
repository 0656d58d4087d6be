"""Gradients of the largest and smallest elements, also where XLA computes these anew."""

import jax
import numpy as np
import pytest
from jax import numpy as jnp
from jax.test_util import check_grads

from cornu import ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4, 4, 4)).astype("float32")
KERNEL = RNG.normal(size=(2, 2, 4, 4)).astype("float32") * 0.3
WEIGHTS = RNG.normal(size=(4,)).astype("float32")


def loss(kernel, pool):
    """Of images that are convolved, normalized and pooled: XLA fuses all but the first."""
    x = jax.lax.conv_general_dilated(
        X, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    centered = x - x.mean((1, 2), keepdims=True)
    x = centered / jnp.sqrt((centered**2).mean((1, 2), keepdims=True) + 1e-3)
    return ((pool(x) @ WEIGHTS) ** 2).mean()


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: ops.max(x, axis=(1, 2)),
        lambda x: ops.amin(x, axis=(1, 2)),
        lambda x: ops.max(x, axis=(1, 2), initial=-100.0),
        lambda x: jax.vmap(lambda y: ops.max(y, axis=(0, 1)))(x),
    ],
)
def test_compiled_gradients_are_the_eager_ones(pool):
    function = jax.grad(lambda kernel: loss(kernel, pool))
    np.testing.assert_allclose(
        np.asarray(jax.jit(function)(KERNEL)), np.asarray(function(KERNEL)), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axis", [None, 1, -1, (0, 2), (-1, 0), ()])
def test_gradients_of_ties(axis, keepdims, largest):
    x = RNG.integers(0, 3, (3, 4, 2)).astype("float32")
    reduce, numpy = (ops.max, np.max) if largest else (ops.min, np.min)
    found = jax.grad(lambda x: ops.sum(reduce(x, axis=axis, keepdims=keepdims)))(jnp.asarray(x))
    equal = x == numpy(x, axis=axis, keepdims=True)
    np.testing.assert_allclose(
        np.asarray(found), equal / equal.sum(axis=axis, keepdims=True), rtol=1e-6
    )
    value = np.asarray(reduce(x, axis=axis, keepdims=keepdims))
    np.testing.assert_array_equal(value, numpy(x, axis=axis, keepdims=keepdims))


def test_an_initial_value_that_wins_takes_the_gradient():
    x = jnp.asarray([[1.0, 2.0], [5.0, 4.0]])
    found = jax.grad(lambda x: ops.sum(ops.max(x, axis=1, initial=3.0)))(x)
    assert found.tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert ops.max(jnp.zeros((0, 2)), axis=0, initial=3.0).tolist() == [3.0, 3.0]


def test_nan_is_the_largest_and_the_smallest():
    x = jnp.asarray([1.0, float("nan"), 2.0])
    assert np.isnan(ops.max(x))
    assert np.isnan(ops.min(x, initial=0.0))


def test_forward_and_second_order():
    x = jnp.asarray(RNG.normal(size=(3, 4)).astype("float32"))
    check_grads(lambda x: ops.max(x**3, axis=1), (x,), order=2, atol=1e-2, rtol=1e-2)
    one = jax.vmap(lambda y: ops.max(y**3))
    check_grads(one, (x,), order=2, atol=1e-2, rtol=1e-2)
    twice = jax.vmap(jax.vmap(jax.hessian(lambda y: ops.max(y**3))))(x.reshape(3, 2, 2))
    for values, found in zip(x.reshape(6, 2), twice.reshape(6, 2, 2), strict=True):
        place = int(np.argmax(values))
        want = np.zeros((2, 2))
        want[place, place] = 6 * values[place]
        np.testing.assert_allclose(np.asarray(found), want, rtol=1e-5)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("shape", [(9,), (9, 2)])
def test_gradients_of_ties_by_segment(shape, largest):
    x = RNG.integers(0, 3, shape).astype("float32")
    ids = np.array([2, 0, 0, 2, 0, 4, -1, 2, 4])
    reduce, numpy = (ops.segment_max, np.max) if largest else (ops.segment_min, np.min)
    weights = np.arange(1.0, 6.0, dtype="float32").reshape((5,) + (1,) * (len(shape) - 1))

    def total(x):
        found = reduce(x, ids, num_segments=5)
        return ops.sum(ops.where(ops.isfinite(found), found, 0.0) * weights)

    expected = np.zeros_like(x)
    for segment in (0, 2, 4):
        rows = x[ids == segment]
        equal = rows == numpy(rows, axis=0)
        expected[ids == segment] = equal / equal.sum(axis=0) * weights[segment]
    np.testing.assert_allclose(jax.jit(jax.grad(total))(jnp.asarray(x)), expected, rtol=1e-6)
    if shape == (9, 2):
        with jax.enable_x64(True):
            check_grads(jax.jit(total), (RNG.normal(size=shape),), order=1)


@pytest.mark.parametrize("reduce", [ops.segment_max, ops.segment_min])
def test_a_segment_without_its_extreme_gives_the_gradient_to_one(reduce):
    # NaN equals nothing, like an element that was computed anew and rounded otherwise.
    x = jnp.asarray([[1.0, 5.0], [np.nan, 4.0], [2.0, 5.0], [7.0, 8.0]])
    found = jax.grad(lambda x: ops.sum(reduce(x, [1, 1, 1, 0])))(x)
    shared = [0.5, 0, 0.5] if reduce is ops.segment_max else [0, 1, 0]
    np.testing.assert_array_equal(found[:3, 0], [0, 1, 0])
    np.testing.assert_array_equal(found[:3, 1], shared)
    np.testing.assert_array_equal(found[3], [1, 1])
