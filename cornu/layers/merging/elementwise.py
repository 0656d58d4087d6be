"""Layers that merge tensors element by element: `Add`, `Subtract`, `Multiply`, `Average`,
`Maximum`, `Minimum`, and as functions."""

import functools

from cornu import ops
from cornu.core.masks import get_mask
from cornu.layers.merging.merge import Merge
from cornu.serial.registry import export
from cornu.symbolic.op import promote_float


@export("keras.layers.Add")
class Add(Merge):
    """The sum of a list of tensors.

    The tensors have one shape, or broadcast sample by sample. The outputs' mask is True where any
    input counts; there is one only if all inputs have one. So it is with the other layers here.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Add()([x, x])
        Array([[2., 2.]], dtype=float32)
    """

    def _merge(self, tensors):
        return functools.reduce(ops.add, tensors)


@export("keras.layers.Subtract")
class Subtract(Merge):
    """The first of two tensors less the second.

    Raises:
        ValueError: for another number of tensors.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Subtract()([x, x])
        Array([[0., 0.]], dtype=float32)
    """

    def _check_shapes(self, shapes):
        if len(shapes) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. Received:"
                f" input_shape={shapes}"
            )
        super()._check_shapes(shapes)

    def _merge(self, tensors):
        first, second = tensors
        return ops.subtract(first, second)


@export("keras.layers.Multiply")
class Multiply(Merge):
    """The product of a list of tensors.

    What a mask leaves out is left out of the product, which is 0 where nothing is left.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Multiply()([3 * x, 2 * x])
        Array([[6., 6.]], dtype=float32)
    """

    def _merge(self, tensors):
        masks = _masks_like(tensors)
        factors = [
            x if mask is None else ops.where(mask, x, ops.ones_like(x))
            for x, mask in zip(tensors, masks, strict=True)
        ]
        product = functools.reduce(ops.multiply, factors)
        if any(mask is None for mask in masks):
            return product
        return ops.where(functools.reduce(ops.logical_or, masks), product, ops.zeros_like(product))


@export("keras.layers.Average")
class Average(Merge):
    """The mean of a list of tensors; that of integers is a float.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Average()([x, 3 * x])
        Array([[2., 2.]], dtype=float32)
    """

    def _merge(self, tensors):
        return ops.divide(functools.reduce(ops.add, tensors), len(tensors))

    def _output_dtype(self, found):
        return promote_float(*found)


class Extreme(Merge):
    """Base of the layers that take the largest or smallest of elements, of those that count."""

    def _merge(self, tensors):
        masks = _masks_like(tensors)
        result, counts = tensors[0], masks[0]
        for x, mask in zip(tensors[1:], masks[1:], strict=True):
            merged = self._of_two(result, x)
            if counts is not None:
                merged = ops.where(counts, merged, x)
            if mask is not None:
                merged = ops.where(mask, merged, result)
                counts = None if counts is None else ops.logical_or(counts, mask)
            else:
                counts = None
            result = merged
        return result

    def _of_two(self, first, second):
        raise NotImplementedError(f"{type(self).__name__} must define `_of_two`")


@export("keras.layers.Maximum")
class Maximum(Extreme):
    """The largest elements of a list of tensors.

    What a mask leaves out does not count, unless nothing else is there.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Maximum()([x, 3 * x])
        Array([[3., 3.]], dtype=float32)
    """

    def _of_two(self, first, second):
        return ops.maximum(first, second)


@export("keras.layers.Minimum")
class Minimum(Extreme):
    """The smallest elements of a list of tensors.

    What a mask leaves out does not count, unless nothing else is there.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Minimum()([x, 3 * x])
        Array([[1., 1.]], dtype=float32)
    """

    def _of_two(self, first, second):
        return ops.minimum(first, second)


def _masks_like(tensors):
    """The masks of tensors, each with as many axes as its tensor, or None."""
    found = []
    for x in tensors:
        mask = get_mask(x)
        while mask is not None and len(mask.shape) < len(x.shape):
            mask = ops.expand_dims(mask, -1)
        found.append(mask)
    return found


@export("keras.layers.add")
def add(inputs, **kwargs):
    """The sum of a list of tensors; `Add` as a function.

    Args:
        inputs: list of tensors.
        **kwargs: see `Layer`.
    """
    return Add(**kwargs)(inputs)


@export("keras.layers.subtract")
def subtract(inputs, **kwargs):
    """The first of two tensors less the second; `Subtract` as a function.

    Args:
        inputs: list of two tensors.
        **kwargs: see `Layer`.
    """
    return Subtract(**kwargs)(inputs)


@export("keras.layers.multiply")
def multiply(inputs, **kwargs):
    """The product of a list of tensors; `Multiply` as a function.

    Args:
        inputs: list of tensors.
        **kwargs: see `Layer`.
    """
    return Multiply(**kwargs)(inputs)


@export("keras.layers.average")
def average(inputs, **kwargs):
    """The mean of a list of tensors; `Average` as a function.

    Args:
        inputs: list of tensors.
        **kwargs: see `Layer`.
    """
    return Average(**kwargs)(inputs)


@export("keras.layers.maximum")
def maximum(inputs, **kwargs):
    """The largest elements of a list of tensors; `Maximum` as a function.

    Args:
        inputs: list of tensors.
        **kwargs: see `Layer`.
    """
    return Maximum(**kwargs)(inputs)


@export("keras.layers.minimum")
def minimum(inputs, **kwargs):
    """The smallest elements of a list of tensors; `Minimum` as a function.

    Args:
        inputs: list of tensors.
        **kwargs: see `Layer`.
    """
    return Minimum(**kwargs)(inputs)
