"""Control flow: `tf.cond`, `tf.while_loop`, `tf.map_fn`, `tf.TensorArray`, and calls of Python."""

import functools

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat import _k_control
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._tensors import NeedsPython, convert_to_tensor
from cornu.control_flow.branches import and_
from cornu.control_flow.loops import while_stmt
from cornu.core import tree
from cornu.state.variable import value_of

foldl, foldr = _k_control.foldl, _k_control.foldr


def cond(pred, true_fn=None, false_fn=None, name=None):
    """What `true_fn()` returns if `pred` is true, else what `false_fn()` returns."""
    return ops.cond(pred, true_fn, false_fn)


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """What the function of the first true predicate returns, else what `default()` does.

    Raises:
        ValueError: with `exclusive`, if several are known to be true.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    known = not any(engine.is_traced(value_of(pred)) for pred, _ in pairs)
    if exclusive and known and sum(bool(pred) for pred, _ in pairs) > 1:
        raise ValueError("More than one condition of an exclusive `tf.case` is true.")
    if default is None:
        *pairs, (_, default) = pairs
    for pred, function in reversed(pairs):
        default = functools.partial(ops.cond, pred, function, default)
    return default()


def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """What the function with the number `branch_index` returns; `default()`, or the last function,
    for a number that there is no function for."""
    if isinstance(branch_fns, dict):
        branch_fns = branch_fns.items()
    pairs = [each if isinstance(each, tuple) else (i, each) for i, each in enumerate(branch_fns)]
    functions = dict(pairs)
    default = default or functions[max(functions)]
    count = max(functions) + 1
    table = [functions.get(number, default) for number in range(count)] + [default]
    index = ops.cast(branch_index, "int32")
    outside = ops.logical_or(ops.less(index, 0), ops.greater(index, count))
    return ops.switch(ops.where(outside, count, index), table)


def while_loop(
    cond,
    body,
    loop_vars,
    shape_invariants=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    maximum_iterations=None,
    name=None,
):
    """`loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Shapes must stay as they are, in compiled code. `shape_invariants`, `parallel_iterations`,
    `back_prop` and `swap_memory` are hints of TensorFlow's, which change no result.
    """
    if any(isinstance(each, TensorArray) for each in loop_vars):
        found = _loop_with_arrays(cond, body, tuple(loop_vars), maximum_iterations)
        return list(found) if isinstance(loop_vars, list) else found
    start = tree.map_structure(_tensor, tuple(loop_vars))
    found = ops.while_loop(cond, body, start, maximum_iterations=maximum_iterations)
    return list(found) if isinstance(loop_vars, list) else found


def _loop_with_arrays(cond, body, loop_vars, limit):
    """`while_loop` on `TensorArray`s, too, which are written to in the rounds."""
    rounds = 0

    def test():
        if limit is None:
            return cond(*loop_vars)
        return and_(lambda: rounds < limit, lambda: cond(*loop_vars))

    def step():
        nonlocal loop_vars, rounds
        loop_vars, rounds = tuple(body(*loop_vars)), rounds + 1

    def set_state(state):
        nonlocal loop_vars, rounds
        *loop_vars, rounds = state

    names = [f"loop variable {number}" for number in range(len(loop_vars))]
    while_stmt(test, step, lambda: (*loop_vars, rounds), set_state, (*names, "rounds"))
    return tuple(loop_vars)


def _tensor(leaf):
    return convert_to_tensor(value_of(leaf))


def map_fn(
    fn,
    elems,
    dtype=None,
    parallel_iterations=None,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    name=None,
    fn_output_signature=None,
):
    """`fn` of each slice along the first axis, stacked. The arguments after `dtype` are hints,
    which change no result."""
    elems = tree.map_structure(convert_to_tensor, elems)
    found = ops.map(fn, elems)
    wanted = dtype if fn_output_signature is None else fn_output_signature
    if wanted is None:
        return found
    if isinstance(wanted, (list, tuple, dict)):
        return tree.map_structure(_cast, found, wanted)
    return tree.map_structure(lambda x: _cast(x, wanted), found)


def _cast(x, dtype):
    return ops.cast(x, as_dtype(getattr(dtype, "dtype", dtype)).name)


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """`fn` of each slice along the first axis, all at once, stacked."""
    return ops.vectorized_map(fn, tree.map_structure(convert_to_tensor, elems))


def scan(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    reverse=False,
    name=None,
):
    """`so_far = fn(so_far, element)` over the elements; all values of `so_far`, stacked. Arguments
    in between are hints, which change no result."""
    elems = tree.map_structure(convert_to_tensor, elems)
    place = -1 if reverse else 0
    first = tree.map_structure(lambda x: x[place], elems)
    if initializer is None:
        rest = (slice(None, -1) if reverse else slice(1, None),)
        elems = tree.map_structure(lambda x: x[rest], elems)
    begin = first if initializer is None else tree.map_structure(convert_to_tensor, initializer)

    def step(so_far, element):
        found = fn(so_far, element)
        return found, found

    _, found = ops.scan(step, begin, elems, reverse=reverse)
    if initializer is not None:
        return found
    order = (lambda one, rest: [rest, one]) if reverse else (lambda one, rest: [one, rest])
    return tree.map_structure(
        lambda one, rest: ops.concatenate(order(ops.expand_dims(one, 0), rest)), first, found
    )


class TensorArray:
    """A list of tensors. Methods that write return the array to go on with.

    It is a Python list as long as indices are known. In compiled code where they are not, it is one
    tensor of the size that it had at the beginning, and of tensors of one shape.

    Args:
        dtype: dtype of the tensors.
        size: number of tensors at the beginning.
        dynamic_size: whether it may grow; it always does, unless an index is not known.
        infer_shape, element_shape, clear_after_read, colocate_with_first_write_call,
        tensor_array_name, handle, flow: accepted for compatibility.
    """

    def __init__(
        self,
        dtype,
        size=None,
        dynamic_size=None,
        clear_after_read=None,
        tensor_array_name=None,
        handle=None,
        flow=None,
        infer_shape=True,
        element_shape=None,
        colocate_with_first_write_call=True,
        name=None,
    ):
        self.dtype = as_dtype(dtype)
        self._items = [None] * int(size or 0)
        self._buffer = None  # all of them as one tensor, instead

    def write(self, index, value, name=None):
        """Put a tensor in place `index`."""
        value = convert_to_tensor(value, self.dtype)
        if self._buffer is not None or engine.is_traced(value_of(index)):
            buffer = self._stacked(tuple(value.shape))
            return self._with_buffer(buffer.at[value_of(index)].set(value))
        index = int(index)
        items = self._items + [None] * (index + 1 - len(self._items))
        items[index] = value
        if engine.is_tracing():  # whoever has the array from before shall not see it
            return _unflatten_array((self.dtype, len(items)), items)
        self._items = items
        return self

    def _with_buffer(self, buffer):
        found = TensorArray(self.dtype)
        found._buffer = buffer
        return found

    def _stacked(self, shape=None):
        """All of them as one tensor, zeros where none was written."""
        if self._buffer is not None:
            return self._buffer
        some = next((each for each in self._items if each is not None), None)
        shape = shape or (() if some is None else tuple(some.shape))
        zeros = ops.zeros(shape, dtype=self.dtype.name)
        if not self._items:
            return ops.zeros((0, *shape), dtype=self.dtype.name)
        return ops.stack([zeros if x is None else x for x in self._items])

    def begun_like(self, other):
        """The array as it has to begin for a loop to make `other` of it; None if it can't."""
        if not isinstance(other, TensorArray) or other._buffer is None or self._buffer is not None:
            return None
        return self._with_buffer(self._stacked(tuple(other._buffer.shape[1:])))

    def read(self, index, name=None):
        """The tensor in place `index`.

        Raises:
            ValueError: if none was written there.
        """
        if self._buffer is not None or engine.is_traced(value_of(index)):
            return ops.take(self._stacked(), value_of(index), axis=0)
        found = self._items[int(index)]
        if found is None:
            raise ValueError(f"Nothing was written to index {int(index)} of this TensorArray.")
        return found

    def stack(self, name=None):
        """All tensors along a new first axis; zeros where none was written."""
        return self._stacked()

    def gather(self, indices, name=None):
        """Some of the tensors along a new first axis."""
        if self._buffer is not None or engine.is_traced(value_of(indices)):
            return ops.take(self._stacked(), value_of(indices), axis=0)
        return ops.stack([self.read(index) for index in np.asarray(indices)])

    def concat(self, name=None):
        """All tensors, one after the other along their first axis."""
        if self._buffer is not None:
            return ops.reshape(self._buffer, (-1, *self._buffer.shape[2:]))
        return ops.concatenate(self._items)

    def unstack(self, value, name=None):
        """Take the slices of a tensor along its first axis."""
        self._items = list(ops.unstack(convert_to_tensor(value, self.dtype)))
        self._buffer = None
        return self

    def scatter(self, indices, value, name=None):
        """Put the slices of a tensor in the places `indices`."""
        found = self
        for index, item in zip(np.asarray(indices), ops.unstack(value), strict=True):
            found = found.write(index, item)
        return found

    def split(self, value, lengths, name=None):
        """Take parts of a tensor, of the given lengths."""
        places = np.cumsum(np.asarray(lengths))[:-1].tolist()
        self._items = list(ops.split(convert_to_tensor(value, self.dtype), places))
        self._buffer = None
        return self

    def identity(self):
        """The array itself."""
        return self

    def size(self, name=None):
        """The number of places."""
        return np.int32(len(self))

    def __len__(self):
        return len(self._items) if self._buffer is None else self._buffer.shape[0]


def _flatten_array(array):
    if array._buffer is not None:
        return [array._buffer], (array.dtype, None), None
    return list(array._items), (array.dtype, len(array._items)), None


def _unflatten_array(kept, children):
    dtype, size = kept
    found = TensorArray(dtype)
    if size is None:
        (found._buffer,) = children
    else:
        found._items = list(children)
    return found


tree.register(TensorArray, _flatten_array, _unflatten_array)


def group(*inputs, name=None):
    """Nothing: what the arguments did is done."""


def no_op(name=None):
    """Nothing."""


def identity_n(input, name=None):
    """A list of the same tensors."""
    return [convert_to_tensor(each) for each in input]


def tuple_(tensors, control_inputs=None, name=None):
    """A list of the same tensors."""
    return identity_n(tensors)


def py_function(func=None, inp=None, Tout=None, name=None):
    """What a Python function of tensors returns, as tensors of the dtypes `Tout`.

    A function under `tf.function` that comes here runs as plain Python.
    """
    return _called(func, inp, Tout, lambda x: x)


def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """What a Python function of NumPy arrays returns, as tensors of the dtypes `Tout`.

    A function under `tf.function` that comes here runs as plain Python.
    """
    return _called(func, inp, Tout, lambda x: x.numpy())


def _called(function, inputs, dtypes, given):
    tensors = [convert_to_tensor(value_of(each)) for each in inputs]
    if any(engine.is_traced(each) for each in tensors) or (not tensors and engine.is_tracing()):
        raise NeedsPython("it calls `tf.py_function` or `tf.numpy_function`")
    found = function(*map(given, tensors))
    if isinstance(dtypes, (list, tuple)):
        found = found if isinstance(found, (list, tuple)) else [found]
        return [convert_to_tensor(x, d) for x, d in zip(found, dtypes, strict=True)]
    return None if dtypes is None else convert_to_tensor(found, dtypes)
