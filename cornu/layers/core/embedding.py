"""`Embedding`: a vector for each integer."""

from cornu import constraints, initializers, ops, regularizers
from cornu.core import dtypes
from cornu.core.errors import shorten
from cornu.core.shapes import is_count
from cornu.layers._kernels import Contracting
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.Embedding")
class Embedding(Contracting, Layer):
    """Rows of a trained table, picked by integers.

    Args:
        input_dim: number of rows: integers are in [0, input_dim).
        output_dim: length of a row.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: names, configs or
            callables.
        mask_zero: whether 0 is padding, masked for the layers behind.
        weights: initial table (input_dim, output_dim), alone or in a list.
        lora_rank, lora_alpha, quantization_config: see `Dense`.
        **kwargs: see `Layer`.

    Integers of any shape give outputs of that shape with `output_dim` added.

    Example:
        >>> import cornu
        >>> cornu.layers.Embedding(10, 4)(cornu.ops.convert_to_tensor([[1, 2, 3]])).shape
        (1, 3, 4)
    """

    config_exclude = Layer.config_exclude | {"lora_rank", "lora_alpha", "weights"}
    contraction = "lookup"
    kernel_name = "embeddings"

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        length = kwargs.pop("input_length", None)
        if length is not None and "input_shape" not in kwargs:
            kwargs["input_shape"] = (length,)
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not is_count(size):
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={shorten(size)} (of"
                    f" type {type(size).__name__})."
                )
        super().__init__(**kwargs)
        self.input_dim = int(input_dim)
        self.output_dim = int(output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self._makes_masks = bool(mask_zero)
        self.autocast = False
        self._set_adaptation(lora_rank, lora_alpha, quantization_config)
        if weights is not None:
            self._start_from(weights)

    def build(self, input_shape=None):
        self._add_kernel(
            (self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self._enable_lora_from_arguments()

    def _start_from(self, table):
        if self.quantization_mode is not None:
            raise ValueError(
                f"Layer '{self.name}' was given `weights` and a quantized dtype policy,"
                f" {self.dtype_policy}. Make it with a float policy and call `quantize` on it."
            )
        self.build()
        self._embeddings.assign(table[0] if isinstance(table, (list, tuple)) else table)

    @property
    def embeddings(self):
        """The table (input_dim, output_dim).

        Raises:
            AttributeError: if the layer is not built.
        """
        return self._kernel_in_use()

    def call(self, inputs):
        if not dtypes.is_int_dtype(inputs.dtype):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(self._contract(inputs), self.compute_dtype)

    def _apply_kernel(self, inputs, kernel):
        return ops.take(kernel, inputs, axis=0)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with `output_dim` added."""
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)
