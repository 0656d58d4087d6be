"""`Dense`: an affine map of the last axis."""

from cornu import activations, constraints, initializers, ops, regularizers
from cornu.core.shapes import is_count
from cornu.layers._input_spec import InputSpec
from cornu.layers._kernels import Contracting
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.Dense")
class Dense(Contracting, Layer):
    """`activation(inputs @ kernel + bias)`, over the last axis.

    Args:
        units: size of the last axis of the outputs, a positive int.
        activation: name or callable, None for none.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer, activity_regularizer: names, configs or callables,
            None for none.
        kernel_constraint, bias_constraint: names, configs or callables, None for none.
        lora_rank: int, to train two thin matrices of this rank in the kernel's place (Hu et al.
            2021).
        lora_alpha: float; their product is scaled by `lora_alpha / lora_rank`.
        quantization_config: how `quantize` quantises the kernel.
        **kwargs: see `Layer`.

    Inputs of shape (batch, ..., size) give outputs of shape (batch, ..., units).

    Raises:
        ValueError: if `units` is no positive int.

    Example:
        >>> import cornu
        >>> cornu.layers.Dense(3)(cornu.ops.ones((2, 4))).shape
        (2, 3)
    """

    config_exclude = Layer.config_exclude | {"lora_rank", "lora_alpha"}

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        if not is_count(units):
            raise ValueError(
                "Received an invalid value for `units`, expected a positive integer. Received:"
                f" units={units}"
            )
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._set_adaptation(lora_rank, lora_alpha, quantization_config)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape):
        size = input_shape[-1]
        if size is None:
            raise ValueError(
                f"Layer '{self.name}' needs to know the size of the last axis of its inputs."
                f" Received: {input_shape}"
            )
        self._add_kernel(
            (size, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self._enable_lora_from_arguments()

    @property
    def kernel(self):
        """The matrix (size, units) by which inputs are multiplied.

        Raises:
            AttributeError: if the layer is not built.
        """
        return self._kernel_in_use()

    def call(self, inputs, training=None):
        return self._transform(inputs, training)

    def _apply_kernel(self, inputs, kernel):
        return ops.matmul(inputs, kernel)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with `units` as last size."""
        return (*input_shape[:-1], self.units)
