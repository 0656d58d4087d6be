"""Convolution and pooling of the JAX engine: the same numbers as XLA's own, however transformed."""

import itertools
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.test_util import check_grads
from native.comparison import portable

from cornu import ops

# (rank, window, strides, dilation, groups, padding)
GEOMETRIES = [
    geometry
    for geometry in itertools.product(
        (1, 2), (1, 2, 3), (1, 2, 3), (1, 2), (1, 2, 4), ("valid", "same")
    )
    if geometry[2] == 1 or geometry[3] == 1
][::5]
SOME = [(1, 3, 2, 1, 1, "same"), (2, 2, 1, 2, 2, "valid")]
if os.environ.get("CORNU_EVERY_ROW"):
    SOME.append((2, 3, 1, 1, 4, "same"))


def values(*shape):
    return jnp.asarray(np.random.default_rng(sum(shape)).normal(size=shape), "float32")


def case(geometry):
    """Inputs, kernel, our convolution and XLA's."""
    rank, window, strides, dilation, groups, padding = geometry
    x = values(2, *(9, 8)[:rank], 4)
    kernel = values(*(window,) * rank, 4 // groups, 8)
    axes = ("NHC", "HIO", "NHC") if rank == 1 else ("NHWC", "HWIO", "NHWC")

    def ours(x, kernel):
        return ops.conv(x, kernel, strides, padding, dilation_rate=dilation)

    def xla(x, kernel):
        return lax.conv_general_dilated(
            x, kernel, (strides,) * rank, padding.upper(), rhs_dilation=(dilation,) * rank,
            dimension_numbers=axes, feature_group_count=groups,
        )  # fmt: skip

    return x, kernel, ours, xla


def with_gradients(function, upstream):
    """The values of a function and both its gradients."""

    def both(x, kernel):
        out, pull = jax.vjp(function, x, kernel)
        return (out, *pull(upstream))

    return both


def assert_close(got, want):
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * float(jnp.abs(b).max()))


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolution_and_gradients_are_those_of_xla(geometry):
    x, kernel, ours, xla = case(geometry)
    upstream = values(*xla(x, kernel).shape)
    want = jax.jit(with_gradients(xla, upstream))(x, kernel)
    assert_close(jax.jit(with_gradients(ours, upstream))(x, kernel), want)
    assert_close((ours(x, kernel),), want[:1])


@pytest.mark.parametrize("geometry", SOME, ids=str)
def test_convolution_has_all_derivatives_to_second_order(geometry):
    with jax.enable_x64(True):
        x, kernel, ours, _ = case(geometry)
        arguments = (x.astype("float64"), kernel.astype("float64"))
        check_grads(jax.jit(ours), arguments, order=2, modes=["fwd", "rev"], rtol=1e-5)


@pytest.mark.parametrize("geometry", SOME, ids=str)
@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0), (2, 1)], ids=str)
def test_mapped_convolution_is_that_of_each(geometry, axes):
    x, kernel, ours, xla = case(geometry)
    upstream = values(*xla(x, kernel).shape)
    stacked = [
        each if axis is None else jnp.stack([each, each * 2, each - 1], axis)
        for each, axis in zip((x, kernel), axes, strict=True)
    ]
    want = jax.vmap(with_gradients(xla, upstream), axes)(*stacked)
    assert_close(jax.vmap(with_gradients(ours, upstream), axes)(*stacked), want)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_convolution_keeps_its_dtype(dtype):
    with jax.enable_x64(dtype == "float64"):
        x, kernel, ours, xla = case((2, 3, 1, 1, 1, "same"))
        x, kernel = x.astype(dtype), kernel.astype(dtype)
        upstream = values(*xla(x, kernel).shape).astype(dtype)
        got = jax.jit(with_gradients(ours, upstream))(x, kernel)
        want = with_gradients(xla, upstream)(x, kernel)
        loose = {"float16": 2e-2, "bfloat16": 1e-1, "float64": 1e-12}[dtype]
        for a, b in zip(got, want, strict=True):
            assert a.dtype == dtype
            a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
            np.testing.assert_allclose(a, b, rtol=loose, atol=loose * np.abs(b).max())


def test_no_convolution_is_left_in_an_order_that_is_slow_in_loops():
    x, kernel = values(2, 8, 8, 16), values(3, 3, 16, 4)
    step = jax.grad(lambda x, kernel: jnp.sum(ops.conv(x, kernel, 2, "same") ** 2), (0, 1))
    with portable():
        text = jax.jit(step).lower(x, kernel).as_text()
    orders = {line.split("dim_numbers = ")[1].split(",  ")[0].split(", window")[0]
              for line in text.splitlines() if "stablehlo.convolution" in line}  # fmt: skip
    assert orders == {"[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]"}
    assert "select_and_scatter" not in jax.jit(
        jax.grad(lambda x: jnp.sum(ops.max_pool(x, 2)))
    ).lower(x).as_text()  # fmt: skip


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "strides"), [(2, 2), (3, 2), (2, 1), (12, 3)])
def test_the_first_of_equal_maxima_takes_the_gradient(pool, strides, padding):
    x = jnp.asarray(np.random.default_rng(0).integers(0, 3, (2, 13, 14, 3)), "float32")

    def xla(x):
        return lax.reduce_window(
            x, -jnp.inf, lax.max, (1, pool, pool, 1), (1, strides, strides, 1), padding.upper()
        )

    upstream = values(*xla(x).shape)
    got = jax.vjp(lambda x: ops.max_pool(x, pool, strides, padding), x)
    want = jax.vjp(xla, x)
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_allclose(got[1](upstream)[0], want[1](upstream)[0], rtol=1e-5, atol=1e-5)


def test_windows_side_by_side():
    x = values(4, 7, 6, 3)

    def with_gradient(x):
        out, pull = jax.vjp(lambda x: ops.max_pool(x, (3, 2)), x)
        return out, pull(jnp.cos(jnp.arange(out.size, dtype=out.dtype)).reshape(out.shape))[0]

    out, gradient = with_gradient(x)
    assert (np.asarray(gradient)[:, 6:] == 0).all()  # rows of no window
    one = jax.vmap(lambda x: jax.grad(lambda x: jnp.sum(ops.max_pool(x, (3, 2)) ** 2))(x[None]))
    np.testing.assert_allclose(
        one(x)[:, 0], jax.grad(lambda x: jnp.sum(ops.max_pool(x, (3, 2)) ** 2))(x), rtol=1e-6
    )
    small = jnp.asarray(x[:1, :3, :2, :2])
    curved = jax.hessian(lambda x: jnp.sum(ops.max_pool(x, (3, 2)) ** 2))(small)
    np.testing.assert_array_equal(np.asarray(curved).sum(), 2 * 2)  # of one element a channel
    lost = np.array(x)
    lost[0, 1, 1, 0] = np.nan
    out = np.asarray(ops.max_pool(lost, (3, 2)))
    assert np.isnan(out[0, 0, 0, 0]) and np.isnan(out).sum() == 1


def test_empty_batches_and_missing_windows():
    assert ops.conv(values(0, 5, 5, 2), values(3, 3, 2, 4)).shape == (0, 3, 3, 4)
    assert ops.conv(values(1, 2, 5, 2), values(3, 3, 2, 4)).shape == (1, 0, 3, 4)
    assert ops.max_pool(values(1, 2, 5, 2), 3).shape == (1, 0, 1, 2)
