"""Rows of the ops that make, join, split, turn and look up tensors."""

import numpy as np
from ops.array_rows import cube, distinct, integers, matrix, nothing, pair
from ops.rows import row


def vector(r, n):
    return (r.normal(n),)


def wide(r, n):
    return (r.normal(n, 9),)


def vectors(r, n):
    return ([r.normal(n), r.normal(n)],)


def matrices(r, n):
    return ([r.normal(n, 3), r.normal(n, 3)],)


def cubes(r, n):
    return ([r.normal(n, 3, 2), r.normal(n, 3, 1)],)


def mixed(r, n):
    return ([r.integers(0, 9, n, 3), r.normal(n, 3)],)


def ends(r, n):
    return r.uniform(0.5, 2.0, n), r.uniform(3.0, 9.0, n)


def vectors_of_ends(r, n):
    return (*ends(r, n), 4)


def below_zero(r, n):
    return r.uniform(-2.0, -0.5, n), r.uniform(-9.0, -3.0, n)


def meshgrid(*x, **kwargs):
    return list(np.meshgrid(*x, **kwargs))


def unravel_index(indices, shape):
    return np.unravel_index(indices % np.prod(shape), shape)


def select(condlist, choicelist, default=0):
    return np.select([np.asarray(c, bool) for c in condlist], choicelist, default)


def unique(x, sorted=True, **kwargs):
    return np.unique(x, **kwargs)


MAKE = [
    row("empty", nothing((2, 3)), np.zeros, compiled=False),
    row("empty", nothing(3), np.zeros, {"dtype": "int8"}, compiled=False),
    row("empty_like", matrix, np.zeros_like, gradient=False),
    row("empty_like", integers, np.zeros_like, {"dtype": "float32"}, gradient=False),
    row("tri", nothing(3), np.tri, compiled=False),
    row("tri", nothing(3, 4), np.tri, {"k": 1, "dtype": "int32"}, compiled=False),
    row("tri", nothing(4, 2, -1), np.tri, compiled=False),
    row("diag", vector, np.diag),
    row("diag", vector, np.diag, {"k": -2}),
    row("diag", wide, np.diag),
    row("diag", wide, np.diag, {"k": 1}),
    row("diag", matrix, np.diag, {"k": 9}),
    row("diagflat", lambda r, n: (r.normal(2, 2),), np.diagflat),
    row("diagflat", lambda r, n: (r.normal(2, 2),), np.diagflat, {"k": 1}),
    row("diagonal", wide, np.diagonal),
    row("diagonal", cube, np.diagonal, {"offset": -1, "axis1": 1, "axis2": 2}),
    row("diagonal", cube, np.diagonal, {"offset": 1, "axis1": -1, "axis2": -2}),
    row("vander", lambda r, n: (r.normal(4),), np.vander),
    row("vander", lambda r, n: (np.array([0.0, 2.0, -1.0], "float32"),), np.vander, {"N": 5}),
    row("vander", lambda r, n: (r.normal(n),), np.vander, {"N": 3, "increasing": True}),
    row("vander", lambda r, n: (r.normal(n),), np.vander, {"N": 1}),
    row("vander", lambda r, n: (r.normal(n),), np.vander, {"N": 0}),
    row("vander", lambda r, n: (r.integers(-3, 4, 3),), np.vander, gradient=False),
    row("logspace", nothing(0.0, 3.0, 5), np.logspace, compiled=False),
    row("logspace", nothing(0, 3, 4), np.logspace, {"endpoint": False, "base": 2}, compiled=False),
    row("logspace", nothing(0, 3, 4), np.logspace, {"dtype": "int32"}, compiled=False),
    row("logspace", nothing(2, 3, 0), np.logspace, compiled=False),
    row("logspace", vectors_of_ends, np.logspace, ulps=64),
    row("logspace", vectors_of_ends, np.logspace, {"axis": -1, "endpoint": False}, ulps=64),
    row("geomspace", nothing(1.0, 1000.0, 4), np.geomspace, compiled=False, ulps=16),
    row("geomspace", nothing(2, 32, 4), np.geomspace, {"endpoint": False}, compiled=False),
    row("geomspace", nothing(3, 50, 5), np.geomspace, {"dtype": "int32"}, compiled=False),
    row("geomspace", nothing(5, 256, 1), np.geomspace, compiled=False),
    row("geomspace", vectors_of_ends, np.geomspace, {"axis": -1}),
    row("geomspace", lambda r, n: (*below_zero(r, n), 4), np.geomspace),
    row("geomspace", lambda r, n: (np.array([1.0, 0.0, -1.0], "float32"), 4.0, 3),
        lambda start, stop, num: np.array([[1, np.nan, np.nan], [2, np.nan, np.nan],
                                           [4, np.nan, np.nan]]), gradient=False),
    row("geomspace", lambda r, n: (1e-30, np.array([1e30], "float32"), 3), np.geomspace, ulps=64,
        gradient=False),
    row("meshgrid", lambda r, n: (r.normal(n), r.normal(3)), meshgrid),
    row("meshgrid", lambda r, n: (r.normal(n), r.normal(3)), meshgrid, {"indexing": "ij"}),
    row("meshgrid", lambda r, n: (r.normal(2), r.integers(0, 9, n), r.normal(3)), meshgrid),
    row("meshgrid", lambda r, n: (r.normal(n, 2), r.normal(1)), meshgrid),
    row("meshgrid", vector, meshgrid),
]  # fmt: skip

