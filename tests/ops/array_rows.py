"""Rows of the ops that make, arrange, pick, sum up and multiply tensors."""

import math

import numpy as np
from ops.rows import row


def matrix(r, n):
    return (r.normal(n, 4),)


def cube(r, n):
    return (r.normal(n, 3, 4),)


def distinct(r, n):
    return (r.distinct(n, 3, 4),)


def integers(r, n):
    return (r.integers(-9, 9, n, 4),)


def booleans(r, n):
    return (r.booleans(n, 4),)


def zeros_and_ones(r, n):
    return (r.integers(0, 2, n, 4),)


def pair(r, n):
    return r.normal(n, 3), r.normal(n, 2)


def nothing(*arguments):
    """A sampler of the given arguments."""
    return lambda r, n: arguments


def tile(x, repeats):
    return np.tile(x, repeats)


MAKE = [
    row("arange", nothing(7), np.arange, compiled=False),
    row("arange", nothing(2, 9, 3), np.arange, compiled=False),
    row("arange", nothing(0.5, 2.0, 0.25), np.arange, compiled=False),
    row("arange", nothing(3), lambda n, dtype: np.arange(n, dtype=dtype), {"dtype": "float32"},
        compiled=False),
    row("eye", nothing(3), np.eye, compiled=False),
    row("eye", nothing(3, 4), np.eye, {"k": 1}, compiled=False),
    row("full", nothing((2, 3), 1.5), np.full, compiled=False),
    row("identity", nothing(3), np.identity, compiled=False),
    row("linspace", nothing(0.0, 3.0, 5), np.linspace, compiled=False),
    row("linspace", nothing(0, 3, 4), np.linspace, {"endpoint": False}, compiled=False),
    row("linspace", lambda r, n: (r.normal(n), r.normal(n), 4), np.linspace, {"axis": -1}),
    row("ones", nothing((2, 3)), np.ones, compiled=False),
    row("zeros", nothing((2, 3)), np.zeros, compiled=False),
    row("ones_like", matrix, np.ones_like, gradient=False),
    row("zeros_like", integers, np.zeros_like, gradient=False),
    row("zeros_like", integers, np.zeros_like, {"dtype": "float32"}, gradient=False),
    row("full_like", matrix, np.full_like, {"fill_value": 2.5}, gradient=False),
    row("array", matrix, np.array),
    row("array", nothing([[1, 2], [3, 4]]), np.array, compiled=False),
    row("convert_to_tensor", matrix, np.array),
    row("convert_to_tensor", nothing([1.5, 2.5]), np.array, {"dtype": "float16"}, compiled=False),
    row("cast", matrix, lambda x, dtype: x.astype(dtype), {"dtype": "int32"}, gradient=False),
    row("cast", integers, lambda x, dtype: x.astype(dtype), {"dtype": "float32"}),
    row("cast", matrix, lambda x, dtype: x.astype(dtype), {"dtype": "float64"}),
    row("cast", booleans, lambda x, dtype: x.astype(dtype), {"dtype": "float32"}),
    row("cast", lambda r, n: (r.complex(n, 2),), lambda x, dtype: x.real, {"dtype": "float32"},
        gradient=False),
    row("copy", matrix, np.copy),
    row("stop_gradient", matrix, np.copy, gradient=False),
]  # fmt: skip

