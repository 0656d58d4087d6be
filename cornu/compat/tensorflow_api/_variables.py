"""`tf.Variable`: this package's variable, made from TensorFlow's arguments.

`variable.value` is a property here, as in Keras 3, for `value()` of TensorFlow: call
`read_value()`, or leave it out, as operators and functions take the variable itself.
"""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._shapes import TensorShape
from cornu.compat.tensorflow_api._tensors import MadeInside, convert_to_tensor
from cornu.core.scopes import FRAME
from cornu.state import variable as state
from cornu.state.variable import value_of


class _VariableKind(type):
    def __instancecheck__(cls, instance):
        if cls.__module__ == __name__:  # tf.Variable itself, not a class of the user's
            return isinstance(instance, state.Variable)
        return super().__instancecheck__(instance)


class Variable(state.Variable, metaclass=_VariableKind):
    """A tensor that can be assigned.

    Args:
        initial_value: number, nested list, array or tensor; or a function that returns one.
        trainable: whether a gradient tape watches it, and training changes it.
        validate_shape: accepted for compatibility: the shape is always that of the value.
        caching_device, variable_def, import_scope, experimental_enable_variable_lifting: accepted
            for compatibility.
        name: any string, by default `Variable`.
        dtype: dtype, by default that of the value.
        constraint: function from the value to a value, applied after each step of an optimizer.
        synchronization, aggregation: as for `keras.Variable`.
        shape: its shape; unknown sizes are allowed and mean nothing here: the shape is that of the
            value.
    """

    def __init__(
        self,
        initial_value=None,
        trainable=None,
        validate_shape=True,
        caching_device=None,
        name=None,
        variable_def=None,
        dtype=None,
        import_scope=None,
        constraint=None,
        synchronization="auto",
        aggregation="none",
        shape=None,
        experimental_enable_variable_lifting=True,
    ):
        if initial_value is None:
            raise ValueError("`tf.Variable` needs an `initial_value`.")
        if callable(initial_value) and not isinstance(initial_value, state.Variable):
            initial_value = initial_value()
        value = convert_to_tensor(value_of(initial_value), dtype)
        if not engine.is_tensor(value):
            raise TypeError(
                "A variable holds numbers. Keep strings in Python, or in a `tf.constant`."
            )
        if engine.is_traced(value) and FRAME.get() is not None:
            raise MadeInside("The first value of a variable is computed while tracing.")
        if shape is not None and not TensorShape(shape).is_compatible_with(value.shape):
            raise ValueError(
                f"The initial value's shape {value.shape} is not compatible with the explicitly"
                f" supplied `shape` argument ({TensorShape(shape)})."
            )
        super().__init__(
            value,
            trainable=trainable is None or trainable,
            aggregation=_word(aggregation),
            synchronization=_word(synchronization),
            name=(name or "Variable").replace("/", "_"),
        )
        self._label = f"{name or 'Variable'}:0"
        self.constraint = constraint

    @property
    def name(self):
        """The name as TensorFlow has it, with `:0`."""
        return self._label

    @property
    def shape(self):
        """The shape."""
        return TensorShape(self._shape)

    @property
    def initial_value(self):
        """The value: what it began with is not kept."""
        return self.value

    @property
    def op(self):
        """Itself, for code that asks for its `op.name`."""
        return self

    @property
    def device(self):
        """The name of the device that holds the value."""
        return f"/device:{engine.platform().upper()}:0"

    def read_value(self):
        """The value."""
        return self.value

    def eval(self, session=None):
        """The value as a NumPy array."""
        return self.numpy()

    def initialized_value(self):
        """The value."""
        return self.value

    def numpy(self):
        """The value as a NumPy array of its own, a scalar as a NumPy scalar."""
        return np.array(self.value)[()]

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Set the value. Returns the variable."""
        return super().assign(convert_to_tensor(value_of(value)))

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Add `delta` to the value. Returns the variable."""
        return super().assign_add(delta)

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtract `delta` from the value. Returns the variable."""
        return super().assign_sub(delta)

    def scatter_update(self, sparse_delta, use_locking=False, name=None):
        """Put the rows of `tf.IndexedSlices` in place of those there."""
        return self._scatter(sparse_delta, None)

    def scatter_add(self, sparse_delta, use_locking=False, name=None):
        """Add the rows of `tf.IndexedSlices` to those there."""
        return self._scatter(sparse_delta, "add")

    def scatter_sub(self, sparse_delta, use_locking=False, name=None):
        """Subtract the rows of `tf.IndexedSlices` from those there."""
        return self._scatter(IndexedSlices(-sparse_delta.values, sparse_delta.indices), "add")

    def scatter_mul(self, sparse_delta, use_locking=False, name=None):
        """Multiply those there by the rows of `tf.IndexedSlices`."""
        return self._scatter(sparse_delta, "mul")

    def scatter_max(self, sparse_delta, use_locking=False, name=None):
        """Keep the greater of the rows of `tf.IndexedSlices` and those there."""
        return self._scatter(sparse_delta, "max")

    def scatter_min(self, sparse_delta, use_locking=False, name=None):
        """Keep the smaller of the rows of `tf.IndexedSlices` and those there."""
        return self._scatter(sparse_delta, "min")

    def _scatter(self, delta, reduction):
        places = ops.expand_dims(ops.convert_to_tensor(delta.indices), -1)
        return self.assign(ops.scatter_update(self.value, places, delta.values, reduction))

    def scatter_nd_update(self, indices, updates, name=None):
        """Put `updates` in the places that the rows of `indices` name."""
        return self.assign(ops.scatter_update(self.value, indices, updates))

    def scatter_nd_add(self, indices, updates, name=None):
        """Add `updates` in the places that the rows of `indices` name."""
        return self.assign(ops.scatter_update(self.value, indices, updates, "add"))

    def scatter_nd_sub(self, indices, updates, name=None):
        """Subtract `updates` in the places that the rows of `indices` name."""
        return self.scatter_nd_add(indices, ops.negative(updates))

    def sparse_read(self, indices, name=None):
        """The rows that `indices` name."""
        return ops.take(self.value, indices, axis=0)

    def gather_nd(self, indices, name=None):
        """The elements or slices that the rows of `indices` name."""
        return self.value[tuple(ops.moveaxis(ops.convert_to_tensor(indices), -1, 0))]

    def is_initialized(self, name=None):
        """True: a variable has its value from the start."""
        return True

    def set_shape(self, shape):
        """Say what the shape is: here it is known, so this only checks it."""
        TensorShape(self._shape).assert_is_compatible_with(shape)

    def __repr__(self):
        head = f"<tf.Variable '{self._label}' shape={self.shape} dtype={self._dtype}"
        value = self._raw_value
        return head + (">" if engine.is_traced(value) else f", numpy={np.asarray(value)!r}>")


class IndexedSlices:
    """Rows of a tensor, with their numbers: `values[i]` is row `indices[i]`.

    Args:
        values: tensor of rows.
        indices: 1-D tensor of their numbers.
        dense_shape: shape of the whole tensor.
    """

    def __init__(self, values, indices, dense_shape=None):
        self.values = ops.convert_to_tensor(values)
        self.indices = ops.convert_to_tensor(indices)
        self.dense_shape = dense_shape


def _word(value):
    """A word for an enumeration member of TensorFlow's, such as `tf.VariableAggregation.SUM`."""
    return getattr(value, "value", value)
