"""Elements of `tf.data` datasets: their specs, and functions of them."""

import numpy as np

from cornu import ops
from cornu.compat.tensorflow_api import _data_steps as steps
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._errors import InvalidArgumentError
from cornu.compat.tensorflow_api._function import Function
from cornu.compat.tensorflow_api._shapes import TensorShape, TensorSpec
from cornu.compat.tensorflow_api._tensors import StringTensor
from cornu.core import dtypes, tree


def is_dataset(value):
    """Whether a part of an element is a dataset itself."""
    return hasattr(value, "_begin")


def to_tensor(leaf):
    """An array of an element as a tensor; a dataset as it is."""
    if is_dataset(leaf):
        return leaf
    return StringTensor(leaf) if leaf.dtype.kind == "O" else ops.convert_to_tensor(leaf)


def tensors(element):
    """An element as functions get it."""
    return tree.map_structure(to_tensor, element)


def spec_of(leaf):
    """What an array of an element is as a tensor."""
    if is_dataset(leaf):
        return leaf.element_spec
    leaf = np.asarray(leaf)
    dtype = as_dtype(leaf.dtype)
    return TensorSpec(leaf.shape, dtype if dtype == "string" else dtypes.narrow(dtype.name))


def text(value):
    """A name of a file as a string."""
    if isinstance(value, StringTensor):
        value = value.numpy()
    return value.decode() if isinstance(value, bytes) else str(value)


def signature(types, shapes):
    """A nest of specs out of a nest of dtypes and one of shapes."""
    flat = tree.flatten(types)
    if shapes is None:
        found = [None] * len(flat)
    else:
        found = tree.structure_of(types).flatten_up_to(shapes) if len(flat) > 1 else [shapes]
    specs = [TensorSpec(shape, dtype) for shape, dtype in zip(found, flat, strict=True)]
    return tree.pack_sequence_as(types, specs)


def taken_apart(element, specs):
    """What a generator gave, in the order of the leaves of its signature."""
    if isinstance(specs, TensorSpec):
        return [element]
    if isinstance(specs, tuple) and isinstance(element, list):
        element = tuple(element)
    return tree.structure_of(specs).flatten_up_to(element)


def fitted(value, spec):
    """What a generator gave as an array of its spec.

    Raises:
        InvalidArgumentError: if it has another shape.
    """
    found = steps.to_host(value)
    if spec.dtype != "string":
        found = found.astype(dtypes.narrow(spec.dtype.name))
    if not spec.shape.is_compatible_with(found.shape):
        raise InvalidArgumentError(
            f"`generator` yielded an element of shape {found.shape} where {spec} was expected."
        )
    return found


class Mapped:
    """A function of elements, as a function from arrays to arrays.

    Args:
        function: takes tensors: the parts of a tuple as several arguments.
    """

    def __init__(self, function):
        self._plain = function
        self._traced = function if isinstance(function, Function) else Function(function)

    def __call__(self, element):
        inputs = tensors(element)
        with_datasets = any(is_dataset(leaf) for leaf in tree.flatten(inputs))
        function = self._plain if with_datasets else self._traced
        return steps.host_nest(called(function, inputs))

    def trace(self, args):
        """The compiled program for such arguments, None if there is none."""
        return self._traced.trace_of(args, {})[0]


def called(function, inputs):
    """A function of an element, whose parts are several arguments if it is a tuple."""
    return function(*inputs) if isinstance(inputs, tuple) else function(inputs)


def mapped_spec(before, after):
    """The specs of what a function returned.

    Args:
        before: spec of its arguments; where the batch size of them all is unknown, that of results
            as long is, too.
        after: what it returned, and for which arguments: a pair of elements.
    """
    given, found = after
    unknown = {
        leaf.shape[0]
        for leaf, spec in zip(tree.flatten(given), tree.flatten(before), strict=True)
        if isinstance(spec, TensorSpec) and spec.shape and spec.shape[0] is None
    }

    def spec(leaf):
        known = spec_of(leaf)
        if isinstance(known, TensorSpec) and known.shape and known.shape[0] in unknown:
            return TensorSpec((None, *known.shape[1:]), known.dtype)
        return known

    return tree.map_structure(spec, found)


def shapes_of(shapes, count):
    """A nest of shapes as a list, one for each leaf."""
    if shapes is None:
        return [None] * count
    if isinstance(shapes, TensorShape) or (
        isinstance(shapes, (list, tuple)) and all(n is None or isinstance(n, int) for n in shapes)
    ):
        return [tuple(shapes)] * count
    every = list(shapes.values()) if isinstance(shapes, dict) else list(shapes)
    return [shape for each in every for shape in shapes_of(each, 1)]


def values_of(values, count):
    """A nest of numbers to fill up with as a list, one for each leaf."""
    if values is None or not tree.is_nested(values):
        return [values] * count
    return [each if each is None else np.asarray(each).item() for each in tree.flatten(values)]
