"""Low-rank adaptation: a frozen kernel and the product of two thin matrices (Hu et al. 2021)."""

from cornu import ops
from cornu.quantize.strategy import Strategy, assign, changing


class PlainKernel(Strategy):
    """The kernel as it is."""

    keeps_kernel = True

    def build(self, layer):
        """The layer makes the kernel."""

    def values(self, layer, kernel):
        """The kernel."""
        return {f"_{layer.kernel_name}": kernel}

    def floats(self, layer):
        """The kernel."""
        return getattr(layer, f"_{layer.kernel_name}")


class LowRank(Strategy):
    """A kernel in any form, and a trained addition to it.

    Args:
        base: the strategy of the kernel.
    """

    def __init__(self, base):
        super().__init__(base.shape, base.config, base.policy)
        self.base = base
        self.mode = base.mode
        self.keeps_kernel = base.keeps_kernel

    def contract(self, layer, inputs, training):
        """What the kernel makes of `inputs`, and what the two matrices make of them."""
        first, second = _matrices(layer)
        added = ops.matmul(layer._apply_kernel(inputs, first), second)
        outputs = self.base.contract(layer, inputs, training)
        return ops.add(outputs, ops.multiply(layer.lora_alpha / layer.lora_rank, added))

    def reverse(self, layer, inputs):
        """As without the two matrices, and what these make of vectors if the table does."""
        outputs = self.base.reverse(layer, inputs)
        if not layer.tie_weights:
            return outputs
        first, second = (ops.cast(ops.transpose(x), inputs.dtype) for x in _matrices(layer))
        added = ops.matmul(ops.matmul(inputs, second), first)
        return ops.add(outputs, ops.multiply(layer.lora_alpha / layer.lora_rank, added))

    def floats(self, layer):
        """The sum of both."""
        return ops.add(self.base.floats(layer), self._addition(layer))

    def _addition(self, layer):
        first, second = _matrices(layer)
        return ops.multiply(layer.lora_alpha / layer.lora_rank, ops.matmul(first, second))

    def bias(self, layer):
        """The bias, as the form of the kernel has it."""
        return self.base.bias(layer)

    def in_file_order(self, layer, own):
        """As without the two matrices, which are merged into the kernel."""
        merged = {id(matrix) for matrix in _matrices(layer)}
        return self.base.in_file_order(layer, [v for v in own if id(v) not in merged])

    def saved_values(self, layer, variables):
        """The variables, those of the kernel with the addition merged in."""
        merged = self.base.values(layer, self.floats(layer))
        by_id = {id(getattr(layer, name)): value for name, value in merged.items()}
        return [by_id.get(id(variable), variable) for variable in variables]

    def after_load(self, layer):
        """What was loaded has the addition merged in: start a new one."""
        self.base.after_load(layer)
        for matrix in _matrices(layer):
            matrix.assign(ops.zeros(matrix.shape, matrix.dtype))


class LowRankFilters(LowRank):
    """The same for the filters of a convolution, which is run once, with the sum of both: the
    addition alone would not reach the channels where these come first, or in groups."""

    def contract(self, layer, inputs, training):
        """What the sum of both makes of `inputs`."""
        return layer._apply_kernel(inputs, self.floats(layer))


class LowRankEinsum(LowRank):
    """The same for a product over any axes."""

    def contract(self, layer, inputs, training):
        """As above, where the second matrix makes the outputs' last axis; else with the addition
        as one kernel."""
        equation = layer._axes
        last = equation.kernel[-1]
        if last == equation.outputs[-1] and last in equation.made and not equation.trailing:
            return super().contract(layer, inputs, training)
        added = layer._apply_kernel(inputs, self._addition(layer))
        return ops.add(self.base.contract(layer, inputs, training), added)


# What else than `LowRank`, by how a layer uses its kernel.
ADAPTED = {"convolution": LowRankFilters, "einsum": LowRankEinsum}


def _matrices(layer):
    name = f"lora_{layer.kernel_name}"
    return getattr(layer, f"{name}_a"), getattr(layer, f"{name}_b")


def enable_lora(layer, rank, lora_alpha, a_initializer, b_initializer):
    """Freeze a layer's kernel and add the two matrices: what `Layer.enable_lora` does."""
    name = layer.kernel_name
    if getattr(layer, f"{name}_constraint", None) is not None:
        raise ValueError(
            f"Lora is incompatible with {name.removesuffix('s')} constraints, which would hold for"
            f" the frozen {name} alone. Remove the `{name}_constraint` argument of layer"
            f" '{layer.name}'."
        )
    if not layer.built:
        raise ValueError(
            "Cannot enable lora on a layer that isn't yet built. Call layer"
            f" '{layer.name}' on data, or `build` it, first."
        )
    if layer.lora_enabled:
        raise ValueError("lora is already enabled. This can only be done once per layer.")
    base = layer._strategy or PlainKernel(getattr(layer, f"_{name}").shape, None, None)
    base.refuse_lora()
    settings = {"regularizer": getattr(layer, f"{name}_regularizer", None), "trainable": True}
    with changing(layer):
        for letter, shape, initializer in (
            ("a", (*base.shape[:-1], rank), a_initializer),
            ("b", (rank, base.shape[-1]), b_initializer),
        ):
            matrix = f"lora_{name}_{letter}"
            weight = layer.add_weight(name=matrix, shape=shape, initializer=initializer, **settings)
            setattr(layer, matrix, weight)
    if base.keeps_kernel:
        getattr(layer, f"_{name}").trainable = False
    layer.lora_enabled = True
    layer.lora_rank = rank
    layer.lora_alpha = rank if lora_alpha is None else lora_alpha
    layer._strategy = ADAPTED.get(layer.contraction, LowRank)(base)


__all__ = ["ADAPTED", "LowRank", "PlainKernel", "assign", "enable_lora"]
