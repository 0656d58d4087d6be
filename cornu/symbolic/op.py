"""`@op`: one definition of an op is its signature, its docstring and a portable body.

The decorator does what every op needs: tensors in (numbers, NumPy arrays and variables converted),
dtypes promoted, the engine's kernel of that name run where there is one, and a node recorded when
called on `KerasTensor`s, with shapes from the engine. The result stays a plain function.
"""

import functools
import inspect
from typing import Any

from cornu.backend import engine, kernels
from cornu.core import config, dtypes, tree
from cornu.core.scopes import MASKS
from cornu.serial import registry
from cornu.state.variable import Variable
from cornu.symbolic.graph import ONLY_TENSORS, Node
from cornu.symbolic.mask_flow import carry, unmarked
from cornu.symbolic.operation import Operation, specs_to_tensors
from cornu.symbolic.tensor import KerasTensor

ArrayType = engine.ArrayType
ABSENT = inspect.Parameter.empty


def kernel():
    """The body of an op that every engine supplies."""
    raise NotImplementedError("the engine lacks this kernel")


def promote(*found):
    """What the arguments promote to."""
    return dtypes.result_type(*found)


def promote_float(*found):
    """What the arguments promote to, but a float: integers become the default float."""
    name: str = dtypes.result_type(*found)
    return name if "float" in name or "complex" in name else dtypes.narrow(config.floatx())


def promote_divide(*found):
    """As true division: integers give floats."""
    return dtypes.result_type(*found, float)


def as_bool(*found):
    """Booleans, whatever comes."""
    return "bool"


def as_is(*found):
    """Each argument keeps its dtype."""
    return


def _weak(value):
    # A Python number takes the dtype of the tensors that it meets.
    kind = type(value)
    if kind is int or kind is float:
        return kind
    return "bool" if kind is bool else None


def op(
    *tensors,
    lists=(),
    dtype=as_is,
    family="numpy",
    keras_name=None,
    register=True,
    call_args=(),
    fuse=False,
    check=None,
):
    """Decorate the definition of an op.

    Args:
        *tensors: names of the parameters that are tensors, or lists of tensors; the others are
            static.
        lists: names of those that are lists of tensors; a list for another one is a tensor.
        dtype: one of the rules above.
        family: the part of `keras.src.ops` under which files know the op.
        keras_name: the class name under which files know it, by default the function's in camel
            case.
        register: whether files may name it.
        call_args: names of static parameters that files keep with the tensors, in the node.
        fuse: whether the engine compiles the body as a whole, for bodies of several steps that
            depend on their arguments alone and are often called eagerly.
        check: function of the arguments by name, as they are given, that raises for mistakes; not
            called where all are tensors.
    """

    def define(function):
        call = _build(function, tensors, lists, dtype, (*tensors, *call_args), fuse, check)
        call.operation = _operation_class(call, keras_name, (*tensors, *call_args))
        if register:
            call.operation.saved_path = f"keras.src.ops.{family}.{call.operation.__name__}"
            registry.alias(call.operation.saved_path, call.operation)
        return call

    return define


def _build(function, tensors, lists, rule, in_node, fuse, check) -> Any:
    run = _implementation(function)
    if fuse:
        run = engine.fuse(run, [name for name in _parameters(function)[0] if name not in tensors])
    body = _Body(function, run, tensors, fuse or run.__module__.startswith("cornu."))

    def general(args, kwargs):
        result = compute(args, kwargs)
        if not MASKS or (unmarked(args) and not kwargs):
            return result
        return body.carry(args, kwargs, result)

    def compute(args, kwargs):
        if len(args) < body.fast or not body.takes(kwargs):
            return slow(args, kwargs)
        key, given = [], args
        for place in range(body.count):
            value = args[place]
            kind = type(value)
            if kind is ArrayType:
                key.append(value.dtype)
            elif kind is float or kind is int:
                key.append(kind)
            elif kind is Variable:
                value = value.value
                args = (*args[:place], value, *args[place + 1 :])
                if type(value) is not ArrayType:
                    return slow(args, kwargs)
                key.append(value.dtype)
            else:
                # As given: next to a symbolic tensor, a variable is read when the graph runs.
                return slow(given, kwargs)
        if body.chosen.get(tuple(key), ABSENT) is None:
            return run(*args, **kwargs)
        return slow(args, kwargs)

    def slow(args, kwargs):
        if body.is_plain_symbolic(args, kwargs):
            return call.operation().symbolic_call(*args)
        bound = body.bind(args, kwargs)
        if check is not None:
            check(bound)
        if any(is_symbolic(bound.get(name)) for name in tensors):
            return record(bound)
        return body.run_on(_prepare(bound, tensors, lists, rule, body))

    def record(bound):
        given = [bound.get(name) for name in in_node]
        while given[-1] is None and in_node[len(given) - 1] not in bound:
            given.pop()
        static = {name: value for name, value in bound.items() if name not in in_node}
        return call.operation(**static).symbolic_call(*given)

    call: Any = functools.wraps(function)(_dispatch(body.fast, run, body.ready, general))
    return call


class _Body:
    """What computes an op, and how it takes its arguments.

    Args:
        function: the definition.
        run: what computes it: a body, or a function of the engine's library.
        tensors: names of the parameters that are tensors.
        ours: whether `run` takes keyword arguments under the op's names.
    """

    def __init__(self, function, run, tensors, ours):
        self.function = function
        self.run = run
        self.ours = ours
        self.names, self.defaults, self.variadic = _parameters(function)
        self.required = len(self.names) - len(self.defaults)
        self.tensors = tensors
        self.count = len(tensors)
        leads = self.names[: self.count] == list(tensors)
        # How many positional arguments it takes to have all tensors.
        self.fast = self.count if leads else len(self.names) + 1
        # From the dtypes of the arguments to the dtype to cast to; None where nothing is to be.
        self.chosen = {}
        # The dtypes, of all tensors alike, where nothing is.
        self.ready = set()

    def is_plain_symbolic(self, args, kwargs):
        """Whether a call is one of symbolic tensors alone, all that the op takes."""
        return not kwargs and len(args) == self.fast and set(map(type, args)) == ONLY_TENSORS

    @functools.cached_property
    def signature(self):
        return inspect.signature(self.function)

    @functools.cached_property
    def keywords(self):
        return frozenset(inspect.signature(self.run).parameters)

    def carry(self, args, kwargs, result):
        """The result, with the mask of what the op was given or a note of its loss."""
        arguments = {**self.defaults, **self.bind(args, kwargs)}
        given = []
        for name in self.tensors:
            value = arguments.get(name)
            given += value if isinstance(value, (list, tuple)) else [value]
        return carry(self.function.__name__, given, arguments, result)

    def takes(self, kwargs):
        """Whether `run` knows these keyword arguments."""
        return self.ours or not kwargs or kwargs.keys() <= self.keywords

    def bind(self, args, kwargs):
        """All arguments by name."""
        if kwargs or self.variadic or not self.required <= len(args) <= len(self.names):
            return self.signature.bind(*args, **kwargs).arguments
        return dict(zip(self.names, args, strict=False))

    def run_on(self, bound):
        """The result for converted arguments."""
        engine.keep_memory()
        for key, target in self.chosen.items():
            if target is None:
                self.ready.add(_alike(key))
        if self.ours:
            return self.run(**bound)
        reach = max(self.names.index(name) for name in bound) + 1
        return self.run(*(bound.get(n, self.defaults.get(n)) for n in self.names[:reach]))


def _parameters(function):
    """Names of the parameters, the defaults by name, and whether there are `*args` or such.

    As `inspect.signature` has them; but that takes a third of the time of importing all ops.
    """
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True))
    variadic = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    return list(names), {**defaults, **(function.__kwdefaults__ or {})}, bool(variadic)


def _alike(key):
    """The one dtype of a key, or None if there are several or a Python number."""
    first = key[0]
    alike = all(kind is first for kind in key)
    return first if alike and first is not int and first is not float else None


def _dispatch(fast, run, ready, general):
    """The op itself: straight to `run` where all that it is given are tensors with nothing to cast.

    Every tenth of a microsecond counts here: it is added to each eager call.
    """

    def of_one(first: Any = ABSENT, /, *rest, **kwargs):
        if type(first) is ArrayType and first.dtype in ready and not (rest or kwargs or MASKS):
            return run(first)
        return general(rest if first is ABSENT else (first, *rest), kwargs)

    def of_two(first: Any = ABSENT, second: Any = ABSENT, /, *rest, **kwargs):
        if type(first) is ArrayType and type(second) is ArrayType:
            dtype = first.dtype
            if dtype is second.dtype and dtype in ready and not (rest or kwargs or MASKS):
                return run(first, second)
        elif second is ABSENT:
            return general(() if first is ABSENT else (first,), kwargs)
        return general((first, second, *rest), kwargs)

    def of_others(*args, **kwargs):
        return general(args, kwargs)

    return {1: of_one, 2: of_two}.get(fast, of_others)


def _implementation(function):
    """What computes the op: the engine's override, its kernel for a body that is just `kernel()`,
    or the body."""
    name = function.__name__
    if name in kernels.overrides or function.__code__.co_names == ("kernel",):
        return getattr(kernels, name)
    return function


def is_symbolic(value):
    """Whether an argument is, or holds, a `KerasTensor`."""
    if isinstance(value, KerasTensor):
        return True
    return isinstance(value, (list, tuple)) and any(isinstance(v, KerasTensor) for v in value)


