"""What a gradient tape notes of a computation: operations, equal ones as one object.

JAX-private names used here; `tests/backend/test_tape.py` tells which of them a new JAX has changed:
    jax._src.array: ArrayImpl
    jax._src.config: trace_context
    jax._src.core: AbstractValue, ClosedJaxpr, Jaxpr, Literal, Primitive, Var, eval_trace,
        set_current_trace, typeof
    jax._src.dispatch: apply_primitive, xla_primitive_callable
    jax._src.linear_util: DebugInfo, WrappedFun (f, transforms), transformation_with_aux2
    jax._src.literals: TypedNdArray
    jax._src.pjit: jit_p and the names of its parameters, _infer_params; of jitted functions `_fun`
        and `_jit_info`
    jax._src.sharding_impls: UNSPECIFIED
"""

import functools
import operator
import threading
import types
import weakref
from collections import OrderedDict

import jax
import numpy as np
from jax._src import config, core, dispatch, pjit, sharding_impls
from jax._src import linear_util as lu
from jax._src.array import ArrayImpl
from jax._src.literals import TypedNdArray
from jax._src.pjit import jit_p

# How many distinct operations are remembered. A large model has about a thousand; one that is
# forgotten costs the programs that use it a compilation.
OPERATIONS = 16384
CALLS_PER_FUNCTION = 64


class Operation:
    """A primitive with its parameters; equal ones are one object, and so their own cache key.

    Attributes:
        primitive: the JAX primitive.
        params: its parameters.
        buried: arrays captured by jitted functions inside control flow, where no gradient reaches
            them.
        stable: False if the operation may act differently next time, and so must be traced anew.
        differentiable: whether gradients pass.
        run: computes the operation on plain arrays.
    """

    __slots__ = ("primitive", "params", "buried", "stable", "differentiable", "run")

    def __init__(self, primitive, params, buried=(), stable=True):
        self.primitive = primitive
        self.params = params
        self.buried = buried
        self.stable = stable
        self.differentiable = primitive.name != "stop_gradient"
        self.run = _runner(primitive, params)

    def __repr__(self):
        return f"`{self.params.get('name', self.primitive.name)}`"

    def check(self, live):
        """Raise ValueError if gradients for arrays of the ids `live` cannot pass here."""
        if self is COMPILED:
            raise ValueError(
                "The target depends on a source through a function that was compiled ahead of time "
                "(`jax.jit(f).lower(...).compile()`), which has no gradient. Call the `jax.jit` "
                "function itself."
            )
        if not live.isdisjoint(map(id, self.buried)):
            raise ValueError(
                f"A source is used inside {self} by a `jax.jit` function that captured it, where "
                "no gradient reaches it. Pass it to that function as an argument."
            )

    def bind(self, inputs):
        """Apply the operation in JAX's current trace; returns the list of its outputs."""
        outputs = self.primitive.bind(*inputs, **self.params)
        return list(outputs) if self.primitive.multiple_results else [outputs]


def _runner(primitive, params):
    """The quickest callable that computes the operation outside of any trace."""
    if primitive is jit_p:

        def call(*inputs):
            return jit_p.bind(*inputs, **params)

        call.__name__ = params["name"]
        return jax.jit(call)
    rule = primitive.impl
    if isinstance(rule, functools.partial) and rule.func is dispatch.apply_primitive:
        return dispatch.xla_primitive_callable(primitive, **params)
    return functools.partial(rule, **params)


# Stands for any function that was compiled ahead of time: nothing is known of it but its inputs and
# outputs.
COMPILED = Operation(core.Primitive("compiled"), {}, stable=False)

_NUMPY_ARRAYS = (np.ndarray, TypedNdArray)


def captured_inputs(values):
    """The inputs as they may be kept: NumPy's arrays are copied, as they may change later."""
    return [
        _copied(value) if type(value) in _NUMPY_ARRAYS and value.ndim else value for value in values
    ]


def _copied(value):
    with core.set_current_trace(core.eval_trace):
        return jax.numpy.array(np.array(value))


# ---- equal operations are one object ----


class _Recent:
    """A dictionary that forgets what was not asked for the longest; safe between threads."""

    def __init__(self, size):
        self.size = size
        self.entries = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key):
        with self.lock:
            if key in self.entries:
                self.entries.move_to_end(key)
            return self.entries.get(key)

    def add(self, key, value):
        """Keep `value`, unless there is one already; returns the one that is kept."""
        with self.lock:
            kept = self.entries.setdefault(key, value)
            if len(self.entries) > self.size:
                self.entries.popitem(last=False)
        return kept


