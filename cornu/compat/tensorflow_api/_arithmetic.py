"""Elementwise functions, reductions and the like: what is in `tf.math` and, mostly, in `tf`."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._table import fill
from cornu.compat.tensorflow_api._tensors import StringTensor, convert_to_tensor, is_text
from cornu.core import dtypes
from cornu.state.variable import value_of

REDUCE = "input_tensor axis keepdims"
TABLE = {
    "abs": (ops.absolute, "x"),
    "acos": (ops.arccos, "x"),
    "acosh": (ops.arccosh, "x"),
    "angle": (ops.angle, "input"),
    "asin": (ops.arcsin, "x"),
    "asinh": (ops.arcsinh, "x"),
    "atan": (ops.arctan, "x"),
    "atan2": (ops.arctan2, "y x"),
    "atanh": (ops.arctanh, "x"),
    "bessel_i0": (ops.i0, "x"),
    "ceil": (ops.ceil, "x"),
    "conj": (ops.conj, "x"),
    "cos": (ops.cos, "x"),
    "cosh": (ops.cosh, "x"),
    "divide": (ops.divide, "x y"),
    "divide_no_nan": (ops.divide_no_nan, "x y"),
    "erf": (ops.erf, "x"),
    "erfc": (ops.erfc, "x"),
    "erfinv": (ops.erfinv, "x"),
    "exp": (ops.exp, "x"),
    "expm1": (ops.expm1, "x"),
    "floor": (ops.floor, "x"),
    "floordiv": (ops.floor_divide, "x y"),
    "floormod": (ops.mod, "x y"),
    "greater": (ops.greater, "x y"),
    "greater_equal": (ops.greater_equal, "x y"),
    "igamma": (ops.gammainc, "a x"),
    "imag": (ops.imag, "input"),
    "is_finite": (ops.isfinite, "x"),
    "is_inf": (ops.isinf, "x"),
    "is_nan": (ops.isnan, "x"),
    "less": (ops.less, "x y"),
    "less_equal": (ops.less_equal, "x y"),
    "lgamma": (ops.lgamma, "x"),
    "log": (ops.log, "x"),
    "log1p": (ops.log1p, "x"),
    "log_sigmoid": (ops.log_sigmoid, "x"),
    "logical_and": (ops.logical_and, "x y"),
    "logical_not": (ops.logical_not, "x"),
    "logical_or": (ops.logical_or, "x y"),
    "logical_xor": (ops.logical_xor, "x y"),
    "maximum": (ops.maximum, "x y"),
    "minimum": (ops.minimum, "x y"),
    "mod": (ops.mod, "x y"),
    "negative": (ops.negative, "x"),
    "nextafter": (ops.nextafter, "x1 x2"),
    "pow": (ops.power, "x y"),
    "real": (ops.real, "input"),
    "reciprocal": (ops.reciprocal, "x"),
    "reduce_all": (ops.all, REDUCE),
    "reduce_any": (ops.any, REDUCE),
    "reduce_logsumexp": (ops.logsumexp, REDUCE),
    "reduce_max": (ops.max, REDUCE),
    "reduce_min": (ops.min, REDUCE),
    "rint": (ops.round, "x"),
    "round": (ops.round, "x"),
    "rsqrt": (ops.rsqrt, "x"),
    "segment_max": (ops.segment_max, "data segment_ids"),
    "segment_min": (ops.segment_min, "data segment_ids"),
    "segment_prod": (ops.segment_prod, "data segment_ids"),
    "segment_sum": (ops.segment_sum, "data segment_ids"),
    "sigmoid": (ops.sigmoid, "x"),
    "sign": (ops.sign, "x"),
    "sin": (ops.sin, "x"),
    "sinh": (ops.sinh, "x"),
    "softplus": (ops.softplus, "features"),
    "softsign": (ops.softsign, "features"),
    "sqrt": (ops.sqrt, "x"),
    "square": (ops.square, "x"),
    "subtract": (ops.subtract, "x y"),
    "tan": (ops.tan, "x"),
    "tanh": (ops.tanh, "x"),
    "truediv": (ops.true_divide, "x y"),
    "unsorted_segment_max": (ops.segment_max, "data segment_ids num_segments"),
    "unsorted_segment_min": (ops.segment_min, "data segment_ids num_segments"),
    "unsorted_segment_prod": (ops.segment_prod, "data segment_ids num_segments"),
    "unsorted_segment_sum": (ops.segment_sum, "data segment_ids num_segments"),
    "zero_fraction": (lambda value: ops.mean(ops.cast(ops.equal(value, 0), "float32")), "value"),
}
fill(globals(), TABLE)


def _is_int(x):
    return dtypes.is_int_dtype(str(x.dtype))


def add(x, y, name=None):
    """`x + y`; of strings, one after the other."""
    if is_text(x) or is_text(y):
        return convert_to_tensor(x) + convert_to_tensor(y)
    return ops.add(x, y)


def multiply(x, y, name=None):
    """`x * y`."""
    return ops.multiply(x, y)


def equal(x, y, name=None):
    """Whether elements are equal; strings too."""
    if is_text(x) or is_text(y):
        return StringTensor(x) == y
    return ops.equal(x, y)


def not_equal(x, y, name=None):
    """Whether elements differ; strings too."""
    return ops.logical_not(equal(x, y)) if is_text(x) or is_text(y) else ops.not_equal(x, y)


def scalar_mul(scalar, x, name=None):
    """`scalar * x`."""
    return ops.multiply(scalar, x)


def squared_difference(x, y, name=None):
    """`(x - y) ** 2`."""
    return ops.square(ops.subtract(x, y))


def multiply_no_nan(x, y, name=None):
    """`x * y`, 0 where `y` is 0 whatever `x` is."""
    return ops.where(ops.equal(y, 0), 0.0, ops.multiply(x, y))


def reciprocal_no_nan(x, name=None):
    """`1 / x`, 0 where `x` is 0."""
    return ops.divide_no_nan(ops.ones_like(x), x)


def xlogy(x, y, name=None):
    """`x * log(y)`, 0 where `x` is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.multiply(x, ops.log(ops.where(zero, 1.0, y))))


