"""Kernels of 8-bit and 4-bit integers.

A *product* multiplies inputs by the kernel and has a scale for each output; a *lookup* picks rows
of it and has a scale for each row. Values are `integers / scale`.
"""

from cornu import ops
from cornu.backend import engine
from cornu.quantize.strategy import Strategy
from cornu.quantizers import (
    AbsMaxQuantizer,
    QuantizationConfig,
    abs_max_quantize_grouped_with_zero_point,
    pack_int4,
    unpack_int4,
)
from cornu.quantizers._functions import dequantize_grouped


class Int8Kernel(Strategy):
    """What products and lookups of 8-bit integers share."""

    mode = "int8"
    value_range = (-127, 127)
    # The axis along which values share a scale.
    reduced = 0

    def build(self, layer):
        """Make the integers and the scales."""
        name = layer.kernel_name
        kernel = layer.add_weight(
            name=name,
            shape=self.stored_shape(),
            initializer="zeros",
            dtype="int8",
            trainable=False,
        )
        setattr(layer, f"_{name}", kernel)
        size = self.shape[1 + self.reduced]
        scale = layer.add_weight(
            name=f"{name}_scale", shape=(size,), initializer="ones", trainable=False
        )
        setattr(layer, f"{name}_scale", scale)
        layer.inputs_quantizer = self.inputs_quantizer()

    def inputs_quantizer(self):
        """The quantizer of inputs, or None."""
        return

    def stored_shape(self):
        """The shape of the integers' variable."""
        return self.shape

    def values(self, layer, kernel):
        """Integers and scales for a kernel of floats."""
        quantizer = QuantizationConfig.weight_quantizer_or_default(
            self.config, AbsMaxQuantizer(axis=self.reduced, value_range=self.value_range)
        )
        integers, scale = quantizer(kernel, to_numpy=True)
        name = layer.kernel_name
        return {
            f"_{name}": self.store(integers),
            f"{name}_scale": ops.squeeze(scale, axis=self.reduced),
        }

    def store(self, integers):
        """Integers as the variable keeps them."""
        return integers

    def load(self, stored):
        """Integers from what the variable keeps."""
        return stored

    def kernel(self, layer):
        """The integers."""
        return self.load(getattr(layer, f"_{layer.kernel_name}"))

    def scale(self, layer):
        """The scales."""
        return getattr(layer, f"{layer.kernel_name}_scale")

    def floats(self, layer):
        """The kernel of floats."""
        scale = ops.expand_dims(self.scale(layer), self.reduced)
        return ops.cast(self.kernel(layer), scale.dtype) / scale


class Int8Product(Int8Kernel):
    """Integer products: inputs are quantised row by row as they come."""

    files = ("{}", "bias", "{}_scale")

    def inputs_quantizer(self):
        """The config's; without a config, one integer range for each row of inputs."""
        return QuantizationConfig.activation_quantizer_or_default(
            self.config, AbsMaxQuantizer(axis=-1)
        )

    def contract(self, layer, inputs, training):
        """The product, of integers where inputs are quantised. Its gradient is that of floats."""
        kernel, scale = self.kernel(layer), self.scale(layer)
        dtype = layer.compute_dtype
        shared = self.output_scale(layer, scale, inputs)
        if layer.inputs_quantizer is None:
            return layer._apply_kernel(inputs, ops.cast(kernel, dtype)) / shared

        def product(inputs, kernel, scale):
            axis = self.input_axes(layer, inputs)
            integers, inputs_scale = layer.inputs_quantizer(inputs, axis=axis)
            outputs = ops.cast(layer._apply_kernel(integers, kernel), dtype)
            shared = self.output_scale(layer, scale, inputs)

            def gradient(upstream):
                scale_of_kernel = self.kernel_scale(layer, ops.cast(scale, dtype))
                floats = ops.cast(kernel, dtype) / scale_of_kernel

                def paired(inputs):
                    return ops.sum(layer._apply_kernel(inputs, floats) * upstream), None

                return engine.value_and_grad(paired)(inputs)[1], None, None

            return outputs / (shared * self.spread(layer, inputs_scale)), gradient

        return ops.custom_gradient(product)(inputs, kernel, scale)

    def input_axes(self, layer, inputs):
        """The axes of inputs that are summed over."""
        return -1

    def spread(self, layer, inputs_scale):
        """The scale of inputs, shaped so that outputs can be divided by it."""
        return inputs_scale

    def output_scale(self, layer, scale, inputs):
        """The kernel's scale, shaped so that outputs can be divided by it."""
        return scale

    def kernel_scale(self, layer, scale):
        """The kernel's scale, shaped so that the kernel can be divided by it."""
        return scale


class Int8Lookup(Int8Kernel):
    """Rows of integers."""

    files = ("{}", "{}_scale")
    reduced = -1

    def contract(self, layer, inputs, training):
        """The rows that `inputs` name, as floats."""
        rows = layer._apply_kernel(inputs, getattr(layer, f"_{layer.kernel_name}"))
        scale = ops.take(self.scale(layer), inputs, axis=0)
        return ops.cast(self.load(rows), layer.compute_dtype) / ops.expand_dims(scale, -1)


