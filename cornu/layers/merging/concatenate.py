"""`Concatenate`, and as a function."""

import functools

from cornu import ops
from cornu.layers.merging.merge import Merge, check_list, check_masks
from cornu.serial.registry import export


@export("keras.layers.Concatenate")
class Concatenate(Merge):
    """A list of tensors joined along an axis.

    Args:
        axis: the axis; other sizes are equal.
        **kwargs: see `Layer`.

    Masks are joined too, where any input has one; joined along features, the mask is True where any
    input counts.

    Raises:
        ValueError: if other sizes differ.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Concatenate()([x, x]).shape
        (1, 4)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def _check_shapes(self, shapes):
        self.compute_output_shape(shapes)

    def call(self, inputs):
        check_list(inputs)
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape):
        """The shape of the first, with the sizes along the axis added."""
        rank = len(input_shape[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        rest = {tuple(n for i, n in enumerate(shape) if i != axis) for shape in input_shape}
        fits = axis is not None and all(len(shape) == rank for shape in input_shape)
        if not fits or not all(_agree(a, b) for a in rest for b in rest):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the"
                " concatenation axis. Received:"
                f" input_shape={[tuple(shape) for shape in input_shape]}, axis={self.axis}"
            )
        sizes = [shape[axis] for shape in input_shape]
        known = [
            next((shape[i] for shape in input_shape if shape[i] is not None), None)
            for i in range(rank)
        ]
        known[axis] = None if None in sizes else sum(sizes)
        return tuple(known)

    def compute_mask(self, inputs, mask=None):
        """The masks joined; None if no input has one."""
        if mask is None:
            return None
        check_masks(inputs, mask)
        if all(one is None for one in mask):
            return None
        rank = len(inputs[0].shape)
        wide = [_mask_of_steps(x, one) for x, one in zip(inputs, mask, strict=True)]
        if self.axis % rank == rank - 1:
            return functools.reduce(ops.logical_or, wide)
        return ops.concatenate(wide, axis=self.axis % rank)


def _mask_of_steps(x, mask):
    """A mask of the shape of `x` without its last axis; all True for None."""
    rank = len(x.shape) - 1
    if mask is None:
        return ops.ones_like(x[..., 0], dtype="bool")
    if len(mask.shape) > rank:
        return ops.any(mask, axis=-1)
    if len(mask.shape) == rank:
        return mask
    while len(mask.shape) < rank:
        mask = ops.expand_dims(mask, -1)
    return ops.logical_or(mask, ops.zeros_like(x[..., 0], dtype="bool"))


def _agree(a, b):
    return len(a) == len(b) and all(
        m is None or n is None or m == n for m, n in zip(a, b, strict=True)
    )


@export("keras.layers.concatenate")
def concatenate(inputs, axis=-1, **kwargs):
    """A list of tensors joined along an axis; `Concatenate` as a function.

    Args:
        inputs: list of tensors.
        axis: the axis.
        **kwargs: see `Layer`.
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
