"""`tf.function`: a Python function, traced once for each kind of arguments and compiled.

Variables that it reads or assigns, its own and those of the models and optimizers that it calls,
go in and out of the compiled program as values. They are found by looking through what the function
can reach, and by noting what is read while it is traced; if that finds more, it is traced again.

As in TensorFlow (AutoGraph), `if`, `while` and `for` on tensors are converted, here once tracing
shows that a function has them. A function that needs the value of a tensor all the same runs as
plain Python instead, and a warning says so once.
"""

import functools
import inspect
import types
import warnings
import weakref

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._shapes import TensorSpec
from cornu.compat.tensorflow_api._tensors import (
    MadeInside,
    NeedsPython,
    StringTensor,
    convert_to_tensor,
)
from cornu.control_flow.errors import ControlFlowError
from cornu.control_flow.retry import Conversions, reason_of
from cornu.core import config, tree
from cornu.core.scopes import CALL, FRAME, TAPES, setting
from cornu.state.functional import Frame
from cornu.state.variable import Variable
from cornu.symbolic.tensor import KerasTensor

NOT_COMPILED = (KerasTensor, StringTensor)
# The first call of a function that makes variables runs as Python, so that they have their values.
MADE_INSIDE = "it makes variables"
DEPTH = 4  # how far to look for variables through attributes of plain objects
_settings = {"eagerly": False}


def run_functions_eagerly(run_eagerly):
    """Whether functions under `tf.function` run as plain Python from now on, for debugging."""
    _settings["eagerly"] = bool(run_eagerly)


def functions_run_eagerly():
    """Whether functions under `tf.function` run as plain Python."""
    return _settings["eagerly"]


class Reads:
    """Notes which variables are read, as an open tape is told."""

    def __init__(self):
        self.variables = {}

    def _variable_read(self, variable, value):
        self.variables.setdefault(id(variable), variable)


class Trace:
    """A compiled program for one kind of arguments.

    Attributes:
        variables: what the program takes the values of.
        written: those among them that it assigns.
    """

    def __init__(self, function, conversions, structure, leaves, places, variables):
        self.function, self.structure, self.places = function, structure, places
        self.conversions = conversions
        self.static = [None if i in places else leaf for i, leaf in enumerate(leaves)]
        self.variables, self.written = list(variables), []
        self.returned = None
        self.program = engine.compile(self._run)

    def _run(self, values, tensors):
        leaves = list(self.static)
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        args, kwargs = self.structure.unflatten(leaves)
        stand_ins = dict(zip(map(id, self.variables), values, strict=True))
        self.reads = Reads()
        with (
            self.conversions,
            Frame(stand_ins, collect_losses=True) as frame,
            setting(TAPES, (self.reads,)),
        ):
            result = self.function(*args, **kwargs)
            outputs = tree.flatten(result)
            found = [_output(leaf) for leaf in outputs]
        self.written = list(frame.written.values())
        tensor = [engine.is_tensor(leaf) for leaf in found]
        rest = [None if is_tensor else leaf for leaf, is_tensor in zip(found, tensor, strict=True)]
        self.returned = tree.structure_of(result), rest, tensor
        new = [frame.values[id(variable)] for variable in self.written]
        return [leaf for leaf, is_tensor in zip(found, tensor, strict=True) if is_tensor], new

    def unknown(self, tensors):
        """Variables that the function uses beside `variables`; traces it."""
        trace = self.conversions.retried(self.program.trace, self.values(), tensors)
        self.jaxpr = trace.jaxpr.jaxpr
        used = {**self.reads.variables, **{id(v): v for v in self.written}}
        known = set(map(id, self.variables))
        return [variable for key, variable in used.items() if key not in known]

    def values(self):
        """The present values of the variables."""
        return [variable._raw_value for variable in self.variables]

    def __call__(self, tensors):
        values = self.values()
        for tape in TAPES.get():
            for variable, value in zip(self.variables, values, strict=True):
                tape._variable_read(variable, value)
        found, new = self.program(values, tensors)
        for variable, value in zip(self.written, new, strict=True):
            variable.assign(value)
        structure, rest, is_tensor = self.returned
        found = iter(found)
        pairs = zip(rest, is_tensor, strict=True)
        return structure.unflatten([next(found) if tensor else leaf for leaf, tensor in pairs])


def _output(leaf):
    """What a function returns: numbers and variables become tensors."""
    if isinstance(leaf, Variable):
        return leaf.value
    if isinstance(leaf, (bool, int, float, complex, np.ndarray, np.generic)):
        return ops.convert_to_tensor(leaf)
    return leaf


