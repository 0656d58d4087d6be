"""Shapes: standard form, axes, and the arithmetic of windows."""

import numbers
import operator


def standardize_shape(shape):
    """`shape` as a tuple of non-negative ints and None.

    Raises:
        ValueError: for None, a non-sequence, negative or non-integer sizes.
    """
    if shape is None:
        raise ValueError("Undefined shapes are not supported.")
    if isinstance(shape, int):
        raise ValueError(
            f"The shape must be a tuple or a list, received: {shape}. Did you mean ({shape},)?"
        )
    try:
        sizes = tuple(shape)
    except TypeError:
        raise ValueError(f"Cannot convert '{shape}' to a shape.") from None
    out = []
    for size in sizes:
        if size is None:
            out.append(None)
            continue
        try:
            size = operator.index(size)
        except TypeError:
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Found invalid entry '{size}' of type"
                f" '{type(size)}'."
            ) from None
        if size < 0:
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed."
            )
        out.append(size)
    return tuple(out)


def canonicalize_axis(axis, rank):
    """`axis` counted from the front; ValueError outside of `[-rank, rank)`."""
    axis = operator.index(axis)
    if not -rank <= axis < rank:
        raise ValueError(
            f"axis {axis} is out of bounds for an array with dimension {rank}. "
            f"Expected -{rank} <= axis < {rank}"
        )
    return axis + rank if axis < 0 else axis


def is_axis(axis, rank):
    """Whether `axis` is an integer in `[-rank, rank)`."""
    return hasattr(axis, "__index__") and -rank <= operator.index(axis) < rank


def to_tuple(value, rank, name, allow_zero=False):
    """An int or a sequence of `rank` ints as a tuple of positive ints, for sizes and strides.

    Raises:
        ValueError: naming the argument `name`, if the length, type or sign is wrong.
    """
    problem = f"The `{name}` argument must be a tuple of {rank} integers. Received {name}={value}"
    try:
        sizes = (operator.index(value),) * rank
    except TypeError:
        try:
            sizes = tuple(operator.index(v) for v in value)
        except TypeError:
            raise ValueError(problem) from None
    if len(sizes) != rank:
        raise ValueError(problem)
    wrong = {size for size in sizes if size < (0 if allow_zero else 1)}
    if wrong:
        raise ValueError(
            f"{problem}, including values {wrong} that do not satisfy"
            f" `value {'>= 0' if allow_zero else '> 0'}`"
        )
    return sizes


def is_shape(value):
    """Whether `value` is a tuple or list of ints and Nones."""
    return isinstance(value, (list, tuple)) and all(
        size is None or (isinstance(size, int) and not isinstance(size, bool)) for size in value
    )


def window_size(size, window, stride, padding, dilation=1):
    """Length of an axis after a sliding window; None for None.

    Args:
        size: length before, or None.
        window, stride, dilation: of the window along the axis.
        padding: `"valid"`, `"same"` or `"causal"`.
    """
    if size is None:
        return None
    if padding == "valid":
        size -= dilation * (window - 1)
    return max(-(-size // stride), 0)


def transposed_window_size(size, window, stride, padding, dilation=1, extra=None):
    """Length of an axis after a transposed convolution; None for None.

    Args:
        size: length before, or None.
        window, stride, dilation: of the window along the axis.
        padding: `"valid"` or `"same"`.
        extra: `output_padding` along the axis, or None.
    """
    if size is None:
        return None
    reach = (window - 1) * dilation + 1
    if extra is None:
        return size * stride + (0 if padding == "same" else max(reach - stride, 0))
    edge = reach // 2 if padding == "same" else 0
    return (size - 1) * stride + reach - 2 * edge + extra


def is_count(value):
    """Whether `value` is a positive int, also one of NumPy's."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) > 0
