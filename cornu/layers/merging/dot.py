"""`Dot`, and as a function."""

import numbers
import string

from cornu import ops
from cornu.core.shapes import canonicalize_axis
from cornu.layers.merging.merge import Merge
from cornu.serial.registry import export


@export("keras.layers.Dot")
class Dot(Merge):
    """The product of two tensors, summed over an axis of each, sample by sample.

    Args:
        axes: int or pair of ints, the axis of the first and of the second tensor; not that of the
            batch.
        normalize: whether vectors along these axes are scaled to length 1 first; the product is
            then their cosine.
        **kwargs: see `Layer`.

    Tensors (batch, ..., n, ...) and (batch, ..., n, ...) give outputs of the batch axis and the
    other axes of the first and then of the second; (batch, 1) if there are none.

    Raises:
        TypeError: if `axes` is neither int nor list.
        ValueError: if it is not of two ints, or shapes do not fit.

    Example:
        >>> import cornu
        >>> x, y = cornu.ops.ones((2, 3, 4)), cornu.ops.ones((2, 4, 5))
        >>> cornu.layers.Dot(axes=(2, 1))([x, y]).shape
        (2, 3, 5)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        self.axes = _checked(axes)
        self.normalize = normalize

    def build(self, input_shape):
        pair = isinstance(input_shape, (list, tuple)) and len(input_shape) == 2
        if not pair or not all(isinstance(shape, (list, tuple)) for shape in input_shape):
            raise ValueError(
                "A `Dot` layer should be called on a list of 2 inputs. Received:"
                f" input_shape={input_shape}"
            )
        self._places(input_shape)

    def _places(self, shapes):
        """The two axes, counted from the front."""
        axes = (self.axes, self.axes) if not isinstance(self.axes, (list, tuple)) else self.axes
        first, second = (
            canonicalize_axis(axis, len(shape)) for axis, shape in zip(axes, shapes, strict=True)
        )
        if 0 in (first, second):
            raise ValueError(
                "A `Dot` layer cannot sum over the batch axis, 0. If your inputs are not batched,"
                " add one by `keras.ops.expand_dims(x, 0)`."
            )
        sizes = shapes[0][first], shapes[1][second]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"Incompatible input shapes: axis values {sizes[0]} (at axis {first}) !="
                f" {sizes[1]} (at axis {second}). Full input shapes:"
                f" {tuple(shapes[0])}, {tuple(shapes[1])}"
            )
        batches = shapes[0][0], shapes[1][0]
        if None not in batches and batches[0] != batches[1]:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. Received tensors with shapes"
                f" {[tuple(shape) for shape in shapes]}"
            )
        return first, second

    def call(self, inputs):
        first, second = inputs
        places = self._places([first.shape, second.shape])
        if self.normalize:
            first = ops.normalize(first, axis=places[0])
            second = ops.normalize(second, axis=places[1])
        letters = iter(string.ascii_letters[2:])
        left = ["a", *(next(letters) for _ in first.shape[1:])]
        right = ["a", *(next(letters) for _ in second.shape[1:])]
        left[places[0]] = right[places[1]] = "b"
        kept = [letter for letter in (*left, *right[1:]) if letter != "b"]
        product = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", first, second)
        return ops.expand_dims(product, -1) if len(kept) == 1 else product

    def compute_mask(self, inputs, mask=None):
        """None: which products count, masks of steps do not say."""
        return

    def compute_output_shape(self, input_shape):
        """The batch size and the other axes of both."""
        first, second = self._places(input_shape)
        left = [size for axis, size in enumerate(input_shape[0]) if axis != first]
        right = [size for axis, size in enumerate(input_shape[1]) if axis not in (0, second)]
        return (*left, *right) if len(left) + len(right) > 1 else (*left, 1)


def _checked(axes):
    if isinstance(axes, numbers.Integral):
        return axes
    if not isinstance(axes, (list, tuple)):
        raise TypeError(
            f"Invalid type for argument `axes`: it should be a list or an int. Received:"
            f" axes={axes}"
        )
    if len(axes) != 2:
        raise ValueError(
            "Invalid format for argument `axes`: it should contain two elements. Received:"
            f" axes={axes}"
        )
    if not all(isinstance(axis, numbers.Integral) for axis in axes):
        raise ValueError(
            "Invalid format for argument `axes`: list elements should be integers. Received:"
            f" axes={axes}"
        )
    return axes


@export("keras.layers.dot")
def dot(inputs, axes=-1, **kwargs):
    """The product of two tensors, summed over an axis of each; `Dot` as a function.

    Args:
        inputs: list of two tensors.
        axes: int or pair of ints, the axes.
        **kwargs: `normalize`, as of `Dot`, and see `Layer`.
    """
    return Dot(axes=axes, **kwargs)(inputs)
