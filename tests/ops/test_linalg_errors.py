"""Mistakes in calls of statistics, products and linear algebra, and gradients at hard points."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import KerasTensor, ops


def ones(*shape):
    return np.ones(shape, "float32")


SQUARE = r"square.*\(2, 3\)"
RANK = r"matrix.*\(3,\)"
NEED_SQUARE = ("cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv")
NEED_MATRIX = (*NEED_SQUARE, "lu_factor", "matrix_rank", "pinv", "qr", "svd")
MISTAKES = [
    *[(name, (ones(2, 3),), ValueError, SQUARE) for name in (*NEED_SQUARE, "slogdet", "logdet")],
    *[(name, (KerasTensor((2, 3)),), ValueError, SQUARE) for name in NEED_SQUARE],
    *[(name, (ones(3),), ValueError, RANK) for name in (*NEED_MATRIX, "slogdet", "logdet")],
    ("cholesky", (-np.eye(2),), ValueError, "not positive definite"),
    ("cholesky", (np.full((2, 2), np.nan),), ValueError, "not positive definite"),
    ("qr", (ones(2, 2), "raw"), ValueError, "reduced.*'raw'"),
    ("matrix_power", (ones(2, 3), 2), ValueError, SQUARE),
    ("matrix_power", (ones(2, 2), 0.5), TypeError, "`n`.*float"),
    *[mistake for name in ("solve", "solve_triangular") for mistake in (
        (name, (ones(2, 3), ones(3)), ValueError, SQUARE),
        (name, (ones(3, 3), ones(2, 2)), ValueError, r"\(3, 3\).*\(2, 2\)"),
        (name, (ones(3, 3), 1.0), ValueError, r"scalar.*\(3, 3\)"),
        (name, (ones(4, 3, 3), ones(2, 3, 1)), ValueError, r"batches.*\(4, 3, 3\).*\(2, 3, 1\)"),
    )],
    ("lstsq", (ones(3, 3), ones(2)), ValueError, r"\(3, 3\).*\(2,\)"),
    ("lstsq", (ones(2, 3, 3), ones(2, 3)), ValueError, r"`a`.*\(2, 3, 3\)"),
    ("norm", (ones(2, 2), "foo"), ValueError, "fro.*'foo'"),
    ("norm", (ones(2, 2), 3), ValueError, "matrix.*3"),
    ("norm", (ones(3), "nuc"), ValueError, "vector.*'nuc'"),
    ("norm", (ones(2, 2, 2), 2), ValueError, r"one axis.*\(2, 2, 2\)"),
    ("norm", (ones(2, 2), None, (0, 0)), ValueError, "twice"),
    ("norm", (ones(2, 2), None, 2), ValueError, "axis 2"),
    ("cdist", (ones(2, 2), ones(3, 3)), ValueError, r"\(2, 2\).*\(3, 3\)"),
    ("cdist", (ones(2), ones(2)), ValueError, "two axes"),
    ("jvp", (ops.sin, ones(2), ones(2)), TypeError, "`primals`.*ndarray"),
    ("jvp", (ops.sin, (ones(2),), (ones(3),)), ValueError, r"\(2,\).*\(3,\)"),
    ("matmul", (ones(2, 3), ones(2, 3)), ValueError, r"x1.*\(2, 3\).*x2.*\(2, 3\)"),
    ("matmul", (ones(2, 3), 2.0), ValueError, r"scalar.*\(2, 3\)"),
    ("dot", (ones(2, 3), ones(2, 3)), ValueError, r"x1.*\(2, 3\).*x2.*\(2, 3\)"),
    ("inner", (ones(2, 3), ones(4, 2)), ValueError, r"x1.*\(2, 3\).*x2.*\(4, 2\)"),
    ("vdot", (ones(3), ones(2)), ValueError, r"x1.*\(3,\).*x2.*\(2,\)"),
    ("tensordot", (ones(2, 3), ones(2, 3), 1), ValueError, r"x1.*\(2, 3\).*x2.*\(2, 3\)"),
    ("cross", (ones(4), ones(4)), ValueError, r"2 or 3.*\(4,\)"),
    ("cross", (ones(4, 3), ones(5, 3)), ValueError, r"\(4, 3\).*\(5, 3\)"),
    ("trace", (ones(3),), ValueError, r"two axes.*\(3,\)"),
    ("trace", (ones(2, 2), 0, 1, -1), ValueError, "differ"),
    ("einsum", ("ij,jk", ones(2, 3), ones(2, 3)), ValueError, "j"),
    ("einsum", (ones(2, 3), [0, 1]), TypeError, "`subscripts`.*ndarray"),
    ("average", (ones(2, 3), None, ones(3)), ValueError, r"\(2, 3\).*\(3,\)"),
    ("average", (ones(2, 3), 0, ones(3)), ValueError, r"\(2, 3\).*\(3,\)"),
    ("average", (ones(2, 3), (1, -1), ones(3)), ValueError, "twice"),
    ("bincount", (ones(3),), TypeError, "float32"),
    ("bincount", (np.array([1, -1]),), ValueError, "negative"),
    ("bincount", (np.zeros((2, 2, 2), "int32"),), ValueError, r"\(2, 2, 2\)"),
    ("bincount", (np.array([1, 2]), ones(3)), ValueError, r"\(2,\).*\(3,\)"),
    ("bincount", (np.array([1, 2]), None, 0, True), ValueError, "sparse"),
    ("corrcoef", (ones(2, 2, 2),), ValueError, r"\(2, 2, 2\)"),
    ("cov", (ones(2, 2, 2),), ValueError, r"\(2, 2, 2\)"),
    ("cov", (ones(2, 3), ones(2, 4)), ValueError, r"\(2, 3\).*\(2, 4\)"),
    ("cov", (ones(2, 3), None, True, False, None, ones(2)), ValueError, r"fweights.*\(2,\)"),
    ("correlate", (ones(3), ones(2), "some"), ValueError, "valid.*'some'"),
    ("correlate", (ones(2, 2), ones(2)), ValueError, r"\(2, 2\).*\(2,\)"),
    ("correlate", (ones(0), ones(2)), ValueError, r"\(0,\)"),
    ("diff", (ones(3), -1), ValueError, "n=-1"),
    ("diff", (1.0,), ValueError, "one axis"),
    ("histogram", (ones(3), 2.5), TypeError, "float"),
    ("histogram", (ones(3), 0), ValueError, "bins=0"),
    ("histogram", (ones(3), 2, (3, 1)), ValueError, r"\(3, 1\)"),
    ("histogram", (ones(3), 2, (1,)), ValueError, "two elements"),
    ("histogram", (ones(2, 2),), ValueError, r"\(2, 2\)"),
    ("quantile", (ones(3), 1.5), ValueError, r"\[0, 1\]"),
    ("quantile", (ones(3), [0.5, np.nan]), ValueError, r"\[0, 1\]"),
    ("percentile", (ones(3), -1), ValueError, r"\[0, 100\]"),
    ("nanquantile", (ones(3), ones(2, 2)), ValueError, r"\(2, 2\)"),
    ("nanpercentile", (ones(3), 50, None, "hazen"), ValueError, "linear.*'hazen'"),
    ("median", (ones(0),), ValueError, r"\(0,\)"),
    ("median", (ones(3).astype("complex64"),), TypeError, "complex64"),
    ("median", (ones(2, 3), (0, 0)), ValueError, "twice"),
    ("argpartition", (ones(3), 5), ValueError, r"kth=5.*\(3,\)"),
    ("trapezoid", (1.0,), ValueError, "axis -1"),
    ("trapezoid", (ones(2, 3), ones(2)), ValueError, r"\(2, 3\).*\(2,\)"),
    ("nancumsum", (ones(2, 3), (0, 1)), ValueError, "one axis"),
]  # fmt: skip


@pytest.mark.parametrize("name, arguments, error, pattern", MISTAKES)
def test_a_mistake_is_an_error_that_names_what_came(name, arguments, error, pattern):
    with pytest.raises(error, match=pattern) as info:
        getattr(ops, name)(*arguments)
    assert len(str(info.value)) < 2000


def test_counting_in_compiled_code_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="one_hot"):
        jax.jit(ops.bincount)(np.array([1, 2]))


def test_the_number_of_bins_is_unknown_to_a_graph():
    x = KerasTensor((3,), "int32")
    assert ops.bincount(x, minlength=4).shape == (None,)
    assert ops.bincount(KerasTensor((None, 3), "int32")).shape == (None, None)
    counted = ops.bincount(x, KerasTensor((3,), "float16"))
    assert (counted.shape, counted.dtype) == ((None,), "float16")


def test_a_factor_that_does_not_exist_is_nan_in_compiled_code():
    assert jnp.isnan(jax.jit(ops.cholesky)(-jnp.eye(2))).any()


def test_operands_of_einsum_stand_side_by_side_in_files():
    x, y = cornu.Input((3,), batch_size=2), cornu.Input((4,), batch_size=3)
    model = cornu.Model([x, y], ops.einsum("ij,jk", x, y))
    saved = json.loads(model.to_json())["config"]["layers"][-1]
    assert saved["config"]["subscripts"] == "ij,jk"
    assert len(saved["inbound_nodes"][0]["args"]) == 2
    again = cornu.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(again([ones(2, 3), ones(3, 4)]), 3 * ones(2, 4))


ZEROS, TWOS = ones(2, 2) * 0, ones(2, 2) * 2
INF, NAN = np.inf, np.nan
HARD = {
    **{f"norm {order}": (lambda x, order=order: ops.norm(x, order, axis=1), ZEROS, ZEROS)
       for order in (None, 0, 0.5, 1, 2, 3, -1, -2, INF, -INF)},
    **{f"norm of a matrix {order}": (lambda x, order=order: ops.norm(x, order), ZEROS, ZEROS)
       for order in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF)},
    "norm of 3, 0": (lambda x: ops.norm(x, 0.5), np.float32([3, 0]), [1, 0]),
    "norm of 3, 0, order -1": (lambda x: ops.norm(x, -1), np.float32([3, 0]), [0, 0]),
    "cdist": (lambda x: ops.cdist(x, x), TWOS, ZEROS),
    "std": (ops.std, TWOS, ZEROS),
    "nanstd": (ops.nanstd, np.float32([2, NAN, 2]), [0, 0, 0]),
    "nanmax": (ops.nanmax, np.float32([2, NAN, 2]), [0.5, 0, 0.5]),
    "nanmean": (ops.nanmean, np.float32([2, NAN, 4]), [0.5, 0, 0.5]),
    "nancumprod": (ops.nancumprod, np.float32([2, NAN]), [2, 0]),
    "nanmedian": (ops.nanmedian, np.float32([2, NAN, 4]), [0.5, 0, 0.5]),
    "logsumexp of -inf": (ops.logsumexp, np.float32([-INF, -INF]), [0.5, 0.5]),
    "logsumexp of -inf and 1": (ops.logsumexp, np.float32([-INF, 1]), [0, 1]),
    "logsumexp of inf": (ops.logsumexp, np.float32([INF, 1]), [1, 0]),
    "quantile": (lambda x: ops.quantile(x, 1.0), np.float32([1, INF]), [0, 1]),
    "det": (ops.det, ZEROS, ZEROS),
    "det of rank 1": (ops.det, np.float32([[1, 2], [2, 4]]), [[4, -2], [-2, 1]]),
    "pinv": (lambda x: ops.sum(ops.pinv(x)), ZEROS, ZEROS),
    "svd": (lambda x: ops.svd(x, compute_uv=False), np.eye(2, dtype="float32"), np.eye(2)),
}  # fmt: skip


@pytest.mark.parametrize("case", HARD)
def test_gradients_at_hard_points_are_finite(case):
    function, x, want = HARD[case]
    got = jax.grad(lambda x: jnp.sum(function(x)))(jnp.asarray(x))
    np.testing.assert_allclose(got, want, atol=1e-6)


HALF = {
    "norm": (lambda x: ops.norm(x), np.sqrt(3) * 300),
    "std": (lambda x: ops.std(x * np.array([1, -1, 1], "float16")), np.sqrt(8 / 9) * 300),
    "nanvar": (lambda x: ops.nanvar(x / 100 * np.array([1, np.nan, 3], "float16")), 9.0),
    "average": (lambda x: ops.average(x, weights=x), 300.0),
    "cdist": (lambda x: ops.cdist(x[None], -x[None])[0, 0], np.sqrt(12) * 300),
    "logsumexp": (lambda x: ops.logsumexp(x), 300 + np.log(3)),
    "nansum": (lambda x: ops.nansum(x * np.array([200, -200, 1], "float16")), 300.0),
    "quantile": (lambda x: ops.quantile(x * 200, 0.5), 60000.0),
}


@pytest.mark.parametrize("name", HALF)
def test_half_precision_does_not_overflow_on_the_way(name):
    function, want = HALF[name]
    got = function(jnp.full((3,), 300, "float16"))
    assert got.dtype == "float16"
    np.testing.assert_allclose(got, want, rtol=1e-3)


@pytest.mark.parametrize("name", ["cholesky", "det", "inv", "logdet", "pinv", "matrix_rank"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_decomposed_in_float32(name, dtype):
    x = jnp.asarray([[4, 1], [1, 3]], dtype)
    got = getattr(ops, name)(x)
    assert got.dtype == ("int32" if name == "matrix_rank" else dtype)
    np.testing.assert_allclose(
        got.astype("float32"), getattr(ops, name)(x.astype("float32")), rtol=1e-2
    )