SHAPE = [
    row("broadcast_to", lambda r, n: (r.normal(3), (2, 3)), np.broadcast_to),
    row("concatenate", lambda r, n: ([r.normal(n, 3), r.normal(n, 3)],), np.concatenate),
    row("concatenate", lambda r, n: (list(pair(r, n)),), np.concatenate, {"axis": -1}),
    row("concatenate", lambda r, n: ([r.integers(0, 9, n, 3), r.normal(n, 3)],), np.concatenate,
        {"axis": 1}),
    row("stack", lambda r, n: ([r.normal(n, 3), r.normal(n, 3)],), np.stack),
    row("stack", lambda r, n: ([r.normal(n, 3), r.normal(n, 3)],), np.stack, {"axis": -1}),
    row("expand_dims", matrix, np.expand_dims, {"axis": 1}),
    row("expand_dims", matrix, np.expand_dims, {"axis": (0, -1)}),
    row("squeeze", lambda r, n: (r.normal(n, 1, 3, 1),), np.squeeze),
    row("squeeze", lambda r, n: (r.normal(n, 1, 3, 1),), np.squeeze, {"axis": -1}),
    row("flip", cube, np.flip),
    row("flip", cube, np.flip, {"axis": 1}),
    row("moveaxis", cube, np.moveaxis, {"source": 0, "destination": -1}),
    row("moveaxis", cube, np.moveaxis, {"source": [0, 1], "destination": [-1, -2]}),
    row("swapaxes", cube, np.swapaxes, {"axis1": 0, "axis2": 2}),
    row("transpose", cube, np.transpose),
    row("transpose", cube, np.transpose, {"axes": (0, 2, 1)}),
    row("ravel", cube, np.ravel),
    row("reshape", lambda r, n: (r.normal(n, 3, 4), (-1, 12)), np.reshape),
    row("reshape", lambda r, n: (r.normal(n, 3, 4), (-1, 2, 6)), np.reshape),
    row("reshape", lambda r, n: (r.normal(3, 4), 12), np.reshape),
    row("repeat", matrix, np.repeat, {"repeats": 2, "axis": 1}),
    row("repeat", matrix, np.repeat, {"repeats": 3}),
    row("repeat", lambda r, n: (r.normal(3, 2),), np.repeat, {"repeats": (2, 0, 1), "axis": 0}),
    row("tile", matrix, tile, {"repeats": (2, 3)}),
    row("tile", matrix, tile, {"repeats": 2}),
    row("roll", matrix, np.roll, {"shift": 2}),
    row("roll", matrix, np.roll, {"shift": (1, -1), "axis": (0, 1)}),
    row("pad", matrix, np.pad, {"pad_width": ((0, 0), (1, 2))}),
    row("pad", matrix, np.pad, {"pad_width": 1}),
    row("pad", matrix, np.pad, {"pad_width": ((0, 0), (1, 2)), "constant_values": 1.5}),
    row("pad", matrix, np.pad, {"pad_width": ((0, 0), (2, 1)), "mode": "reflect"}),
    row("pad", matrix, np.pad, {"pad_width": ((0, 0), (2, 1)), "mode": "symmetric"}),
    row("split", cube, np.split, {"indices_or_sections": 2, "axis": -1}),
    row("split", cube, np.split, {"indices_or_sections": [1, 3], "axis": 2}),
    row("unstack", cube, lambda x, axis: list(np.moveaxis(x, axis, 0)), {"axis": 1}),
    row("unstack", cube, lambda x, axis, num: list(np.moveaxis(x, axis, 0)),
        {"axis": -1, "num": 4}),
    row("tril", cube, np.tril),
    row("tril", cube, np.tril, {"k": -1}),
    row("triu", cube, np.triu),
    row("triu", cube, np.triu, {"k": 1}),
]  # fmt: skip


def top_k(x, k):
    indices = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, indices, -1), indices


def in_top_k(targets, predictions, k):
    chosen = np.take_along_axis(predictions, targets[:, None], -1)
    return (predictions > chosen).sum(-1) < k


def scatter(indices, values, shape):
    out = np.zeros(shape, values.dtype)
    np.add.at(out, tuple(indices.T), values)
    return out


def scatter_update(inputs, indices, updates):
    out = inputs.copy()
    out[tuple(indices.T)] = updates
    return out


def slice_update(inputs, start_indices, updates):
    out = inputs.copy()
    place = zip(start_indices, updates.shape, strict=True)
    out[tuple(slice(start, start + size) for start, size in place)] = updates
    return out


def take(x, indices, axis=None):
    return np.take(x, indices, axis=axis)


PLACES = np.array([[0, 1], [2, 0], [2, 0]], "int32")

