"""`AdditiveAttention`: attention whose scores are sums."""

from cornu import ops
from cornu.layers.attention.attention import Attention, _pairs
from cornu.serial.registry import export


@export("keras.layers.AdditiveAttention")
class AdditiveAttention(Attention):
    """Values averaged with weights: the softmax of `sum(scale * tanh(query + key))` (Bahdanau et
    al. 2015).

    Args:
        use_scale: whether `scale` is a trained vector of the size of queries; else it is 1.
        dropout: probability with which training drops a weight.
        **kwargs: `seed`, as of `Attention`, and see `Layer`.

    It is called as `Attention` is.

    Example:
        >>> import cornu
        >>> query, value = cornu.ops.ones((2, 3, 4)), cornu.ops.ones((2, 5, 4))
        >>> cornu.layers.AdditiveAttention()([query, value]).shape
        (2, 3, 4)
    """

    config_exclude = Attention.config_exclude | {"score_mode"}

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform"
            )

    def _calculate_scores(self, query, key):
        sums = ops.tanh(_pairs(query, key))
        if self.scale is not None:
            sums = ops.multiply(sums, self.scale)
        return ops.sum(sums, axis=-1)
