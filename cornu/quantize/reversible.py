"""Tables of `ReversibleEmbedding`, quantised: rows are looked up, and vectors multiplied by the
table, or by a kernel of its own, to go back."""

from cornu import ops
from cornu.backend import engine
from cornu.quantize.integers import BlockLookup, Int8Lookup, _Packed
from cornu.quantizers import (
    AbsMaxQuantizer,
    QuantizationConfig,
    abs_max_quantize_grouped_with_zero_point,
    pack_int4,
    unpack_int4,
)
from cornu.quantizers._functions import dequantize_grouped

REVERSE = ("reverse_{}", "reverse_{}_scale")


class TiedInt8(Int8Lookup):
    """Rows of 8-bit integers, which make the kernel for going back too."""

    def inputs_quantizer(self):
        """The config's; without a config, one range for each vector."""
        return QuantizationConfig.activation_quantizer_or_default(
            self.config, AbsMaxQuantizer(axis=-1)
        )

    def back(self, layer):
        """The kernel of integers for going back, and its scales."""
        return ops.transpose(self.kernel(layer)), self.scale(layer)

    def reverse(self, layer, inputs):
        """Scores for vectors."""
        kernel, scale = self.back(layer)
        dtype = inputs.dtype
        scale = ops.cast(scale, dtype)
        if layer.inputs_quantizer is None:
            return ops.matmul(inputs, ops.cast(kernel, dtype)) / scale

        def product(inputs, kernel, scale):
            integers, inputs_scale = layer.inputs_quantizer(inputs, axis=-1)
            outputs = ops.cast(ops.matmul(integers, kernel), dtype)

            def gradient(upstream):
                floats = ops.cast(kernel, dtype) / scale

                def paired(inputs):
                    return ops.sum(ops.matmul(inputs, floats) * upstream), None

                return engine.value_and_grad(paired)(inputs)[1], None, None

            return outputs / (scale * inputs_scale), gradient

        return ops.custom_gradient(product)(inputs, kernel, scale)


class UntiedInt8(TiedInt8):
    """Rows of 8-bit integers, and a kernel of such for going back."""

    files = (*Int8Lookup.files, *REVERSE)

    def build(self, layer):
        """Make the integers and the scales of both."""
        super().build(layer)
        rows, size = self.shape
        _replace_back(layer, self.back_shape(size, rows), (rows,))

    def back_shape(self, size, rows):
        """The shape in which integers for going back are kept."""
        return (size, rows)

    def values(self, layer, kernel):
        """Integers and scales of both."""
        found = super().values(layer, kernel)
        back = layer.reverse_embeddings.value
        if "int" not in str(back.dtype):
            quantizer = QuantizationConfig.weight_quantizer_or_default(
                self.config, AbsMaxQuantizer(axis=0, value_range=self.value_range)
            )
            integers, scale = quantizer(back, axis=0, to_numpy=True)
            found["reverse_embeddings"] = self.store_back(integers)
            found["reverse_embeddings_scale"] = ops.squeeze(scale, axis=0)
        return found

    def store_back(self, integers):
        """Integers for going back as the variable keeps them."""
        return integers

    def back(self, layer):
        """The kernel of integers for going back, and its scales."""
        return ops.convert_to_tensor(layer.reverse_embeddings), layer.reverse_embeddings_scale


class TiedInt4(_Packed, TiedInt8):
    """Rows of 4-bit integers, which make the kernel for going back too."""

    def inputs_quantizer(self):
        """The config's."""
        return QuantizationConfig.activation_quantizer_or_default(self.config, None)


class UntiedInt4(_Packed, UntiedInt8):
    """Rows of 4-bit integers, and a kernel of such for going back, packed along its first axis."""

    inputs_quantizer = TiedInt4.inputs_quantizer

    def back_shape(self, size, rows):
        """Half as many bytes."""
        return (-(-size // 2), rows)

    def store_back(self, integers):
        """Packed integers."""
        return pack_int4(integers, axis=0)[0]

    def back(self, layer):
        """The kernel of integers for going back, and its scales."""
        kernel, scale = super().back(layer)
        return unpack_int4(kernel, self.shape[-1], axis=0), scale


class TiedBlocks(BlockLookup):
    """Rows of blocks of 4-bit integers, which make the kernel for going back too."""

    def floats_back(self, layer):
        """The kernel of floats for going back."""
        return ops.transpose(self.floats(layer))

    def reverse(self, layer, inputs):
        """Scores for vectors."""
        return ops.matmul(inputs, ops.cast(self.floats_back(layer), inputs.dtype))


class UntiedBlocks(TiedBlocks):
    """Rows of blocks of 4-bit integers, and a kernel of such for going back."""

    files = (*BlockLookup.files, *REVERSE, "reverse_{}_zero")

    def build(self, layer):
        """Make the integers, scales and zero points of both."""
        super().build(layer)
        rows, size = self.shape
        groups = (-(-size // self.block_size), rows)
        _replace_back(layer, (-(-size // 2), rows), groups)
        layer.reverse_embeddings_zero = layer.add_weight(
            name="reverse_embeddings_zero", shape=groups, initializer="zeros", trainable=False
        )

    def values(self, layer, kernel):
        """Integers, scales and zero points of both."""
        found = super().values(layer, kernel)
        back = layer.reverse_embeddings.value
        if "int" not in str(back.dtype):
            integers, scale, zero = abs_max_quantize_grouped_with_zero_point(
                back, self.block_size, value_range=self.value_range, to_numpy=True
            )
            found["reverse_embeddings"] = pack_int4(integers, axis=0)[0]
            found["reverse_embeddings_scale"] = scale
            found["reverse_embeddings_zero"] = zero
        return found

    def floats_back(self, layer):
        """The kernel of floats for going back."""
        integers = unpack_int4(layer.reverse_embeddings.value, self.shape[-1], axis=0)
        return dequantize_grouped(
            integers,
            layer.reverse_embeddings_scale,
            layer.reverse_embeddings_zero,
            layer.g_idx,
            0,
        )


def _replace_back(layer, shape, scale_shape):
    """Make integers and scales in the place of a kernel of floats for going back."""
    floats = getattr(layer, "reverse_embeddings", None)
    if floats is not None:
        layer._untrack_variable(floats)
    layer.reverse_embeddings = layer.add_weight(
        name="reverse_embeddings", shape=shape, initializer="zeros", dtype="int8", trainable=False
    )
    layer.reverse_embeddings_scale = layer.add_weight(
        name="reverse_embeddings_scale", shape=scale_shape, initializer="ones", trainable=False
    )
