"""Losses of distributions and of rates."""

from cornu import ops
from cornu.core import config
from cornu.losses._loss import LossFunctionWrapper
from cornu.losses.pairs import paired, row_mean
from cornu.serial.registry import export


@export("keras.losses.kl_divergence", "keras.metrics.kl_divergence")
def kl_divergence(y_true, y_pred):
    """`sum(y_true * log(y_true / y_pred))` along the last axis (Kullback & Leibler 1951).

    Args:
        y_true: probabilities, a tensor (batch, ..., n); they are kept between
            `keras.config.epsilon()` and 1.
        y_pred: predicted ones, likewise.

    Returns:
        A tensor (batch, ...), in nats.

    Example:
        >>> import cornu
        >>> cornu.losses.kl_divergence([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        Array([0.6931], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    y_true, y_pred = (ops.clip(y, config.epsilon(), 1.0) for y in (y_true, y_pred))
    return ops.cast(ops.sum(y_true * ops.log(y_true / y_pred), axis=-1), dtype)


@export("keras.losses.poisson", "keras.metrics.poisson")
def poisson(y_true, y_pred):
    """Mean of `y_pred - y_true * log(y_pred)` along the last axis: the negative logarithm of the
    probability of the counts `y_true` at the rates `y_pred`, without what does not depend on the
    rates.

    Args:
        y_true: counts, a tensor (batch, ..., n).
        y_pred: rates, at least 0, a tensor of the same shape; `keras.config.epsilon()` is added
            before the logarithm is taken.

    Returns:
        A tensor (batch, ...).

    Example:
        >>> import cornu
        >>> cornu.losses.poisson([[0.0, 3.0]], [[1.0, 2.0]]).round(4)
        Array([0.4603], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    return row_mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), dtype)


@export("keras.losses.KLDivergence")
class KLDivergence(LossFunctionWrapper):
    """Kullback-Leibler divergence of predicted probabilities from true ones.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> round(float(cornu.losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
        0.1438
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


@export("keras.losses.Poisson")
class Poisson(LossFunctionWrapper):
    """Mean of `y_pred - y_true * log(y_pred)`, of counts and predicted rates.

    Args:
        reduction, name, dtype: as of `Loss`.

    Example:
        >>> import cornu
        >>> round(float(cornu.losses.Poisson()([[0.0, 3.0]], [[1.0, 2.0]])), 4)
        0.4603
    """

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)
