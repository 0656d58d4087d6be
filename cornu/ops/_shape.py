"""Ops that make tensors and arrange their elements."""

import math
import numbers
import operator

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import dtypes
from cornu.core.errors import shorten
from cornu.core.masks import copy_mask
from cornu.core.scopes import MASKS
from cornu.core.shapes import canonicalize_axis, is_axis
from cornu.state.variable import Variable
from cornu.symbolic.op import FunctionCall, kernel, op, promote, promote_divide
from cornu.symbolic.tensor import KerasTensor


def zeros(shape, dtype=None):
    """A tensor of zeros of the given shape."""
    return kernels.zeros(_sizes(shape), _dtype(dtype))


def ones(shape, dtype=None):
    """A tensor of ones of the given shape."""
    return kernels.ones(_sizes(shape), _dtype(dtype))


def full(shape, fill_value, dtype=None):
    """A tensor of the given shape, every element `fill_value`."""
    return kernels.full(_sizes(shape), fill_value, _dtype(dtype))


def eye(N, M=None, k=0, dtype=None):
    """N x M matrix (square without M) with ones on diagonal `k`, zeros elsewhere."""
    return kernels.eye(N, M, k, _dtype(dtype))


def identity(n, dtype=None):
    """The n x n identity matrix."""
    return kernels.eye(n, None, 0, _dtype(dtype))


def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` (0 if alone) to before `stop`, `step` apart; int32 for ints unless
    `dtype` says otherwise."""
    if dtype is None:
        given = [value for value in (start, stop, step) if value is not None]
        dtype = dtypes.result_type(*(getattr(value, "dtype", type(value)) for value in given))
    return kernels.arange(start, stop, step, _dtype(dtype))


@op("start", "stop", dtype=promote_divide)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` evenly spaced numbers from `start` to `stop`, `stop` included if `endpoint`."""
    dtype = start.dtype if dtype is None else _dtype(dtype)
    return kernels.linspace(start, stop, num, endpoint, retstep, dtype, axis)


def _dtype(dtype):
    return dtypes.narrow(dtypes.standardize_dtype(dtype))


def _sizes(shape):
    if isinstance(shape, numbers.Integral):
        return (shape,)
    return tuple(operator.index(size) for size in shape)


@op("x")
def zeros_like(x, dtype=None):
    """Zeros of the shape of `x`, of its dtype unless `dtype` says otherwise."""
    return kernels.zeros(x.shape, dtype or x.dtype)


@op("x")
def ones_like(x, dtype=None):
    """Ones of the shape of `x`, of its dtype unless `dtype` says otherwise."""
    return kernels.ones(x.shape, dtype or x.dtype)


@op("x", "fill_value")
def full_like(x, fill_value, dtype=None):
    """`fill_value` in the shape of `x`, of its dtype unless `dtype` says otherwise."""
    return kernels.full(x.shape, fill_value, dtype or x.dtype)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """`x` (number, nested list, NumPy array, tensor, variable) as a tensor.

    Args:
        dtype: dtype of the result; by default the value's own, `floatx()` for Python floats, int32
            for ints.
        sparse, ragged: must be falsy; the engine has dense tensors only.
    """
    if isinstance(x, KerasTensor):
        x = copy(x) if (x.sparse and sparse is False) or (x.ragged and ragged is False) else x
        return x if dtype is None else cast(x, dtype)
    if sparse or ragged:
        raise ValueError(
            "The JAX engine has no sparse or ragged tensors: leave out `sparse` and `ragged`."
        )
    if isinstance(x, Variable):
        x = x.value
    result = engine.asarray(x, None if dtype is None else dtypes.standardize_dtype(dtype))
    return _with_mask_of(x, result)


def convert_to_numpy(x):
    """`x` as a NumPy array of your own, which you may change; waits for it to be computed."""
    if isinstance(x, (list, tuple)):
        x = [convert_to_numpy(item) for item in x]
    found = kernels.convert_to_numpy(x.value if isinstance(x, Variable) else x)
    return found if found.flags.writeable and found is not x else found.copy()


def array(x, dtype=None):
    """`x` as a tensor; the same as `convert_to_tensor`."""
    return convert_to_tensor(x, dtype=dtype)


def is_tensor(x):
    """Whether `x` is a tensor of the engine."""
    return engine.is_tensor(x)


def shape(x):
    """The shape of `x` as a tuple; unknown sizes of a symbolic tensor are None."""
    return tuple(x.shape) if hasattr(x, "shape") else tuple(convert_to_tensor(x).shape)


def ndim(x):
    """Number of axes of `x`."""
    return len(shape(x))


def size(x):
    """Number of elements of `x`; of a symbolic tensor an int32 tensor, symbolic too."""
    return _size(x) if isinstance(x, KerasTensor) else math.prod(shape(x))


@op("x", keras_name="Size")
def _size(x):
    return kernels.sum(kernels.ones(x.shape, "int32"))


@op("x", family="core")
def _cast(x, dtype):
    return engine.cast(x, dtype)


def cast(x, dtype):
    """`x` in another dtype."""
    dtype = dtypes.standardize_dtype(dtype)
    if isinstance(x, KerasTensor):
        return x if x.dtype == dtype else _cast(x, dtype=dtype)
    if isinstance(x, Variable):
        return engine.cast(x.value, dtype)
    return _with_mask_of(x, engine.cast(x, dtype))


def _with_mask_of(x, result):
    if MASKS and result is not x:
        copy_mask(x, result)
    return result


@op("variable", family="core")
def stop_gradient(variable):
    """The value, constant for gradients."""
    return engine.stop_gradient(variable)


@op("x")
def copy(x):
    """The value itself: tensors don't change."""
    return x