def xlog1py(x, y, name=None):
    """`x * log1p(y)`, 0 where `x` is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.multiply(x, ops.log1p(ops.where(zero, 0.0, y))))


def xdivy(x, y, name=None):
    """`x / y`, 0 where `x` is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.divide(x, ops.where(zero, 1.0, y)))


def truncatediv(x, y, name=None):
    """The integer quotient, rounded towards zero."""
    x, y = convert_to_tensor(x), convert_to_tensor(y)
    return ops.multiply(ops.floor_divide(ops.abs(x), ops.abs(y)), ops.sign(x) * ops.sign(y))


def truncatemod(x, y, name=None):
    """The rest of `truncatediv`, with the sign of `x`."""
    return ops.fmod(x, y)


def add_n(inputs, name=None):
    """The sum of a list of tensors."""
    total, *others = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    for each in others:
        total = ops.add(total, each)
    return ops.convert_to_tensor(value_of(total)) if not others else total


def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """The sum of a list of tensors."""
    return add_n(inputs)


def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """Elements, at least the one and at most the other."""
    return ops.minimum(ops.maximum(t, clip_value_min), clip_value_max)


def saturate_cast(value, dtype, name=None):
    """The values in another dtype, clipped to what it can hold."""
    return ops.saturate_cast(value, as_dtype(dtype).name)


def cast(x, dtype, name=None):
    """The values in another dtype."""
    return ops.cast(x, as_dtype(dtype).name)


def complex(real, imag, name=None):
    """A complex tensor of its two parts."""
    return ops.add(ops.cast(real, "complex64"), ops.multiply(ops.cast(imag, "complex64"), 1j))


def reduce_sum(input_tensor, axis=None, keepdims=False, name=None):
    """The sum over axes, in the dtype of the tensor."""
    x = convert_to_tensor(input_tensor)
    return ops.cast(ops.sum(x, axis=_axes(axis), keepdims=keepdims), str(x.dtype))


def reduce_prod(input_tensor, axis=None, keepdims=False, name=None):
    """The product over axes, in the dtype of the tensor."""
    x = convert_to_tensor(input_tensor)
    return ops.cast(ops.prod(x, axis=_axes(axis), keepdims=keepdims), str(x.dtype))


def reduce_mean(input_tensor, axis=None, keepdims=False, name=None):
    """The mean over axes; of integers, rounded towards zero as TensorFlow has it."""
    x = convert_to_tensor(input_tensor)
    found = ops.mean(x, axis=_axes(axis), keepdims=keepdims)
    return ops.cast(ops.trunc(found), str(x.dtype)) if _is_int(x) else found


def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """The variance over axes."""
    return ops.var(input_tensor, axis=_axes(axis), keepdims=keepdims)


def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """The standard deviation over axes."""
    return ops.std(input_tensor, axis=_axes(axis), keepdims=keepdims)


def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """The square root of the sum of squares over axes."""
    x = convert_to_tensor(input_tensor)
    return ops.sqrt(ops.sum(ops.square(x), axis=_axes(axis), keepdims=keepdims))


def _axes(axis):
    """Axes as an int, a tuple of ints or None."""
    if axis is None or isinstance(axis, int):
        return axis
    found = tuple(int(each) for each in np.ravel(axis))
    return found if isinstance(axis, (list, tuple)) or len(found) > 1 else found[0]


def argmax(input, axis=None, output_type="int64", name=None):
    """The index of the greatest element along an axis, by default the first."""
    return ops.cast(ops.argmax(input, axis=axis or 0), as_dtype(output_type).name)


def argmin(input, axis=None, output_type="int64", name=None):
    """The index of the smallest element along an axis, by default the first."""
    return ops.cast(ops.argmin(input, axis=axis or 0), as_dtype(output_type).name)


def count_nonzero(input, axis=None, keepdims=None, dtype="int64", name=None):
    """How many elements are not zero."""
    found = ops.count_nonzero(input, axis=axis)
    if keepdims and axis is not None:
        found = ops.expand_dims(found, axis)
    return ops.cast(found, as_dtype(dtype).name)


def _cumulative(function, neutral):
    def call(x, axis=0, exclusive=False, reverse=False, name=None):
        x = convert_to_tensor(x)
        if reverse:
            x = ops.flip(x, axis)
        found = ops.cast(function(x, axis=axis), str(x.dtype))
        if exclusive:
            count = found.shape[axis]
            first = ops.full_like(ops.take(found, [0], axis=axis), neutral)
            rest = ops.take(found, np.arange(count - 1), axis=axis)
            found = ops.concatenate([first, rest], axis=axis)
        return ops.flip(found, axis) if reverse else found

    return call


cumsum = _cumulative(ops.cumsum, 0)
cumsum.__doc__ = "Sums of all elements up to each; `exclusive` leaves it out itself."
cumprod = _cumulative(ops.cumprod, 1)
cumprod.__doc__ = "Products of all elements up to each; `exclusive` leaves it out itself."
for _name in ("cumsum", "cumprod"):
    globals()[_name].__name__ = globals()[_name].__qualname__ = _name


def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """`log` of the cumulative sums of `exp`."""
    peak = ops.max(x)
    return ops.log(cumsum(ops.exp(ops.subtract(x, peak)), axis, exclusive, reverse)) + peak


def top_k(input, k=1, sorted=True, index_type="int32", name=None):
    """The `k` greatest elements along the last axis, and their indices."""
    values, indices = ops.top_k(input, k=int(k), sorted=sorted)
    return TopK(values, ops.cast(indices, as_dtype(index_type).name))


class TopK(tuple):
    """What `top_k` returns: `values` and `indices`."""

    __slots__ = ()

    def __new__(cls, values, indices):
        return tuple.__new__(cls, (values, indices))

    values = property(lambda self: self[0])
    indices = property(lambda self: self[1])