class Function:
    """What `tf.function` makes of a Python function.

    Args:
        python_function: the function.
        name: its name.
        input_signature: nest of `TensorSpec`s, one for each argument: arguments are converted to
            them, and others are an error.
        autograph: whether Python's control flow on tensors is converted.
    """

    def __init__(self, python_function, name=None, input_signature=None, autograph=True):
        functools.update_wrapper(self, python_function, updated=())
        self.python_function = python_function
        self.input_signature = None if input_signature is None else tuple(input_signature)
        self._name = name or getattr(python_function, "__name__", "function")
        self._conversions = Conversions(autograph)
        self._traces, self._plain, self._variables = {}, set(), None
        self._kept = []  # objects that keys name by their ids
        self._bound = weakref.WeakKeyDictionary()
        self._signature = inspect.signature(python_function)
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._count = sum(p.kind in kinds for p in self._signature.parameters.values())

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        found = self._bound.get(instance)
        if found is None:
            method = _WeakMethod(self.python_function, instance)
            found = Function(method, self._name, self.input_signature, self._conversions.allowed)
            self._bound[instance] = found
        return found

    def __call__(self, *args, **kwargs):
        args, kwargs = self._arranged(args, kwargs)
        trace, tensors = self.trace_of(args, kwargs)
        return self._run_python(*args, **kwargs) if trace is None else trace(tensors)

    def trace_of(self, args, kwargs):
        """The compiled program for arguments, and the tensors among them; None and nothing where
        the function has to run as Python."""
        leaves = tree.flatten((args, kwargs))
        if self._is_inside(leaves):
            return None, []
        structure = tree.structure_of((args, kwargs))
        leaves = [_input(leaf) for leaf in leaves]
        places = [i for i, leaf in enumerate(leaves) if engine.is_tensor(leaf)]
        key = self._key(structure, leaves)
        if key in self._plain:
            return None, []
        tensors = [leaves[place] for place in places]
        try:
            trace = self._traces.get(key) or self._trace(key, structure, leaves, places, tensors)
        except Exception as error:
            reason = _needs_python(error)
            if reason is None:
                raise
            if reason is not MADE_INSIDE:
                self._plain.add(key)
                _tell(self._name, reason)
            return None, []
        return trace, tensors

    def _is_inside(self, leaves):
        """Whether the call is part of something larger that is traced, or can't be compiled."""
        return (
            _settings["eagerly"]
            or FRAME.get() is not None
            or CALL.get() is not None
            or any(isinstance(leaf, NOT_COMPILED) or engine.is_traced(leaf) for leaf in leaves)
        )

    def _arranged(self, args, kwargs):
        if kwargs or (len(args) < self._count and self.input_signature is None):
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        if self.input_signature is None:
            return args, kwargs
        return self._converted(args), kwargs

    def _converted(self, args):
        """The arguments as the signature has them."""
        if len(args) != len(self.input_signature):
            raise TypeError(
                f"Binding inputs to tf.function `{self._name}` failed: its `input_signature` has"
                f" {len(self.input_signature)} specs. Received: {len(args)} arguments"
            )
        try:
            return tree.map_structure_up_to(
                self.input_signature, self._fitted, self.input_signature, tuple(args)
            )
        except ValueError as error:
            raise TypeError(
                f"Binding inputs to tf.function `{self._name}` failed: {error}"
            ) from error

    @staticmethod
    def _fitted(spec, value):
        tensor = convert_to_tensor(value, None if hasattr(value, "dtype") else spec.dtype)
        if tensor.dtype != spec.dtype or not spec.shape.is_compatible_with(tuple(tensor.shape)):
            raise ValueError(f"expected {spec}. Received: {TensorSpec.from_tensor(tensor)}")
        return tensor

    def _key(self, structure, leaves):
        parts = []
        for leaf in leaves:
            if engine.is_tensor(leaf):
                parts.append((tuple(leaf.shape), leaf.dtype))
            elif leaf is None or isinstance(leaf, (bool, int, float, complex, str, bytes)):
                parts.append((type(leaf), leaf))
            else:
                parts.append((type(leaf), id(leaf)))
        return structure, config.floatx(), *parts

    def _trace(self, key, structure, leaves, places, tensors):
        if self._variables is None:
            self._variables = reachable_variables(self.python_function)
        while True:
            kind = structure, leaves, places, self._variables
            trace = Trace(self._run_python, self._conversions, *kind)
            more = trace.unknown(tensors)
            if not more:
                break
            self._variables = [*self._variables, *more]
        self._kept += [leaf for leaf in leaves if not engine.is_tensor(leaf)]
        self._traces[key] = trace
        return trace

    def _run_python(self, *args, **kwargs):
        return self.python_function(*args, **kwargs)

    def get_concrete_function(self, *args, **kwargs):
        """The function for one kind of arguments; it is traced when first called.

        Args:
            *args, **kwargs: tensors or `TensorSpec`s.
        """
        return ConcreteFunction(self, args or self.input_signature or ())

    def experimental_get_tracing_count(self):
        """How many kinds of arguments the function was traced for."""
        return len(self._traces) + len(self._plain)

    @property
    def variables(self):
        """The variables that were found to be used."""
        return tuple(self._variables or ())


