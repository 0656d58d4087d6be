"""Ops that pick, find and put elements."""

from cornu.backend import kernels
from cornu.symbolic.op import op, promote


@op("x", call_args=("key",))
def get_item(x, key):
    """`x[key]`: ints, slices, None, Ellipsis, or tuples of them."""
    return kernels.getitem(x, key)


@op("x", "indices")
def take(x, indices, axis=None):
    """Elements of `x` at integer `indices` along `axis`; None is the flattened tensor. Negative
    indices count from the end."""
    return kernels.take(x, indices, axis)


@op("x", "indices")
def take_along_axis(x, indices, axis=None):
    """Elements of `x` picked along `axis` by `indices`, which has as many axes."""
    return kernels.take_along_axis(x, indices, axis)


@op("x")
def nonzero(x):
    """Indices of the elements that are not zero: one int tensor for each axis. Not inside compiled
    code."""
    return kernels.nonzero(x)


@op("x")
def argsort(x, axis=-1):
    """Indices (int32) that sort `x` along `axis`."""
    return kernels.argsort(x, axis)


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
    chosen = kernels.take_along_axis(predictions, targets[..., None], axis=-1)
    above = kernels.sum((predictions > chosen).astype("int32"), axis=-1)
    return kernels.logical_and(kernels.isfinite(chosen[..., 0]), above < k)


@op("indices", "values", family="core")
def scatter(indices, values, shape):
    """Zeros of the given shape with `values` added at `indices` (..., rank)."""
    return kernels.scatter(indices, values, tuple(shape))


@op("inputs", "indices", "updates", family="core")
def scatter_update(inputs, indices, updates, reduction=None):
    """`inputs` with `updates` put at `indices` (..., rank), or combined with what is there.

    Args:
        reduction: None to replace, or `"add"`, `"mul"`, `"min"`, `"max"`.
    """
    if reduction not in (None, "add", "mul", "min", "max"):
        raise ValueError(f"`reduction` must be None, 'add', 'mul', 'min' or 'max': {reduction!r}")
    return kernels.scatter_update(inputs, indices, updates.astype(inputs.dtype), reduction)


@op("inputs", "start_indices", "updates", family="core")
def slice_update(inputs, start_indices, updates):
    """`inputs` with the block that begins at `start_indices` replaced by `updates`."""
    return kernels.slice_update(inputs, start_indices, updates.astype(inputs.dtype))


@op("sorted_sequence", "values", dtype=promote)
def searchsorted(sorted_sequence, values, side="left"):
    """Where `values` would go in an ascending sequence, as int32."""
    return kernels.searchsorted(sorted_sequence, values, side)
