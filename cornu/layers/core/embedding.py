"""`Embedding`: a vector for each integer."""

from cornu import constraints, initializers, ops, regularizers
from cornu.core import dtypes
from cornu.layers._kernels import Contracting, strategy_for
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
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self._makes_masks = bool(mask_zero)
        self.autocast = False
        self.lora_rank = lora_rank
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.lora_enabled = False
        self.quantization_config = quantization_config
        object.__setattr__(self, "_initial_table", weights)

    def build(self, input_shape=None):
        self._embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            name="embeddings",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        table = self._initial_table
        if table is not None:
            self._embeddings.assign(table[0] if isinstance(table, (list, tuple)) else table)
        object.__setattr__(self, "built", True)
        if self.lora_rank:
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    @property
    def embeddings(self):
        """The table (input_dim, output_dim).

        Raises:
            AttributeError: if the layer is not built.
        """
        if not self.built:
            raise AttributeError("You must build the layer before accessing `embeddings`.")
        return self._embeddings if self._strategy is None else self._strategy.kernel(self)

    def enable_lora(self, rank, a_initializer="he_uniform", b_initializer="zeros", lora_alpha=None):
        """Freeze the table and train a low-rank addition to it (Hu et al. 2021)."""
        strategy_for("lora")(self, rank, a_initializer, b_initializer, lora_alpha)

    def call(self, inputs):
        if not dtypes.is_int_dtype(inputs.dtype):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(self._contract(inputs), self.compute_dtype)

    def _plain_contract(self, inputs):
        return ops.take(self._embeddings, inputs, axis=0)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        """The shape of the inputs with `output_dim` added."""
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)
