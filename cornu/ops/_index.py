"""Ops that pick, find and put elements."""

import builtins
import operator

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes, tree
from cornu.ops._ranges import check_along_axis, check_key, check_places
from cornu.state.variable import value_of
from cornu.symbolic.op import FunctionCall, op, promote
from cornu.symbolic.tensor import KerasTensor


@op("x", call_args=("key",))
def get_item(x, key):
    """`x[key]`: ints, slices, None, Ellipsis, or tuples of them."""
    if isinstance(key, tuple) and sum(item is Ellipsis for item in key) > 1:
        raise ValueError(f"An index can hold one Ellipsis (`...`) only. Received: {key}")
    check_key(x, key)
    return kernels.getitem(x, key)


@op("x", "indices", check=check_along_axis)
def take(x, indices, axis=None):
    """Elements of `x` at integer `indices` along `axis`; None is the flattened tensor. Negative
    indices count from the end."""
    return kernels.take(x, indices, axis)


@op("x", "indices", check=check_along_axis)
def take_along_axis(x, indices, axis=None):
    """Elements of `x` picked along `axis` by `indices`, which has as many axes."""
    return kernels.take_along_axis(x, indices, axis)


@op("x")
def nonzero(x):
    """Indices of the elements that are not zero: one int tensor for each axis. Not inside compiled
    code."""
    return kernels.nonzero(x)


def indices_of_unknown_number(call, x):
    """The spec of what `nonzero` returns."""
    return tuple(KerasTensor((None,), "int32") for _ in x.shape)


nonzero.operation.compute_output_spec = indices_of_unknown_number


@op("x")
def argsort(x, axis=-1):
    """Indices (int32) that sort `x` along `axis`."""
    return kernels.argsort(x, axis if x.ndim else None)


@op("x")
def sort(x, axis=-1):
    """Elements in ascending order along `axis`."""
    return kernels.sort(x, axis)


@op("x", family="math")
def top_k(x, k, sorted=True):
    """The `k` largest elements along the last axis, and their indices."""
    return tuple(kernels.top_k(x, k, sorted))


@op("targets", "predictions", family="math")
def in_top_k(targets, predictions, k):
    """For each row, whether the class `targets[i]` is among the `k` with the largest
    `predictions[i]`; ties count."""
    _check_indices("in_top_k", "targets", targets)
    chosen = kernels.take_along_axis(predictions, targets[..., None], axis=-1)
    above = kernels.sum((predictions > chosen).astype("int32"), axis=-1)
    return kernels.logical_and(kernels.isfinite(chosen[..., 0]), above < k)


@op(
    "indices",
    "values",
    family="core",
    check=check_places("scatter", lambda bound: bound["shape"]),
)
def scatter(indices, values, shape):
    """Zeros of the given shape with `values` added at `indices` (..., rank)."""
    _check_indices("scatter", "indices", indices)
    return kernels.scatter(indices, values, tuple(shape))


@op(
    "inputs",
    "indices",
    "updates",
    family="core",
    check=check_places("scatter_update", lambda bound: np.shape(bound["inputs"])),
)
def scatter_update(inputs, indices, updates, reduction=None):
    """`inputs` with `updates` put at `indices` (..., rank), or combined with what is there.

    Args:
        reduction: None to replace, or `"add"`, `"mul"`, `"min"`, `"max"`.
    """
    if reduction not in (None, "add", "mul", "min", "max"):
        raise ValueError(f"`reduction` must be None, 'add', 'mul', 'min' or 'max': {reduction!r}")
    _check_indices("scatter_update", "indices", indices)
    return kernels.scatter_update(inputs, indices, updates.astype(inputs.dtype), reduction)


