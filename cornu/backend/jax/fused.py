"""Functions that one platform has in a faster form, with a backward pass of its own.

Which form a program has is known when it is lowered. In the fast form, what the backward pass needs
is that form's own (cuDNN's notes, say); elsewhere the portable form computes, and its derivative.
"""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

# Not from `jax.extend`, which takes 40 ms to import.
from jax._src.core import Primitive
from jax._src.dispatch import prim_requires_devices_during_lowering
from jax._src.lib import cuda_versions
from jax._src.sharding_impls import ShardingContext
from jax.interpreters import ad, batching, mlir

__all__ = []


@functools.cache
def cudnn_version():
    """The version of cuDNN, such as 91002, if programs run on an NVIDIA GPU, else None."""
    if jax.default_backend() != "gpu" or cuda_versions is None:
        return None
    if "cuda" not in jax.local_devices()[0].client.platform_version.lower():
        return None
    return cuda_versions.cudnn_get_version()


@functools.cache
def compute_capability():
    """That of the GPU, such as (9, 0)."""
    return tuple(map(int, jax.local_devices()[0].compute_capability.split(".")))


@dataclasses.dataclass(frozen=True)
class Forms:
    """Two forms of a function from tensors to a list of tensors.

    Attributes:
        fast: for `platform`, with a gradient by JAX.
        portable: for all others, with derivatives of any order.
        floats: how many of the arguments, the first ones, have derivatives.
        platform: as in `jax.jit(...).lower(lowering_platforms=...)`.
        divisible: whether XLA can take `fast` apart for several devices.
    """

    fast: Callable
    portable: Callable
    floats: int
    platform: str = "cuda"
    divisible: bool = False

    def __call__(self, *tensors):
        return run_p.bind(*tensors, forms=self, keeps=False)

    def serves(self, context):
        """Whether the program that is being lowered gets the fast form.

        Programs for export do not: they shall run on other machines, with another cuDNN.
        """
        module = context.module_context
        axes = module.axis_context
        single = isinstance(axes, ShardingContext) and axes.num_devices == 1
        here = tuple(context.platforms or module.platforms) == (self.platform,)
        return here and (single or self.divisible) and not module.lowering_parameters.for_export

    def noted(self, *tensors):
        """What `fast` returns, and its backward pass: a nest of tensors, the notes, as functions
        from `jax.vjp` are."""
        rest = tensors[self.floats :]
        return jax.vjp(lambda *some: self.fast(*some, *rest), *tensors[: self.floats])

    def push(self, changes, tensors):
        """The change of what `portable` returns, for changes of the first arguments."""
        rest = tensors[self.floats :]
        return jax.jvp(
            lambda *some: list(self.portable(*some, *rest)), tensors[: self.floats], changes
        )[1]

    def pull(self, gradients, tensors):
        """The gradients by the first arguments, for those by what `portable` returns."""
        rest = tensors[self.floats :]
        _, back = jax.vjp(lambda *some: list(self.portable(*some, *rest)), *tensors[: self.floats])
        return list(back(list(gradients)))


@functools.lru_cache(512)
def _results(forms, kinds):
    """What `portable` returns, as structs."""
    return list(jax.eval_shape(forms.portable, *(jax.ShapeDtypeStruct(*kind) for kind in kinds)))


@functools.lru_cache(512)
def _notes(forms, kinds):
    """The notes of `fast`, as structs, and how the function is made up that has them."""
    structs = (jax.ShapeDtypeStruct(*kind) for kind in kinds)
    return jax.tree.flatten(jax.eval_shape(forms.noted, *structs)[1])


def _kinds(tensors):
    return tuple((x.shape, x.dtype) for x in tensors)


def _as_avals(structs):
    return [jax.core.ShapedArray(each.shape, each.dtype) for each in structs]


def _unknown(struct):
    # Should a program that has other notes come by these, it is to show.
    filler = jnp.nan if jnp.issubdtype(struct.dtype, jnp.floating) else 0
    return jnp.full(struct.shape, filler, struct.dtype)


# The function: what it returns, and if `keeps` its notes.
run_p = Primitive("fused")
run_p.multiple_results = True

# Its derivative, for changes of the first arguments (or gradients by the results if `back`), the
# arguments and the notes.
slope_p = Primitive("fused_slope")
slope_p.multiple_results = True


@run_p.def_abstract_eval
def _(*tensors, forms, keeps):
    kinds = _kinds(tensors)
    return _as_avals([*_results(forms, kinds), *(_notes(forms, kinds)[0] if keeps else ())])


@slope_p.def_abstract_eval
def _(*tensors, forms, back, sizes):
    _, arguments, _ = _parted(tensors, sizes)
    kinds = _kinds(arguments)
    if back:
        return _as_avals(jax.ShapeDtypeStruct(*kind) for kind in kinds[: forms.floats])
    return _as_avals(_results(forms, kinds))


def _parted(values, sizes):
    """Changes (or gradients), arguments, and notes."""
    first, second = sizes
    return values[:first], values[first : first + second], values[first + second :]


def _portable_slope(forms, back, changes, arguments):
    return (forms.pull if back else forms.push)(tuple(changes), tuple(arguments))


