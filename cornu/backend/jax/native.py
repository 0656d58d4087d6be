"""The optional package `cornu-native`: kernels for the CPU that XLA calls.

Whether it is installed is looked up when the first operation is traced or compiled that could use
it. The environment variable `CORNU_NATIVE=0` leaves it out. What it cannot do, or not faster, stays
with the portable lowering: other dtypes, programs for several devices (that XLA's partitioner has
to take apart), and programs for export (that other machines shall run).
"""

import dataclasses
import functools
import os
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

# Not from `jax.extend`, which takes 40 ms to import.
from jax._src.core import Primitive
from jax._src.sharding_impls import ShardingContext
from jax.interpreters import ad, batching, mlir

from cornu.core.lazy import lazy_module

__all__ = ["Turned", "call_native", "has_native"]

# What handlers take, but for the numbers that they compute with.
TYPES = {"float32", "bool", "uint8"}
# By handlers that are convolutions: the kind, and where inputs, kernel and outputs stand among
# arguments and results.
CONVOLUTIONS = {
    "cornu_convolution_activated": ("forward", (0, 1, 3)),
    "cornu_convolution_biased_kernel_gradient": ("kernel_gradient", (1, 2, 0)),
}

_package = lazy_module("cornu_native", package="cornu-native")


@functools.cache
def package():
    """`cornu_native` with its handlers made known to XLA, or None."""
    if os.environ.get("CORNU_NATIVE") == "0" or not _package.available:
        return None
    try:
        handlers = _package.targets()
    except OSError as error:
        raise ImportError(
            "`cornu-native` is installed, but its library cannot be loaded: install it again"
            f" (`make native`), or set CORNU_NATIVE=0 to do without it. Cause: {error}"
        ) from error
    for name, handler in handlers.items():
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(handler), platform="cpu")
    return _package


def has_native(target=None):
    """Whether there may be kernels for `call_native`, and the one of this name."""
    if jax.default_backend() != "cpu" or package() is None:
        return False
    return target is None or target in _targets()


@functools.cache
def _targets():
    """The names of the kernels, of which an older package has fewer."""
    return frozenset(package().targets())


def serves(module):
    """Whether the program that is being lowered may have native kernels.

    Args:
        module: its `ModuleContext`.
    """
    axes = module.axis_context
    single = isinstance(axes, ShardingContext) and axes.num_devices == 1
    return single and not module.lowering_parameters.for_export and package() is not None


def convolution(kind, shapes, dtype, strides, before, dilation):
    """A function of two tensors that computes a convolution or a gradient of one, or None.

    Args:
        kind: "forward" (inputs, kernel), "input_gradient" (of outputs, kernel) or
            "kernel_gradient" (inputs, of outputs).
        shapes: of inputs (batch, *spatial, channels), kernel and outputs.
        before: padding before each spatial axis.
    """
    options = {"strides": strides, "dilation": dilation, "before": before}
    if dtype not in ("float32", "bfloat16") or not _has_routine(kind, shapes, options):
        return None
    target = "cornu_convolution" + ("" if kind == "forward" else f"_{kind}")
    shape = shapes[("input_gradient", "kernel_gradient", "forward").index(kind)]
    run = _handler(target, jax.ShapeDtypeStruct(shape, "float32"), options)

    def convolve(first, second):
        # Processors with arithmetic in bfloat16 are rare, and sums belong into float32 anyway.
        return run(first.astype(jnp.float32), second.astype(jnp.float32)).astype(dtype)

    return convolve


def _has_routine(kind, shapes, options):
    """Whether there is a fast routine for such a convolution."""
    if any(0 in shape for shape in shapes):
        return False
    if kind != "kernel_gradient" and set(shapes[1][:-2]) == {1} and max(options["strides"]) > 1:
        return False  # XLA's is faster: it drops most of the inputs, then multiplies matrices
    if kind == "forward" and shapes[0][-1] == 1:
        return False  # XLA's is faster where so few numbers are summed
    routine = package().convolution_routine(kind, *shapes, **options)
    return bool(routine) and not routine.startswith("ref")


def _takes(target, tensors, options):
    """Whether a handler is there, and takes such arguments and gives such results."""
    if target not in _targets() or {each.dtype.name for each in tensors} - TYPES:
        return False
    if target not in CONVOLUTIONS:
        return True
    kind, places = CONVOLUTIONS[target]
    geometry = {name: options[name] for name in ("strides", "dilation", "before")}
    return _has_routine(kind, [tensors[place].shape for place in places], geometry)


def _handler(target, results, options):
    """A function of tensors that calls a handler.

    Args:
        results: what it returns, as structs.
        options: bools, floats, and sequences of ints.
    """
    kinds = {bool: np.bool_, float: np.float32}
    attributes = {
        name: kinds[type(value)](value) if type(value) in kinds else np.asarray(value, np.int64)
        for name, value in options.items()
    }
    return functools.partial(jax.ffi.ffi_call(target, results), **attributes)