_OPERATIONS = _Recent(OPERATIONS)


class _NotKept(Exception):
    """Carries out of a cache what must not stay there, because it would keep arrays alive."""


def find_operation(primitive, params):
    """The operation, and the arrays it captured, to be passed before its inputs."""
    try:
        return _find_operation(primitive, **params), ()
    except _NotKept as found:
        return found.args
    except TypeError:  # a parameter without a hash
        return _make_operation(primitive, params)


@functools.lru_cache(maxsize=2048, typed=True)
def _find_operation(primitive, /, **params):
    operation, constants = _make_operation(primitive, params)
    if constants or operation.buried:
        raise _NotKept(operation, constants)
    return operation


def _make_operation(primitive, params):
    constants = ()
    if primitive is jit_p:
        params, constants = _lift_jit(params)
    buried = tuple(_captured(params))
    key = _hashable((primitive, _structure(params)))
    if buried or key is None:
        return Operation(primitive, params, buried, stable=False), constants
    found = _OPERATIONS.get(key) or _OPERATIONS.add(key, Operation(primitive, params))
    return found, constants


def _hashable(key):
    """The key, or None if it cannot be one."""
    try:
        hash(key)
    except TypeError:
        return None
    return key


# For each jitted function, by kinds of arguments, the operation and the arrays that it captured.
_CALLS = weakref.WeakKeyDictionary()


def find_call(function, arguments, keywords):
    """The operation for a call of a jitted function, and all its inputs."""
    known = _CALLS.get(function)
    if known is None:
        known = _CALLS.setdefault(function, {})
    kinds, inputs = _kinds(function._jit_info, arguments, keywords)
    found = known.get(kinds)
    if found is None:
        jit, leaves = pjit._infer_params(function._fun, function._jit_info, arguments, keywords)
        found = find_operation(jit_p, jit.params)
        if (
            kinds is None
            or len(inputs) != len(leaves)
            or not all(map(operator.is_, inputs, leaves))
        ):
            return found[0], (*found[1], *captured_inputs(leaves))
        if len(known) >= CALLS_PER_FUNCTION:
            known.clear()
        known[kinds] = found
    operation, constants = found
    return operation, (*constants, *inputs)


def _kinds(info, arguments, keywords):
    """All of a call that decides about its operation, as a key, and its inputs.

    For calls that are not plain (with nests, or NumPy's arrays), the inputs are not those of JAX.
    """
    kinds, inputs = [config.trace_context()], []
    named = [(name, value, name in info.static_argnames) for name, value in keywords.items()]
    numbered = [(n, value, n in info.static_argnums) for n, value in enumerate(arguments)]
    for name, value, static in (*numbered, *named):
        kind = type(value)
        if static or value is None:
            kinds.append((name, kind, value))
            continue
        inputs.append(value)
        if kind is ArrayImpl:
            kinds.append((name, value.aval))
        elif kind in _SCALARS:
            kinds.append((name, kind))
        else:
            return None, ()
    return tuple(kinds), inputs


_SCALARS = frozenset((bool, int, float, complex))


def _lift_jit(params):
    """Parameters of a jitted call that takes the arrays it captured as its first arguments."""
    jaxpr, constants = _lift(params["jaxpr"])
    count = len(constants)
    lifted = dict(
        params,
        jaxpr=jaxpr,
        in_shardings=(sharding_impls.UNSPECIFIED,) * count + params["in_shardings"],
        in_layouts=(None,) * count + params["in_layouts"],
        donated_invars=(False,) * (count + len(params["donated_invars"])),
        compiler_options_kvs=(),
    )
    return lifted, tuple(constants)


def _lift(closed):
    """A jaxpr without constants, and the constants, to be passed before the other arguments."""
    variables, constants, equations = list(closed.jaxpr.constvars), list(closed.consts), []
    for equation in closed.jaxpr.eqns:
        if equation.primitive is jit_p:
            params, inner = _lift_jit(equation.params)
            if inner:
                fresh = [core.Var(core.typeof(value)) for value in inner]
                equation = equation.replace(invars=[*fresh, *equation.invars], params=params)
                variables += fresh
                constants += inner
        equations.append(equation)
    if not constants:
        return closed, []
    invars = [*variables, *closed.jaxpr.invars]
    return core.ClosedJaxpr(
        closed.jaxpr.replace(constvars=[], invars=invars, eqns=equations), []
    ), constants