@op("x")
def broadcast_to(x, shape):
    """`x` repeated along axes of size 1 (and new leading axes) to the given shape."""
    return kernels.broadcast_to(x, _sizes(shape))


def _check_alike(name, xs, axes):
    """Raise ValueError unless all tensors have as many axes, and those of `axes` the same sizes."""
    first = xs[0].shape if axes else ()
    for x in xs if axes else ():
        if x.ndim != len(first) or any(x.shape[i] != first[i] for i in axes):
            raise ValueError(
                f"{name}: the shapes do not fit each other. Received shapes:"
                f" {shorten([tuple(x.shape) for x in xs])}"
            )


@op("xs", lists=["xs"], dtype=promote)
def concatenate(xs, axis=0):
    """A list of tensors joined along `axis`; their other sizes are equal."""
    axes = range(xs[0].ndim) if axis is not None and xs else ()
    _check_alike("concatenate", xs, [i for i in axes if i != axis % xs[0].ndim])
    return kernels.concatenate(xs, axis)


@op("x", lists=["x"], dtype=promote)
def stack(x, axis=0):
    """A list of tensors of one shape along a new axis."""
    _check_alike("stack", x, range(x[0].ndim) if len(x) else ())
    return kernels.stack(x, axis)


@op("x")
def expand_dims(x, axis):
    """A new axis of size 1 at position `axis` (int or tuple of ints)."""
    return kernels.expand_dims(x, axis)


@op("x")
def squeeze(x, axis=None):
    """Without axes of size 1: those named, or all."""
    return kernels.squeeze(x, axis)


@op("x")
def flip(x, axis=None):
    """Elements in reverse order along `axis`, or along all axes."""
    return kernels.flip(x, axis)


@op("x")
def moveaxis(x, source, destination):
    """Axes `source` (int or sequence) moved to the positions `destination`."""
    source, destination = (_axes_of(x, axes) for axes in (source, destination))
    return kernels.moveaxis(x, source, destination)


def _axes_of(x, axes):
    """Axes counted from the front."""
    several = axes if isinstance(axes, (list, tuple)) else (axes,)
    return tuple(canonicalize_axis(axis, x.ndim) for axis in several)


@op("x")
def swapaxes(x, axis1, axis2):
    """Two axes exchanged."""
    return kernels.swapaxes(x, *_axes_of(x, (axis1, axis2)))


@op("x")
def transpose(x, axes=None):
    """Axes in the given order, or reversed."""
    if axes is None:
        return kernels.transpose(x, None)
    if len(axes) != x.ndim:
        raise ValueError(
            "`axes` must be a list of the same length as the input shape. Received:"
            f" axes={list(axes)}, x.shape={tuple(x.shape)}"
        )
    if not all(is_axis(axis, x.ndim) for axis in axes):
        raise ValueError(
            f"Each axis in `axes` must be an integer in [-{x.ndim}, {x.ndim}). Received:"
            f" axes={list(axes)}, x.shape={tuple(x.shape)}"
        )
    if sorted(_axes_of(x, axes)) != list(range(x.ndim)):
        raise ValueError(
            f"`axes` must be a valid permutation of the axes of `x`. Received: axes={list(axes)},"
            f" x.shape={tuple(x.shape)}"
        )
    return kernels.transpose(x, axes)


@op("x")
def ravel(x):
    """All elements along one axis, in row-major order."""
    return kernel()