JOIN = [
    row("append", pair, np.append),
    row("append", pair, np.append, {"axis": 1}),
    row("append", lambda r, n: (r.integers(0, 9, n), 0.5), np.append),
    *[
        row(name, sample, getattr(np, name))
        for name in ("hstack", "vstack", "dstack", "column_stack")
        for sample in (vectors, matrices, mixed)
    ],
    row("dstack", cubes, np.dstack),
    row("hstack", lambda r, n: ([r.normal(n, 3, 2), r.normal(n, 1, 2)],), np.hstack),
    row("vstack", lambda r, n: ([r.normal(1, 3), r.normal(3)],), np.vstack),
    row("vstack", matrix, np.vstack),
    row("hstack", nothing([1, 2]), np.hstack, compiled=False),
    row("column_stack", lambda r, n: ([r.normal(n), r.normal(n, 2)],), np.column_stack),
]

SPLIT = [
    row("array_split", cube, np.array_split, {"indices_or_sections": 3, "axis": -1}),
    row("array_split", lambda r, n: (r.normal(8, 2),), np.array_split, {"indices_or_sections": 3}),
    row("array_split", lambda r, n: (r.normal(2, 2),), np.array_split, {"indices_or_sections": 3}),
    row("hsplit", lambda r, n: (r.normal(n, 6),), np.hsplit, {"indices_or_sections": 3}),
    row("hsplit", lambda r, n: (r.normal(n, 6),), np.hsplit, {"indices_or_sections": [1, 4]}),
    row("hsplit", lambda r, n: (r.normal(6),), np.hsplit, {"indices_or_sections": 2}),
    row("vsplit", lambda r, n: (r.normal(4, n),), np.vsplit, {"indices_or_sections": 2}),
    row("vsplit", lambda r, n: (r.normal(4, n),), np.vsplit, {"indices_or_sections": (1, 2)}),
    row("dsplit", cube, np.dsplit, {"indices_or_sections": 2}),
    row("dsplit", cube, np.dsplit, {"indices_or_sections": [3]}),
]

ENDS = [
    row(name, sample, getattr(np, name), kwargs)
    for name in ("amax", "amin")
    for sample, kwargs in (
        (distinct, {}),
        (distinct, {"axis": -1}),
        (distinct, {"axis": (0, 2), "keepdims": True}),
        (integers, {"axis": 0}),
    )
]