def in_top_k(targets, predictions, k, name=None):
    """Whether the targets are among the `k` classes predicted with most confidence."""
    return ops.in_top_k(targets, predictions, k=k)


def softmax(logits, axis=None, name=None):
    """Softmax along an axis, by default the last."""
    return ops.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits, axis=None, name=None):
    """Logarithm of the softmax along an axis, by default the last."""
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """`x` divided by its length along axes."""
    axis = dim if axis is None else axis
    squares = ops.sum(ops.square(x), axis=_axes(axis), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


def bincount(
    arr, weights=None, minlength=None, maxlength=None, dtype="int32", name=None, axis=None,
    binary_output=False,
):  # fmt: skip
    """How often each number occurs.

    Raises:
        NotImplementedError: for `binary_output`, which is `tf.one_hot` and a maximum.
    """
    if binary_output:
        raise NotImplementedError("`binary_output`: use the maximum of `tf.one_hot` over rows.")
    arr = convert_to_tensor(arr)
    if axis is None:
        arr = ops.reshape(arr, (-1,))
        weights = None if weights is None else ops.reshape(weights, (-1,))
    found = ops.bincount(arr, weights=weights, minlength=int(minlength or 0))
    if maxlength is not None:
        found = found[..., : int(maxlength)]
    return found if weights is not None else ops.cast(found, as_dtype(dtype).name)


def confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype="int32", name=None):
    """How often each label (row) was predicted as each (column)."""
    labels, predictions = convert_to_tensor(labels), convert_to_tensor(predictions)
    if num_classes is None:
        num_classes = int(ops.max(ops.maximum(labels, predictions))) + 1
    dtype = as_dtype(dtype).name
    counts = ops.ones_like(labels, dtype=dtype) if weights is None else ops.cast(weights, dtype)
    places = ops.stack([labels, predictions], axis=-1)
    return ops.scatter(places, counts, (int(num_classes), int(num_classes)))


def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The mean of the rows of each segment."""
    counts = ops.segment_sum(ops.ones_like(data), segment_ids, num_segments=num_segments)
    return ops.divide_no_nan(ops.segment_sum(data, segment_ids, num_segments=num_segments), counts)


def segment_mean(data, segment_ids, name=None):
    """The mean of the rows of each segment."""
    return unsorted_segment_mean(data, segment_ids, int(ops.max(segment_ids)) + 1)


def polyval(coeffs, x, name=None):
    """A polynomial with the given coefficients, the highest power first."""
    found = ops.zeros_like(x)
    for coefficient in coeffs:
        found = found * x + coefficient
    return found


def invert_permutation(x, name=None):
    """The permutation that takes a permutation back."""
    return ops.cast(ops.argsort(x), str(convert_to_tensor(x).dtype))


def is_non_decreasing(x, name=None):
    """Whether no element is smaller than the one before."""
    x = ops.reshape(x, (-1,))
    return ops.all(ops.less_equal(x[:-1], x[1:]))


def is_strictly_increasing(x, name=None):
    """Whether each element is greater than the one before."""
    x = ops.reshape(x, (-1,))
    return ops.all(ops.less(x[:-1], x[1:]))


def igammac(a, x, name=None):
    """The upper regularised incomplete gamma function."""
    return ops.subtract(1.0, ops.gammainc(a, x))


def erfcinv(x, name=None):
    """The inverse of `erfc`."""
    return ops.erfinv(ops.subtract(1.0, x))


def ndtri(x, name=None):
    """Quantiles of the normal distribution."""
    return ops.multiply(ops.erfinv(ops.subtract(ops.multiply(x, 2.0), 1.0)), np.sqrt(2.0))


def lbeta(x, name=None):
    """Logarithm of the beta function of the last axis."""
    return ops.subtract(ops.sum(ops.lgamma(x), axis=-1), ops.lgamma(ops.sum(x, axis=-1)))
