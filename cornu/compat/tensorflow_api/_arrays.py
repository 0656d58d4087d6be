"""Functions that make, arrange and pick elements: `tf.reshape`, `tf.gather`, `tf.one_hot`."""

import builtins
import operator

import numpy as np

from cornu import ops
from cornu.compat import _k_graph, k_backend
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._shapes import TensorShape
from cornu.compat.tensorflow_api._table import fill as fill_table
from cornu.compat.tensorflow_api._tensors import StringTensor, convert_to_tensor, is_text
from cornu.control_flow.calls import ON_TRACED
from cornu.control_flow.loops import Range
from cornu.core.dtypes import result_type
from cornu.symbolic.tensor import KerasTensor

TABLE = {
    "expand_dims": (ops.expand_dims, "input axis"),
    "identity": (ops.copy, "input"),
    "stop_gradient": (ops.stop_gradient, "input"),
    "unravel_index": (ops.unravel_index, "indices dims"),
}
fill_table(globals(), TABLE)


class Sizes(np.ndarray):
    """A shape as a tensor: on the host, so that sizes are known in compiled code too."""

    def numpy(self):
        """The sizes as a plain NumPy array."""
        return np.array(self)

    def get_shape(self):
        """The shape of the tensor of sizes."""
        return TensorShape(np.shape(self))


def sizes(shape):
    """A shape given as a list, array or tensor of ints as a tuple of ints."""
    if hasattr(shape, "__index__") and not getattr(shape, "shape", ()):
        return (operator.index(shape),)
    return tuple(
        size if isinstance(size, _k_graph.Size) or size is None else operator.index(size)
        for size in shape
    )


def _has_unknown(shape):
    return any(isinstance(size, _k_graph.Size) for size in shape)


def shape(input, out_type=None, name=None):
    """The shape as a tensor of ints; of a symbolic tensor, a tuple in which unknown sizes are
    symbolic numbers."""
    if isinstance(input, KerasTensor):
        return _k_graph.shape(input)
    found = tuple(convert_to_tensor(input).shape)
    return np.array(found, as_dtype(out_type or "int32").name).view(Sizes)


def shape_n(input, out_type="int32", name=None):
    """The shapes of several tensors."""
    return [shape(each, out_type) for each in input]


def rank(input, name=None):
    """The number of axes."""
    return np.int32(len(convert_to_tensor(input).shape))


def size(input, out_type=None, name=None):
    """The number of elements."""
    found = convert_to_tensor(input)
    return ops.convert_to_tensor(
        int(np.prod(tuple(found.shape))), as_dtype(out_type or "int32").name
    )


def reshape(tensor, shape, name=None):
    """The elements in another shape; one size may be -1."""
    if is_text(tensor) or isinstance(tensor, StringTensor):
        return StringTensor(np.reshape(np.asarray(convert_to_tensor(tensor)), sizes(shape)))
    shape = sizes(shape)
    return k_backend.reshape(tensor, shape) if _has_unknown(shape) else ops.reshape(tensor, shape)


def ensure_shape(x, shape, name=None):
    """`x`, if it has that shape.

    Raises:
        ValueError: if not.
    """
    TensorShape(tuple(x.shape)).assert_is_compatible_with(shape)
    return x


def broadcast_to(input, shape, name=None):
    """The tensor, repeated to a shape."""
    return ops.broadcast_to(input, sizes(shape))


def broadcast_static_shape(shape_x, shape_y):
    """The shape that two shapes broadcast to."""
    return TensorShape(np.broadcast_shapes(tuple(shape_x), tuple(shape_y)))


