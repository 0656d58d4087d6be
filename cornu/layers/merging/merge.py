"""What the layers that merge a list of tensors share."""

import functools

from cornu import ops
from cornu.core import dtypes
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.symbolic.tensor import KerasTensor


class Merge(Layer):
    """Base of the layers that take a list of tensors.

    Subclasses of the elementwise kind define `_merge(tensors)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        check_list_of_shapes(input_shape)
        self._check_shapes(input_shape)

    def _check_shapes(self, shapes):
        """Raise ValueError unless tensors of these shapes can be merged."""
        sizes = {shape[0] for shape in shapes if len(shape) and shape[0] is not None}
        if len(sizes) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. Received tensors with shapes"
                f" {[tuple(shape) for shape in shapes]}"
            )
        broadcast(shapes)

    def call(self, inputs):
        check_list(inputs)
        rank = max(len(x.shape) for x in inputs)
        return self._merge([_with_rank(x, rank) for x in inputs])

    def _merge(self, tensors):
        raise NotImplementedError(f"{type(self).__name__} must define `_merge`")

    def compute_mask(self, inputs, mask=None):
        """True where any input counts; None if an input has no mask."""
        if mask is None:
            return None
        check_masks(inputs, mask)
        if any(one is None for one in mask):
            return None
        return functools.reduce(ops.logical_or, mask)

    def compute_output_shape(self, input_shape):
        """The shape that all broadcast to, sample by sample."""
        return broadcast(input_shape)

    def compute_output_spec(self, inputs):
        check_list(inputs)
        shape = self.compute_output_shape([x.shape for x in inputs])
        return KerasTensor(shape, self._output_dtype([x.dtype for x in inputs]))

    def _output_dtype(self, found):
        return dtypes.result_type(*found)


def check_list(inputs):
    """Raise ValueError unless a merge layer is called on a list."""
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(
            "A merge layer should be called on a list of inputs. Received:"
            f" inputs={shorten(inputs)} (not a list of tensors)"
        )


def check_list_of_shapes(input_shape):
    """Raise ValueError unless `input_shape` is a list of at least one shape."""
    if not isinstance(input_shape, (list, tuple)) or not all(
        isinstance(shape, (list, tuple)) for shape in input_shape
    ):
        raise ValueError(
            "A merge layer should be called on a list of inputs. Received:"
            f" input_shape={shorten(input_shape)} (not a list of shapes)"
        )
    if not input_shape:
        raise ValueError(
            "A merge layer should be called on a list of at least 1 input. Received an empty list."
        )


def check_masks(inputs, mask):
    """Raise ValueError unless there is a mask, or None, for each input."""
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"`{name}` should be a list. Received: {name}={shorten(value)}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. Received:"
            f" {len(inputs)} inputs and {len(mask)} masks"
        )


def _with_rank(x, rank):
    """`x` with as many axes as `rank`, those of samples aligned at the end."""
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1 if len(x.shape) else 0)
    return x


def broadcast(shapes):
    """The shape to which tensors of `shapes` broadcast, sample by sample.

    Raises:
        ValueError: if they don't.
    """
    rank = max(len(shape) for shape in shapes)
    padded = [
        (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) if shape else (1,) * rank
        for shape in shapes
    ]
    out = []
    for sizes in zip(*padded, strict=True):
        known = {size for size in sizes if size not in (1, None)}
        if len(known) > 1:
            raise ValueError(
                "Inputs have incompatible shapes. Received shapes"
                f" {' and '.join(str(tuple(shape[1:])) for shape in shapes)}"
            )
        out.append(known.pop() if known else (None if None in sizes else 1))
    return tuple(out)
