"""The engine's verbs on JAX: making tensors, tracing, differentiating, compiling, looping."""

import functools
import itertools
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export, lax

# A private name, because making an array to ask for its type would start the backend on import.
from jax._src.array import ArrayImpl as ArrayType

from cornu.backend.jax import (
    compile_cache,
    control,
    devices,
    errors,
    heap,
    host,
    loops,
    operators,
    staging,
)
from cornu.core import config, dtypes
from cornu.core.errors import DefiniteError

PROBES_LIMIT = 256
PROBE_SIZES = (840, 1680)  # with many divisors, so that a reshape of an unknown size goes through

_switched_on_64_bits = False


def has_64_bits():
    """Whether JAX computes in 64 bits."""
    return jax.config.jax_enable_x64


def _follow_floatx(dtype):
    # JAX computes in 32 bits unless told otherwise; asking for float64 as the default float is
    # telling it.
    global _switched_on_64_bits
    if dtype == "float64" and not has_64_bits():
        jax.config.update("jax_enable_x64", True)
        _switched_on_64_bits = True
    elif dtype != "float64" and _switched_on_64_bits:
        jax.config.update("jax_enable_x64", False)
        _switched_on_64_bits = False


dtypes.set_64_bit_test(has_64_bits)
config.on_floatx(_follow_floatx)
_follow_floatx(config.floatx())


def is_tensor(value):
    """Whether `value` is a JAX array, concrete or traced."""
    return type(value) is ArrayType or isinstance(value, jax.Array)


def asarray(value, dtype=None) -> Any:
    """`value` (scalar, nested list, NumPy or JAX array, torch or tf tensor) as a JAX array of a
    strong dtype."""
    if dtype is not None:
        dtype = dtypes.narrow(dtype)
    if is_tensor(value):
        return value if dtype is None or value.dtype == dtype else value.astype(dtype)
    if dtype is None:
        dtype = _default_dtype(value)
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return jnp.asarray(value, dtype=dtype)


def _default_dtype(value):
    """The dtype that a value without a JAX dtype gets: floatx for Python floats, int32 for ints,
    else its own."""
    if hasattr(value, "dtype"):
        return dtypes.narrow(dtypes.standardize_dtype(value.dtype))
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int32"
    if isinstance(value, float):
        return config.floatx()
    if isinstance(value, complex):
        return "complex64"
    if isinstance(value, (list, tuple)):
        return _dtype_of_items(value)
    return None


def _dtype_of_items(items):
    found = {_default_dtype(item) for item in items}
    found.discard(None)
    return dtypes.result_type(*sorted(found)) if found else config.floatx()


def cast(value, dtype) -> Any:
    """`value` in another dtype; complex to real keeps the real part."""
    dtype = dtypes.narrow(dtype)
    if not is_tensor(value):
        value = asarray(value) if np.iscomplexobj(value) else asarray(value, dtype)
    if value.dtype == dtype:
        return value
    if value.dtype.kind == "c" and not dtype.startswith("complex"):
        value = jnp.real(value)
    return value.astype(dtype)


def to_numpy(value):
    """A JAX array as a NumPy array."""
    return np.asarray(value)


def abstract_eval(function, *specs):
    """Nested specs `(shape, dtype)` of what `function` returns.

    Args:
        function: from tensors to a nest of tensors (other leaves are returned as they are).
        *specs: one `Spec` for each tensor; None is an unknown size.

    An unknown size is a symbolic dimension of `jax.export`; where the function can't be traced with
    one, it is traced at several sizes, and what differs between them is unknown. Where one size
    for all doesn't fit, unknown sizes may be 1, or one of those known. If nothing fits, the first
    error is raised.
    """
    if not any(None in shape for shape, _ in specs):
        return _to_specs(jax.eval_shape(_tensors_only(function), *map(_structs, specs)))
    try:
        symbolic = [jax.ShapeDtypeStruct(_symbolic(shape), dtype) for shape, dtype in specs]
        return _to_specs(jax.eval_shape(_tensors_only(function), *symbolic))
    except DefiniteError:
        raise
    except Exception as first:
        found = _probe(function, specs)
        if found is None:
            raise first from first.__cause__
        return found


def _probe(function, specs):
    """What `function` returns at the first sizes of unknown axes that it can be traced with; None
    if there are none."""
    for sizes in _fitting_sizes(specs):
        found = _traced_at(function, specs, sizes)
        larger = _traced_at(function, specs, [_exchanged(size, PROBE_SIZES[1]) for size in sizes])
        if found is None or larger is None:
            continue
        found = _compare(found, larger)
        smallest = _traced_at(function, specs, [_exchanged(size, 1) for size in sizes])
        same = smallest is not None and _ranks(smallest) == _ranks(found)
        return _compare(found, smallest) if same else found
    return None


