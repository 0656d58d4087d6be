"""True and false positives and negatives at thresholds, as pure functions."""

import math

import numpy as np

from cornu import ops
from cornu.core import config
from cornu.core.errors import shorten
from cornu.core.masks import get_mask
from cornu.losses.reduction import same_rank
from cornu.metrics._reduction import joined_weight
from cornu.serial.budget import spend

# Kind of count -> whether the prediction is above the threshold, whether the target is positive.
KINDS = {
    "true_positives": (True, True),
    "false_positives": (True, False),
    "true_negatives": (False, False),
    "false_negatives": (False, True),
}


# --- thresholds -----------------------------------------------------------------------------------


def checked_thresholds(thresholds, default=0.5):
    """Thresholds as a list of floats.

    Args:
        thresholds: a number from 0 to 1, a sequence of them, or None.
        default: what None stands for.

    Raises:
        ValueError: for anything else.
    """
    if thresholds is None:
        return [default]
    several = isinstance(thresholds, (list, tuple)) or np.ndim(thresholds)
    given = list(thresholds) if several else [thresholds]
    wrong = [each for each in given if not _is_probability(each)]
    if wrong or not given:
        raise ValueError(
            "Threshold values must be in [0, 1]. Received: "
            f"{shorten(wrong or given)}. Give one number, or a list of them."
        )
    return [float(each) for each in given]


def _is_probability(value):
    try:
        return 0 <= value <= 1
    except TypeError:  # None, text
        return False


def evenly_spaced(count):
    """`count` thresholds from 0 to 1; one alone is 0.5."""
    spend((count,), "complex128", "the list of thresholds")  # Python's numbers take 32 bytes
    return [0.5] if count == 1 else [place / (count - 1) for place in range(count)]


def are_even(thresholds):
    """Whether thresholds are `evenly_spaced`, three of them or more: then counting is cheaper."""
    count = len(thresholds)
    if count < 3:
        return False
    return bool(np.allclose(thresholds, evenly_spaced(count), rtol=0, atol=config.epsilon()))


# --- a batch --------------------------------------------------------------------------------------


def aligned(y_true, y_pred, dtype):
    """Targets and predictions in one dtype and shape, and the mask that the predictions carry.

    Raises:
        ValueError: if their shapes differ.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    mask = get_mask(y_pred)
    y_true, y_pred = same_rank(ops.cast(y_true, dtype), ops.cast(y_pred, dtype))
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"Shapes {tuple(y_true.shape)} of `y_true` and {tuple(y_pred.shape)} of `y_pred` are "
            "incompatible: give one target, 0 or 1, for each prediction (one-hot vectors in the "
            "place of class numbers)."
        )
    return y_true, y_pred, mask


def of_class(y_true, y_pred, class_id):
    """The part of targets and predictions (..., classes) that is of one class, all for None."""
    if class_id is None:
        return y_true, y_pred
    rank = len(y_pred.shape)
    if rank < 2 or not -y_pred.shape[-1] <= class_id < y_pred.shape[-1]:
        raise ValueError(
            "When class_id is provided, y_pred must be a 2D array with shape (num_samples, "
            f"num_classes), found shape: {tuple(y_pred.shape)}, with class_id={class_id}."
        )
    return y_true[..., class_id], y_pred[..., class_id]


def only_top(y_pred, k):
    """Predictions (..., classes) with all but the `k` largest of each row put at -inf."""
    if k is None:
        return y_pred
    classes = y_pred.shape[-1]
    places = ops.top_k(y_pred, k=min(k, classes), sorted=False)[1]
    chosen = ops.any(ops.equal(ops.expand_dims(places, -1), ops.arange(classes)), axis=-2)
    return ops.where(chosen, y_pred, ops.full_like(y_pred, -math.inf))


def in_columns(y_true, y_pred, sample_weight, mask, by_label=False):
    """A batch as columns, one for each label, or one of everything.

    Args:
        y_true, y_pred: tensors of one shape.
        sample_weight, mask: what fits their leading axes, or None.
        by_label: whether labels, the last axis, are kept apart.

    Returns:
        Whether targets are positive, predictions, and weights: tensors (n, labels or 1).
    """
    labels = y_pred.shape[-1] if by_label else 1
    weight, y_pred = joined_weight(y_pred, sample_weight, mask)
    if weight is None:
        weight = ops.ones_like(y_pred)
    weight = ops.broadcast_to(weight, y_pred.shape)
    columns = (ops.reshape(each, (-1, labels)) for each in (y_true, y_pred, weight))
    y_true, y_pred, weight = columns
    return ops.not_equal(y_true, 0), y_pred, weight


# --- counts ---------------------------------------------------------------------------------------


def counts(columns, thresholds, even=False):
    """Weights of the four kinds, summed at each threshold.

    Args:
        columns: what `in_columns` returns.
        thresholds: list of floats; a prediction above one is positive.
        even: whether they are `evenly_spaced`, but for ends that may be just beyond 0 and 1. Then a
            prediction is counted once, at the last threshold below it, and counts are added up; it
            is taken for 0 or 1 if it is beyond them. Else it is compared with all thresholds.

    Returns:
        Dict from kind to tensor (thresholds, labels).
    """
    y_true, y_pred, weight = columns
    nothing = ops.zeros_like(weight)
    # (2, n, labels): weights of what is positive, and of what is negative.
    weights = ops.stack([ops.where(y_true, weight, nothing), ops.where(y_true, nothing, weight)])
    count = _counts_by_bucket if even else _counts_by_comparison
    found = dict(zip((True, False), count(y_pred, weights, thresholds), strict=True))
    return {
        kind: found[is_above][:, 0 if is_positive else 1]
        for kind, (is_above, is_positive) in KINDS.items()
    }


def _counts_by_comparison(y_pred, weights, thresholds):
    """Sums of weights (thresholds, 2, labels) above the thresholds, and of the others."""
    levels = ops.reshape(ops.convert_to_tensor(thresholds, dtype=y_pred.dtype), (-1, 1, 1, 1))
    above = ops.greater(y_pred, levels)
    nothing = ops.zeros_like(weights)
    return (
        ops.sum(ops.where(above, weights, nothing), axis=2),
        ops.sum(ops.where(above, nothing, weights), axis=2),
    )


def _counts_by_bucket(y_pred, weights, thresholds):
    """The same for thresholds i / (n - 1): a prediction times n - 1, rounded up, tells how many are
    below it."""
    last, labels = len(thresholds) - 1, y_pred.shape[-1]
    place = ops.ceil(ops.clip(y_pred, 0.0, 1.0) * last) - 1
    # A prediction of 0 is above the first threshold only if that is below 0. Negative buckets are
    # left out; a NaN is above nothing.
    lowest = 0 if thresholds[0] < 0 else -1
    place = ops.cast(ops.where(place > lowest, place, ops.full_like(place, lowest)), "int32")
    buckets = ops.reshape(place * labels + ops.arange(labels, dtype="int32"), (-1,))
    rows = ops.transpose(ops.reshape(weights, (2, -1)))
    sums = ops.segment_sum(rows, buckets, num_segments=len(thresholds) * labels)
    sums = ops.transpose(ops.reshape(sums, (len(thresholds), labels, 2)), (0, 2, 1))
    above = ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)
    return above, ops.sum(weights, axis=1) - above
