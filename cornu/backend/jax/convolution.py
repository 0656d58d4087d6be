"""Convolutions, and their lowering by platform.

`lax.conv_general_dilated` differentiates into convolutions whose axes stand in another order.
XLA's CPU compiler puts axes into the order that its fast routine needs only outside of loops;
inside, such a convolution runs on one thread without it. So the convolution and its gradients by
the inputs and by the kernel are primitives here, each the others' derivative, always with the axes
(batch, *spatial, channels) and (*window, channels, filters). On accelerators all are XLA's
convolution. On the CPU they are kernels of `cornu-native` where that is installed (see `native`),
and else:

    convolution, one group       XLA's convolution, in the order that stays fast in loops
    convolution, depthwise       sum of shifted products, elementwise
    convolution, other groups    one convolution a group
    gradient by the inputs       a convolution with the kernel turned round
    gradient by the kernel       one matrix product for each place in the window
    ... of few channels          one matrix product with all places side by side
    ... of some channels         one for each row of places, those of the row side by side
    ... depthwise                one sum for each place in the window
    other dtypes than float32    matrix products, one for each place in the window

Numbers are in `bench/rows/convolution.py` and `bench/results/`.
"""

import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp
from jax import lax

# Not from `jax.extend`, which takes 40 ms to import.
from jax._src.core import Primitive
from jax.custom_derivatives import SymbolicZero
from jax.interpreters import ad, batching, mlir

from cornu.backend.jax import native

__all__ = ["conv", "conv_transpose", "depthwise_conv"]

FEW_CHANNELS = 8
SOME_CHANNELS = 64


def conv(inputs, kernel, strides, padding, data_format, dilation, bias=None, relu=False):
    """`inputs` convolved with `kernel` (*window, channels / groups, filters).

    Args:
        bias: what is added for each filter, or None.
        relu: whether what is less than 0 becomes 0 then.
    """
    inputs = _channels_last(inputs, data_format)
    groups = inputs.shape[-1] // kernel.shape[-2]
    pads = pad_sizes(inputs.shape[1:-1], kernel.shape[:-2], strides, dilation, padding)
    geometry = _geometry(strides, pads, dilation, groups)
    if (relu or bias is not None) and inputs.dtype == "float32" and native.has_native():
        options = _Activated(tuple(geometry.items()), relu)
        out = _activated(options, inputs, kernel, jnp.zeros(0, "float32") if bias is None else bias)
    else:
        out = _finished(convolve_p.bind(inputs, kernel, **geometry), bias, relu)
    return _channels_back(out, data_format)


def _finished(out, bias, relu):
    if bias is not None:
        out = out + bias
    return jnp.where(out <= 0, out.dtype.type(0), out) if relu else out


@dataclasses.dataclass(frozen=True)
class _Activated:
    """A convolution with a bias, empty if there is none, and relu where that is wanted."""

    geometry: tuple
    relu: bool

    def __call__(self, x, kernel, bias):
        out = convolve_p.bind(x, kernel, **dict(self.geometry))
        return [_finished(out, bias if bias.size else None, self.relu)]

    def options(self):
        """What kernels want to know."""
        geometry = dict(self.geometry)
        before = tuple(low for low, _ in geometry["pads"])
        return {name: geometry[name] for name in ("strides", "dilation")} | {"before": before}


@dataclasses.dataclass(frozen=True)
class _OfKernel:
    """A convolution with a bias, as a function that is linear in kernel and bias."""

    geometry: tuple

    def __call__(self, kernel, bias, x):
        return [convolve_p.bind(x, kernel, **dict(self.geometry)) + bias]


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _activated(options, x, kernel, bias):
    tensors, sizes = [x, kernel, bias], options.options()
    return native.call_native(
        "cornu_convolution_activated", options, tensors, relu=options.relu, **sizes
    )[0]


def _change_of_activated(options, values, changes):
    x, kernel, bias = values
    by_x, by_kernel, by_bias = (None if type(one) is SymbolicZero else one for one in changes)
    out = _activated(options, x, kernel, bias)
    geometry, parts = dict(options.geometry), []
    if by_x is not None:
        parts.append(convolve_p.bind(by_x, kernel, **geometry))
    if by_kernel is not None and by_bias is not None and bias.size:
        # The bias's gradient is a sum over what the kernel's gradient reads anyway.
        turned = "cornu_convolution_biased_kernel_gradient"
        function, tensors = _OfKernel(options.geometry), [by_kernel, by_bias, x]
        parts += native.call_native(None, function, tensors, 2, turned, **options.options())
    elif by_kernel is not None:
        parts.append(convolve_p.bind(x, by_kernel, **geometry))
    elif by_bias is not None and bias.size:
        parts.append(jnp.broadcast_to(by_bias, out.shape))
    change = functools.reduce(jnp.add, parts) if parts else jnp.zeros_like(out)
    return out, jnp.where(out <= 0, jnp.float32(0), change) if options.relu else change