def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that two shapes broadcast to, as a tensor."""
    found = np.broadcast_shapes(sizes(shape_x), sizes(shape_y))
    return np.array(found, "int32").view(Sizes)


def zeros(shape, dtype="float32", name=None):
    """Zeros."""
    return _filled(ops.zeros, shape, dtype)


def ones(shape, dtype="float32", name=None):
    """Ones."""
    return _filled(ops.ones, shape, dtype)


def _filled(make, shape, dtype):
    shape, dtype = sizes(shape), as_dtype(dtype).name
    if dtype == "string":
        return StringTensor(np.full(shape, b"", object))
    return make(shape, dtype=dtype)


def zeros_like(input, dtype=None, name=None):
    """Zeros in the shape of a tensor."""
    return ops.zeros_like(input, dtype=None if dtype is None else as_dtype(dtype).name)


def ones_like(input, dtype=None, name=None):
    """Ones in the shape of a tensor."""
    return ops.ones_like(input, dtype=None if dtype is None else as_dtype(dtype).name)


def fill(dims, value, name=None):
    """A tensor of one value."""
    if is_text(value):
        return StringTensor(np.full(sizes(dims), value, object))
    value = convert_to_tensor(value)
    return ops.full(sizes(dims), value, dtype=str(value.dtype))


def eye(num_rows, num_columns=None, batch_shape=None, dtype="float32", name=None):
    """Ones on the diagonal; repeated for each element of `batch_shape`."""
    found = ops.eye(int(num_rows), num_columns and int(num_columns), dtype=as_dtype(dtype).name)
    if batch_shape is None:
        return found
    return ops.broadcast_to(found, (*sizes(batch_shape), *found.shape))


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """Numbers from `start` (by default 0) up to `limit`, without it.

    How many there are must be known, but for `for i in tf.range(n)` in a function that is compiled.
    """
    if limit is None:
        start, limit = 0, start
    start, limit, delta = (_number(each) for each in (start, limit, delta))
    if dtype is None:
        whole = all(isinstance(each, int) for each in (start, limit, delta))
        dtype = "int32" if whole else "float32"
    return ops.arange(start, limit, delta, dtype=as_dtype(dtype).name)


def _traced_range(start, limit=None, delta=1, dtype=None, name="range"):
    if limit is None:
        start, limit = 0, start
    bounds = [ops.convert_to_tensor(each) for each in (start, limit, delta)]
    joined = as_dtype(dtype).name if dtype else result_type(*(str(each.dtype) for each in bounds))
    return Range(*(ops.cast(each, joined) for each in bounds))


ON_TRACED[range] = _traced_range


def _number(value):
    """A number for a scalar tensor."""
    if isinstance(value, (int, float)):
        return value
    return np.asarray(value).item()


def linspace(start, stop, num, name=None, axis=0):
    """`num` numbers at equal distances, both ends included."""
    return ops.linspace(start, stop, int(num), axis=axis)


def meshgrid(*args, indexing="xy", name=None):
    """Coordinates of a grid."""
    return ops.meshgrid(*map(convert_to_tensor, args), indexing=indexing)


def concat(values, axis, name="concat"):
    """Tensors one after the other along an axis."""
    if isinstance(values, (list, tuple)) and any(map(is_text, values)):
        return StringTensor(
            np.concatenate([np.asarray(convert_to_tensor(v)) for v in values], axis)
        )
    if not isinstance(values, (list, tuple)):
        values = [values]
    return ops.concatenate([convert_to_tensor(value) for value in values], axis=int(axis))


def stack(values, axis=0, name="stack"):
    """Tensors along a new axis."""
    if len(values) and any(map(is_text, values)):
        return StringTensor(np.stack([np.asarray(convert_to_tensor(v)) for v in values], axis))
    return ops.stack([convert_to_tensor(value) for value in values], axis=axis)


def unstack(value, num=None, axis=0, name="unstack"):
    """A list of the slices along an axis."""
    return ops.unstack(value, num=num, axis=axis)


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """A list of parts along an axis: so many equal ones, or of the given sizes, one of which may be
    -1."""
    value = convert_to_tensor(value)
    axis = int(axis)
    if np.ndim(num_or_size_splits) == 0:
        return ops.split(value, int(num_or_size_splits), axis=axis)
    lengths = list(sizes(num_or_size_splits))
    if -1 in lengths:
        rest = value.shape[axis] - sum(lengths) - 1
        lengths[lengths.index(-1)] = rest
    return ops.split(value, np.cumsum(lengths)[:-1].tolist(), axis=axis)


def squeeze(input, axis=None, name=None):
    """Without axes of length 1."""
    if isinstance(axis, (list, tuple)):
        axis = tuple(axis) if axis else None
    return ops.squeeze(input, axis)


def transpose(a, perm=None, conjugate=False, name="transpose"):
    """The axes in another order, by default reversed."""
    found = ops.transpose(a, None if perm is None else sizes(perm))
    return ops.conj(found) if conjugate else found


def tile(input, multiples, name=None):
    """The tensor repeated along its axes."""
    multiples = sizes(multiples)
    return (
        k_backend.tile(input, multiples) if _has_unknown(multiples) else ops.tile(input, multiples)
    )


def repeat(input, repeats, axis=None, name=None):
    """Each element or slice repeated."""
    repeats = np.asarray(repeats)
    return ops.repeat(input, repeats.tolist(), axis=axis)


def reverse(tensor, axis, name=None):
    """The elements along axes in reverse order."""
    return ops.flip(tensor, axis=tuple(np.ravel(axis).tolist()))


def roll(input, shift, axis, name=None):
    """The elements moved along axes, those that fall off put in at the other end."""
    return ops.roll(input, _plain(shift), _plain(axis))


def _plain(value):
    return tuple(value) if isinstance(value, (list, tuple)) else int(value)


MODES = {"CONSTANT": "constant", "REFLECT": "reflect", "SYMMETRIC": "symmetric"}


def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """The tensor with elements before and after along each axis."""
    mode = MODES[mode.upper()]
    widths = tuple((int(before), int(after)) for before, after in paddings)
    extra = {"constant_values": constant_values} if mode == "constant" else {}
    return ops.pad(tensor, widths, mode=mode, **extra)


def where(condition, x=None, y=None, name=None):
    """Elements of `x` where the condition holds, else of `y`; without both, the indices where it
    holds."""
    condition = ops.cast(condition, "bool")
    if x is None:
        return ops.cast(ops.stack(ops.nonzero(condition), axis=-1), "int64")
    return ops.where(condition, x, y)


def boolean_mask(tensor, mask, axis=None, name="boolean_mask"):
    """The elements or slices where the mask holds. Its values must be known, so it does not work in
    compiled code."""
    mask = np.asarray(mask, bool)
    tensor = convert_to_tensor(tensor)
    axis = int(axis or 0)
    places = np.flatnonzero(mask)
    shape = tuple(tensor.shape)
    flat = ops.reshape(tensor, (*shape[:axis], -1, *shape[axis + mask.ndim :]))
    return ops.take(flat, places, axis=axis)


def slice(input_, begin, size, name=None):
    """A part that begins somewhere and has a size; -1 is the rest."""
    x = convert_to_tensor(input_)
    size = [
        x.shape[axis] - int(start) if length == -1 else length
        for axis, (start, length) in enumerate(zip(begin, sizes(size), strict=True))
    ]
    return ops.slice(x, convert_to_tensor(begin), tuple(size))


def strided_slice(input_, begin, end, strides=None, name=None):
    """A part in steps, as `x[begin:end:stride]` along each axis."""
    strides = (1,) * len(begin) if strides is None else strides
    key = zip(sizes(begin), sizes(end), sizes(strides), strict=True)
    return convert_to_tensor(input_)[tuple(builtins.slice(*each) for each in key)]


def gather(params, indices, validate_indices=None, axis=None, batch_dims=0, name=None):
    """The slices along an axis that `indices` name, for each of the first `batch_dims` axes its
    own."""
    if is_text(params):
        return StringTensor(
            np.take(np.asarray(convert_to_tensor(params)), np.asarray(indices), axis or 0)
        )
    params, indices = convert_to_tensor(params), convert_to_tensor(indices)
    axis = batch_dims if axis is None else int(axis)
    if batch_dims == 0:
        return ops.take(params, indices, axis=axis)
    inner = axis - 1 if axis > 0 else axis
    return ops.vectorized_map(
        lambda pair: gather(*pair, axis=inner, batch_dims=batch_dims - 1), (params, indices)
    )


def gather_nd(params, indices, batch_dims=0, name=None):
    """The elements or slices that the rows of `indices` name."""
    params, indices = convert_to_tensor(params), convert_to_tensor(indices)
    if batch_dims:
        return ops.vectorized_map(
            lambda pair: gather_nd(*pair, batch_dims=batch_dims - 1), (params, indices)
        )
    return params[tuple(ops.unstack(indices, axis=-1))]


def scatter_nd(indices, updates, shape, name=None):
    """Zeros with `updates` added in the places that the rows of `indices` name."""
    return ops.scatter(indices, updates, sizes(shape))


def tensor_scatter_nd_update(tensor, indices, updates, name=None):
    """The tensor with `updates` in the places that the rows of `indices` name."""
    return ops.scatter_update(tensor, indices, updates)


def tensor_scatter_nd_add(tensor, indices, updates, name=None):
    """The tensor with `updates` added in the places that the rows of `indices` name."""
    return ops.scatter_update(tensor, indices, updates, "add")


def tensor_scatter_nd_sub(tensor, indices, updates, name=None):
    """The tensor with `updates` subtracted in the places that the rows of `indices` name."""
    return ops.scatter_update(tensor, indices, ops.negative(updates), "add")


def tensor_scatter_nd_max(tensor, indices, updates, name=None):
    """The tensor, at least `updates` in the places that the rows of `indices` name."""
    return ops.scatter_update(tensor, indices, updates, "max")


def tensor_scatter_nd_min(tensor, indices, updates, name=None):
    """The tensor, at most `updates` in the places that the rows of `indices` name."""
    return ops.scatter_update(tensor, indices, updates, "min")


def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """`on_value` at the place that each index names, `off_value` elsewhere."""
    if dtype is None:
        given = on_value if on_value is not None else off_value
        dtype = "float32" if given is None else str(convert_to_tensor(given).dtype)
    dtype = as_dtype(dtype).name
    axis = -1 if axis is None else axis
    if on_value is None and off_value is None:
        return ops.one_hot(indices, int(depth), axis=axis, dtype=dtype)
    hot = ops.one_hot(indices, int(depth), axis=axis, dtype="bool")
    on_value, off_value = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return ops.cast(ops.where(hot, on_value, off_value), dtype)


def sequence_mask(lengths, maxlen=None, dtype="bool", name=None):
    """For each length, so many ones (or True), then zeros up to `maxlen`, by default the greatest
    length."""
    lengths = convert_to_tensor(lengths)
    if maxlen is None:
        maxlen = int(ops.max(lengths))
    found = ops.less(ops.arange(int(maxlen)), ops.expand_dims(lengths, -1))
    return ops.cast(found, as_dtype(dtype).name)


def unique(x, out_idx="int32", name=None):
    """The different elements in the order of their first occurrence, and for each element the index
    of its value."""
    return unique_with_counts(x, out_idx)[:2]


def unique_with_counts(x, out_idx="int32", name=None):
    """As `unique`, and how often each value occurs."""
    array = np.asarray(convert_to_tensor(x))
    values, first, inverse, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    dtype = as_dtype(out_idx).name
    numbers = (
        ops.convert_to_tensor(place[inverse], dtype),
        ops.convert_to_tensor(counts[order], dtype),
    )
    return (convert_to_tensor(values[order]), *numbers)


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The elements along an axis in order."""
    found = ops.sort(values, axis=axis)
    return ops.flip(found, axis) if _descending(direction) else found


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The indices that sort the elements along an axis; equal ones keep their order."""
    values = convert_to_tensor(values)
    if not _descending(direction):
        return ops.argsort(values, axis=axis)
    last = values.shape[axis] - 1  # backwards, so that equal elements keep their order
    return ops.flip(last - ops.argsort(ops.flip(values, axis), axis=axis), axis)


def _descending(direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            f"`direction` must be 'ASCENDING' or 'DESCENDING'. Received: {direction!r}"
        )
    return direction == "DESCENDING"


def searchsorted(sorted_sequence, values, side="left", out_type="int32", name=None):
    """Where each value would be put in, along the last axis, so that the order is kept."""
    sequence, values = convert_to_tensor(sorted_sequence), convert_to_tensor(values)
    if len(sequence.shape) == 1:
        found = ops.searchsorted(sequence, values, side=side)
    else:
        found = ops.vectorized_map(lambda pair: searchsorted(*pair, side=side), (sequence, values))
    return ops.cast(found, as_dtype(out_type).name)


def dynamic_partition(data, partitions, num_partitions, name=None):
    """The slices of `data` sorted into lists by the numbers in `partitions`, which must be
    known."""
    numbers = np.asarray(partitions)
    parts = (numbers == number for number in np.arange(num_partitions))
    return [boolean_mask(data, part) for part in parts]


def dynamic_stitch(indices, data, name=None):
    """The slices of several tensors put where `indices` say, later ones over earlier ones."""
    flat = [ops.reshape(each, (-1,)) for each in indices]
    rows = [
        ops.reshape(part, (-1, *np.shape(part)[np.ndim(index) :]))
        for part, index in zip(data, indices, strict=True)
    ]
    rows, places = ops.concatenate(rows), ops.concatenate(flat)
    count = int(np.max(np.asarray(places))) + 1
    start = ops.zeros((count, *rows.shape[1:]), dtype=str(rows.dtype))
    return ops.scatter_update(start, ops.expand_dims(places, -1), rows)


def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None):
    """Each sequence of a batch reversed up to its length."""
    x = ops.moveaxis(convert_to_tensor(input), (batch_axis or 0, seq_axis), (0, 1))
    lengths = ops.expand_dims(convert_to_tensor(seq_lengths), -1)
    steps = ops.arange(x.shape[1])
    order = ops.where(ops.less(steps, lengths), lengths - 1 - steps, steps)
    found = gather(x, order, axis=1, batch_dims=1)
    return ops.moveaxis(found, (0, 1), (batch_axis or 0, seq_axis))


def bitcast(input, type, name=None):
    """The same bits as another dtype."""
    return ops.view(input, as_dtype(type).name)