TURN = [
    row("fliplr", cube, np.fliplr),
    row("flipud", vector, np.flipud),
    row("flipud", cube, np.flipud),
    *[row("rot90", matrix, np.rot90, {"k": k}) for k in (-1, 0, 1, 2, 3, 6)],
    row("rot90", cube, np.rot90, {"k": 1, "axes": (1, 2)}),
    row("rot90", cube, np.rot90, {"k": 3, "axes": (-1, 0)}),
    row("rot90", integers, np.rot90, gradient=False),
]

FIND = [
    row("select", lambda r, n: ([r.booleans(n, 3)], [r.normal(n, 3)]), select),
    row("select", lambda r, n: ([r.booleans(n, 3), r.booleans(3)],
                                [r.normal(n, 3), r.normal(n, 1)]), select, {"default": 2.5}),
    row("select", lambda r, n: ([r.integers(0, 2, n, 3), r.booleans(n, 3)], [r.integers(0, 9, 3),
                                                                            7]), select),
    row("select", lambda r, n: ([r.booleans(n), r.booleans(n)], [1.5, 2], r.normal(n)), select),
    row("digitize", lambda r, n: (r.normal(n, 3), np.array([-0.5, 0.0, 0.7], "float32")),
        np.digitize, gradient=False),
    row("digitize", lambda r, n: (r.normal(n, 3), np.array([0.7, 0.0, -0.5], "float32")),
        np.digitize, gradient=False),
    row("digitize", lambda r, n: (np.array([-1, 0, 1, 3, 9, 10]), [0, 3, 9]), np.digitize,
        gradient=False),
    row("digitize", lambda r, n: (np.array([-1, 0, 1, 3, 9, 10]), [9, 3, 0]), np.digitize,
        gradient=False),
    row("digitize", lambda r, n: (np.array([np.nan, np.inf, -np.inf], "float32"), [0.0, 1.0]),
        np.digitize, gradient=False),
    row("isin", lambda r, n: (r.integers(0, 9, n, 3), r.integers(0, 9, 4)), np.isin,
        gradient=False),
    row("isin", lambda r, n: (r.integers(0, 9, n, 3), [2, 3]), np.isin, {"invert": True},
        gradient=False),
    row("isin", lambda r, n: (np.arange(n), np.arange(3)), np.isin, {"assume_unique": True},
        gradient=False),
    row("isin", lambda r, n: (np.array([1.0, np.nan, 2.0], "float32"), [2, 5]), np.isin,
        gradient=False),
    row("unravel_index", lambda r, n: (r.integers(0, 24, n, 2), (2, 3, 4)), unravel_index,
        gradient=False),
    row("unravel_index", lambda r, n: (r.integers(-24, 24, n), [6, 4]), unravel_index,
        gradient=False),
    row("unravel_index", lambda r, n: (r.integers(-24, 24, n, dtype="int8"), (40, 50)),
        unravel_index, gradient=False),
    row("unravel_index", nothing(5, (3, 4)), np.unravel_index, compiled=False),
    row("unique", integers, unique, gradient=False, compiled=False),
    row("unique", lambda r, n: (np.array([1.0, np.nan, 2.0, np.nan], "float32"),),
        lambda x: np.array([1, 2, np.nan, np.nan]), gradient=False, compiled=False),
    row("unique", matrix, unique, {"sorted": False}, gradient=False, compiled=False),
    row("unique", integers, unique,
        {"return_index": True, "return_inverse": True, "return_counts": True}, gradient=False,
        compiled=False),
    row("unique", lambda r, n: (r.integers(0, 2, n, 2),), unique,
        {"axis": 0, "return_counts": True}, gradient=False, compiled=False),
    row("unique", lambda r, n: (np.array([3, 1, 3, 2]),),
        lambda x, size, fill_value: np.array([1, 2, 3, 9, 9]), {"size": 5, "fill_value": 9},
        gradient=False),
    row("unique", lambda r, n: (np.array([3, 1, 3, 2]),),
        lambda x, size, return_inverse: (np.array([1, 2]), np.array([2, 0, 2, 1])),
        {"size": 2, "return_inverse": True}, gradient=False, compiled=False),
]  # fmt: skip

ROWS = [*MAKE, *JOIN, *SPLIT, *ENDS, *TURN, *FIND]