INDEX = [
    row("get_item", lambda r, n: (r.normal(n, 3, 4), 1), lambda x, key: x[key]),
    row("get_item", lambda r, n: (r.normal(n, 3, 4), (slice(None), 0, slice(1, None, 2))),
        lambda x, key: x[key]),
    row("get_item", lambda r, n: (r.normal(n, 3, 4), (Ellipsis, None, -1)), lambda x, key: x[key]),
    row("take", lambda r, n: (r.normal(6, 3), r.integers(0, 6, n, 2)), take, {"axis": 0}),
    row("take", lambda r, n: (r.normal(6, 3), r.integers(-6, 6, n)), take, {"axis": 0}),
    row("take", lambda r, n: (r.normal(n, 3), np.array([2, 0], "int32")), take, {"axis": -1}),
    row("take", lambda r, n: (r.normal(3, 4), r.integers(0, 12, n)), take),
    row("take_along_axis", lambda r, n: (r.normal(n, 4), r.integers(0, 4, n, 2)),
        np.take_along_axis, {"axis": 1}),
    row("nonzero", zeros_and_ones, np.nonzero, gradient=False, compiled=False),
    row("argsort", distinct, np.argsort, gradient=False),
    row("argsort", distinct, np.argsort, {"axis": 0}, gradient=False),
    row("sort", distinct, np.sort),
    row("sort", distinct, np.sort, {"axis": 1}),
    row("top_k", distinct, top_k, {"k": 2}),
    row("in_top_k", lambda r, n: (r.integers(0, 4, n), r.normal(n, 4)), in_top_k, {"k": 2},
        gradient=False),
    row("in_top_k", lambda r, n: (r.integers(0, 4, n), np.ones((n, 4), "float32")), in_top_k,
        {"k": 1}, gradient=False),
    row("scatter", lambda r, n: (PLACES, r.normal(3)), scatter, {"shape": (3, 2)}),
    row("scatter", lambda r, n: (PLACES[:, :1], r.normal(3, 2)), scatter, {"shape": (3, 2)}),
    row("scatter_update", lambda r, n: (r.normal(n, 2), PLACES[:2], r.normal(2)), scatter_update),
    row("slice_update", lambda r, n: (r.normal(n, 4), (1, 2), r.normal(2, 2)), slice_update),
    row("searchsorted", lambda r, n: (np.sort(r.normal(6)), r.normal(n)), np.searchsorted,
        gradient=False),
    row("searchsorted", lambda r, n: (np.arange(6, dtype="int32"), r.integers(-1, 8, n)),
        np.searchsorted, {"side": "right"}, gradient=False),
]  # fmt: skip


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def moments(x, axes, keepdims=False):
    axes = tuple(axes)
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def reductions(names, sample, **options):
    """Three rows for each op: over an axis, with `keepdims`, over all axes."""
    ways = ({"axis": 1}, {"axis": (0, -1), "keepdims": True}, {})
    return [
        row(name, sample, {"logsumexp": logsumexp}.get(name) or getattr(np, name), way, **options)
        for name in names
        for way in ways
    ]


REDUCE = [
    *reductions(["sum", "mean", "logsumexp", "var", "std"], cube, terms=60),
    *reductions(["prod"], lambda r, n: (r.uniform(0.5, 1.5, n, 3, 2),), terms=60),
    *reductions(["max", "min"], distinct),
    *reductions(["sum", "prod", "max", "min"], lambda r, n: (r.integers(-3, 4, n, 2, 2),),
                gradient=False),
    *reductions(["mean", "var", "std"], lambda r, n: (r.integers(-9, 9, n, 3, 2),), terms=60),
    *reductions(["all", "any"], lambda r, n: (r.booleans(n, 2, 2),), gradient=False),
    *reductions(["all", "any"], lambda r, n: (r.integers(0, 2, n, 2, 2),), gradient=False),
    row("sum", booleans, np.sum, {"axis": 0}, gradient=False),
    row("max", distinct, np.max, {"axis": 1, "initial": 0.5}),
    row("min", distinct, np.min, {"axis": 1, "initial": -0.5}),
    row("logsumexp", lambda r, n: (300 + r.normal(n, 3),),
        lambda x, axis: 300 + logsumexp(x - 300, axis), {"axis": -1}, terms=3),
    row("logsumexp", lambda r, n: (np.array([[-np.inf, -np.inf], [0, np.inf]], "float32"),),
        lambda x, axis: np.array([-np.inf, np.inf]), {"axis": -1}, gradient=False),
    row("argmax", distinct, np.argmax, {"axis": 1}, gradient=False),
    row("argmax", distinct, np.argmax, {"axis": -1, "keepdims": True}, gradient=False),
    row("argmax", zeros_and_ones, np.argmax, gradient=False),
    row("argmin", distinct, np.argmin, {"axis": 1}, gradient=False),
    row("argmin", zeros_and_ones, np.argmin, gradient=False),
    row("count_nonzero", zeros_and_ones, np.count_nonzero, {"axis": 1}, gradient=False),
    row("count_nonzero", matrix, np.count_nonzero, gradient=False),
    row("cumsum", cube, np.cumsum, {"axis": 1}, terms=3),
    row("cumsum", matrix, np.cumsum, terms=28),
    row("cumsum", integers, np.cumsum, {"axis": 0}, gradient=False),
    row("cumprod", lambda r, n: (r.uniform(0.5, 1.5, n, 4),), np.cumprod, {"axis": 1}, terms=4),
    row("cumprod", integers, np.cumprod, {"axis": 1}, gradient=False),
    row("moments", cube, moments, {"axes": (0, 1)}, terms=15),
    row("moments", cube, moments, {"axes": [-1], "keepdims": True}, terms=4),
]  # fmt: skip


