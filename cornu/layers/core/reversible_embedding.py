"""`ReversibleEmbedding`: a vector for each integer, and back."""

from cornu import ops
from cornu.core import dtypes
from cornu.layers.core.embedding import Embedding
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.ReversibleEmbedding")
class ReversibleEmbedding(Embedding):
    """An `Embedding` that also goes back, from vectors to a score for each integer: the product
    with the table (Press & Wolf 2017).

    Args:
        input_dim: number of rows: integers are in [0, input_dim).
        output_dim: length of a row.
        tie_weights: whether going back uses the same table; else it has a kernel of its own,
            `reverse_embeddings` (output_dim, input_dim).
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: names, configs or
            callables, for the table.
        mask_zero: whether 0 is padding, masked for the layers behind.
        reverse_dtype: dtype in which scores are computed, by default the compute dtype.
        logit_soft_cap: float; scores s become `cap * tanh(s / cap)`.
        **kwargs: as of `Embedding`, and see `Layer`.

    Call arguments:
        inputs: integers of any shape, or with `reverse=True` floats (..., output_dim).
        reverse: whether to go back.

    Outputs have the shape of the integers with `output_dim` added, or (..., input_dim). Going back
    keeps the mask of the inputs.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.ReversibleEmbedding(10, 4)
        >>> x = layer(cornu.ops.convert_to_tensor([[1, 2, 3]]))
        >>> layer(x, reverse=True).shape
        (1, 3, 10)
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        # Before the constructor of `Embedding`, which builds the layer if it is given `weights`.
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    @property
    def contraction(self):
        """How the table is used."""
        return "reversible" if self.tie_weights else "untied"

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights and not self._is_quantized:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def call(self, inputs, reverse=False):
        if not reverse:
            return super().call(inputs)
        inputs = ops.cast(inputs, self._dtype_of_scores())
        if self._strategy is None:
            scores = self._apply_reversed(inputs, self._embeddings)
        else:
            scores = self._strategy.reverse(self, inputs)
        if self.logit_soft_cap is not None:
            scores = ops.multiply(
                ops.tanh(ops.divide(scores, self.logit_soft_cap)), self.logit_soft_cap
            )
        return scores

    def _apply_reversed(self, inputs, table):
        """Scores for vectors, by the table or by the kernel for going back."""
        kernel = ops.transpose(table) if self.tie_weights else self.reverse_embeddings
        return ops.matmul(inputs, ops.cast(kernel, inputs.dtype))

    def _dtype_of_scores(self):
        if self.reverse_dtype is None:
            return self.compute_dtype
        return dtypes.standardize_dtype(self.reverse_dtype)

    def compute_mask(self, inputs, mask=None):
        """Where integers are not 0, for `mask_zero`; of floats, their own mask."""
        if dtypes.is_float_dtype(inputs.dtype):
            return mask
        return super().compute_mask(inputs, mask)

    def compute_output_shape(self, input_shape, reverse=False):
        """The shape of the inputs with `output_dim` added, or with `input_dim` as last size."""
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return super().compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, reverse=False):
        dtype = self._dtype_of_scores() if reverse else self.compute_dtype
        return KerasTensor(self.compute_output_shape(inputs.shape, reverse), dtype)