def _captured(value):
    """The arrays captured anywhere inside parameters."""
    if isinstance(value, core.ClosedJaxpr):
        yield from (constant for constant in value.consts if isinstance(constant, jax.Array))
        value = value.jaxpr
    if isinstance(value, core.Jaxpr):
        for equation in value.eqns:
            yield from _captured(equation.params)
    elif isinstance(value, (dict, tuple, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _captured(item)


def _structure(value):
    """A key that is equal for parameters that mean the same, whenever their jaxprs were traced.

    `lax.cond(p, lambda x: ..., lambda x: ..., x)` in a loop has new functions, and so new jaxprs,
    each time.
    """
    if isinstance(value, core.ClosedJaxpr):
        return _jaxpr_structure(value.jaxpr), tuple(map(id, value.consts))
    if isinstance(value, core.Jaxpr):
        return _jaxpr_structure(value)
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(_structure, value))
    if isinstance(value, dict):
        return tuple((name, _structure(value[name])) for name in sorted(value))
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return type(value), value


def _jaxpr_structure(jaxpr):
    numbers = {}

    def atom(variable):
        if isinstance(variable, core.Literal):
            return variable.aval, np.asarray(variable.val).tobytes()
        return numbers.setdefault(variable, len(numbers))

    def binder(variable):
        return atom(variable), variable.aval

    inputs = tuple(map(binder, (*jaxpr.constvars, *jaxpr.invars)))
    equations = tuple(
        (
            equation.primitive,
            tuple(map(atom, equation.invars)),
            _structure(equation.params),
            equation.ctx,
            tuple(map(binder, equation.outvars)),
        )
        for equation in jaxpr.eqns
    )
    return inputs, equations, tuple(map(atom, jaxpr.outvars))


# ---- functions with a derivative of their own ----

_CUSTOM_CALLS = _Recent(OPERATIONS)
# The code of the function by which JAX hands out what a wrapped function noted: a new one each
# time, of no meaning.
_THUNK_CODE = lu.transformation_with_aux2(lambda *_: None)(
    lu.WrappedFun(len, len, (), (), (), None, None)
)[1].__code__
_PLAIN = (type(None), bool, int, float, str, np.dtype, type)
_PLAIN += (jax.tree_util.PyTreeDef, core.AbstractValue)
_FUNCTIONS = (types.FunctionType, type(jax.jit(len)))


def find_custom_call(primitive, params, avals):
    """The operation for a call of a `custom_jvp` or `custom_vjp` function.

    Its rules are Python functions that run when the gradient is taken, and may read anything. Only
    JAX's own are known not to; calls of others are new operations each time, which are traced anew.
    """
    parts = []
    for name in sorted(params):
        value = params[name]
        if name == "subfuns":
            for function in value:
                parts += [function.f, *_static_arguments(function)]
        elif not _is_thunk(value):
            parts.append(value)
    key = _hashable((primitive, avals, *parts, *map(type, parts)))
    found = None if key is None else _CUSTOM_CALLS.get(key)
    if found is None:
        stable = key is not None and all(map(_is_constant, parts))
        found = Operation(primitive, params, stable=stable)
        if stable:
            found = _CUSTOM_CALLS.add(key, found)
    return found


def _static_arguments(function):
    for transform, arguments in function.transforms:
        yield transform
        for value in arguments:
            if not _is_thunk(value) and not isinstance(value, lu.DebugInfo):
                yield value


def _is_thunk(value):
    return getattr(value, "__code__", None) is _THUNK_CODE


def _is_constant(value):
    """Whether `value` is fixed data, or a function of JAX's own that reads nothing else."""
    if isinstance(value, _PLAIN):
        return True
    if isinstance(value, (tuple, list)):
        return all(map(_is_constant, value))
    return _is_own(value) and _is_constant_function(value)


@functools.lru_cache(maxsize=256)
def _is_constant_function(function):
    return _reads_only_constants(function, set())


def _reads_only_constants(value, seen):
    if isinstance(value, _PLAIN) or id(value) in seen:
        return True
    seen.add(id(value))
    if isinstance(value, (tuple, list)):
        parts = value
    elif isinstance(value, (jax.custom_jvp, jax.custom_vjp)):
        parts = [getattr(value, name, None) for name in ("fun", "jvp", "fwd", "bwd")]
    elif isinstance(value, _FUNCTIONS) and _is_own(value):
        parts = [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
        parts.append(getattr(value, "__wrapped__", None))
    else:
        return False
    return all(_reads_only_constants(part, seen) for part in parts)


def _is_own(function):
    return (getattr(function, "__module__", None) or "").partition(".")[0] == "jax"