@op("x")
def reshape(x, newshape):
    """The elements of `x` in row-major order, in a shape with as many; -1 (or None) is what is left
    over."""
    sizes = (newshape,) if isinstance(newshape, numbers.Integral) else tuple(newshape)
    sizes = tuple(-1 if size is None else size for size in sizes)
    if any(isinstance(size, int) and size < -1 for size in sizes):
        raise ValueError(
            "Each dimension in `newshape` must be a non-negative integer, or -1 (or None) for what"
            f" is left over. Received: newshape={sizes}"
        )
    if sum(isinstance(size, int) and size == -1 for size in sizes) > 1:
        raise ValueError(
            "There must be at most one unknown dimension (-1) in `newshape`. Received:"
            f" newshape={sizes}"
        )
    return kernels.reshape(x, sizes)


@op("x")
def repeat(x, repeats, axis=None):
    """Each element `repeats` times along `axis`; None is the flattened tensor."""
    return kernels.repeat(x, repeats, axis=axis)


def _spec_of_repeat(call, x):
    # How often each of an unknown number of elements is repeated says how many come out, but
    # tracing cannot use it.
    axis, repeats = call.static.get("axis"), call.static["repeats"]
    along = x.shape if axis is None else (x.shape[axis],)
    if None not in along or np.size(repeats) == 1:
        return FunctionCall.compute_output_spec(call, x)
    if axis is None:
        return KerasTensor((None,), x.dtype)
    shape = list(x.shape)
    shape[axis] = None
    return KerasTensor(shape, x.dtype)


repeat.operation.compute_output_spec = _spec_of_repeat


@op("x")
def tile(x, repeats):
    """The whole of `x` repeated along each axis."""
    return kernels.tile(x, repeats)


@op("x")
def roll(x, shift, axis=None):
    """Elements shifted along `axis`, those that fall off coming in at the other end."""
    return kernels.roll(x, shift, axis)


@op("x")
def pad(x, pad_width, mode="constant", constant_values=None):
    """Elements added before and after along each axis.

    Args:
        pad_width: `(before, after)` for each axis, or one pair or int for all.
        mode: `"constant"`, `"reflect"`, `"symmetric"`, or another mode of `numpy.pad`.
        constant_values: for mode `"constant"`, 0 by default.
    """
    if constant_values is not None and mode != "constant":
        raise ValueError(
            "Argument `constant_values` can only be provided when `mode == 'constant'`. Received:"
            f" mode={mode}"
        )
    return kernels.pad(x, pad_width, mode, constant_values)


@op("x")
def split(x, indices_or_sections, axis=0):
    """A list of parts along `axis`: so many equal ones, or cut at the given indices."""
    return kernels.split(x, indices_or_sections, canonicalize_axis(axis, x.ndim))


def unstack(x, num=None, axis=0):
    """A list of the slices along `axis`, without that axis.

    Args:
        num: how many there are; needed where a symbolic tensor doesn't know.

    Raises:
        ValueError: if there is no such axis, its size is not known, or `num` is another.
    """
    sizes = shape(x)
    size = sizes[canonicalize_axis(axis, len(sizes))]
    if num is None and size is None:
        raise ValueError(
            f"Cannot infer argument `num` from shape {sizes}. Either provide a tensor with a "
            "concrete shape in the `axis` dimension or explicitly pass the `num` argument."
        )
    if None not in (num, size) and num != size:
        raise ValueError(f"`unstack`: num={num} but axis {axis} of shape {sizes} has size {size}.")
    return _unstack(x, num=num, axis=axis)


@op("x", family="core", keras_name="Unstack")
def _unstack(x, num=None, axis=0):
    count = x.shape[axis] if num is None else num
    return [kernels.take(x, place, axis) for place in range(count)]


@op("x")
def tril(x, k=0):
    """Lower triangle: zeros above diagonal `k`."""
    return kernels.tril(x, k)


@op("x")
def triu(x, k=0):
    """Upper triangle: zeros below diagonal `k`."""
    return kernels.triu(x, k)


def dtype(x):
    """The name of the dtype of `x`: a tensor, variable, array or number.

    Example:
        >>> import cornu
        >>> cornu.ops.dtype(cornu.ops.ones((2,)))
        'float32'
    """
    return dtype_of(x if hasattr(x, "dtype") else convert_to_tensor(x))


def dtype_of(x):
    """The name of the dtype of a tensor, variable, array or number."""
    found = getattr(x, "dtype", None)
    return dtypes.standardize_dtype(found if found is not None else type(x))