def _prepare(bound, tensors, lists, rule, body):
    """The arguments with tensors converted and cast."""
    given = [name for name in tensors if bound.get(name) is not None]
    found, plain = [], len(given) == len(tensors)
    for name in given:
        value = bound[name]
        if name in lists and isinstance(value, (list, tuple)):
            bound[name] = [_enter(item) for item in value]
            found += map(_dtype_of, bound[name])
            plain = False
        else:
            bound[name] = value = _enter(value)
            found.append(_dtype_of(value))
            plain = plain and (engine.is_tensor(value) or type(value) in (int, float))
    target = rule(*found) if found else None
    targets = target if isinstance(target, tuple) else (target,) * len(given)
    if plain:
        _remember(body, [bound[name] for name in given], targets, target)
    for name, wanted in zip(given, targets, strict=True):
        value = bound[name]
        if isinstance(value, list):
            bound[name] = [engine.asarray(item, wanted) for item in value]
        else:
            bound[name] = engine.asarray(value, wanted)
    return bound


def _remember(body, values, targets, target):
    """Note for arguments of these dtypes whether something is to be cast.

    A Python number next to a tensor of the dtype wanted needs no conversion, where the kernel is
    JAX's own function.
    """
    weak = [engine.is_tensor(value) is False for value in values]
    kinds = [
        type(value) if is_weak else value.dtype for value, is_weak in zip(values, weak, strict=True)
    ]
    casts = all(weak) or (body.ours and any(weak))
    for kind, wanted, is_weak in zip(kinds, targets, weak, strict=True):
        casts = casts or (not is_weak and wanted is not None and kind != wanted)
        casts = casts or (is_weak and (wanted is None or (kind is float and "float" not in wanted)))
    body.chosen[tuple(kinds)] = (target or True) if casts else None


def _enter(value):
    if isinstance(value, Variable):
        return value.value
    if engine.is_tensor(value) or _weak(value) is not None:
        return value
    return engine.asarray(value)


def _dtype_of(value):
    return _weak(value) or value.dtype.name


def _operation_class(call, keras_name, tensors):
    name = keras_name or "".join(word.capitalize() for word in call.__name__.split("_"))
    return type(name, (FunctionCall,), {"function": staticmethod(call), "tensors": tensors})


_SPECS = {}
SPECS_LIMIT = 4096


class FunctionCall(Operation):
    """A call of an op, as the node of a graph: its static arguments are here, its tensors in the
    node.

    Args:
        name: name of the node.
        **static: arguments of the op that are no tensors.
    """

    function: Any = None
    tensors: tuple[str, ...] = ()

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)  # `get_config` below needs no memory of the arguments

    def __init__(self, name=None, **static):
        super().__init__(name=name)
        self.static = static

    def call(self, *args):
        return self.function(**dict(zip(self.tensors, args, strict=False)), **self.static)

    def compute_output_spec(self, *args):
        try:
            static = self.static and _freeze(self.static)
            key = (type(self), config.floatx(), static or None, *map(_freeze, args))
            found = _SPECS.get(key)
        except TypeError:  # an unhashable argument: no memory of this call
            key = found = None
        if found is None:
            found = self._infer(args, tree.flatten(args))
            if key is not None:
                if len(_SPECS) >= SPECS_LIMIT:
                    _SPECS.clear()
                _SPECS[key] = found
        if type(found) is engine.TensorSpec:
            return KerasTensor.of_standard(found.shape, found.dtype)
        return specs_to_tensors(found)

    def _infer(self, args, leaves):
        shape = tree.structure_of(args)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, KerasTensor)]

        def evaluate(*values):
            filled = list(leaves)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            return self.call(*shape.unflatten(filled))

        specs = [(leaves[place].shape, leaves[place].dtype) for place in places]
        return engine.abstract_eval(evaluate, *specs)

    def symbolic_call(self, *args):
        outputs = self.compute_output_spec(*args)
        Node(self, args, {}, outputs)
        return outputs

    def get_config(self):
        """The name and the static arguments."""
        return {"name": self.name, **self.static}


def _freeze(value):
    if type(value) is KerasTensor:
        return (KerasTensor, value._shape, value._dtype)
    if isinstance(value, KerasTensor):
        return (KerasTensor, value.shape, value.dtype)
    if isinstance(value, (list, tuple)):
        return (type(value), *map(_freeze, value))
    if isinstance(value, dict):
        return tuple((key, _freeze(item)) for key, item in value.items())
    if isinstance(value, slice):
        return (slice, value.start, value.stop, value.step)
    hash(value)
    # 1, 1.0 and True are equal but not the same argument.
    return (type(value), value)
