"""`GroupedQueryAttention`."""

from cornu.layers.attention._heads import HeadedAttention, check_keys_fit, count
from cornu.layers.attention._token_axes import TokenAxes
from cornu.serial.registry import export


@export("keras.layers.GroupQueryAttention")
class GroupedQueryAttention(HeadedAttention):
    """Attention of several heads that share keys and values in groups (Ainslie et al. 2023, "GQA").

    With one head of keys and values it is multi-query attention, with as many as of queries
    multi-head attention.

    Args:
        head_dim: size of the queries, keys and values of a head.
        num_query_heads: number of heads of queries.
        num_key_value_heads: number of heads of keys and values, which divides that of queries.
        dropout: probability with which training drops an attention weight.
        use_bias: whether projections have biases.
        sliding_window: int; a query sees only keys that are less than this many places away.
        flash_attention: True to demand the engine's flash attention, False to do without, None to
            use it where it is possible and `keras.config` does not forbid it.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: names, configs or callables,
            for each projection.
        use_gate: whether what heads return is multiplied by the sigmoid of a further projection of
            the queries (Qiu et al. 2025).
        seed: int for repeatable dropout, or None.
        **kwargs: see `Layer`.

    Call arguments: as of `MultiHeadAttention`, of tensors with three axes.

    Raises:
        ValueError: for arguments out of range, and inputs whose shapes do not fit each other.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.GroupQueryAttention(3, num_query_heads=4, num_key_value_heads=2)
        >>> x = cornu.ops.ones((1, 4, 6))
        >>> layer(x, x).shape
        (1, 4, 6)
    """

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
            **kwargs,
        )
        # As in Keras, what the last projection returns is penalised once more as the outputs.
        self.activity_regularizer = self._activity_regularizer
        self.head_dim = count("head_dim", head_dim)
        self.num_query_heads = count("num_query_heads", num_query_heads)
        self.num_key_value_heads = count("num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be divisible by `num_key_value_heads`. Received:"
                f" num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}"
            )
        self._token_axes = TokenAxes(None, 3)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        _check_shapes(query_shape, value_shape, key_shape)
        few, many = self.num_key_value_heads, self.num_query_heads
        self._query_dense = self._project_in("query", query_shape, many)
        self._key_dense = self._project_in("key", key_shape, few)
        if self.use_gate:
            self._gate_dense = self._project_in("gate", query_shape, many)
        self._value_dense = self._project_in("value", value_shape, few)
        self._make_dropout()
        self._output_dense = self._make_projection(
            "attention_output",
            "bquh,uhm->bqm",
            (None, query_shape[-1]),
            "m",
            (*query_shape[:-1], many, self.head_dim),
        )

    def _project_in(self, name, shape, heads):
        sizes = (None, heads, self.head_dim)
        return self._make_projection(name, "bqm,muh->bquh", sizes, "uh", shape)

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        """The shape of the query."""
        _check_shapes(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        return query_shape

    def _scores_shape(self, query_shape, key_shape):
        return (query_shape[0], self.num_query_heads, query_shape[1], key_shape[1])


def _check_shapes(query_shape, value_shape, key_shape):
    if not len(query_shape) == len(value_shape) == len(key_shape) == 3:
        raise ValueError(
            "`query`, `value` and `key` must have three axes: batch, tokens, features. Received:"
            f" query_shape={tuple(query_shape)}, value_shape={tuple(value_shape)},"
            f" key_shape={tuple(key_shape)}"
        )
    check_keys_fit(value_shape, key_shape)
