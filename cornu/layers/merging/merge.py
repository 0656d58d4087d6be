"""`Add` and `Concatenate`: layers of a list of tensors."""

import functools

from cornu import ops
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


class Merge(Layer):
    """Base of the layers that take a list of tensors."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if not isinstance(input_shape, (list, tuple)) or not isinstance(
            input_shape[0], (list, tuple)
        ):
            raise ValueError(
                "A merge layer should be called on a list of inputs. Received:"
                f" input_shape={input_shape} (not a list of shapes)"
            )
        if not input_shape:
            raise ValueError("A merge layer should be called on a list of at least 1 input.")
        self._check_shapes(input_shape)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(one is None for one in mask):
            return None
        found = [one for one in mask if one is not None]
        return functools.reduce(ops.logical_and, found)


@export("keras.layers.Add")
class Add(Merge):
    """The sum of a list of tensors of one shape (sizes of 1 broadcast).

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((1, 2))
        >>> cornu.layers.Add()([x, x])
        Array([[2., 2.]], dtype=float32)
    """

    def _check_shapes(self, shapes):
        _broadcast(shapes)

    def call(self, inputs):
        _check_list(inputs)
        rank = max(len(x.shape) for x in inputs)
        return functools.reduce(ops.add, [_with_rank(x, rank) for x in inputs])

    def compute_output_shape(self, input_shape):
        """The shape that all broadcast to."""
        return _broadcast(input_shape)

    def compute_output_spec(self, inputs):
        _check_list(inputs)
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)


@export("keras.layers.Subtract")
class Subtract(Add):
    """The first of two tensors less the second.

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

    def call(self, inputs):
        _check_list(inputs)
        rank = max(len(x.shape) for x in inputs)
        first, second = (_with_rank(x, rank) for x in inputs)
        return ops.subtract(first, second)


@export("keras.layers.Concatenate")
class Concatenate(Merge):
    """A list of tensors joined along an axis.

    Args:
        axis: the axis; other sizes are equal.
        **kwargs: see `Layer`.

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
        _check_list(inputs)
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape):
        """The shape of the first, with the sizes along the axis added."""
        first = input_shape[0]
        rank = len(first)
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

    def compute_output_spec(self, inputs):
        _check_list(inputs)
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(one is None for one in mask):
            return None
        parts = []
        for x, one in zip(inputs, mask, strict=True):
            if one is None:
                parts.append(ops.ones_like(x, dtype="bool"))
                continue
            while len(one.shape) < len(x.shape):
                one = ops.expand_dims(one, -1)
            parts.append(ops.broadcast_to(one, x.shape) if None not in x.shape else one)
        return ops.any(ops.concatenate(parts, axis=self.axis), axis=-1)


@export("keras.layers.add")
def add(inputs, **kwargs):
    """The sum of a list of tensors; `Add` as a function."""
    return Add(**kwargs)(inputs)


@export("keras.layers.concatenate")
def concatenate(inputs, axis=-1, **kwargs):
    """A list of tensors joined along an axis; `Concatenate` as a function."""
    return Concatenate(axis=axis, **kwargs)(inputs)


@export("keras.layers.subtract")
def subtract(inputs, **kwargs):
    """The first of two tensors less the second; `Subtract` as a function."""
    return Subtract(**kwargs)(inputs)


def _check_list(inputs):
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(
            f"A merge layer should be called on a list of inputs. Received: inputs={inputs!r:.200}"
            " (not a list of tensors)"
        )


def _with_rank(x, rank):
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1)
    return x


def _agree(a, b):
    return len(a) == len(b) and all(
        m is None or n is None or m == n for m, n in zip(a, b, strict=True)
    )


def _broadcast(shapes):
    rank = max(len(shape) for shape in shapes)
    padded = [
        (shape[0], *(1,) * (rank - len(shape)), *shape[1:]) if shape else (1,) * rank
        for shape in shapes
    ]
    out = []
    for sizes in zip(*padded, strict=True):
        known = {size for size in sizes if size not in (1, None)}
        if len(known) > 1:
            raise ValueError(
                "Inputs have incompatible shapes. Received shapes"
                f" {' and '.join(str(tuple(s[1:])) for s in shapes)}"
            )
        out.append(known.pop() if known else (None if None in sizes else 1))
    return tuple(out)
