"""Tensors: JAX's arrays with the methods that TensorFlow code expects of them.

Decision. What eager code gets is a plain `jax.Array`: the ops of this package have a fast path for
it, and everything that works on one (JAX, the tape, saving) goes on working. A class of our own
around it would have to be unwrapped at every op, and a subclass is not possible. So importing the
stand-in gives JAX's two classes, arrays and tracers, a few methods that they lack (`numpy`,
`get_shape`, `set_shape`, `ref`), and has their `shape`, a tuple, come as a `TensorShape`, which is
a tuple as well. That costs 0.2 us for each look at a shape, in processes that import the stand-in
and nowhere else. `dtype` stays NumPy's, which equals `tf.float32`. Printing is JAX's.

Strings are no numbers, so a tensor of them is a class of its own, `StringTensor`.
"""

import jax
import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._dtypes import TABLE, DType, as_dtype
from cornu.compat.tensorflow_api._shapes import TensorShape
from cornu.core import tree
from cornu.state.variable import Variable
from cornu.symbolic.tensor import KerasTensor


def _numpy(self):
    """The tensor as a NumPy array of its own, a scalar as a NumPy scalar."""
    return np.array(self)[()]


def _get_shape(self):
    """The shape, as TensorFlow 1 asked for it."""
    return TensorShape(tuple(self.shape))


def _set_shape(self, shape):
    """Say what the shape is: here it is known, so this only checks it."""
    _get_shape(self).assert_is_compatible_with(shape)


class Reference:
    """A hashable stand-in for a tensor, equal to others of the same one."""

    def __init__(self, tensor):
        self._tensor = tensor

    def deref(self):
        """The tensor."""
        return self._tensor

    def __eq__(self, other):
        return isinstance(other, Reference) and self._tensor is other._tensor

    def __hash__(self):
        return id(self._tensor)


def _reference(self):
    """A hashable stand-in for the tensor."""
    return Reference(self)


METHODS = {"numpy": _numpy, "get_shape": _get_shape, "set_shape": _set_shape, "ref": _reference}


def _shape_of(plain):
    def shape(self):
        return TensorShape(plain(self))

    return property(shape)


def install_methods():
    """Give JAX's classes the methods of tensors, once."""
    for cls in (engine.ArrayType, jax.core.Tracer):
        if hasattr(cls, "get_shape"):
            continue
        for name, method in METHODS.items():
            setattr(cls, name, method)
        cls.shape = _shape_of(cls.shape.fget)
    KerasTensor.get_shape = _get_shape
    KerasTensor.set_shape = _set_shape
    KerasTensor.ref = _reference
    Variable.get_shape = _get_shape
    Variable.ref = _reference


class NeedsPython(Exception):
    """Raised by what can only run as plain Python inside a function that is being traced."""


class MadeInside(NeedsPython):
    """Raised by a variable whose first value is computed in a function that is being traced."""


class _TensorKind(type):
    def __instancecheck__(cls, instance):
        return engine.is_tensor(instance) or isinstance(instance, StringTensor)


class Tensor(metaclass=_TensorKind):
    """`tf.Tensor`: for `isinstance`; tensors are JAX's arrays."""


class StringTensor:
    """A tensor of byte strings, on the host.

    Args:
        values: string, bytes, or a nest of lists of them, or an object array.
    """

    def __init__(self, values):
        array = np.array(values, dtype=object)
        self._values = np.frompyfunc(_as_bytes, 1, 1)(array) if array.size else array
        if not isinstance(self._values, np.ndarray):
            self._values = np.array(self._values, dtype=object)

    dtype = TABLE["string"]

    @property
    def shape(self):
        """The shape."""
        return TensorShape(self._values.shape)

    get_shape = _get_shape

    @property
    def ndim(self):
        """Number of axes."""
        return self._values.ndim

    def numpy(self):
        """An object array of bytes, or bytes for a scalar."""
        return self._values[()]

    def __array__(self, dtype=None, copy=None):
        return self._values.astype(dtype) if dtype else self._values

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return (StringTensor(each) for each in self._values)

    def __getitem__(self, key):
        return StringTensor(self._values[key])

    def __add__(self, other):
        return StringTensor(self._values + StringTensor(other)._values)

    def __radd__(self, other):
        return StringTensor(other) + self

    def __eq__(self, other):
        return ops.convert_to_tensor(np.asarray(self._values == StringTensor(other)._values, bool))

    def __ne__(self, other):
        return ops.logical_not(self == other)

    def __hash__(self):
        return id(self)

    def __bool__(self):
        return bool(self._values)

    def __repr__(self):
        return f"<tf.Tensor: shape={self.shape}, dtype=string, numpy={self.numpy()!r}>"


def _as_bytes(value):
    if isinstance(value, StringTensor):
        value = value.numpy()
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"Expected a string or bytes. Received: {value!r}")


def is_text(value):
    """Whether a value is made of strings."""
    if isinstance(value, (str, bytes, StringTensor)):
        return not isinstance(value, DType)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "SU" or (
            value.dtype.kind == "O" and value.size > 0 and isinstance(value.flat[0], (str, bytes))
        )
    return isinstance(value, (list, tuple)) and len(value) > 0 and is_text(value[0])


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """A tensor of numbers, nested lists, arrays, variables or strings.

    Args:
        dtype: dtype of the tensor; by default that of the value, int32 and float32 for Python's
            numbers.
        dtype_hint: dtype to take if the value has none of its own.
    """
    if isinstance(value, KerasTensor):
        return value if dtype is None else ops.cast(value, dtype)
    if isinstance(value, StringTensor) or is_text(value):
        return value if isinstance(value, StringTensor) else StringTensor(value)
    if dtype is None and dtype_hint is not None and not hasattr(value, "dtype"):
        dtype = dtype_hint
    if isinstance(value, (list, tuple)) and any(map(engine.is_tensor, tree.flatten(value))):
        value = _stacked(value)
    return ops.convert_to_tensor(value, None if dtype is None else as_dtype(dtype).name)


def _stacked(value):
    """Nested lists that hold tensors, as one tensor."""
    if isinstance(value, (list, tuple)):
        return ops.stack([_stacked(item) for item in value])
    return ops.convert_to_tensor(value)


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of a value, filled up or arranged to `shape` if that is given.

    Raises:
        TypeError: if the value does not fit.
    """
    found = convert_to_tensor(value, dtype)
    if shape is None:
        return found
    if found.shape.num_elements() == 1:
        return ops.broadcast_to(ops.reshape(found, ()), tuple(shape))
    return ops.reshape(found, tuple(shape))


def is_tensor(x):
    """Whether `x` is a tensor, variable or symbolic tensor."""
    return isinstance(x, (Tensor, Variable, KerasTensor))
