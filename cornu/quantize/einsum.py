"""Kernels of `EinsumDense`, of any axes, quantised.

The axes over which a product sums share a scale. 8-bit kernels keep their axes; of others, files
hold the matrix that they are: rows of the axes summed over, columns of those kept.
"""

import math

from cornu import ops
from cornu.quantize.integers import BlockProduct, Int8Product, block_size_of
from cornu.quantizers import AbsMaxQuantizer, QuantizationConfig


class Axes:
    """The axes of a kernel of some shape in an `Equation`.

    Attributes:
        summed, kept: places of the axes that outputs lack, and of those that they have.
        matrix: number of rows and columns of the kernel as a matrix.
    """

    def __init__(self, equation, shape):
        self.equation = equation
        self.shape = tuple(shape)
        places = range(len(shape))
        self.summed = tuple(i for i in places if equation.kernel[i] not in equation.outputs)
        self.kept = tuple(i for i in places if equation.kernel[i] in equation.outputs)
        self.matrix = tuple(
            math.prod(self.shape[i] for i in part) for part in (self.summed, self.kept)
        )

    def to_matrix(self, kernel):
        """The kernel as a matrix."""
        return ops.reshape(ops.transpose(kernel, (*self.summed, *self.kept)), self.matrix)

    def from_matrix(self, matrix):
        """The kernel from the matrix that it is."""
        order = (*self.summed, *self.kept)
        apart = ops.reshape(matrix, tuple(self.shape[i] for i in order))
        return ops.transpose(apart, tuple(order.index(i) for i in range(len(order))))

    def for_outputs(self, scale):
        """A scale for each place along the kept axes, in order, by which outputs can be divided."""
        letters = [self.equation.kernel[i] for i in self.kept]
        wanted = [letter for letter in self.equation.outputs if letter in letters]
        apart = ops.reshape(scale, tuple(self.shape[i] for i in self.kept))
        turned = ops.transpose(apart, tuple(letters.index(letter) for letter in wanted))
        return ops.reshape(turned, self.outputs_shape())

    def outputs_shape(self):
        """The shape of a scale for outputs: 1 where the kernel has no axis."""
        sizes = dict(zip(self.equation.kernel, self.shape, strict=True))
        return tuple(sizes.get(letter, 1) for letter in self.equation.outputs)

    def for_kernel(self, scale):
        """A scale for outputs as one by which the kernel can be divided."""
        outputs = [x for x in self.equation.outputs if x in self.equation.kernel]
        letters = [self.equation.kernel[i] for i in self.kept]
        apart = ops.reshape(
            scale, tuple(self.shape[self.equation.kernel.index(x)] for x in outputs)
        )
        turned = ops.transpose(apart, tuple(outputs.index(letter) for letter in letters))
        return ops.expand_dims(turned, self.summed) if self.summed else turned


class Reshaped(Axes):
    """The axes of a kernel as Keras has them for calibrated integers, which is what files hold: of
    three axes, the largest is taken for that of the model's features, and the others for heads and
    their size."""

    def __init__(self, equation, shape):
        super().__init__(equation, shape)
        rows = 1 if len(shape) == 3 and shape.index(max(shape)) == 0 else len(shape) - 1
        self.matrix = math.prod(shape[:rows]), math.prod(shape[rows:])

    def to_matrix(self, kernel):
        """The kernel as a matrix."""
        return ops.reshape(kernel, self.matrix)

    def from_matrix(self, matrix):
        """The kernel from the matrix that it is."""
        return ops.reshape(matrix, self.shape)


