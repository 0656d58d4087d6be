"""`Variable`: a named tensor that can be assigned."""

from contextlib import contextmanager

import numpy as np

from cornu.backend import engine
from cornu.core import dtypes, scopes
from cornu.core.errors import shorten
from cornu.core.names import auto_name
from cornu.core.scopes import AUTOCAST, DEFERRED, FRAME, TAPES, setting
from cornu.core.shapes import standardize_shape
from cornu.serial.budget import spend
from cornu.serial.registry import export

# From a name such as "ones" to the initializer; put here by `cornu.initializers`, above us.
initializer_by_name = []
AGGREGATIONS = ("none", "mean", "sum", "only_first_replica")
# What JAX may make 32 bits of, so that only the value itself tells its dtype.
_WIDE = frozenset({"float64", "int64", "uint64"})


class _Deferred:
    """An initial value that nobody has asked for yet."""

    __slots__ = ("dtype", "initializer", "shape")

    def __init__(self, initializer, shape, dtype):
        self.initializer, self.shape, self.dtype = initializer, shape, dtype


@contextmanager
def deferred_values():
    """Variables made inside get their initial values when they are read, or at the end.

    For models whose values come from a file: those that are assigned before never make any.
    """
    variables = []
    with setting(DEFERRED, variables):
        yield
    for variable in variables:
        variable._raw_value  # noqa: B018  (reading is what makes the value)


