"""`MultiHeadAttention`."""

import numbers
import operator
import string

from cornu.core.errors import shorten
from cornu.core.shapes import is_count
from cornu.layers.attention._heads import HeadedAttention, check_keys_fit, count
from cornu.layers.attention._token_axes import TokenAxes
from cornu.serial.registry import export


@export("keras.layers.MultiHeadAttention")
class MultiHeadAttention(HeadedAttention):
    """Attention of several heads, each with its own projections (Vaswani et al. 2017).

    Args:
        num_heads: number of heads.
        key_dim: size of the queries and keys of a head.
        value_dim: size of the values of a head, by default `key_dim`.
        dropout: probability with which training drops an attention weight.
        use_bias: whether projections have biases.
        output_shape: int or tuple, the sizes of an output behind the axes of queries; by default
            the size of an input query.
        attention_axes: int or tuple, the axes that are attended over; by default all but those of
            the batch and of features.
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

    Call arguments:
        query: tensor (batch, ..., size).
        value: tensor (batch, ..., size of values).
        key: tensor (batch, ..., size of keys), by default the value.
        query_mask, value_mask, key_mask: booleans (batch, ...), False for tokens that don't count;
            found by themselves where a layer before has made masks.
        attention_mask: booleans (batch, queries..., keys...), True where a query may see a key;
            axes of 1 broadcast. With a further axis before the queries', it is one for each head.
        return_attention_scores: whether to return `(outputs, scores)`, scores being of shape
            (batch, heads, queries..., keys...).
        training: whether weights are dropped.
        use_causal_mask: whether a query sees only keys up to its own place.

    Raises:
        ValueError: for arguments out of range, and inputs whose shapes do not fit each other.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.MultiHeadAttention(num_heads=2, key_dim=3)
        >>> x = cornu.ops.ones((1, 4, 6))
        >>> layer(x, x, use_causal_mask=True).shape
        (1, 4, 6)
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
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
        self._num_heads = count("num_heads", num_heads)
        self._key_dim = count("key_dim", key_dim)
        self._value_dim = self._key_dim if value_dim is None else count("value_dim", value_dim)
        self._output_shape = _output_sizes(output_shape)
        self._attention_axes = _axes(attention_axes)

    @property
    def num_heads(self):
        """Number of heads."""
        return self._num_heads

    @property
    def key_dim(self):
        """Size of the queries and keys of a head."""
        return self._key_dim

    @property
    def value_dim(self):
        """Size of the values of a head."""
        return self._value_dim

    @property
    def attention_axes(self):
        """The axes that are attended over."""
        return self._attention_axes

    @property
    def query_dense(self):
        """The projection of queries."""
        return self._query_dense

    @property
    def key_dense(self):
        """The projection of keys."""
        return self._key_dense

    @property
    def value_dense(self):
        """The projection of values."""
        return self._value_dense

    @property
    def output_dense(self):
        """The projection of what the heads return."""
        return self._output_dense

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        self._token_axes = TokenAxes(self._attention_axes, len(query_shape))
        self._attention_axes = self._token_axes.tokens
        key_sizes = (self._num_heads, self._key_dim)
        value_sizes = (self._num_heads, self._value_dim)
        self._query_dense = self._project_in("query", query_shape, key_sizes)
        self._key_dense = self._project_in("key", key_shape, key_sizes)
        if self.use_gate:
            self._gate_dense = self._project_in("gate", query_shape, value_sizes)
        self._value_dense = self._project_in("value", value_shape, value_sizes)
        self._make_dropout()
        self._output_dense = self._project_out(query_shape, value_sizes)

    def _check_shapes(self, query_shape, value_shape, key_shape):
        check_keys_fit(value_shape, key_shape)
        ranks = {len(query_shape), len(value_shape), len(key_shape)}
        if len(ranks) > 1 or min(ranks) < 3:
            raise ValueError(
                "`query`, `value` and `key` must have the same number of axes, at least 3: batch,"
                f" ..., features. Received: query_shape={tuple(query_shape)},"
                f" value_shape={tuple(value_shape)}, key_shape={tuple(key_shape)}"
            )

    def _project_in(self, name, shape, sizes):
        letters = string.ascii_lowercase
        rank = len(shape)
        free, summed, made = letters[: rank - 1], letters[rank - 1], letters[rank : rank + 2]
        equation = f"{free}{summed},{summed}{made}->{free}{made}"
        return self._make_projection(name, equation, (*(None,) * (rank - 2), *sizes), made, shape)

    def _project_out(self, query_shape, value_sizes):
        sizes = self._output_shape or (query_shape[-1],)
        letters = string.ascii_lowercase
        rank = len(query_shape)
        free, summed = letters[: rank - 1], letters[rank - 1 : rank + 1]
        made = letters[rank + 1 : rank + 1 + len(sizes)]
        return self._make_projection(
            "attention_output",
            f"{free}{summed},{summed}{made}->{free}{made}",
            (*(None,) * (rank - 2), *sizes),
            made,
            (*query_shape[:-1], *value_sizes),
        )

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        """The shape of the query, its last size replaced by `output_shape` if that is given."""
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        return (*query_shape[:-1], *(self._output_shape or query_shape[-1:]))

    def _scores_shape(self, query_shape, key_shape):
        axes = TokenAxes(self._attention_axes, len(query_shape))
        batches = [query_shape[axis] for axis in axes.batch]
        queries, keys = ([shape[a] for a in axes.tokens] for shape in (query_shape, key_shape))
        return (*batches, self._num_heads, *queries, *keys)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "output_shape": self._output_shape}


def _output_sizes(output_shape):
    if output_shape is None:
        return None
    sizes = (output_shape,) if isinstance(output_shape, numbers.Integral) else output_shape
    if not isinstance(sizes, (list, tuple)) or not sizes or not all(map(is_count, sizes)):
        raise ValueError(
            "Invalid `output_shape`: it must be a positive int or a tuple of them, or None."
            f" Received: output_shape={shorten(output_shape)}"
        )
    return tuple(map(int, sizes))


def _axes(attention_axes):
    if attention_axes is None:
        return None
    axes = (attention_axes,) if isinstance(attention_axes, numbers.Integral) else attention_axes
    if not isinstance(axes, (list, tuple)) or not axes:
        raise ValueError(
            "`attention_axes` must be an int, list, or tuple. Received:"
            f" attention_axes={shorten(attention_axes)}"
        )
    return tuple(map(operator.index, axes))
