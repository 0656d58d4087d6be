"""What the methods of `tf.data.Dataset` do, as functions of iterators.

Elements are nests (tuples and dicts) of NumPy arrays, of strings as object arrays, and of datasets.
"""

import itertools
import random as python_random

import numpy as np

from cornu.compat.tensorflow_api._errors import InvalidArgumentError
from cornu.compat.tensorflow_api._tensors import StringTensor
from cornu.core import tree
from cornu.state.variable import value_of


def to_host(value):
    """A tensor, array, number or string as a NumPy array; anything else as it is."""
    value = value_of(value)
    if isinstance(value, (StringTensor, str, bytes)):
        return np.asarray(StringTensor(value))
    if hasattr(value, "_begin"):  # a dataset in a dataset
        return value
    array = np.asarray(value)
    if array.dtype.kind in "SU" or (array.dtype.kind == "O" and array.size):
        return np.asarray(StringTensor(array))
    if array.dtype == np.float64 and not hasattr(value, "dtype"):
        return array.astype("float32")  # of Python's floats
    if array.dtype == np.int64 and not hasattr(value, "dtype"):
        return array.astype("int32")
    return array


def host_nest(structure):
    """A nest of tensors, in which a list stands for one tensor, on the host."""
    if isinstance(structure, dict):
        return {key: host_nest(value) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*map(host_nest, structure))
    if isinstance(structure, tuple):
        return tuple(map(host_nest, structure))
    if hasattr(structure, "items") and hasattr(structure, "columns"):  # a data frame
        return {key: np.asarray(value) for key, value in structure.items()}
    return to_host(structure)


class Values:
    """The source of elements that are there themselves: a handle is an element."""

    def get(self, handle):
        """The element of a handle."""
        return handle

    def gather(self, handles):
        """The elements of several handles, stacked.

        Raises:
            InvalidArgumentError: if they differ in shape.
        """
        columns = zip(*map(tree.flatten, handles), strict=True)
        try:
            return tree.structure_of(handles[0]).unflatten(list(map(np.stack, columns)))
        except ValueError as error:
            shapes = [[np.shape(leaf) for leaf in tree.flatten(each)] for each in handles[:2]]
            raise InvalidArgumentError(
                f"Cannot batch tensors with different shapes: {shapes[0]}, {shapes[-1]}. Use"
                " `padded_batch`, or make them equal in a `map`."
            ) from error


class Rows:
    """The source of the slices of arrays: a handle is a row number, and a batch one look-up.

    Args:
        arrays: nest of arrays with first axes of one size.
    """

    def __init__(self, arrays):
        self.arrays = arrays

    def get(self, handle):
        """The element of a handle."""
        return tree.map_structure(lambda array: row(array, handle), self.arrays)

    def gather(self, handles):
        """The elements of several handles, stacked."""
        first, last = handles[0], handles[-1]
        if last - first == len(handles) - 1 and handles == list(range(first, last + 1)):
            return tree.map_structure(lambda array: array[first : last + 1], self.arrays)
        return tree.map_structure(lambda array: array[handles], self.arrays)


def row(array, index):
    """A slice along the first axis; a string as an array too."""
    found = array[index]
    return found if hasattr(found, "dtype") else np.asarray(found, object)


def shuffled(items, size, seed):
    """Items in random order, each drawn from the next `size` that are left."""
    draw = np.random.default_rng(seed)
    items = iter(items)
    buffer = list(itertools.islice(items, size))
    if len(buffer) < size:
        yield from (buffer[index] for index in draw.permutation(len(buffer)))
        return
    while True:
        for place in draw.integers(size, size=1024).tolist():
            try:
                following = next(items)
            except StopIteration:
                yield from (buffer[index] for index in draw.permutation(size))
                return
            yield buffer[place]
            buffer[place] = following


def fresh_seed():
    """A seed that follows from those of the process."""
    return python_random.getrandbits(63)


def groups(items, size, keep_rest=True):
    """Lists of `size` items; the last may be shorter."""
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        if len(group) == size or keep_rest:
            yield group


def windows(items, size, shift, stride, keep_rest):
    """Lists of up to `size` items, every `stride`-th, beginning `shift` after one another."""
    reach = (size - 1) * stride + 1
    buffer, items = [], iter(items)
    while True:
        buffer += itertools.islice(items, max(reach - len(buffer), 0))
        if not buffer or (len(buffer) < reach and not keep_rest):
            return
        yield buffer[:reach:stride]
        missing = shift - len(buffer)
        buffer = buffer[shift:]
        if missing > 0:
            next(itertools.islice(items, missing - 1, missing), None)


def interleaved(iterators, cycle, block):
    """Items of several iterators in turn, `block` of each, of `cycle` iterators at a time."""
    iterators = iter(iterators)
    places = [None] * cycle  # an iterator that has ended is replaced when its turn comes
    turn = 0
    while places:
        turn %= len(places)
        if places[turn] is None:
            places[turn] = next(iterators, None)
            if places[turn] is None:
                del places[turn]
                continue
        taken = 0
        for item in itertools.islice(places[turn], block):
            taken += 1
            yield item
        if taken < block:
            places[turn] = None
        turn += 1


def repeated(begin, count):
    """The items of `begin()`, again and again: `count` times, or for ever."""
    rounds = itertools.repeat(None) if count is None else range(count)
    for _ in rounds:
        empty = True
        for item in begin():
            empty = False
            yield item
        if empty:
            return


def padded(elements, shapes, values):
    """Elements with different shapes, filled up at the ends of axes and stacked.

    Args:
        shapes: nest of shapes; None is the longest size in the batch.
        values: nest of what to fill up with; None is 0, or an empty string.
    """

    def stack(shape, value, *leaves):
        longest = np.max([np.shape(leaf) for leaf in leaves], axis=0, initial=0).astype(int)
        wanted = longest if shape is None else shape
        sizes = [
            int(have) if want in (None, -1) else int(want)
            for want, have in zip(wanted, longest, strict=True)
        ]
        if any(have > size for have, size in zip(longest, sizes, strict=True)):
            raise InvalidArgumentError(
                f"An element of shape {tuple(longest)} does not fit into {tuple(sizes)}."
            )
        first = np.asarray(leaves[0])
        empty = b"" if first.dtype.kind == "O" else 0
        found = np.full((len(leaves), *sizes), empty if value is None else value, first.dtype)
        for index, leaf in enumerate(leaves):
            found[(index, *map(slice, np.shape(leaf)))] = leaf
        return found

    columns = zip(shapes, values, *map(tree.flatten, elements), strict=True)
    flat = [stack(*column) for column in columns]
    return tree.pack_sequence_as(elements[0], flat)


class Cache:
    """The items of an iterator, kept once it has been read to its end.

    Args:
        begin: makes the iterator.
    """

    def __init__(self, begin):
        self.begin, self.items = begin, None

    def __call__(self):
        if self.items is not None:
            return iter(self.items)
        return self._first_time()

    def _first_time(self):
        items = []
        for item in self.begin():
            items.append(item)
            yield item
        self.items = items