@export("keras.Variable")
class Variable:
    """A tensor with a name, whose value can be assigned; its shape and dtype are fixed.

    Args:
        initializer: the initial value (array, number, nested list), or a callable `(shape,
            dtype=...) -> value`, or the name or config of an initializer; the latter need `shape`.
        shape: tuple of ints; needed with a callable.
        dtype: name of a dtype; by default the value's own, or `floatx()` for an initializer.
        trainable: whether training changes it.
        autocast: whether reading it inside a layer with mixed precision gives the layer's compute
            dtype.
        aggregation: how replicas are combined: `"none"`, `"mean"`, `"sum"` or
            `"only_first_replica"`.
        synchronization: accepted for compatibility; kept as an attribute.
        name: without `/`; by default `variable`, `variable_1`, ...
        layout: sharding of the value, kept for the distribution API.

    Raises:
        ValueError: for a bad name, a missing shape, or a value that doesn't fit.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0], name="v")
        >>> v.assign(v * 2)
        <Variable path=v, shape=(2,), dtype=float32, value=[2. 4.]>
    """

    def __init__(
        self,
        initializer,
        shape=None,
        dtype=None,
        trainable=True,
        autocast=True,
        aggregation="none",
        synchronization="auto",
        name=None,
        layout=None,
        **kwargs,
    ):
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. Received:"
                f" name={name}"
            )
        if kwargs:
            raise TypeError(f"Variable does not take the arguments {sorted(kwargs)}")
        if aggregation not in (None, *AGGREGATIONS):
            raise ValueError(
                f"Invalid value for `aggregation`: {aggregation!r}. Expected one of {AGGREGATIONS}"
            )
        self._name = name
        path = scopes.current_path()
        self._path = f"{path}/{name}" if path else name
        self._trainable = bool(trainable)
        self._autocast = bool(autocast)
        self._aggregation = aggregation or "none"
        self._synchronization = synchronization
        self._layout = layout
        self._regularizer = None
        self._constraint = None
        self._overwrite_with_gradient = False
        value = self._initial_value(initializer, shape, dtype)
        self._shape = tuple(value.shape)
        self._dtype = dtypes.standardize_dtype(value.dtype)
        self._float = "float" in self._dtype
        self._store = [value]
        self._index = 0

    def _initial_value(self, initializer, shape, dtype):
        if isinstance(initializer, str):
            initializer = initializer_by_name[0](initializer)
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    "When creating a Variable from an initializer, the `shape` argument should be"
                    f" specified. Received: initializer={shorten(initializer)} and shape={shape}"
                )
            dtype = dtypes.standardize_dtype(dtype)
            shape = standardize_shape(shape)
            spend(shape, dtype, f"the variable '{self._path}'")
            waiting = DEFERRED.get()
            if waiting is not None and dtype not in _WIDE:
                waiting.append(self)
                return _Deferred(initializer, shape, dtype)
        return self._computed(initializer, shape, dtype)

    def _computed(self, initializer, shape, dtype):
        with engine.eager():
            if callable(initializer):
                value = engine.asarray(initializer(shape, dtype=dtype), dtype)
            else:
                value = engine.asarray(initializer, dtype and dtypes.standardize_dtype(dtype))
        if shape is not None and tuple(value.shape) != standardize_shape(shape):
            raise ValueError(
                f"The initial value of variable '{self._path}' has shape {tuple(value.shape)},"
                f" expected {tuple(shape)}"
            )
        if engine.is_traced(value):
            raise ValueError(
                f"The initial value of variable '{self._path}' is a traced tensor. Make variables"
                " outside of compiled functions, or from an initializer or a NumPy array."
            )
        return value

    @property
    def _raw_value(self):
        """The value as stored, or as the current frame has it, without autocast."""
        frame = FRAME.get()
        if frame is not None:
            value = frame.values.get(id(self))
            if value is not None:
                return value
        value = self._store[self._index]
        if type(value) is _Deferred:
            value = self._computed(value.initializer, value.shape, value.dtype)
            self._store[self._index] = value
        return value

    @property
    def value(self):
        """The current value, in the compute dtype of the layer that reads it."""
        value = self._raw_value
        for tape in TAPES.get():
            tape._variable_read(self, value)
        dtype = AUTOCAST.get()
        if dtype is not None and self._float and self._autocast and dtype != self._dtype:
            return engine.cast(value, dtype)
        return value

    @property
    def _value(self):
        """The value as stored, under the name by which packages on top of Keras ask for it."""
        return self._raw_value

    def _stand_in(self, value):
        """`value` checked and converted to be this variable's."""
        if isinstance(value, Variable):
            value = value._raw_value
        value = engine.asarray(value, self._dtype)
        if tuple(value.shape) != self._shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in"
                f" `variable.assign(value)` must match. variable.shape={self._shape}, Received:"
                f" value.shape={tuple(value.shape)}. Target variable: {self._path}"
            )
        return value

    def assign(self, value):
        """Set the value: anything of the same shape, cast to the variable's dtype. Returns the
        variable.

        Raises:
            ValueError: if the shape differs.
        """
        value = self._stand_in(value)
        frame = FRAME.get()
        if frame is not None:
            frame.write(self, value)
        elif engine.is_traced(value):
            raise RuntimeError(
                f"The variable '{self._path}' is assigned inside a function that JAX traces, where"
                " nothing keeps the new value. Use `stateless_call`, or `cornu.StatelessScope`"
                " around the code and return the values."
            )
        else:
            self._store[self._index] = value
        return self

    def assign_add(self, value):
        """Add `value` to the value. Returns the variable."""
        return self.assign(self._raw_value + self._operand(value))

    def assign_sub(self, value):
        """Subtract `value` from the value. Returns the variable."""
        return self.assign(self._raw_value - self._operand(value))

    def _operand(self, value):
        value = value._raw_value if isinstance(value, Variable) else value
        return engine.asarray(value, self._dtype)

    def numpy(self):
        """The value as a NumPy array."""
        return np.asarray(self.value)

    @property
    def name(self):
        """The name, without the path."""
        return self._name

    @property
    def path(self):
        """Name scopes and name, joined by `/`."""
        return self._path

    @property
    def shape(self):
        """A tuple of ints."""
        return self._shape

    @property
    def ndim(self):
        """Number of axes."""
        return len(self._shape)

    @property
    def size(self):
        """Number of elements."""
        return int(np.prod(self._shape, dtype=np.int64))

    @property
    def dtype(self):
        """The name of the dtype; inside a layer with mixed precision, the dtype in which the
        variable is read."""
        dtype = AUTOCAST.get()
        if dtype is not None and self._float and self._autocast:
            return dtype
        return self._dtype

    @property
    def handle(self):
        """The variable itself (tf.keras code asks for it)."""
        return self

    @property
    def trainable(self):
        """Whether training changes the variable."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)

    @property
    def autocast(self):
        """Whether reading follows the layer's compute dtype."""
        return self._autocast

    @property
    def aggregation(self):
        """How replicas are combined."""
        return self._aggregation

    @property
    def synchronization(self):
        """Kept for compatibility."""
        return self._synchronization

    @property
    def overwrite_with_gradient(self):
        """Whether an optimizer puts the gradient itself in the variable's place (used by float8
        scales)."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value):
        if not isinstance(value, bool):
            raise TypeError(f"`overwrite_with_gradient` must be a boolean. Received: {value}")
        self._overwrite_with_gradient = value

    @property
    def regularizer(self):
        """A callable from the value to a scalar that is added to the loss, or None."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value):
        self._regularizer = self._callable_or_none("regularizer", value)

    @property
    def constraint(self):
        """A callable from the value to the value, applied by optimizers after each step, or
        None."""
        return self._constraint

    @constraint.setter
    def constraint(self, value):
        self._constraint = self._callable_or_none("constraint", value)

    @staticmethod
    def _callable_or_none(name, value):
        if value is not None and not callable(value):
            raise ValueError(
                f"Invalid value for attribute `{name}`. Expected a callable or None. Received:"
                f" {value}"
            )
        return value

    def __repr__(self):
        head = f"<Variable path={self._path}, shape={self._shape}, dtype={self._dtype}"
        value = self._raw_value
        if engine.is_traced(value) or self.size > 100:
            return head + ">"
        return f"{head}, value={np.asarray(value)}>"

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype=dtype)

    def __jax_array__(self):
        return self.value

    def __bool__(self):
        if self.size == 1:
            return bool(np.asarray(self.value))
        raise TypeError("A Keras Variable cannot be used as a boolean.")

    def __float__(self):
        return float(self._scalar("float"))

    def __int__(self):
        return int(self._scalar("int"))

    def __index__(self):
        if dtypes.is_int_dtype(self._dtype):
            return int(self._scalar("int"))
        raise TypeError(
            f"Only an integer variable can be an index, '{self._path}' is {self._dtype}"
        )

    def _scalar(self, kind):
        if self._shape not in ((), (1,)):
            raise TypeError(
                f"Only scalar arrays can be converted to Python {kind}s. Got: shape={self._shape}"
            )
        return np.asarray(self.value).reshape(())

    def __len__(self):
        if not self._shape:
            raise TypeError("len() of a variable without axes")
        return self._shape[0]

    def __hash__(self):
        return id(self)

    def __deepcopy__(self, memo):
        copy = type(self).__new__(type(self))
        memo[id(self)] = copy
        copy.__dict__.update(self.__dict__)
        copy._store, copy._index = [self._store[self._index]], 0
        return copy

    def __getstate__(self):
        state = dict(self.__dict__)
        state["_store"], state["_index"] = [np.asarray(self._store[self._index])], 0
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._store = [engine.asarray(self._store[0])]


class Store(list):
    """The values of many variables in one list, so that taking a step's results back is one slice
    assignment.

    Args:
        variables: from now on they keep their values here.
        key: tuple of their ids.
    """

    __slots__ = ("key", "stale")

    def __init__(self, variables, key):
        super().__init__(variable._store[variable._index] for variable in variables)
        self.key, self.stale = key, False
        for index, variable in enumerate(variables):
            if isinstance(variable._store, Store):
                variable._store.stale = True  # no longer the place of all its variables
            variable._store, variable._index = self, index


def store_of(variables, key):
    """The list that holds the values of all these variables, made anew if others took some over.

    Args:
        variables: list of variables.
        key: tuple of their ids.
    """
    store = variables[0]._store if variables else []
    if not isinstance(store, Store) or store.stale or store.key != key:
        store = Store(variables, key)
    return store


@export("keras.device")
def device(device_name):
    """A context in which tensors are made on the named device: `"cpu:0"`, `"gpu"`, `"tpu:1"`."""
    return engine.device(device_name)


def value_of(x):
    """The value of a variable, or `x` itself."""
    return x.value if isinstance(x, Variable) else x
