"""`tf.TensorShape` and `tf.TensorSpec`."""

import math

from cornu.compat.tensorflow_api._dtypes import TABLE, as_dtype


class TensorShape(tuple):
    """A shape: a tuple of sizes, None for an unknown one, with TensorFlow's methods.

    An unknown number of axes (`tf.TensorShape(None)`) is a shape whose `rank` is None.

    Args:
        dims: list or tuple of sizes, an int for one axis, or None.
    """

    def __new__(cls, dims=None):
        if type(dims) is tuple:
            return tuple.__new__(cls, dims)
        if dims is None:
            found = tuple.__new__(cls, ())
            found._unknown = True
            return found
        if isinstance(dims, TensorShape):
            return dims
        if hasattr(dims, "__index__"):
            dims = (dims,)
        return tuple.__new__(cls, (None if n is None else int(n) for n in dims))

    _unknown = False

    @property
    def rank(self):
        """Number of axes, None if it is unknown."""
        return None if self._unknown else len(self)

    ndims = rank

    @property
    def dims(self):
        """The sizes as a list, None if their number is unknown."""
        return None if self._unknown else list(self)

    def as_list(self):
        """The sizes as a list, None for an unknown one.

        Raises:
            ValueError: if the number of axes is unknown.
        """
        if self._unknown:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self)

    def num_elements(self):
        """The product of the sizes, None if one is unknown."""
        return math.prod(self) if self.is_fully_defined() else None

    def is_fully_defined(self):
        """Whether every size is known."""
        return not self._unknown and None not in self

    def is_compatible_with(self, other):
        """Whether the two may be the same shape."""
        other = TensorShape(other)
        if self._unknown or other._unknown:
            return True
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def assert_is_compatible_with(self, other):
        """Raise ValueError unless the two may be the same shape."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def assert_has_rank(self, rank):
        """Raise ValueError unless there may be `rank` axes."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank):
        """The shape, known to have `rank` axes."""
        self.assert_has_rank(rank)
        return TensorShape((None,) * rank) if self._unknown else self

    def merge_with(self, other):
        """What is known of both, if they may be the same shape."""
        other = TensorShape(other)
        self.assert_is_compatible_with(other)
        if self._unknown or other._unknown:
            return other if self._unknown else self
        return TensorShape(tuple(b if a is None else a for a, b in zip(self, other, strict=True)))

    def concatenate(self, other):
        """The sizes of both, one after the other."""
        other = TensorShape(other)
        unknown = self._unknown or other._unknown
        return TensorShape(None) if unknown else TensorShape((*self, *other))

    def __add__(self, other):
        return self.concatenate(other)

    def __radd__(self, other):
        # `sizes += shape` of a list comes here before the list is asked, so it stays a list.
        return [*other, *self] if isinstance(other, list) else TensorShape(other).concatenate(self)

    def __getitem__(self, key):
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if type(key) is slice else found

    def __eq__(self, other):
        if isinstance(other, TensorShape) and (self._unknown or other._unknown):
            return self._unknown and other._unknown
        if isinstance(other, list):
            other = tuple(other)
        return tuple.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self):
        # As a tuple, so that what prints the shape of an array prints the same as ever.
        return "<unknown>" if self._unknown else tuple.__repr__(self)

    def __reduce__(self):
        return TensorShape, (None if self._unknown else tuple(self),)


class TensorSpec:
    """What is known of a tensor before it is there.

    Args:
        shape: sizes, None for an unknown one; or None.
        dtype: dtype of the tensor.
        name: what to call it.
    """

    __slots__ = ("shape", "dtype", "name")

    def __init__(self, shape, dtype=TABLE["float32"], name=None):
        self.shape, self.dtype, self.name = TensorShape(shape), as_dtype(dtype), name

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The spec of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec, name=None):
        """A spec with another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    def is_compatible_with(self, spec_or_tensor):
        """Whether a tensor, or what another spec says of one, fits."""
        return self.dtype == spec_or_tensor.dtype and self.shape.is_compatible_with(
            tuple(spec_or_tensor.shape)
        )

    def __eq__(self, other):
        return (
            isinstance(other, TensorSpec)
            and self.shape == other.shape
            and self.dtype == other.dtype
            and self.name == other.name
        )

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"
