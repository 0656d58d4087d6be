"""One table of all ops, and one runner: value, compiled, symbolic, gradient."""

import importlib
import os
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.test_util import check_grads
from ops.rows import SIZES, joined, widened

from cornu import KerasTensor, ops

ROWS = [
    row
    for file in sorted(Path(__file__).parent.glob("*_rows.py"))
    for row in importlib.import_module(f"ops.{file.stem}").ROWS
]
# Ops that tell Python something about a tensor, tested one by one in `test_calls.py`;
# and those that take functions, tested in `test_control.py` and `test_numeric_errors.py`.
ON_THE_HOST = {
    "associative_scan",
    "cond",
    "convert_to_numpy",
    "custom_gradient",
    "dtype",
    "fori_loop",
    "grad",
    "is_tensor",
    "map",
    "ndim",
    "scan",
    "shape",
    "size",
    "switch",
    "vectorize",
    "vectorized_map",
    "while_loop",
}


# What hardly depends on values and settings is checked with the first rows of each op alone, unless
# this asks for all: CI has only so much time.
EVERY_ROW = bool(os.environ.get("CORNU_EVERY_ROW"))
NAMES = {row.name for row in ROWS}
PLACES = {}  # of each row among the rows of its op
for _name in NAMES:
    PLACES |= {id(row): i for i, row in enumerate(row for row in ROWS if row.name == _name)}


# Ops whose derivatives have rules of ours: CI differentiates them twice.
OWN_DERIVATIVES = {"conv", "conv_transpose", "max_pool", "segment_prod"}
OWN_FIRST_DERIVATIVES = {"amax", "amin", "max", "min", "norm", "segment_max", "segment_min", "std"}


def rows(wanted, first=None):
    """A test's parameter: the rows that `wanted` holds for, of the `first` of each op if given."""
    chosen = [
        (index, row)
        for index, row in enumerate(ROWS)
        if (first is None or EVERY_ROW or PLACES[id(row)] < first) and wanted(row)
    ]
    return pytest.mark.parametrize(
        "row", [row for _, row in chosen], ids=[f"{row.name}-{index}" for index, row in chosen]
    )


def named(name):
    """The op called `name`, which may be in `ops.image` alone."""
    return getattr(ops, name, None) or getattr(ops.image, name)


def run(row, tensors):
    """The op of a row on `tensors`, as a list of results."""
    return jax.tree.leaves(row.call(named(row.name), tensors))


def on_device(tensors):
    return [jax.numpy.asarray(tensor) for tensor in tensors]


def assert_close(got, want, row):
    """Fail unless a result is as near to the oracle's as its dtype allows."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want)
        return
    want = want.astype("complex128" if got.dtype.kind == "c" else "float64")
    if row.terms is None:
        finite = np.isfinite(want)
        np.testing.assert_array_equal(got[~finite], want[~finite])
        got, want = got[finite], want[finite]
        off = np.abs(got - want) / np.spacing(np.abs(want).astype(got.real.dtype))
        assert np.max(off, initial=0) <= row.ulps, f"off by {off.max()} units in the last place"
        return
    tolerance = 1e-6 * np.sqrt(row.terms)
    largest = np.max(np.abs(want), initial=0.0, where=np.isfinite(want))
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * largest)


def test_every_op_has_a_row():
    names = {*ops.__all__, *ops.image.__all__}
    missing = names - ON_THE_HOST - {row.name for row in ROWS}
    assert not missing, f"no rows: {sorted(missing)}"
    gone = ({row.name for row in ROWS} | ON_THE_HOST) - names
    assert not gone, f"rows of no op: {sorted(gone)}"


@rows(lambda row: True, first=4)
def test_value_is_the_oracles(row):
    results, expected = run(row, on_device(row.tensors())), jax.tree.leaves(row.expected())
    assert len(results) == len(expected)
    for got, want in zip(results, expected, strict=True):
        assert ops.is_tensor(got)
        assert_close(got, want, row)


@rows(lambda row: row.places, first=1)
def test_arrays_of_numpy_give_the_same(row):
    for got, want in zip(run(row, row.tensors()), run(row, on_device(row.tensors())), strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


@rows(lambda row: row.places and row.compiled, first=1)
def test_compiled_gives_the_same(row):
    compiled = jax.jit(lambda *tensors: run(row, tensors))
    tensors = on_device(row.tensors())
    for got, want in zip(compiled(*tensors), run(row, tensors), strict=True):
        assert got.dtype == want.dtype
        assert_close(got, want, row)


def specs(row, shapes):
    """Shapes and dtypes of what a row's op returns for symbolic tensors."""
    tensors = [
        KerasTensor(shape, str(tensor.dtype))
        for shape, tensor in zip(shapes, row.tensors(), strict=True)
    ]
    results = run(row, tensors)
    assert all(isinstance(result, KerasTensor) for result in results)
    return [(result.shape, result.dtype) for result in results]


@rows(lambda row: row.places and row.compiled, first=1)
def test_symbolic_is_eager(row):
    want = [(x.shape, str(x.dtype)) for x in run(row, on_device(row.tensors()))]
    assert specs(row, [tensor.shape for tensor in row.tensors()]) == want


@rows(lambda row: row.compiled and row.batch_shapes(), first=1)
def test_symbolic_with_an_unknown_batch_is_eager_at_every_batch_size(row):
    small, large = (jax.eval_shape(partial(run, row), row.tensors(size)) for size in SIZES)
    want = [(joined(a.shape, b.shape), str(a.dtype)) for a, b in zip(small, large, strict=True)]
    assert specs(row, row.batch_shapes()) == want


def floats(arrays):
    return [array for array in arrays if np.issubdtype(array.dtype, np.inexact)]


def is_differentiated(row):
    """Whether CI compares the gradient: for every third op of those whose rules are JAX's own."""
    if not row.gradient or not floats(row.tensors()):
        return False
    own = OWN_DERIVATIVES | OWN_FIRST_DERIVATIVES
    return EVERY_ROW or row.name in own or sorted(NAMES).index(row.name) % 3 == 0


@rows(is_differentiated, first=1)
def test_gradient_is_that_of_finite_differences(row):
    with jax.enable_x64(True):
        tensors = on_device(map(widened, row.tensors()))

        @jax.jit
        def function(*parameters):
            found = iter(parameters)
            filled = [next(found) if floats([tensor]) else tensor for tensor in tensors]
            return [x for x in run(row, filled) if floats([x])]

        # Finite differences themselves are good to about 1e-6 where the function bends.
        order = row.order if EVERY_ROW or row.name in OWN_DERIVATIVES else 1
        check_grads(function, floats(tensors), order=order, atol=1e-5, rtol=1e-5)


@rows(lambda row: row.places and row.compiled, first=1)
def test_kernels_promote_nothing(row):
    with jax.numpy_dtype_promotion("strict"):
        jax.eval_shape(partial(run, row), row.tensors())
