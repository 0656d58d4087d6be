"""What the layers that attend with several heads share."""

from cornu import constraints, initializers, ops, regularizers
from cornu.core.errors import shorten
from cornu.core.shapes import is_count
from cornu.layers._layer import Layer
from cornu.layers.core.einsum_dense import EinsumDense
from cornu.layers.regularization.dropout import Dropout
from cornu.ops._attention import attend, attention_weights
from cornu.symbolic.tensor import KerasTensor


class HeadedAttention(Layer):
    """Base of layers that project queries, keys and values, attend, and project the result.

    Subclasses make `_query_dense`, `_key_dense`, `_value_dense`, `_output_dense` and, if there is a
    gate, `_gate_dense` in `build`, and `_token_axes`.

    Args: as of `MultiHeadAttention`.
    """

    config_exclude = Layer.config_exclude | {"flash_attention"}

    def __init__(
        self,
        *,
        dropout,
        use_bias,
        sliding_window,
        flash_attention,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        use_gate,
        seed,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._dropout = _rate(dropout)
        self._use_bias = use_bias
        self._sliding_window = _window(sliding_window)
        self._flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        # Each projection has it, not the layer itself.
        self._activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        self._gate_dense = None
        self._dropout_layer = None
        if flash_attention and self._dropout > 0:
            raise ValueError(
                "Dropout is not supported when flash attention is enabled. Please set dropout to"
                " 0.0 to use flash attention, or `flash_attention` to None to use it where it is"
                f" possible. Received: dropout={dropout}"
            )

    @property
    def dropout(self):
        """The share of attention weights that training drops."""
        return self._dropout

    @property
    def use_bias(self):
        """Whether projections have biases."""
        return self._use_bias

    @property
    def sliding_window(self):
        """How many places away a key must be not to be seen, or None."""
        return self._sliding_window

    def _make_projection(self, name, equation, output_shape, bias_axes, input_shape):
        """An `EinsumDense` with the layer's settings, built."""
        layer = EinsumDense(
            equation,
            output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            kernel_initializer=_copy(self.kernel_initializer),
            bias_initializer=_copy(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self._activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype_policy,
        )
        layer.supports_masking = True  # this layer looks after masks
        layer.build(input_shape)
        return layer

    def _make_dropout(self):
        if self.dropout > 0:
            self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        self._check_scores_allowed(return_attention_scores)
        key = value if key is None else key
        heads = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask}
        # Where there is no other mask, the kernel of attention may know the causal one by itself.
        masked = any(m is not None for m in (attention_mask, self.sliding_window, *masks.values()))
        options = {}
        if use_causal_mask and not masked and self._knows_causality():
            options, use_causal_mask = {"use_causal_mask": True}, False
        mask = self._compute_attention_mask(
            query, value, attention_mask=attention_mask, use_causal_mask=use_causal_mask, **masks
        )
        outputs, scores = self._compute_attention(
            *heads,
            attention_mask=mask,
            training=training,
            return_attention_scores=return_attention_scores,
            **options,
        )
        if self._gate_dense is not None:
            outputs = ops.multiply(outputs, ops.sigmoid(self._gate_dense(query)))
        outputs = self._output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _knows_causality(self):
        # A subclass may attend in its own way, told by a mask alone.
        return type(self)._compute_attention is HeadedAttention._compute_attention

    def _check_scores_allowed(self, wanted):
        if wanted and self._flash_attention:
            raise ValueError(
                "Returning attention scores is not supported when flash attention is enabled."
                " Please disable flash attention to access attention scores: set"
                " `flash_attention` to None or False."
            )

    def _compute_attention_mask(
        self,
        query,
        value,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        use_causal_mask=False,
    ):
        """All masks as one, which broadcasts to the scores without heads (or with them, if
        `attention_mask` does); None if there is none."""
        axes = self._token_axes
        found = []
        for mask, queries in ((query_mask, True), (value_mask, False), (key_mask, False)):
            if mask is not None:
                found.append(axes.mask_of(ops.cast(mask, "bool"), queries))
        if use_causal_mask:
            found.append(axes.mask_between(query, value, lambda i, j: ops.greater_equal(i, j)))
        if self.sliding_window is not None:
            found.append(axes.mask_between(query, value, self._in_window))
        if attention_mask is not None:
            found.append(ops.cast(attention_mask, "bool"))
        return axes.all_of(found)

    def _in_window(self, queries, keys):
        return ops.less(ops.abs(ops.subtract(queries, keys)), self.sliding_window)

    def _compute_attention(
        self,
        query,
        key,
        value,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        """What heads return for projected queries, keys and values, (axes..., heads, size).

        Args:
            attention_mask: as `_compute_attention_mask` returns it.
            use_causal_mask: whether queries see only keys up to their own place; with other
                masks, `attention_mask` may say it too.

        Returns:
            `(outputs, scores)`; the scores are None unless asked for.
        """
        axes = self._token_axes
        folded = [axes.fold(x) for x in (query, key, value)]
        mask = attention_mask
        if mask is not None:
            mask = axes.fold_mask(mask, query, key)
        drops = self._dropout_layer is not None and training
        if not drops and not return_attention_scores:
            outputs = ops.dot_product_attention(
                *folded, mask=mask, is_causal=use_causal_mask, flash_attention=self._flash_attention
            )
            return axes.unfold(outputs, query), None
        scores = attention_weights(folded[0], folded[1], mask=mask, is_causal=use_causal_mask)
        used = scores
        if drops:
            used = self._dropout_layer(scores, training=training)
        outputs = axes.unfold(attend(used, folded[2]), query)
        return outputs, axes.unfold_scores(scores, query, key)

    def compute_output_spec(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        self._check_scores_allowed(return_attention_scores)
        key = value if key is None else key
        shape = self.compute_output_shape(query.shape, value.shape, key.shape)
        outputs = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return outputs
        return outputs, KerasTensor(self._scores_shape(query.shape, key.shape), self.compute_dtype)

    def get_config(self):
        """The constructor's arguments; which kernel computes is not part of them."""
        return {
            **super().get_config(),
            "activity_regularizer": regularizers.serialize(self._activity_regularizer),
        }


def check_keys_fit(value_shape, key_shape):
    """Raise ValueError unless there is a key for each value."""
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All dimensions of `value` and `key`, except the last one, must be equal. Received:"
            f" value_shape={tuple(value_shape)} and key_shape={tuple(key_shape)}"
        )


def count(name, value):
    """A positive int.

    Raises:
        ValueError: for anything else.
    """
    if not is_count(value):
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a positive integer."
            f" Received: {name}={shorten(value)}"
        )
    return int(value)


def _copy(setting):
    """An initializer for one projection alone: it draws numbers of its own."""
    return setting.clone() if hasattr(setting, "clone") else setting


def _rate(dropout):
    if isinstance(dropout, (str, bool)) or not 0 <= dropout <= 1:
        raise ValueError(
            "Invalid value received for argument `dropout`. Expected a float value between 0 and 1."
            f" Received: dropout={shorten(dropout)}"
        )
    return dropout


def _window(size):
    if size is not None and not is_count(size):
        raise ValueError(
            "`sliding_window` must be `None` or a positive integer. Received:"
            f" sliding_window={shorten(size)}"
        )
    return size