_activated.defjvp(_change_of_activated, symbolic_zeros=True)


def depthwise_conv(inputs, kernel, strides, padding, data_format, dilation):
    """Each channel convolved with its own filters, `kernel` (*window, channels, multiplier)."""
    *window, channels, multiplier = kernel.shape
    kernel = kernel.reshape((*window, 1, channels * multiplier))
    return conv(inputs, kernel, strides, padding, data_format, dilation)


def conv_transpose(inputs, kernel, strides, data_format, dilation, before, sizes):
    """The gradient of a convolution by its inputs, for `inputs` as the gradient by its outputs.

    Args:
        kernel: (*window, filters, channels).
        before: padding before each spatial axis, in that convolution.
        sizes: spatial sizes of the result.
    """
    inputs = _channels_last(inputs, data_format)
    spans = map(_reach, inputs.shape[1:-1], strides)
    reaches = map(_reach, kernel.shape, dilation)
    each = zip(before, spans, reaches, sizes, strict=False)
    pads = [(low, span + reach - 1 - size - low) for low, span, reach, size in each]
    geometry = _geometry(strides, pads, dilation, 1)
    out = input_gradient_p.bind(inputs, kernel, sizes=tuple(sizes), **geometry)
    return _channels_back(out, data_format)


def _channels_last(x, data_format):
    return jnp.moveaxis(x, 1, -1) if data_format == "channels_first" else x


def _channels_back(x, data_format):
    return jnp.moveaxis(x, -1, 1) if data_format == "channels_first" else x


def pad_sizes(sizes, window, strides, dilation, padding):
    """(before, after) of each spatial axis."""
    if padding == "valid":
        return ((0, 0),) * len(window)
    return tuple(map(_same_padding, sizes, window, strides, dilation))


def _same_padding(size, window, stride, dilation):
    reach = (window - 1) * dilation + 1
    if stride == 1:  # also of an unknown size
        return (reach - 1) // 2, reach - 1 - (reach - 1) // 2
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _geometry(strides, pads, dilation, groups):
    """What, besides two tensors, all three primitives get."""
    each = {"strides": strides, "pads": pads, "dilation": dilation}
    return {name: tuple(sizes) for name, sizes in each.items()} | {"groups": groups}


def _reach(size, dilation):
    return (size - 1) * dilation + 1


def _by_xla(x, kernel, *, strides, pads, dilation, groups, spread=None):
    spatial = "DHW"[3 - len(strides) :]
    axes = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(x, kernel, strides, pads, spread, dilation, axes, groups)