class _Packed:
    """Mixin: two integers of the last axis in a byte."""

    mode = "int4"
    value_range = (-8, 7)

    def build(self, layer):
        """Make the variables, and keep what unpacking needs to know, under Keras's names."""
        layer._int4_block_size = getattr(self.config or self.policy, "block_size", None)
        layer._orig_input_dim, layer._orig_output_dim = self.shape
        super().build(layer)

    def stored_shape(self):
        """Half as many bytes."""
        return (*self.shape[:-1], -(-self.shape[-1] // 2))

    def store(self, integers):
        """Packed integers."""
        return pack_int4(integers, axis=-1)[0]

    def load(self, stored):
        """Unpacked integers."""
        return unpack_int4(stored, self.shape[-1], axis=-1)


class Int4Product(_Packed, Int8Product):
    """Products with 4-bit integers, a scale for each output. Inputs stay floats unless the config
    says otherwise."""

    def inputs_quantizer(self):
        """The config's."""
        return QuantizationConfig.activation_quantizer_or_default(self.config, None)


class Int4Lookup(_Packed, Int8Lookup):
    """Rows of 4-bit integers."""


class _Blocks:
    """Mixin: blocks of inputs (of a row's elements, for lookups) have a scale and a zero point
    each: values are `(integers - zero) * scale`."""

    # The axis along which the blocks lie.
    blocked = 0

    def __init__(self, shape, config, policy):
        super().__init__(shape, config, policy)
        self.block_size = block_size_of(config, policy)

    def build(self, layer):
        """Make the integers, the scales, the zero points and the block that each input is in."""
        name = layer.kernel_name
        groups = list(self.shape)
        groups[self.blocked] = -(-self.shape[self.blocked] // self.block_size)
        for attribute, entry, shape, settings in (
            (f"_{name}", name, self.stored_shape(), {"initializer": "zeros", "dtype": "int8"}),
            (f"{name}_scale", f"{name}_scale", groups, {"initializer": "ones"}),
            (f"{name}_zero", f"{name}_zero", groups, {"initializer": "zeros", "dtype": "int8"}),
            ("g_idx", "g_idx", self.shape[self.blocked : self.blocked + 1 or None], GROUP_OF),
        ):
            weight = layer.add_weight(name=entry, shape=shape, trainable=False, **settings)
            setattr(layer, attribute, weight)
        layer.g_idx.assign(ops.arange(layer.g_idx.shape[0]) // self.block_size)
        layer.inputs_quantizer = None

    def values(self, layer, kernel):
        """Integers, scales and zero points for a kernel of floats."""
        kernel = ops.convert_to_tensor(kernel)
        found = abs_max_quantize_grouped_with_zero_point(
            self.turn(kernel), self.block_size, value_range=self.value_range, to_numpy=True
        )
        integers, scale, zero = map(self.turn, found)
        name = layer.kernel_name
        return {
            f"_{name}": self.store(integers),
            f"{name}_scale": scale,
            f"{name}_zero": zero,
        }

    def turn(self, x):
        """`x` with the blocks along the first axis, or turned back."""
        return x

    def zero(self, layer):
        """The zero points."""
        return getattr(layer, f"{layer.kernel_name}_zero")

    def floats(self, layer):
        """The kernel of floats."""
        return dequantize_grouped(
            self.kernel(layer), self.scale(layer), self.zero(layer), layer.g_idx, self.blocked
        )


# Files hold the numbers of blocks as floats; narrower floats could not tell them apart.
GROUP_OF = {"initializer": "zeros", "dtype": "float32", "autocast": False}


class BlockProduct(_Packed, _Blocks, Int8Product):
    """Products with blocks of 4-bit integers."""

    files = ("{}", "bias", "{}_scale", "{}_zero", "g_idx")

    def contract(self, layer, inputs, training):
        """The product with the kernel of floats, which is made anew each time."""
        return layer._apply_kernel(inputs, ops.cast(self.floats(layer), layer.compute_dtype))


class BlockLookup(_Packed, _Blocks, Int8Lookup):
    """Rows of blocks of 4-bit integers."""

    files = ("{}", "{}_scale", "{}_zero", "g_idx")
    blocked = -1

    def turn(self, x):
        """Columns for rows."""
        return ops.transpose(x)

    def contract(self, layer, inputs, training):
        """The rows that `inputs` name, as floats."""
        rows = layer._apply_kernel(inputs, getattr(layer, f"_{layer.kernel_name}"))
        scale = ops.take(self.scale(layer), inputs, axis=0)
        zero = ops.take(self.zero(layer), inputs, axis=0)
        return dequantize_grouped(self.load(rows), scale, zero, layer.g_idx, -1)


def block_size_of(config, policy):
    """The number of inputs that share a scale: as the config says, else the policy; None for
    all."""
    size = getattr(policy if config is None else config, "block_size", None)
    return None if size == -1 else size


def int4(whole, blocks):
    """The maker of the strategy for 4-bit kernels: one of two classes, by the block size."""

    def make(shape, config, policy):
        cls = whole if block_size_of(config, policy) is None else blocks
        return cls(shape, config, policy)

    make.spec = blocks.spec
    return make