def call_native(target, portable, arguments, linear=0, turned=None, **options):
    """`portable(*arguments)`, a list of tensors: by the handler `target` where the program may have
    it, and where it takes such tensors.

    Derivatives and `vmap` are those of `portable`.

    Args:
        target: name of a handler, or None if there is none.
        linear: in how many of the first arguments the result is linear.
        turned: the handler for such a function turned round: from gradients by the results, and the
            rest of the arguments, to the gradients by the linear arguments.
        options: of the handlers: bools, floats and tuples of ints.
    """
    return native_p.bind(
        *arguments,
        target=target,
        portable=portable,
        linear=linear,
        turned=turned,
        options=tuple(options.items()),
    )


@dataclasses.dataclass(frozen=True)
class Turned:
    """A function, linear in its first arguments, turned round.

    Attributes:
        function: what is turned.
        linear: shape and dtype of each linear argument.
        results: how many results it has.
    """

    function: Callable
    linear: tuple
    results: int

    def __call__(self, *values):
        changes, rest = values[: self.results], values[self.results :]
        structs = [jax.ShapeDtypeStruct(*each) for each in self.linear]
        turned = jax.linear_transpose(lambda *some: list(self.function(*some, *rest)), *structs)
        return list(turned(list(changes)))


native_p = Primitive("native")
native_p.multiple_results = True


@native_p.def_abstract_eval
def _(*tensors, portable, **_):
    structs = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in tensors]
    found = jax.eval_shape(portable, *structs)
    return [jax.core.ShapedArray(each.shape, each.dtype) for each in found]


@native_p.def_impl
def _(*values, **parameters):
    return _compiled(tuple(parameters.items()))(*values)


@functools.lru_cache(256)
def _compiled(parameters):
    return jax.jit(functools.partial(native_p.bind, **dict(parameters)))


def _everywhere(context, *values, portable, **_):
    return mlir.lower_fun(portable, multiple_results=True)(context, *values)


def _on_cpu(context, *values, portable, target, options, **_):
    tensors, body = (*context.avals_in, *context.avals_out), portable
    if target and serves(context.module_context) and _takes(target, tensors, dict(options)):
        results = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in context.avals_out]
        body = _handler(target, results, dict(options))
    return mlir.lower_fun(body, multiple_results=True)(context, *values)


def _derivative(values, changes, *, portable, linear, **parameters):
    parameters |= {"portable": portable, "linear": linear}
    changing = [place for place, change in enumerate(changes) if type(change) is not ad.Zero]
    if changing[-1] < linear:
        some = [*map(ad.instantiate_zeros, changes[:linear]), *values[linear:]]
        return native_p.bind(*values, **parameters), native_p.bind(*some, **parameters)

    def of_changing(*some):
        each = list(values)
        for place, value in zip(changing, some, strict=True):
            each[place] = value
        return list(portable(*each))

    return jax.jvp(
        of_changing, [values[place] for place in changing], [changes[place] for place in changing]
    )


def _transposed(changes, *values, target, portable, linear, turned, options):
    if any(map(ad.is_undefined_primal, values[linear:])):
        return _transposed_portable(changes, values, portable)
    avals = [
        each.aval if ad.is_undefined_primal(each) else jax.typeof(each) for each in values[:linear]
    ]
    structs = tuple((aval.shape, aval.dtype) for aval in avals)
    rest = values[linear:]
    back = portable.function if isinstance(portable, Turned) else None
    turn = getattr(portable, "turned", Turned)  # it may know a faster way
    found = call_native(
        turned,
        back or turn(portable, structs, len(changes)),
        [*map(ad.instantiate_zeros, changes), *rest],
        len(changes),
        target,
        **dict(options),
    )
    return [*found, *[None] * len(rest)]


def _transposed_portable(changes, values, portable):
    """As of a product of two tensors, both of them arguments: it is linear in whichever varies."""
    places = [place for place, each in enumerate(values) if ad.is_undefined_primal(each)]

    def of_varying(*some):
        each = list(values)
        for place, value in zip(places, some, strict=True):
            each[place] = value
        return list(portable(*each))

    avals = [values[place].aval for place in places]
    structs = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
    turned = jax.linear_transpose(of_varying, *structs)
    found = dict(zip(places, turned([*map(ad.instantiate_zeros, changes)]), strict=True))
    return [found.get(place) for place in range(len(values))]


def _batched(values, places, *, portable, **_):
    found = jax.vmap(portable, places)(*values)
    return found, [0] * len(found)


mlir.register_lowering(native_p, _everywhere)
mlir.register_lowering(native_p, _on_cpu, platform="cpu")
ad.primitive_jvps[native_p] = _derivative
ad.primitive_transposes[native_p] = _transposed
batching.primitive_batchers[native_p] = _batched
