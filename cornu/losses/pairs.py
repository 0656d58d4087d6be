"""Targets and predictions brought together: dtype, rank, shape."""

import warnings

from cornu import ops
from cornu.core import config, dtypes
from cornu.losses.reduction import same_rank

HALF = ("bfloat16", "float16")


def paired(y_true, y_pred):
    """Targets and predictions that are compared element by element.

    Args:
        y_true, y_pred: tensors of one shape, but for a last axis of size 1 that one of them lacks.

    Returns:
        Both as tensors of one rank and one dtype, that of `y_pred`, if that is a float (else
        `floatx()`), or float32 instead of half precision; and the dtype that the losses are to
        have, half precision then.

    Raises:
        ValueError: for shapes that don't fit; and, if `keras.config.strict()`, for those that only
            fit by broadcasting, of which this warns otherwise.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = float_dtype(y_pred)
    wide = "float32" if dtype in HALF else dtype
    y_true = ops.convert_to_tensor(y_true, dtype=wide)
    y_true, y_pred = same_rank(y_true, ops.cast(y_pred, wide))
    check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
    return y_true, y_pred, dtype


def float_dtype(tensor):
    """The dtype of a tensor, or the default float for one of integers or booleans."""
    dtype = dtypes.standardize_dtype(tensor.dtype)
    if dtypes.is_int_dtype(dtype) or dtype == "bool":
        return dtypes.narrow(config.floatx())
    return dtype


def row_mean(values, dtype):
    """The mean along the last axis, in the given dtype."""
    return ops.cast(ops.mean(values, axis=-1), dtype)


def check_shapes(true, pred):
    """See that two shapes are the same, as far as they are known.

    Raises:
        ValueError: if they don't fit; and, if `keras.config.strict()`, if they only fit by
            broadcasting, of which this warns otherwise.
    """
    sizes = list(zip(reversed(true), reversed(pred), strict=False))
    known = [(m, n) for m, n in sizes if m is not None and n is not None]
    if len(true) == len(pred) and all(m == n for m, n in known):
        return
    shapes = f"`y_true` of shape {true} and `y_pred` of shape {pred}"
    fix = (
        "Targets must have the shape of the predictions: reshape `y_true`, or give the last layer "
        "as many units as there are targets."
    )
    if not all(m == n or 1 in (m, n) for m, n in known):
        raise ValueError(f"{shapes} do not fit. {fix}")
    text = (
        f"{shapes} only fit by broadcasting, which compares one number with many: probably not "
        f"what is meant. {fix}"
    )
    if config.strict():
        raise ValueError(text)
    warnings.warn(f"{text} `keras.config.set_strict(True)` makes this an error.", stacklevel=4)