@op("inputs", family="core", call_args=("start_indices",))
def slice(inputs, start_indices, shape):
    """The block of `inputs` that begins at `start_indices` and has the given shape.

    Args:
        start_indices: an int for each axis: a tensor of them, or a sequence of ints and scalar
            tensors. Negative ones count from the end.
        shape: an int for each axis; -1 is what is left, where the start is a known int.

    Returns:
        A tensor of that shape. Where a start is a tensor, it is moved so that the block fits.

    Raises:
        ValueError: if the numbers of axes differ, or the block doesn't fit.

    Example:
        >>> import cornu
        >>> cornu.ops.slice(cornu.ops.arange(6), (2,), (3,)).tolist()
        [2, 3, 4]
    """
    sizes, shape = tuple(inputs.shape), tuple(shape)
    starts = _starts(start_indices, len(sizes))
    for first, second in (("start_indices", "inputs"), ("inputs", "shape")):
        if len(starts if first == "start_indices" else shape) != len(sizes):
            raise ValueError(
                f"The number of dimensions in `{first}` must match the number of dimensions in "
                f"`{second}`. Received: inputs.shape={sizes}, {len(starts)} start indices, "
                f"shape={shape}"
            )
    starts = [
        _known(start) if size == -1 else start for start, size in zip(starts, shape, strict=True)
    ]
    starts = [
        start + size if isinstance(start, int) and start < 0 else start
        for start, size in zip(starts, sizes, strict=True)
    ]
    counts = [
        whole - start if size == -1 else size
        for whole, start, size in zip(sizes, starts, shape, strict=True)
    ]
    for whole, start, count in zip(sizes, starts, counts, strict=True):
        if count < 0 or (start if isinstance(start, int) else 0) < 0 or count > whole:
            raise _no_block(sizes, starts, shape)
        if isinstance(start, int) and start + count > whole:
            raise _no_block(sizes, starts, shape)
    if all(isinstance(start, int) for start in starts):
        return kernels.getitem(inputs, tuple(map(_from, starts, counts)))
    starts = [engine.asarray(start, "int32") for start in starts]
    return kernels.dynamic_slice(inputs, starts, counts)


def _spec_of_slice(call, inputs, start_indices):
    """What `slice` returns for symbolic tensors: what is left after an unknown start is unknown."""
    shape = call.static["shape"]
    if -1 in shape and any(isinstance(start, KerasTensor) for start in tree.flatten(start_indices)):
        return KerasTensor([None if size == -1 else size for size in shape], inputs.dtype)
    return FunctionCall.compute_output_spec(call, inputs, start_indices)


slice.operation.compute_output_spec = _spec_of_slice


def _known(start):
    """A start as an int, where it has a value."""
    if isinstance(start, int):
        return start
    if engine.is_traced(start):
        raise ValueError(
            "`slice`: a size of -1 goes with a known start only, and inside compiled code a tensor "
            "is not known. Give the size."
        )
    return int(start)


def _from(start, count):
    return builtins.slice(start, start + count)


def _no_block(sizes, starts, shape):
    known = [start if isinstance(start, int) else "a tensor" for start in starts]
    return ValueError(
        f"`slice`: the block doesn't fit. Received: inputs.shape={sizes}, start_indices={known}, "
        f"shape={shape}"
    )


def _starts(start_indices, rank):
    """A start for each axis: an int where it is known on the host."""
    start_indices = value_of(start_indices)
    if isinstance(start_indices, np.ndarray):
        start_indices = start_indices.tolist()
    if engine.is_tensor(start_indices):
        if start_indices.ndim != 1:
            raise ValueError(
                "`start_indices` must have one axis. Received: "
                f"start_indices.shape={tuple(start_indices.shape)}"
            )
        return [start_indices[place] for place in range(start_indices.shape[0])]
    starts = [value_of(start) for start in start_indices]
    return [start if engine.is_tensor(start) else operator.index(start) for start in starts]


@op("inputs", "start_indices", "updates", family="core")
def slice_update(inputs, start_indices, updates):
    """`inputs` with the block that begins at `start_indices` replaced by `updates`."""
    parts = start_indices if isinstance(start_indices, list) else [start_indices]
    for part in parts:
        _check_indices("slice_update", "start_indices", part)
    if parts is start_indices:  # some of them are tensors
        start_indices = [engine.asarray(part, "int32") for part in parts]
    return kernels.slice_update(inputs, start_indices, updates.astype(inputs.dtype))


@op("sorted_sequence", "values", dtype=promote)
def searchsorted(sorted_sequence, values, side="left"):
    """Where `values` would go in an ascending sequence, as int32."""
    return kernels.searchsorted(sorted_sequence, values, side)


def _with_indices(call, place):
    """Let symbolic indices have any dtype, as Keras does: a `KerasTensor` is float32 by default,
    and only its shape counts."""
    infer = call.operation.compute_output_spec

    def compute_output_spec(self, *args):
        args = list(args)
        args[place] = tree.map_structure(_as_index, args[place])
        return infer(self, *args)

    call.operation.compute_output_spec = compute_output_spec


for _call, _place in (
    (in_top_k, 0),
    (scatter, 0),
    (scatter_update, 1),
    (slice_update, 1),
    (take, 1),
    (take_along_axis, 1),
):
    _with_indices(_call, _place)


def _as_index(value):
    return KerasTensor(value.shape, "int32") if isinstance(value, KerasTensor) else value


def _check_indices(op, name, indices):
    if not dtypes.is_int_dtype(str(indices.dtype)):
        raise TypeError(f"`{op}`: `{name}` must be integers. Received: dtype={indices.dtype}")
