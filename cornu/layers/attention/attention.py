"""`Attention`: values averaged by how well their keys match a query."""

from cornu import ops, random
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor

MODES = ("dot", "concat")


@export("keras.layers.Attention")
class Attention(Layer):
    """Values averaged with weights: the softmax of scores of queries and keys (Luong et al. 2015).

    Args:
        use_scale: whether a trained number multiplies the scores (in mode `"concat"`, the sums
            inside).
        score_mode: `"dot"` for products of queries and keys; `"concat"` for
            `sum(tanh(query + key))`, times a trained number.
        dropout: probability with which training drops a weight.
        seed: int for repeatable dropout, or None.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: list of `query` (batch, ..., queries, size), `value` (batch, ..., keys, size of
            values) and, if it is not the value, `key` (batch, ..., keys, size).
        mask: list of a mask of queries (batch, ..., queries) and one of values (batch, ..., keys),
            or None for one of them; outputs of masked queries are 0, masked values don't count.
        training: whether weights are dropped.
        return_attention_scores: whether to return `(outputs, weights)`, weights being of shape
            (batch, ..., queries, keys).
        use_causal_mask: whether a query sees only keys up to its own place.

    Outputs have the shape (batch, ..., queries, size of values).

    Raises:
        ValueError: for another `score_mode`, or inputs that are no such list.

    Example:
        >>> import cornu
        >>> query, value = cornu.ops.ones((2, 3, 4)), cornu.ops.ones((2, 5, 4))
        >>> cornu.layers.Attention()([query, value]).shape
        (2, 3, 4)
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if score_mode not in MODES:
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}."
                f" Received: score_mode={score_mode}"
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.scale = None
        self.concat_score_weight = None
        self.supports_masking = True

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def call(
        self,
        inputs,
        mask=None,
        training=False,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask = mask[0] if mask else None
        value_mask = mask[1] if mask else None
        scores = self._calculate_scores(query, key)
        scores_mask = self._calculate_score_mask(scores, value_mask, use_causal_mask)
        outputs, weights = self._apply_scores(scores, value, scores_mask, training)
        if query_mask is not None:
            query_mask = ops.expand_dims(ops.cast(query_mask, outputs.dtype), -1)
            outputs = ops.multiply(outputs, query_mask)
        return (outputs, weights) if return_attention_scores else outputs

    def _calculate_scores(self, query, key):
        """Scores (batch, ..., queries, keys)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        sums = _pairs(query, key)
        if self.scale is not None:
            sums = ops.multiply(sums, self.scale)
        return ops.multiply(ops.sum(ops.tanh(sums), axis=-1), self.concat_score_weight)

    def _calculate_score_mask(self, scores, v_mask, use_causal_mask):
        """A mask that broadcasts to the scores, or None."""
        mask = None
        if v_mask is not None:
            mask = ops.expand_dims(ops.cast(v_mask, "bool"), -2)
        if use_causal_mask:
            queries, keys = scores.shape[-2:]
            places = ops.expand_dims(ops.arange(queries, dtype="int32"), -1)
            causal = ops.greater_equal(places, ops.arange(keys, dtype="int32"))
            causal = ops.reshape(causal, (*(1,) * (len(scores.shape) - 2), queries, keys))
            mask = causal if mask is None else ops.logical_and(mask, causal)
        return mask

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        """Averaged values, and the weights."""
        if scores_mask is not None:
            scores = ops.where(scores_mask, scores, float("-inf"))
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return ops.matmul(weights, value), weights

    def compute_mask(self, inputs, mask=None):
        self._validate_inputs(inputs, mask)
        if mask is None or mask[0] is None:
            return None
        return ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape):
        """The shape of the query with the last size of the value."""
        self._validate_inputs(input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs,
        mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        shape = self.compute_output_shape([query.shape, value.shape])
        outputs = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return outputs
        return outputs, KerasTensor((*query.shape[:-1], key.shape[-2]), self.compute_dtype)

    def _validate_inputs(self, inputs, mask=None):
        """Raise ValueError unless inputs (or their shapes) and masks are lists as they should
        be."""
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or"
                f" [query, value, key]. Received: inputs={shorten(inputs)}."
            )
        if not 2 <= len(inputs) <= 3:
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or"
                f" [query, value, key]. Received length: {len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, list):
            raise ValueError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received:"
                f" mask={shorten(mask)}."
            )
        if not 2 <= len(mask) <= 3:
            raise ValueError(
                f"{name} layer accepts mask list of length 2 or 3. Received: mask of length"
                f" {len(mask)}."
            )


def _pairs(query, key):
    """The sum of each query and each key, (batch, ..., queries, keys, size)."""
    return ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