@functools.lru_cache(256)
def _compiled(primitive, parameters):
    return jax.jit(functools.partial(primitive.bind, **dict(parameters)))


for _primitive in (run_p, slope_p):

    @_primitive.def_impl
    def _(*values, _primitive=_primitive, **parameters):
        return _compiled(_primitive, tuple(parameters.items()))(*values)


def _lower_run(context, *values, forms, keeps):
    def fast(*tensors):
        if not keeps:
            return forms.fast(*tensors)
        outputs, back = forms.noted(*tensors)
        return [*outputs, *jax.tree.leaves(back)]

    def portable(*tensors):
        notes = _notes(forms, _kinds(tensors))[0] if keeps else ()
        return [*forms.portable(*tensors), *map(_unknown, notes)]

    body = fast if forms.serves(context) else portable
    return mlir.lower_fun(body, multiple_results=True)(context, *values)


def _lower_slope(context, *values, forms, back, sizes):
    def fast(*tensors):
        gradients, arguments, notes = _parted(tensors, sizes)
        function = jax.tree.unflatten(_notes(forms, _kinds(arguments))[1], notes)
        return list(function(list(gradients)))

    def portable(*tensors):
        changes, arguments, _ = _parted(tensors, sizes)
        return _portable_slope(forms, back, changes, arguments)

    body = fast if back and forms.serves(context) else portable
    return mlir.lower_fun(body, multiple_results=True)(context, *values)


def _run_derivative(values, changes, *, forms, keeps):
    found = run_p.bind(*values, forms=forms, keeps=True)
    count = len(_results(forms, _kinds(values)))
    outputs, notes = found[:count], found[count:]
    changes = [*map(ad.instantiate_zeros, changes[: forms.floats])]
    sizes = len(changes), len(values)
    slopes = slope_p.bind(*changes, *values, *notes, forms=forms, back=False, sizes=sizes)
    if not keeps:
        return outputs, slopes
    # Whatever is made of the notes is a function of the arguments: `_slope_derivative`.
    return found, [*slopes, *map(_nothing, notes)]


def _nothing(value):
    """No change of a value."""
    return ad.Zero(jax.typeof(value).to_tangent_aval())


def _slope_derivative(values, changes, *, forms, back, sizes):
    parameters = {"forms": forms, "back": back, "sizes": sizes}
    given, arguments, notes = _parted(values, sizes)
    of_given, of_arguments, _ = _parted(changes, sizes)
    found = slope_p.bind(*values, **parameters)
    slopes = None
    if any(type(change) is not ad.Zero for change in of_given):
        of_given = map(ad.instantiate_zeros, of_given)
        slopes = slope_p.bind(*of_given, *arguments, *notes, **parameters)
    of_floats = of_arguments[: forms.floats]
    if any(type(change) is not ad.Zero for change in of_floats):
        rest = arguments[forms.floats :]
        _, more = jax.jvp(
            lambda *some: _portable_slope(forms, back, given, (*some, *rest)),
            tuple(arguments[: forms.floats]),
            tuple(map(ad.instantiate_zeros, of_floats)),
        )
        slopes = more if slopes is None else [a + b for a, b in zip(slopes, more, strict=True)]
    return found, slopes or [_nothing(each) for each in found]


def _slope_transposed(changes, *values, forms, back, sizes):
    given, arguments, notes = _parted(values, sizes)
    changes = [*map(ad.instantiate_zeros, changes)]
    found = slope_p.bind(
        *changes,
        *arguments,
        *notes,
        forms=forms,
        back=not back,
        sizes=(len(changes), len(arguments)),
    )
    wanted = [
        each if ad.is_undefined_primal(place) else None
        for each, place in zip(found, given, strict=True)
    ]
    return [*wanted, *[None] * (len(arguments) + len(notes))]


def _batched_run(values, places, *, forms, keeps):
    found = jax.vmap(lambda *each: list(forms.portable(*each)), places)(*values)
    single = [_without(x, place) for x, place in zip(values, places, strict=True)]
    notes = [_unknown(each) for each in _notes(forms, tuple(single))[0]] if keeps else []
    return [*found, *notes], [0] * len(found) + [None] * len(notes)


def _batched_slope(values, places, *, forms, back, sizes):
    def slope(*tensors):
        changes, arguments, _ = _parted(tensors, sizes)
        return _portable_slope(forms, back, changes, arguments)

    # Notes of the fast form have no place in the portable one.
    count = sum(sizes)
    found = jax.vmap(slope, places[:count])(*values[:count])
    return found, [0] * len(found)


def _without(x, place):
    """Shape and dtype of one of the examples of which `x` has an axis."""
    if place is None:
        return x.shape, x.dtype
    return (*x.shape[:place], *x.shape[place + 1 :]), x.dtype


# JAX's partitioning of cuDNN's attention asks which devices a program is for.
prim_requires_devices_during_lowering.update((run_p, slope_p))
mlir.register_lowering(run_p, _lower_run)
mlir.register_lowering(slope_p, _lower_slope)
ad.primitive_jvps[run_p] = _run_derivative
ad.primitive_jvps[slope_p] = _slope_derivative
ad.primitive_transposes[slope_p] = _slope_transposed
batching.primitive_batchers[run_p] = _batched_run
batching.primitive_batchers[slope_p] = _batched_slope