class ConcreteFunction:
    """A `tf.function` for one kind of arguments.

    Args:
        function: the `Function`.
        specs: what its arguments are.
    """

    def __init__(self, function, specs):
        self.function = function
        self.structured_input_signature = (tuple(specs), {})
        self.name = function._name

    def __call__(self, *args, **kwargs):
        for spec, value in zip(self.structured_input_signature[0], args, strict=False):
            if isinstance(spec, TensorSpec):
                Function._fitted(spec, value)
        return self.function(*args, **kwargs)


class _WeakMethod:
    """A function bound to an object that it does not keep alive."""

    def __init__(self, function, instance):
        self.function, self.instance = function, weakref.ref(instance)
        self.__name__ = getattr(function, "__name__", "method")
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self.__signature__ = inspect.Signature(parameters)

    def __call__(self, *args, **kwargs):
        return self.function(self.instance(), *args, **kwargs)


def _input(leaf):
    """An argument: arrays are tensors, numbers and other objects belong to the program."""
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "biufc":
        return ops.convert_to_tensor(leaf)
    return leaf


def _needs_python(error):
    """Why a function can't be traced, in words; None for any other error."""
    while error is not None:
        if isinstance(error, MadeInside):
            return MADE_INSIDE
        if isinstance(error, NeedsPython):
            return str(error)
        if isinstance(error, ControlFlowError):
            return str(error)
        if engine.missing_value(error) is not None:
            needs = "it needs the value of a tensor (in `if`, `while`, `float`, `range` or NumPy)"
            return ". ".join(filter(None, [needs, reason_of(error)]))
        error = error.__cause__
    return None


def _tell(name, reason):
    warnings.warn(
        f"The function `{name}` under `tf.function` runs as plain Python, not compiled:"
        f" {reason.removesuffix('.')}."
        " `tf.cond`, `tf.where` and `tf.while_loop` can be compiled.",
        stacklevel=4,
    )


def reachable_variables(function):
    """The variables that a function can reach: of its closure, its globals and its object."""
    found, seen = {}, set()
    for value in _beginnings(function):
        _look(value, DEPTH, found, seen)
    return list(found.values())


def _beginnings(function):
    if isinstance(function, _WeakMethod):
        yield function.instance()
        function = function.function
    if inspect.ismethod(function):
        yield function.__self__
        function = function.__func__
    function = inspect.unwrap(function)
    if not isinstance(function, types.FunctionType):
        yield function
        return
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # set later
            continue
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
    yield from function.__defaults__ or ()


def _names(code):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _look(value, depth, found, seen):
    if isinstance(value, Variable):
        found.setdefault(id(value), value)
        return
    kind = type(value)
    if depth == 0 or id(value) in seen or kind in (str, bytes, int, float, bool, type(None)):
        return
    if engine.is_tensor(value) or isinstance(value, (type, types.ModuleType, StringTensor)):
        return
    seen.add(id(value))
    variables = getattr(value, "variables", None)
    if isinstance(variables, (list, tuple)):
        for variable in variables:
            _look(variable, depth, found, seen)
    if isinstance(value, dict):
        _look_at_all(list(value.values()), depth, found, seen)
    elif isinstance(value, (list, tuple, set)):
        _look_at_all(list(value), depth, found, seen)
    elif isinstance(value, Function):
        _look(value.python_function, depth, found, seen)
    elif isinstance(value, (types.FunctionType, types.MethodType)):
        _look_at_all(list(_beginnings(value)), depth, found, seen)
    elif isinstance(getattr(value, "__dict__", None), dict):
        _look_at_all(list(vars(value).values()), depth, found, seen)


def _look_at_all(values, depth, found, seen):
    if len(values) <= 1000:
        for each in values:
            _look(each, depth - 1, found, seen)


def function(
    func=None,
    input_signature=None,
    autograph=True,
    jit_compile=None,
    reduce_retracing=False,
    experimental_implements=None,
    experimental_autograph_options=None,
    experimental_attributes=None,
    experimental_relax_shapes=None,
    experimental_compile=None,
    experimental_follow_type_hints=None,
):
    """Compile a function; also a decorator, with arguments and without.

    It is traced, that is its Python code runs, once for each shape and dtype of tensors and each
    value of other arguments. Variables and optimizers inside are updated at each call.

    Args:
        func: the function.
        input_signature: a list of `tf.TensorSpec`s that arguments must fit.
        autograph: whether `if`, `while` and `for` on tensors are converted to what can be compiled
            (with the package of `pip install cornu[control-flow]`). Where they aren't, the function
            runs as plain Python.
        jit_compile, reduce_retracing, experimental_*: accepted for compatibility: all is compiled
            by XLA, for each shape.

    Returns:
        A `Function`.

    Example:
        >>> from cornu.compat import tensorflow_api as tf
        >>> total = tf.Variable(1.0)
        >>> @tf.function
        ... def add(x):
        ...     return total.assign_add(x) * 2
        >>> float(add(tf.constant(2.0))), float(total)
        (6.0, 3.0)
    """
    if func is None:
        return functools.partial(Function, input_signature=input_signature, autograph=autograph)
    return Function(func, input_signature=input_signature, autograph=autograph)
