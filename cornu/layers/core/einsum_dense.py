"""`EinsumDense`: a product of inputs and a kernel over any axes."""

import copy
import numbers

from cornu import activations, constraints, initializers, ops, regularizers
from cornu.core.errors import shorten
from cornu.core.shapes import standardize_shape
from cornu.layers._kernels import Contracting
from cornu.layers._layer import Layer
from cornu.layers.core._equation import Equation
from cornu.serial.registry import export


@export("keras.layers.EinsumDense")
class EinsumDense(Contracting, Layer):
    """`activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
        equation: letters of the axes of inputs, kernel and outputs, such as `"abc,cd->abd"`; dots
            before or behind the letters of both inputs and outputs stand for further axes.
        output_shape: int or tuple, the sizes of the outputs' axes but the first (the batch), or,
            in an equation that begins with dots, of the last ones; None in it is the size that
            inputs have.
        activation: name or callable, None for none.
        bias_axes: the outputs' letters along which the bias differs; None for no bias.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer: names, configs or callables, None for none.
        kernel_constraint, bias_constraint: names, configs or callables, None for none.
        lora_rank, lora_alpha, quantization_config: see `Dense`.
        gptq_unpacked_column_size: what a kernel quantised by GPTQ has as number of columns, if
            given: that of its outputs.
        **kwargs: see `Layer`.

    Raises:
        ValueError: for an equation that is none, or shapes that do not fit it.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.EinsumDense("abc,cde->abde", (None, 4, 8), bias_axes="de")
        >>> layer(cornu.ops.ones((2, 3, 5))).shape
        (2, 3, 4, 8)
    """

    contraction = "einsum"
    config_exclude = Layer.config_exclude | {"lora_rank", "lora_alpha"}

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        gptq_unpacked_column_size=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.equation = equation
        object.__setattr__(self, "_axes", Equation(equation))
        self.partial_output_shape = _partial_shape(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self._set_adaptation(lora_rank, lora_alpha, quantization_config)

    def build(self, input_shape):
        kernel, bias, outputs = self._axes.shapes(
            input_shape, self.partial_output_shape, self.bias_axes
        )
        self.full_output_shape = outputs
        self.original_kernel_shape = kernel
        self._add_kernel(
            kernel,
            initializer=self._for_axes(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(
                name="bias",
                shape=bias,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self._enable_lora_from_arguments()

    def _for_axes(self, initializer):
        """The initializer, told over which of the kernel's axes the product sums, if it scales by
        their sizes and was not told otherwise."""
        axes = (getattr(initializer, name, ()) for name in ("input_axes", "output_axes"))
        if any(each is not None for each in axes):
            return initializer
        told = copy.copy(initializer)
        places, outputs = range(len(self._axes.kernel)), self._axes.outputs
        told.input_axes = [i for i in places if self._axes.kernel[i] not in outputs]
        told.output_axes = [i for i in places if self._axes.kernel[i] in outputs]
        return told

    @property
    def kernel(self):
        """The tensor by which inputs are multiplied.

        Raises:
            AttributeError: if the layer is not built.
        """
        return self._kernel_in_use()

    def call(self, inputs, training=None):
        return self._transform(inputs, training, self.equation)

    def _apply_kernel(self, inputs, kernel):
        return ops.einsum(self.equation, inputs, kernel)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "output_shape": self.partial_output_shape}

    def compute_output_shape(self, input_shape):
        """The shape that the equation and `output_shape` give."""
        return self._axes.output_shape(input_shape, self.partial_output_shape)


def _partial_shape(output_shape):
    sizes = (output_shape,) if isinstance(output_shape, numbers.Integral) else output_shape
    if not isinstance(sizes, (list, tuple)):
        raise ValueError(
            "`output_shape` must be an int or a tuple of ints and None. Received:"
            f" output_shape={shorten(output_shape)}"
        )
    return standardize_shape(sizes)