def _fitting_sizes(specs):
    """Sizes to try for the unknown axes, those first that say least of them."""
    places = sum(n is None for shape, _ in specs for n in shape)
    known = {n for shape, _ in specs for n in shape if n is not None}
    choices = (PROBE_SIZES[0], *sorted({1, *known}))
    if len(choices) ** places > PROBES_LIMIT:
        return [choices[:1] * places]
    every = itertools.product(choices, repeat=places)
    return sorted(every, key=lambda sizes: -sizes.count(PROBE_SIZES[0]))


def _exchanged(size, other):
    return other if size == PROBE_SIZES[0] else size


def _traced_at(function, specs, sizes):
    left = iter(sizes)
    known = [
        (tuple(next(left) if n is None else n for n in shape), dtype) for shape, dtype in specs
    ]
    try:
        return _to_specs(jax.eval_shape(_tensors_only(function), *map(_structs, known)))
    except Exception:  # sizes that don't fit: `abstract_eval` raises the first error if none do
        return None


def _ranks(specs):
    leaves, structure = jax.tree.flatten(specs)
    return structure, [len(leaf.shape) for leaf in leaves if isinstance(leaf, TensorSpec)]


class Constant:
    """A leaf of a function's result that is no tensor."""

    def __init__(self, value):
        self.value = value


jax.tree_util.register_pytree_node(Constant, lambda c: ((), c), lambda c, _: c)


def _tensors_only(function):
    def call(*tensors):
        return jax.tree.map(
            lambda leaf: leaf if is_tensor(leaf) else _constant(leaf),
            function(*tensors),
            is_leaf=lambda leaf: leaf is None,
        )

    return call


def _constant(leaf):
    if isinstance(leaf, (np.ndarray, np.generic)):
        return jnp.asarray(leaf)
    return Constant(leaf)


def _structs(spec):
    shape, dtype = spec
    return jax.ShapeDtypeStruct(shape, dtypes.narrow(dtype))


def _symbolic(shape):
    (unknown,) = export.symbolic_shape("unknown", scope=_SCOPE)
    return tuple(unknown if n is None else n for n in shape)


_SCOPE = export.SymbolicScope(("unknown >= 2",))


def _to_specs(result):
    def spec(leaf):
        if isinstance(leaf, Constant):
            return leaf.value
        shape = tuple(n if isinstance(n, int) else None for n in leaf.shape)
        return TensorSpec(shape, str(leaf.dtype))

    return jax.tree.map(spec, result, is_leaf=lambda leaf: isinstance(leaf, Constant))


