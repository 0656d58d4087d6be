"""Kernels that GPTQ and AWQ quantise: unsigned integers, transposed, in groups of inputs.

Until a layer is calibrated, its kernel of floats stays in use; `is_gptq_calibrated` (or
`is_awq_calibrated`) of the layer says whether it is.
"""

from cornu import ops
from cornu.quantize.integers import GROUP_OF
from cornu.quantize.strategy import Strategy
from cornu.quantizers import pack_int4, unpack_int4
from cornu.quantizers._functions import dequantize_grouped


class GPTQProduct(Strategy):
    """Products with a kernel quantised by GPTQ (Frantar et al. 2022):
    `kernel.T = (integers - zero) * scale`, zero and scale by group of inputs."""

    mode = "gptq"
    files = ("bias", "quantized_{}", "{}_scale", "{}_zero", "g_idx")

    def build(self, layer):
        """Make integers, scales, zero points and the group that each input is in."""
        name = layer.kernel_name
        size, units = self.shape[0], self.shape[-1]
        group = self.policy.group_size
        groups = 1 if group == -1 else -(-size // group)
        bytes_of_units = -(-units // 2) if self.policy.weight_bits == 4 else units
        integers = {"initializer": "zeros", "dtype": "uint8"}
        for attribute, entry, shape, settings in (
            (f"quantized_{name}", name, (bytes_of_units, size), integers),
            (f"{name}_scale", f"{name}_scale", (units, groups), {"initializer": "ones"}),
            (f"{name}_zero", f"{name}_zero", (units, groups), integers),
            *self.more(size),
            ("g_idx", "g_idx", (size,), GROUP_OF),
        ):
            weight = layer.add_weight(name=entry, shape=shape, trainable=False, **settings)
            setattr(layer, attribute, weight)
        layer.g_idx.assign(ops.zeros((size,)) if group == -1 else ops.arange(size) // group)
        setattr(layer, f"is_{self.mode}_calibrated", False)

    def more(self, size):
        """Further variables."""
        return ()

    def calibrated(self, layer):
        """Whether the integers are in use."""
        started_quantised = getattr(layer, f"_{layer.kernel_name}", None) is None
        return started_quantised or getattr(layer, f"is_{self.mode}_calibrated")

    def integers(self, layer):
        """The integers, (outputs, inputs)."""
        stored = getattr(layer, f"quantized_{layer.kernel_name}")
        if self.policy.weight_bits != 4:
            return stored
        return unpack_int4(stored, self.shape[-1], axis=0, dtype="uint8")

    def kernel(self, layer):
        """The integers, or the floats before calibration."""
        return self.integers(layer) if self.calibrated(layer) else self.floats(layer)

    def floats(self, layer):
        """The kernel of floats."""
        name = layer.kernel_name
        if not self.calibrated(layer):
            return getattr(layer, f"_{name}")
        scale, zero = getattr(layer, f"{name}_scale"), getattr(layer, f"{name}_zero")
        return ops.transpose(
            dequantize_grouped(self.integers(layer), scale, zero, layer.g_idx, axis=-1)
        )

    def contract(self, layer, inputs, training):
        """The product with the kernel of floats."""
        return layer._apply_kernel(inputs, ops.cast(self.floats(layer), layer.compute_dtype))

    def pack(self, integers):
        """Integers (outputs, inputs) as the variable keeps them."""
        if self.policy.weight_bits != 4:
            return integers
        return pack_int4(ops.cast(integers, "uint8"), axis=0, dtype="uint8")[0]

    def refuse_lora(self):
        """Merging the two matrices would need calibration again."""
        raise NotImplementedError(
            f"lora is not currently supported with {self.mode.upper()} quantization."
        )

    def unsaved(self, layer):
        """The kernel of floats, which the integers are to replace."""
        kernel = getattr(layer, f"_{layer.kernel_name}", None)
        return [] if kernel is None else [kernel]

    def after_load(self, layer):
        """What was loaded is calibrated."""
        setattr(layer, f"is_{self.mode}_calibrated", True)


class AWQProduct(GPTQProduct):
    """Products with a kernel quantised by AWQ (Lin et al. 2023): as GPTQ's, and each input has a
    scale by which its row is divided."""

    mode = "awq"
    files = ("bias", "quantized_{}", "{}_scale", "{}_zero", "awq_scales", "g_idx")

    def more(self, size):
        """The scales of inputs."""
        return (("awq_scales", "awq_scales", (size,), {"initializer": "ones"}),)

    def floats(self, layer):
        """The kernel of floats."""
        found = super().floats(layer)
        if not self.calibrated(layer):
            return found
        return found / ops.expand_dims(ops.convert_to_tensor(layer.awq_scales), -1)