def einsum(subscripts):
    """The row of a sum of products."""
    return row("einsum", lambda r, n: (subscripts, r.normal(n, 3), r.normal(3, 4)), np.einsum,
               terms=3)  # fmt: skip


def norm(sample=cube, **kwargs):
    """The row of a norm."""
    return row("norm", sample, np.linalg.norm, kwargs, terms=60)


LINEAR = [
    row("matmul", lambda r, n: (r.normal(n, 3), r.normal(3, 4)), np.matmul, terms=3),
    row("matmul", lambda r, n: (r.normal(n, 2, 3), r.normal(3)), np.matmul, terms=3),
    row("matmul", lambda r, n: (r.normal(n, 1, 2, 3), r.normal(5, 3, 2)), np.matmul, terms=3),
    row("matmul", lambda r, n: (r.integers(0, 9, n, 3), r.integers(0, 9, 3, 4)), np.matmul,
        gradient=False),
    row("matmul", lambda r, n: (r.integers(-128, 128, n, 50, dtype="int8"),
                                r.integers(-128, 128, 50, 2, dtype="int8")),
        lambda a, b: np.matmul(a.astype("int32"), b.astype("int32")), gradient=False),
    row("dot", lambda r, n: (r.normal(n, 3), r.normal(3, 4)), np.dot, terms=3),
    row("dot", lambda r, n: (r.normal(n, 3), r.normal(2, 3, 4)), np.dot, terms=3),
    row("dot", lambda r, n: (r.normal(n, 3), r.normal(3)), np.dot, terms=3),
    row("dot", lambda r, n: (r.normal(n, 3), 2.0), np.dot, terms=1),
    row("tensordot", lambda r, n: (r.normal(n, 3, 4), r.normal(3, 4, 2)), np.tensordot, terms=12),
    row("tensordot", lambda r, n: (r.normal(n, 3), r.normal(3, 4)), np.tensordot, {"axes": 1},
        terms=3),
    row("tensordot", lambda r, n: (r.normal(n, 3, 4), r.normal(2, 3)), np.tensordot,
        {"axes": [[1], [1]]}, terms=3),
    *map(einsum, ("ij,jk->ik", "ij,jk", "ij,jk->k", "ij,jk->ijk")),
    row("einsum", lambda r, n: ("...ii->...", r.normal(n, 3, 3)), np.einsum, terms=3),
    norm(),
    norm(axis=-1),
    norm(axis=-1, ord=1, keepdims=True),
    norm(axis=1, ord=math.inf, sample=distinct),
    norm(axis=(1, 2), ord="fro"),
    norm(axis=(1, 2), ord=1),
    norm(axis=-1, sample=integers),
    row("qr", lambda r, n: (r.normal(n, 4, 3),), np.linalg.qr, terms=60),
    row("qr", lambda r, n: (r.normal(n, 3, 3),), np.linalg.qr, {"mode": "complete"}, terms=60),
]  # fmt: skip

ROWS = [*MAKE, *SHAPE, *INDEX, *REDUCE, *LINEAR]
