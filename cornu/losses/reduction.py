"""From losses of elements or samples to one number: ranks, weights, masks."""

from cornu import ops
from cornu.core.errors import did_you_mean

REDUCTIONS = (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def check_reduction(reduction):
    """`reduction`, if it is one of the known ones; else a ValueError."""
    if reduction not in REDUCTIONS:
        names = [name for name in REDUCTIONS if name]
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. Received: "
            f"reduction={reduction}."
            f"{did_you_mean(reduction, names)}"
        )
    return reduction


def same_rank(first, second):
    """Two tensors brought to one rank where they differ by a last axis of size 1.

    A vector gets such an axis; a tensor of more axes loses it: (N,) and (N, 1) become (N, 1), (N,
    T, 1) and (N, T) become (N, T).
    """
    if len(first.shape) == len(second.shape) + 1:
        first, second = _same_rank(first, second)
    elif len(second.shape) == len(first.shape) + 1:
        second, first = _same_rank(second, first)
    return first, second


def _same_rank(long, short):
    if long.shape[-1] != 1:
        return long, short
    if len(short.shape) == 1:
        return long, ops.expand_dims(short, -1)
    return ops.squeeze(long, -1), short


def fit_weight(weight, values, name="sample_weight"):
    """`weight` shaped so that it broadcasts to `values`: a number, or one for each of their leading
    indices.

    Returns:
        The pair of weight and values, in the dtype of the values.

    Raises:
        ValueError: if the shapes don't fit.
    """
    weight = ops.cast(weight, values.dtype)
    given = tuple(weight.shape)
    weight, values = same_rank(weight, values)
    missing = len(values.shape) - len(weight.shape)
    if weight.shape and missing > 0:
        weight = ops.reshape(weight, (*weight.shape, *[1] * missing))
    pairs = zip(weight.shape, values.shape, strict=False)
    if missing < 0 or not all(m in (1, n) for m, n in pairs):
        fix = (
            "give one weight for each of their leading indices"
            if values.shape
            else "one number stands for the whole batch, whose samples have no weights (some "
            "losses take `axis`)"
        )
        raise ValueError(
            f"`{name}` has shape {given}, which does not fit the losses or metric values, of "
            f"shape {tuple(values.shape)}: {fix}."
        )
    return weight, values


def reduce_weighted(values, sample_weight=None, mask=None, reduction="sum_over_batch_size"):
    """Losses of samples as one number, or weighted one by one if `reduction` is `"none"` or None.

    Args:
        values: tensor of losses.
        sample_weight: tensor that fits them, or None.
        mask: boolean tensor that fits them, or None; where False, losses don't count.
        reduction: `"sum"`; `"mean"` or `"sum_over_batch_size"`, the sum divided by the number of
            losses that count; `"mean_with_sample_weight"`, the sum divided by that of the weights.
    """
    weight = None
    if sample_weight is not None:
        weight, values = fit_weight(sample_weight, values)
    if not values.shape:
        mask = None  # the losses were added up already
    if mask is not None:
        mask, values = fit_weight(mask, values, "mask")
        if weight is not None:
            weight, mask = same_rank(weight, mask)
        weight = mask if weight is None else weight * mask
    if weight is not None:
        values = values * weight
    if reduction in (None, "none"):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        return _safe_divide(total, _broadcast_sum(weight, values))
    if mask is not None:
        return _safe_divide(total, _broadcast_sum(mask, values))
    return ops.mean(values)


def _broadcast_sum(weight, values):
    return ops.sum(ops.broadcast_to(weight, values.shape))


def _safe_divide(total, count):
    """`total / count`, 0 where `count` is 0."""
    empty = ops.equal(count, 0)
    return ops.where(
        empty, ops.zeros_like(total), total / ops.where(empty, ops.ones_like(count), count)
    )
