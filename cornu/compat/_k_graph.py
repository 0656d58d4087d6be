"""What lets functions of values, also of sizes, take part in graphs of `KerasTensor`s."""

import functools
import operator

from cornu.backend import engine
from cornu.core import tree
from cornu.symbolic.graph import Node
from cornu.symbolic.operation import Operation, has_symbolic, infer_outputs
from cornu.symbolic.tensor import KerasTensor


class FunctionOfValues(Operation):
    """Any function as the node of a graph.

    Args:
        function: from values to a nest of tensors.
    """

    def __init__(self, function):
        super().__init__(name=None)
        self.function = function

    def call(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def compute_output_spec(self, *args, **kwargs):
        if not any(isinstance(leaf, Size) for leaf in tree.flatten((args, kwargs))):
            return infer_outputs(self.function, args, kwargs)
        return tree.map_structure(
            _common, *(self._infer_at(size, args, kwargs) for size in engine.PROBE_SIZES)
        )

    def _infer_at(self, size, args, kwargs):
        """The outputs if every unknown size were `size`."""

        def known(leaf):
            if isinstance(leaf, Size):
                return leaf.at(size)
            if isinstance(leaf, KerasTensor):
                shape = tuple(size if n is None else n for n in leaf.shape)
                return KerasTensor(shape, leaf.dtype)
            return leaf

        args, kwargs = tree.map_structure(known, (args, kwargs))
        return infer_outputs(self.function, args, kwargs)

    def get_config(self):
        raise ValueError(
            f"A functional model that calls `keras.backend.{self.function.__name__}` on its tensors"
            " can't be saved: put the call into a layer."
        )


def _common(small, large):
    if not isinstance(small, KerasTensor):
        return small
    shape = (m if m == n else None for m, n in zip(small.shape, large.shape, strict=True))
    return KerasTensor(tuple(shape), small.dtype)


def lifted(function):
    """`function`, also on `KerasTensor`s: then the call becomes one node of their graph."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if has_symbolic(args, kwargs):
            return FunctionOfValues(function)(*args, **kwargs)
        return function(*args, **kwargs)

    return call


def sized(function):
    """`function`, also with sizes of `KerasTensor`s among its numbers."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if any(isinstance(leaf, Size) for leaf in tree.flatten((args, kwargs))):
            return FunctionOfValues(function)(*args, **kwargs)
        return function(*args, **kwargs)

    return call


class SizeOf(Operation):
    """A Python number computed from the shape of a tensor, or from other such numbers."""

    def __init__(self, function, at):
        super().__init__(name=None)
        self.function, self.at = function, at

    def call(self, *args):
        return self.function(*args)

    def symbolic_call(self, *args):
        size = Size(self.at)
        Node(self, args, {}, size)
        return size


class Size(KerasTensor):
    """The length of an axis of a `KerasTensor`, known when the graph runs: then it is an int.

    Args:
        at: from what unknown lengths are to what this one is then.
    """

    def __init__(self, at):
        super().__init__((), "int32")
        self.at = at


def _arithmetic(function, reflected=False):
    def at(x):
        return x.at if isinstance(x, Size) else lambda _: x

    def call(self, other):
        if not isinstance(other, (int, Size)):
            name = f"__{'r' if reflected else ''}{function.__name__}__"
            return getattr(KerasTensor, name)(self, other)
        pair = (other, self) if reflected else (self, other)
        first, second = map(at, pair)
        return SizeOf(function, lambda n: function(first(n), second(n)))(*pair)

    return call


for _function in (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod):
    setattr(Size, f"__{_function.__name__}__", _arithmetic(_function))
    setattr(Size, f"__r{_function.__name__}__", _arithmetic(_function, reflected=True))


def shape(x):
    """The shape of `x` as a tuple.

    Of a `KerasTensor`, the batch size and the sizes that are unknown are tensors themselves, which
    can be calculated with and given to the functions here that take a shape.
    """
    if not isinstance(x, KerasTensor):
        return tuple(x.shape) if hasattr(x, "shape") else tuple(engine.asarray(x).shape)

    def size(axis, length):
        if length is not None and axis > 0:
            return length
        return SizeOf(
            lambda value: value.shape[axis], lambda unknown: unknown if length is None else length
        )(x)

    return tuple(size(axis, length) for axis, length in enumerate(x.shape))