def _turned(convolve, g, kernel, *, sizes, strides, pads, dilation, groups):
    """The gradient by inputs of the spatial `sizes`, from that by the outputs, as a convolution: of
    `g` spread by the strides, with the kernel turned round."""
    *window, channels, filters = kernel.shape
    kernel = jnp.flip(kernel, range(len(window)))
    kernel = kernel.reshape((*window, channels, groups, filters // groups))
    kernel = jnp.swapaxes(kernel, -1, -3).reshape((*window, filters // groups, groups * channels))
    turned = []
    for place, (low, _) in enumerate(pads):
        reach = _reach(window[place], dilation[place])
        given = _reach(g.shape[1 + place], strides[place])
        turned.append((reach - 1 - low, sizes[place] - given + low))
    geometry = _geometry((1,) * len(strides), turned, dilation, groups)
    return convolve(g, kernel, **geometry, spread=strides)


def shifted(x, window, counts, strides, pads, dilation, spread=None, fill=0):
    """One strided slice of padded `x` for each place in the window, in row-major order.

    Args:
        counts: spatial sizes of the slices.
        spread: steps at which the elements of `x` stand in each spatial axis, among padding.
        fill: what stands in the padding.
    """
    spread = spread or (1,) * len(strides)
    reaches = map(_reach, window, dilation)
    wanted = [_reach(n, step) + r - 1 for n, step, r in zip(counts, strides, reaches, strict=True)]
    edges = [
        (low, size - low - _reach(have, step), step - 1)
        for size, have, step, (low, _) in zip(wanted, x.shape[1:-1], spread, pads, strict=True)
    ]
    if any(map(any, edges)):
        x = lax.pad(x, x.dtype.type(fill), ((0, 0, 0), *edges, (0, 0, 0)))
    for place in itertools.product(*map(range, window)):
        starts = [i * step for i, step in zip(place, dilation, strict=True)]
        stops = [
            start + _reach(n, step) for start, n, step in zip(starts, counts, strides, strict=True)
        ]
        yield lax.slice(x, (0, *starts, 0), (x.shape[0], *stops, x.shape[-1]), (1, *strides, 1))


def _on_cpu(x, kernel, *, groups, **geometry):
    *window, channels, filters = kernel.shape
    shape = _shape_by_xla(x, kernel, groups=groups, **geometry)
    if 0 in (*shape, *x.shape, *kernel.shape):
        return jnp.zeros(shape, x.dtype)
    if channels == 1 and groups > 1:
        multiplier = filters // groups
        kernels = kernel.reshape((-1, groups, multiplier))
        slices = shifted(x, window, shape[1:-1], **geometry)
        products = (each[..., None] * kernels[i] for i, each in enumerate(slices))
        return functools.reduce(jnp.add, products).reshape(shape)
    if groups > 1:
        parts = zip(jnp.split(x, groups, -1), jnp.split(kernel, groups, -1), strict=True)
        return jnp.concatenate([_on_cpu(*part, groups=1, **geometry) for part in parts], -1)
    if x.dtype in ("float32", "float16"):
        return _by_xla(x, kernel, groups=1, **geometry)
    slices = shifted(x, window, shape[1:-1], **geometry)
    kernels = kernel.reshape((-1, channels, filters))
    return functools.reduce(jnp.add, (each @ kernels[i] for i, each in enumerate(slices)))


def _shape_by_xla(x, kernel, **geometry):
    structs = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in (x, kernel)]
    return jax.eval_shape(functools.partial(_by_xla, **geometry), *structs).shape


def _kernel_gradient_by_xla(x, g, *, window, groups, **geometry):
    kernel = jax.ShapeDtypeStruct((*window, x.shape[-1] // groups, g.shape[-1]), x.dtype)
    convolve = functools.partial(_by_xla, x, groups=groups, **geometry)
    return jax.linear_transpose(convolve, kernel)(g)[0]


def _kernel_gradient_on_cpu(x, g, *, window, groups, **geometry):
    channels, filters = x.shape[-1] // groups, g.shape[-1]
    shape = (*window, channels, filters)
    if 0 in (*x.shape, *g.shape, *shape):
        return jnp.zeros(shape, x.dtype)
    slices = list(shifted(x, window, g.shape[1:-1], **geometry))
    if channels == 1 and groups > 1:
        spread = g.reshape((*g.shape[:-1], groups, filters // groups))
        sums = [jnp.sum(each[..., None] * spread, range(g.ndim - 1)) for each in slices]
        return jnp.stack(sums).reshape(shape)
    if groups > 1:
        parts = zip(jnp.split(x, groups, -1), jnp.split(g, groups, -1), strict=True)
        each = [
            _kernel_gradient_on_cpu(*part, window=window, groups=1, **geometry) for part in parts
        ]
        return jnp.concatenate(each, -1)
    few, rows = channels <= FEW_CHANNELS, g.reshape((-1, filters))
    joined = len(slices) if few else window[-1] if channels <= SOME_CHANNELS else 1
    patches = (
        jnp.concatenate(slices[first : first + joined], -1).reshape((rows.shape[0], -1))
        for first in range(0, len(slices), joined)
    )
    return jnp.stack([each.T @ rows for each in patches]).reshape(shape)


def _convolve_shape(x, kernel, **geometry):
    return jax.core.ShapedArray(_shape_by_xla(x, kernel, **geometry), x.dtype)


def _input_gradient_shape(g, kernel, *, sizes, groups, **geometry):
    return jax.core.ShapedArray((g.shape[0], *sizes, groups * kernel.shape[-2]), g.dtype)


def _kernel_gradient_shape(x, g, *, window, groups, **geometry):
    return jax.core.ShapedArray((*window, x.shape[-1] // groups, g.shape[-1]), x.dtype)


def _batched_convolve(values, places, *, groups, **geometry):
    (x, kernel), (x_place, kernel_place) = values, places
    if kernel_place is None:  # more rows
        x = jnp.moveaxis(x, x_place, 0)
        out = convolve_p.bind(_merged(x, 0), kernel, groups=groups, **geometry)
        return out.reshape((*x.shape[:2], *out.shape[1:])), 0
    size = kernel.shape[kernel_place]
    kernel = _merged(jnp.moveaxis(kernel, kernel_place, -2), -2)
    if x_place is not None or groups > 1:  # more groups
        x, groups = _in_groups(x, x_place, size), groups * size
    out = convolve_p.bind(x, kernel, groups=groups, **geometry)
    return out.reshape((*out.shape[:-1], size, -1)), out.ndim - 1


def _batched_input_gradient(values, places, *, groups, **geometry):
    (g, kernel), (g_place, kernel_place) = values, places
    if kernel_place is None:  # more rows
        g = jnp.moveaxis(g, g_place, 0)
        out = input_gradient_p.bind(_merged(g, 0), kernel, groups=groups, **geometry)
        return out.reshape((*g.shape[:2], *out.shape[1:])), 0
    size = kernel.shape[kernel_place]  # more groups
    kernel = _merged(jnp.moveaxis(kernel, kernel_place, -2), -2)
    g = _in_groups(g, g_place, size)
    out = input_gradient_p.bind(g, kernel, groups=groups * size, **geometry)
    return out.reshape((*out.shape[:-1], size, -1)), out.ndim - 1


def _batched_kernel_gradient(values, places, *, groups, **geometry):
    (x, g), (x_place, g_place) = values, places
    size = x.shape[x_place] if g_place is None else g.shape[g_place]
    if x_place is not None or groups > 1:
        x, groups = _in_groups(x, x_place, size), groups * size
    g = _in_groups(g, g_place, size)
    out = kernel_gradient_p.bind(x, g, groups=groups, **geometry)
    return out.reshape((*out.shape[:-1], size, -1)), out.ndim - 1


def _merged(x, axis):
    """`x` with `axis` and the next one made one."""
    axis %= x.ndim
    return x.reshape((*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


def _in_groups(x, place, size):
    """The mapped axis, or a new one, as the outer part of the channels."""
    if place is None:
        x = jnp.broadcast_to(x[..., None, :], (*x.shape[:-1], size, x.shape[-1]))
    else:
        x = jnp.moveaxis(x, place, -2)
    return _merged(x, -2)


def _primitive(name, shape, everywhere, on_cpu, by_native, to_first, to_second, batched):
    """A bilinear function of two tensors as a primitive of JAX.

    Args:
        shape: from abstract tensors and parameters to the abstract result.
        everywhere, on_cpu: what computes it.
        by_native: from abstract tensors, abstract result and parameters to what computes it with
            `cornu-native`, or None.
        to_first, to_second: gradients by one argument, from the gradient by the result, the two
            arguments (that one abstract) and the parameters.
        batched: rule of `jax.vmap`.
    """
    primitive = Primitive(name)
    primitive.def_abstract_eval(shape)

    @functools.partial(jax.jit, static_argnums=2)
    def run(first, second, parameters):
        return primitive.bind(first, second, **dict(parameters))

    @primitive.def_impl
    def _(first, second, **parameters):
        return run(first, second, tuple(parameters.items()))

    def lowered_for_cpu(context, *values, **parameters):
        body = None
        if native.serves(context.module_context):
            body = by_native(*context.avals_in, *context.avals_out, **parameters)
        if body is None:
            body = functools.partial(on_cpu, **parameters)
        return mlir.lower_fun(body, multiple_results=False)(context, *values)

    mlir.register_lowering(primitive, mlir.lower_fun(everywhere, multiple_results=False))
    mlir.register_lowering(primitive, lowered_for_cpu, platform="cpu")
    ad.defbilinear(primitive, to_first, to_second)
    batching.primitive_batchers[primitive] = batched
    return primitive


def _by_native(kind, order):
    """What `_primitive` wants as `by_native`.

    Args:
        order: where inputs, kernel and outputs stand among the arguments and the result.
    """

    def find(*tensors, strides, pads, dilation, **_):
        shapes = [tensors[place].shape for place in order]
        before = tuple(low for low, _ in pads)
        return native.convolution(kind, shapes, tensors[0].dtype, strides, before, dilation)

    return find


convolve_p = _primitive(
    "convolve",
    _convolve_shape,
    _by_xla,
    _on_cpu,
    _by_native("forward", (0, 1, 2)),
    lambda g, x, kernel, **geometry: input_gradient_p.bind(
        g, kernel, sizes=x.aval.shape[1:-1], **geometry
    ),
    lambda g, x, kernel, **geometry: kernel_gradient_p.bind(
        x, g, window=kernel.aval.shape[:-2], **geometry
    ),
    _batched_convolve,
)
input_gradient_p = _primitive(
    "convolve_input_gradient",
    _input_gradient_shape,
    functools.partial(_turned, _by_xla),
    functools.partial(_turned, _on_cpu),
    _by_native("input_gradient", (2, 1, 0)),
    lambda change, g, kernel, *, sizes, **geometry: convolve_p.bind(change, kernel, **geometry),
    lambda change, g, kernel, *, sizes, **geometry: kernel_gradient_p.bind(
        change, g, window=kernel.aval.shape[:-2], **geometry
    ),
    _batched_input_gradient,
)
kernel_gradient_p = _primitive(
    "convolve_kernel_gradient",
    _kernel_gradient_shape,
    _kernel_gradient_by_xla,
    _kernel_gradient_on_cpu,
    _by_native("kernel_gradient", (0, 2, 1)),
    lambda change, x, g, *, window, **geometry: input_gradient_p.bind(
        g, change, sizes=x.aval.shape[1:-1], **geometry
    ),
    lambda change, x, g, *, window, **geometry: convolve_p.bind(x, change, **geometry),
    _batched_kernel_gradient,
)
