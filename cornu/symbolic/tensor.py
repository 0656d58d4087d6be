"""`KerasTensor`: shape and dtype of a value to come, and where it comes from."""

from typing import Any

from cornu.core import dtypes, source
from cornu.core.names import auto_name
from cornu.core.shapes import standardize_shape
from cornu.serial.registry import export


@export("keras.KerasTensor")
class KerasTensor:
    """A tensor without a value: what layers and ops return when called on `Input`s.

    Args:
        shape: tuple of ints; None is an unknown size.
        dtype: name of a dtype.
        sparse, ragged: whether the value will be a sparse or ragged tensor; the JAX engine has
            neither.
        record_history: whether operations on the tensor are recorded as a graph.
        name: name, by default `keras_tensor`, `keras_tensor_1`, ...

    Example:
        >>> import cornu
        >>> x = cornu.KerasTensor((None, 8))
        >>> (x + 1).shape
        (None, 8)
    """

    _keras_history: Any
    _keras_node: Any = None
    _keras_mask: Any

    def __init__(
        self,
        shape,
        dtype="float32",
        sparse=False,
        ragged=False,
        record_history=True,
        name=None,
        **kwargs,
    ):
        if sparse and ragged:
            raise ValueError(
                "KerasTensor cannot have `sparse=True` and `ragged=True` at the same time."
            )
        if kwargs.keys() - {"ragged_rank", "row_splits_dtype"}:
            raise TypeError(f"KerasTensor does not take the arguments {sorted(kwargs)}")
        self._shape = standardize_shape(shape)
        self._dtype = dtypes.standardize_dtype(dtype)
        self._sparse = bool(sparse)
        self._ragged = bool(ragged)
        self._ragged_rank = kwargs.get("ragged_rank")
        self._row_splits_dtype = kwargs.get("row_splits_dtype", "int32")
        self._name = name
        self.record_history = record_history

    @classmethod
    def of_standard(cls, shape, dtype):
        """A tensor whose shape and dtype are in standard form already."""
        self = cls.__new__(cls)
        self._shape = shape
        self._dtype = dtype
        self._sparse = self._ragged = False
        self._ragged_rank = self._name = None
        self._row_splits_dtype = "int32"
        self.record_history = True
        return self

    @property
    def name(self):
        """The name, made up when first asked for."""
        if self._name is None:
            self._name = auto_name(type(self).__name__)
        return self._name

    @name.setter
    def name(self, value):
        self._name = value

    @property
    def shape(self):
        """A tuple of ints and None."""
        return self._shape

    @shape.setter
    def shape(self, value):
        raise AttributeError(
            "The `shape` attribute of KerasTensor is immutable. One should create a new instance of"
            " KerasTensor for this."
        )

    @property
    def dtype(self):
        """The name of the dtype."""
        return self._dtype

    @dtype.setter
    def dtype(self, value):
        raise AttributeError(
            "The `dtype` attribute of KerasTensor is immutable. One should create a new instance of"
            " KerasTensor for this."
        )

    @property
    def sparse(self):
        """Whether the value will be sparse."""
        return self._sparse

    @sparse.setter
    def sparse(self, value):
        raise AttributeError(
            "The `sparse` attribute of KerasTensor is immutable. One should create a new instance"
            " of KerasTensor for this."
        )

    @property
    def ragged(self):
        """Whether the value will be ragged."""
        return self._ragged

    @property
    def ragged_rank(self):
        """Number of ragged axes, or None."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self):
        """Integer dtype of the row boundaries of a ragged value."""
        return self._row_splits_dtype

    @property
    def ndim(self):
        """Number of axes."""
        return len(self._shape)

    def __repr__(self):
        return (
            f"<KerasTensor shape={self._shape}, dtype={self._dtype}, sparse={self._sparse},"
            f" ragged={self._ragged}, name={self.name}>"
        )

    # A tensor without a value can't answer these; each says what to write instead.

    def _no_value(self, what, instead, error: type[Exception] = ValueError):
        raise error(
            f"A KerasTensor has no value, so {what}. It stands for a tensor to come while a"
            f" functional model is built (this one: shape {self._shape}, dtype {self._dtype})."
            f" {instead}{_place()}"
        )

    def __bool__(self):
        self._no_value(
            "it cannot be used as a boolean",
            "Use `keras.ops.where` or `keras.ops.cond`.",
            error=TypeError,
        )

    def __iter__(self):
        self._no_value(
            "iterating over it is not possible",
            "Use `ops.unstack` or indexing.",
            error=NotImplementedError,
        )

    def __int__(self):
        self._no_value("it cannot be an int", "Use `ops.cast`.")

    def __index__(self):
        self._no_value("it cannot be an index", "Use `ops.cast` or `ops.take`.", error=TypeError)

    def __float__(self):
        self._no_value("it cannot be a float", "Use `ops.cast`.")

    def __array__(self, dtype=None, copy=None):
        raise ValueError(
            "A KerasTensor is symbolic: it's a placeholder for a shape and a dtype. It doesn't have"
            " any actual numerical value. You cannot convert it to a NumPy array. Use functions of"
            f" `keras.ops` on it, or put the NumPy code into the `call` of a layer.{_place()}"
        )

    def __tf_tensor__(self, dtype=None, name=None):
        self._no_value("TensorFlow cannot compute with it", "Use functions of `keras.ops` on it.")

    def __jax_array__(self):
        raise ValueError(
            "A KerasTensor cannot be used as input to a JAX function. A KerasTensor is a symbolic"
            " placeholder for a shape and dtype. Use functions of `keras.ops` on it, or put the JAX"
            f" code into the `call` of a layer.{_place()}"
        )


def _place():
    """The line of the user's that is at work, to be put at the end of a message."""
    place = source.of_caller()
    return f"\n  at {place}" if place else ""


def is_symbolic(value):
    """Whether `value` is a `KerasTensor`."""
    return isinstance(value, KerasTensor)


def is_keras_tensor(x):
    """Whether `x` is a tensor without a value, as `Input` returns.

    Example:
        >>> import cornu
        >>> cornu.backend.is_keras_tensor(cornu.Input((3,)))
        True
    """
    return isinstance(x, KerasTensor)
