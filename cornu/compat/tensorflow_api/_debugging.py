"""`tf.debugging`: assertions. They look at values where these are known; in compiled code a check
of values is left out, one of shapes and dtypes is not."""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._errors import InvalidArgumentError
from cornu.compat.tensorflow_api._tensors import convert_to_tensor
from cornu.core import tree
from cornu.symbolic.tensor import KerasTensor


def _known(*tensors):
    return not any(engine.is_traced(x) or isinstance(x, KerasTensor) for x in tensors)


def _fail(what, message, *values):
    told = ", ".join(np.array2string(np.asarray(value), threshold=10) for value in values)
    raise InvalidArgumentError(f"{message + ': ' if message else ''}{what}. Received: {told}")


def _comparison(test, words):
    def check(x, y, message=None, summarize=None, name=None):
        x, y = convert_to_tensor(x), convert_to_tensor(y)
        if _known(x, y) and not bool(np.all(test(np.asarray(x), np.asarray(y)))):
            _fail(f"Condition x {words} y did not hold", message, x, y)

    check.__doc__ = f"Raise `InvalidArgumentError` unless x {words} y, for all elements."
    return check


assert_equal = _comparison(np.equal, "==")
assert_none_equal = _comparison(np.not_equal, "!=")
assert_greater = _comparison(np.greater, ">")
assert_greater_equal = _comparison(np.greater_equal, ">=")
assert_less = _comparison(np.less, "<")
assert_less_equal = _comparison(np.less_equal, "<=")


def _sign(check):
    def sign(x, message=None, summarize=None, name=None):
        check(x, 0, message)

    sign.__doc__ = check.__doc__.replace(" y", " 0")
    return sign


assert_positive, assert_negative = _sign(assert_greater), _sign(assert_less)
assert_non_negative, assert_non_positive = _sign(assert_greater_equal), _sign(assert_less_equal)


def assert_near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    """Raise `InvalidArgumentError` unless all elements are near each other, by default to 10
    roundings."""
    x, y = convert_to_tensor(x), convert_to_tensor(y)
    if not _known(x, y):
        return
    step = 10 * float(np.finfo(np.asarray(x).dtype).eps)
    rtol, atol = (step if each is None else each for each in (rtol, atol))
    if not np.all(np.abs(np.asarray(x) - np.asarray(y)) <= atol + rtol * np.abs(np.asarray(y))):
        _fail("x and y are not near each other", message, x, y)


def assert_all_finite(x, message="", name=None):
    """`x`, if no element is infinite or NaN; else `InvalidArgumentError`."""
    x = convert_to_tensor(x)
    if _known(x) and not bool(ops.all(ops.isfinite(x))):
        _fail("the tensor holds NaN or infinite values", message, x)
    return x


def check_numerics(tensor, message, name=None):
    """`tensor`, if no element is infinite or NaN; else `InvalidArgumentError`."""
    return assert_all_finite(tensor, message)


def Assert(condition, data, summarize=None, name=None):
    """Raise `InvalidArgumentError` with `data` unless the condition holds."""
    condition = convert_to_tensor(condition)
    if _known(condition) and not bool(condition):
        raise InvalidArgumentError(f"Assertion failed. Received: {tree.flatten(data)}")


def assert_rank(x, rank, message=None, name=None):
    """Raise ValueError unless `x` has `rank` axes."""
    assert_rank_in(x, [rank], message)


def assert_rank_at_least(x, rank, message=None, name=None):
    """Raise ValueError unless `x` has `rank` axes or more."""
    found = len(convert_to_tensor(x).shape)
    if found < int(rank):
        raise ValueError(f"{message or 'Wrong rank'}: at least {int(rank)}. Received rank: {found}")


def assert_rank_in(x, ranks, message=None, name=None):
    """Raise ValueError unless the number of axes of `x` is one of `ranks`."""
    found = len(convert_to_tensor(x).shape)
    if found not in [int(rank) for rank in ranks]:
        raise ValueError(f"{message or 'Wrong rank'}: one of {ranks}. Received rank: {found}")


def assert_scalar(tensor, message=None, name=None):
    """`tensor`, if it has no axes; else ValueError."""
    assert_rank(tensor, 0, message)
    return convert_to_tensor(tensor)


def assert_integer(x, message=None, name=None):
    """Raise TypeError unless `x` is of an integer dtype."""
    found = as_dtype(convert_to_tensor(x).dtype)
    if not found.is_integer:
        raise TypeError(f"{message or 'Expected an integer'}. Received dtype: {found!r}")


def assert_type(tensor, tf_type, message=None, name=None):
    """Raise TypeError unless the tensor is of a dtype."""
    found = convert_to_tensor(tensor).dtype
    if found != as_dtype(tf_type):
        raise TypeError(f"{message or 'Wrong dtype'}: {tf_type!r}. Received dtype: {found}")


def assert_same_float_dtype(tensors=None, dtype=None):
    """The float dtype that all tensors have; ValueError if they differ or it is none."""
    found = {as_dtype(each.dtype) for each in tensors or ()} | (
        {as_dtype(dtype)} if dtype else set()
    )
    if len(found) > 1 or not all(each.is_floating for each in found):
        raise ValueError(f"Expected one float dtype. Received: {sorted(found)}")
    return next(iter(found), as_dtype("float32"))


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Raise ValueError unless tensors have shapes in which equal letters mean equal sizes.

    Args:
        shapes: dict or list of pairs, from tensors to tuples of ints, letters and None.
    """
    sizes = {}
    for tensor, wanted in list(shapes.items() if isinstance(shapes, dict) else shapes):
        shape = tuple(convert_to_tensor(tensor).shape)
        if len(shape) != len(wanted):
            raise ValueError(f"{message or 'Wrong shape'}: {wanted}. Received shape: {shape}")
        for size, name_of in zip(shape, wanted, strict=True):
            known = name_of if isinstance(name_of, int) else sizes.setdefault(name_of, size)
            if name_of not in (None, ".") and known != size:
                raise ValueError(
                    f"{message or 'Wrong shape'}: {name_of} is {known} and {size} in {shape}"
                )


def is_numeric_tensor(tensor):
    """Whether something is a tensor of numbers."""
    return engine.is_tensor(tensor) and not as_dtype(tensor.dtype).is_bool


def set_log_device_placement(enabled):
    """Nothing: all operations of a program are on one device."""


def disable_traceback_filtering():
    """Nothing: tracebacks are not filtered."""


enable_traceback_filtering = disable_traceback_filtering