class EinsumInt8(Int8Product):
    """Integer products over any axes."""

    def axes(self, layer):
        """The kernel's axes."""
        return Axes(layer._axes, self.shape)

    def inputs_quantizer(self):
        """The config's; without a config, one range for all inputs that are summed together."""
        return QuantizationConfig.activation_quantizer_or_default(self.config, AbsMaxQuantizer())

    def build(self, layer):
        """Make the integers and the scales."""
        kernel = layer.add_weight(
            name="kernel", shape=self.shape, initializer="zeros", dtype="int8", trainable=False
        )
        layer._kernel = kernel
        shape = self.axes(layer).outputs_shape()
        layer.kernel_scale = layer.add_weight(
            name="kernel_scale", shape=shape, initializer="ones", trainable=False
        )
        layer.inputs_quantizer = self.inputs_quantizer()

    def values(self, layer, kernel):
        """Integers and scales for a kernel of floats."""
        axes = self.axes(layer)
        quantizer = QuantizationConfig.weight_quantizer_or_default(
            self.config, AbsMaxQuantizer(axis=axes.summed, value_range=self.value_range)
        )
        integers, scale = quantizer(kernel, axis=axes.summed, to_numpy=True)
        return {"_kernel": integers, "kernel_scale": axes.for_outputs(scale)}

    def floats(self, layer):
        """The kernel of floats."""
        scale = self.kernel_scale(layer, self.scale(layer))
        return ops.cast(self.kernel(layer), scale.dtype) / scale

    def input_axes(self, layer, inputs):
        """The axes of inputs that outputs lack."""
        equation, rank = layer._axes, len(inputs.shape)
        first = rank - len(equation.inputs) if equation.leading else 0
        places = enumerate(equation.inputs, first)
        return tuple(place for place, letter in places if letter not in equation.outputs)

    def spread(self, layer, inputs_scale):
        """The scale of inputs, in the order of the outputs' axes."""
        equation, rank = layer._axes, len(inputs_scale.shape)
        count = len(equation.inputs)
        first = rank - count if equation.leading else 0
        place = {letter: first + i for i, letter in enumerate(equation.inputs)}
        before, behind = range(first), range(first + count, rank)
        kept = [letter for letter in equation.outputs if letter in place]
        order = (*before, *(place[letter] for letter in kept), *behind)
        gone = [i for i in range(rank) if i not in order]
        turned = ops.transpose(inputs_scale, (*order, *gone))
        sizes = iter(turned.shape[first:])
        middle = [next(sizes) if letter in place else 1 for letter in equation.outputs]
        ends = [inputs_scale.shape[i] for i in behind]
        return ops.reshape(turned, (*(inputs_scale.shape[i] for i in before), *middle, *ends))

    def output_scale(self, layer, scale, inputs):
        """The scale, with axes of 1 for those that dots behind the outputs' letters stand for."""
        more = len(inputs.shape) - len(layer._axes.inputs) if layer._axes.trailing else 0
        return ops.reshape(scale, (*scale.shape, *(1,) * more)) if more else scale

    def kernel_scale(self, layer, scale):
        """The scale, shaped so that the kernel can be divided by it."""
        return self.axes(layer).for_kernel(scale)


class EinsumMatrix(EinsumInt8):
    """Products over any axes with a kernel that is kept as `Dense` keeps its matrix.

    Args:
        inner: maker of the strategy for a matrix.
        form: `Axes` or a subclass.
        shape, config, policy: see `Strategy`.
    """

    def __init__(self, inner, form, shape, config, policy):
        super().__init__(shape, config, policy)
        self.make, self.form = inner, form
        self.inner = None

    def fit(self, layer):
        """Make the strategy for a matrix."""
        self.inner = self.make(self.axes(layer).matrix, self.config, self.policy)

    def axes(self, layer):
        """The kernel's axes."""
        return self.form(layer._axes, self.shape)

    @property
    def mode(self):
        """The mode of the strategy for a matrix."""
        return self.inner.mode

    def build(self, layer):
        """Make the variables for the matrix."""
        columns = self.axes(layer).matrix[1]
        given = layer.gptq_unpacked_column_size
        if self.mode == "gptq" and given not in (None, columns):
            raise ValueError(
                f"Layer '{layer.name}' was told `gptq_unpacked_column_size={given}`, but its kernel"
                f" of shape {self.shape} has {columns} columns."
            )
        self.inner.build(layer)
        if self.mode == "int4":
            layer._int4_block_size = block_size_of(self.config, self.policy)
            layer._int4_unpacked_column_size = columns

    def values(self, layer, kernel):
        """The values of the matrix's variables."""
        return self.inner.values(layer, self.axes(layer).to_matrix(kernel))

    def kernel(self, layer):
        """What the layer shows as its kernel: of integers that calibration found, the matrix."""
        found = self.inner.kernel(layer)
        return found if self.mode in ("gptq", "awq") else self.axes(layer).from_matrix(found)

    def scale(self, layer):
        """The scale of each output."""
        return self.axes(layer).for_outputs(self.inner.scale(layer))

    def floats(self, layer):
        """The kernel of floats."""
        found = self.inner.floats(layer)
        if self.mode in ("gptq", "awq") and not self.inner.calibrated(layer):
            return found  # not yet a matrix
        return self.axes(layer).from_matrix(found)

    def contract(self, layer, inputs, training):
        """The product, of integers where inputs are quantised and there is one scale for each
        output."""
        if self.mode == "int4" and not isinstance(self.inner, BlockProduct):
            return super().contract(layer, inputs, training)
        return layer._apply_kernel(inputs, ops.cast(self.floats(layer), layer.compute_dtype))

    def refuse_lora(self):
        """As for a matrix."""
        self.inner.refuse_lora()

    def in_file_order(self, layer, own):
        """As for a matrix."""
        return self.inner.in_file_order(layer, own)

    def after_load(self, layer):
        """As for a matrix."""
        self.inner.after_load(layer)


def as_matrix(inner, form=Axes):
    """A maker of `EinsumMatrix` strategies around those that `inner` makes."""

    def make(shape, config, policy):
        return EinsumMatrix(inner, form, shape, config, policy)

    make.spec = inner.spec
    return make


__all__ = ["EinsumInt8", "Reshaped", "as_matrix"]