class TensorSpec:
    """Shape and dtype of a tensor in the result of `abstract_eval`."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape, dtype):
        self.shape = shape
        self.dtype = dtype


def _compare(small, large):
    def join(a, b):
        if not isinstance(a, TensorSpec):
            return a
        shape = tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True))
        return TensorSpec(shape, a.dtype)

    return jax.tree.map(
        join, small, large, is_leaf=lambda leaf: isinstance(leaf, TensorSpec) or leaf is None
    )


def value_and_grad(function):
    """`function(parameters, ...) -> (scalar, extra)` as `-> ((scalar, extra), gradients)`."""
    return jax.value_and_grad(function, has_aux=True)


def compile(function, donate=(), static=()):
    """`function` under `jax.jit`. Arguments are donated on accelerators only: the CPU gains nothing
    by it."""
    compile_cache.switch_on()
    donate = () if platform() == "cpu" else tuple(donate)
    return jax.jit(function, donate_argnums=donate, static_argnums=tuple(static))


def fuse(function, static):
    """`function` compiled for eager use; inside other compiled code it leaves no trace.

    Args:
        static: names of the parameters that are no tensors; lists among their values become tuples.
    """

    @functools.cache
    def compiled():
        jitted = jax.jit(function, static_argnames=static, inline=True)
        # A body may ask what the default float is; what was compiled for another is dropped.
        config.on_floatx(lambda _: jitted.clear_cache())
        return jitted

    def call(*args, **kwargs):
        if list in map(type, args) or list in map(type, kwargs.values()):
            args = map(_hashable, args)
            kwargs = {name: _hashable(value) for name, value in kwargs.items()}
        return compiled()(*args, **kwargs)

    return call


def _hashable(value):
    return tuple(value) if type(value) is list else value


def repeat_steps(body, start, count, state):
    """`state = body(i, state)` for `count` values of i from `start`; `count` may be traced.

    One loop with a count that the compiler doesn't know is one program for any number of steps, so
    results don't depend on how many steps run between two visits to the host.
    """
    return lax.fori_loop(start, start + count, body, state)


scan = control.scan
while_loop = loops.while_loop
fori_loop = control.fori_loop
switch = control.switch
vectorize = control.vectorize
associative_scan = control.associative_scan
host_function = host.host_function
watch_operators = operators.watch_operators
missing_value = errors.missing_value
staged = staging.Staged
device = devices.device
device_names = devices.device_names
device_memory = devices.device_memory
free_memory = heap.free_memory
keep_memory = heap.keep_memory
start_profile = devices.start_profile
stop_profile = devices.stop_profile
kind_of, joined, to_kind = staging.kind_of, staging.joined, staging.to_kind
zeros_of, weak_asarray = staging.zeros_of, staging.weak_asarray


def window(x, start, size):
    """`x[start:start + size]`, `start` traced."""
    return lax.dynamic_slice_in_dim(x, start, size)


def row(x, index):
    """`x[index]`, `index` traced."""
    return lax.dynamic_index_in_dim(x, index, keepdims=False)


def rows(x, indices):
    """`x[indices]`, the indices known to be in range."""
    return x.at[indices].get(mode="promise_in_bounds")


def zeros_like_result(function):
    """Zeros shaped as what `function()` returns, which is only traced."""
    return jax.tree.map(
        lambda leaf: jnp.zeros(leaf.shape, leaf.dtype),
        jax.eval_shape(lambda: as_tensors(function())),
    )


def as_tensors(structure):
    """Numbers in a nest as tensors of strong types."""
    return jax.tree.map(asarray, structure)


def named_leaves(structure):
    """The leaves of any nest that JAX knows, taken apart.

    Returns:
        Names that say where each leaf is, such as `"0_mu_kernel"`; the leaves; and a function from
        such a list back to the nest.
    """
    found, definition = jax.tree_util.tree_flatten_with_path(structure)
    names = ["_".join(re.findall(r"\w+", jax.tree_util.keystr(path))) for path, _ in found]
    return names, [leaf for _, leaf in found], lambda leaves: definition.unflatten(leaves)


def form_of(structure):
    """How any nest that JAX knows is made up, to be compared with others."""
    return jax.tree.structure(structure)


def stop_gradient(value):
    """`value`, constant for gradients."""
    return lax.stop_gradient(value)


def custom_gradient(function):
    """`function`, `(*tensors) -> (outputs, gradient)`, as one to `outputs` with that gradient."""
    return jax.custom_gradient(function)


def custom_derivative(function, linearized):
    """`function` with a derivative that is given, forward, backward and of any order.

    Args:
        function: from nests of tensors to a nest of tensors.
        linearized: from the same to what `function` returns and the derivative there: a linear
            function from changes of the arguments to the change of the result. JAX turns it round
            for gradients.
    """
    derived = jax.custom_jvp(function)

    @derived.defjvp
    def _(primals, tangents):
        outputs, linear = linearized(*primals)
        return outputs, linear(*tangents)

    return derived


def jvp(function, primals, tangents, has_aux=False):
    """Value of `function` at `primals` and its derivative in the direction `tangents`."""
    return jax.jvp(function, primals, tangents, has_aux=has_aux)


def checkpoint(function):
    """`function`, recomputed for its gradient."""
    return jax.checkpoint(function)


def eager():
    """Within, operations on concrete values are carried out even while tracing."""
    return jax.ensure_compile_time_eval()


def is_tracing():
    """Whether a function is being traced: then even an operation on constants is."""
    return isinstance(lax.neg(_one()), jax.core.Tracer)


@functools.cache
def _one():
    with jax.ensure_compile_time_eval():
        return jnp.ones((), "int32")


def is_traced(value):
    """Whether `value` has no concrete value yet."""
    return isinstance(value, jax.core.Tracer)


def is_ready(value):
    """Whether an array is computed, so that reading it does not wait."""
    return value.is_ready() if is_tensor(value) else True


def synchronize(value):
    """Wait until every array in `value` is computed, and return it."""
    return jax.block_until_ready(value)


def to_device(value):
    """Host arrays as arrays on the default device."""
    return jax.device_put(value)


def is_key(value):
    """Whether `value` is one random key of JAX: a typed one, or a raw `uint32[2]`."""
    if not is_tensor(value):
        return False
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        return value.shape == ()
    return value.dtype == "uint32" and value.shape == (2,)


def raw_key(key):
    """A random key as a raw `uint32[2]`."""
    return jax.random.key_data(key) if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else key


def key_form(key):
    """The function from a raw key to one in the form of `key`."""
    if not jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return lambda raw: raw
    return functools.partial(jax.random.wrap_key_data, impl=jax.random.key_impl(key))


def host_call(function, *values):
    """Have `function` called with the values as NumPy arrays once they are computed, in compiled
    code at each run."""
    jax.debug.callback(function, *values)


def platform():
    """`"cpu"`, `"gpu"` or `"tpu"`."""
    return jax.default_backend()
