"""How well predictions follow targets."""

from cornu import ops
from cornu.core import config
from cornu.losses.pairs import paired
from cornu.metrics._reduction import MeanMetricWrapper
from cornu.serial.registry import export


def _centred(x, axis):
    """`x` without its mean, the mean, and the variance."""
    mean = ops.mean(x, axis=axis, keepdims=True)
    rest = x - mean
    return rest, mean, ops.mean(ops.square(rest), axis=axis, keepdims=True)


def _scaled(rest, variance):
    """What is centred, divided by its standard deviation; 0 where that is 0."""
    constant = ops.equal(variance, 0)
    one = ops.ones_like(variance)
    return rest * ops.where(constant, 0, ops.rsqrt(ops.where(constant, one, variance)))


@export("keras.metrics.pearson_correlation")
def pearson_correlation(y_true, y_pred, axis=-1):
    """Covariance divided by the standard deviations of both, from -1 to 1 (Pearson 1895).

    Args:
        y_true, y_pred: tensors of one shape.
        axis: the axis along which they are correlated.

    Returns:
        A tensor without that axis; 0 where one of both is constant.

    Example:
        >>> import cornu
        >>> y_pred = [[1.0, 2.0, 3.0], [1.0, 2.0, 4.0]]
        >>> cornu.metrics.pearson_correlation([[2.0, 4.0, 6.0], [3.0, 2.0, 1.0]], y_pred).round(4)
        Array([ 1.   , -0.982], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    true, _, true_variance = _centred(y_true, axis)
    pred, _, pred_variance = _centred(y_pred, axis)
    both = _scaled(true, true_variance) * _scaled(pred, pred_variance)
    return ops.cast(ops.mean(both, axis=axis), dtype)


@export("keras.metrics.concordance_correlation")
def concordance_correlation(y_true, y_pred, axis=-1):
    """How well predictions and targets agree, from -1 to 1: 2 cov(t, p) / (var(t) + var(p) +
    (mean(t) - mean(p))^2) (Lin 1989, A Concordance Correlation Coefficient).

    Args:
        y_true, y_pred: tensors of one shape.
        axis: the axis along which they are compared.

    Returns:
        A tensor without that axis.

    Example:
        >>> import cornu
        >>> y_true = [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
        >>> y_pred = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
        >>> cornu.metrics.concordance_correlation(y_true, y_pred).round(4)
        Array([1.    , 0.5714], dtype=float32)
    """
    y_true, y_pred, dtype = paired(y_true, y_pred)
    true, true_mean, true_variance = _centred(y_true, axis)
    pred, pred_mean, pred_variance = _centred(y_pred, axis)
    both = ops.mean(true * pred, axis=axis)
    spread = true_variance + pred_variance + ops.square(true_mean - pred_mean)
    return ops.cast(2 * both / (ops.squeeze(spread, axis) + config.epsilon()), dtype)


class _Correlation(MeanMetricWrapper):
    _direction = "up"


@export("keras.metrics.PearsonCorrelation")
class PearsonCorrelation(_Correlation):
    """Mean of the Pearson correlations of targets and predictions.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        axis: the axis along which they are correlated.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.PearsonCorrelation()
        >>> round(float(metric([[2.0, 4.0, 6.0]], [[1.0, 2.0, 3.0]])), 4)
        1.0
    """

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


@export("keras.metrics.ConcordanceCorrelation")
class ConcordanceCorrelation(_Correlation):
    """Mean of the concordance correlations of targets and predictions.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        axis: the axis along which they are compared.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.ConcordanceCorrelation()
        >>> round(float(metric([[2.0, 3.0, 4.0]], [[1.0, 2.0, 3.0]])), 4)
        0.5714
    """

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis
