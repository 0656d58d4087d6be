"""How far scores of classes are from being on the right side."""

from cornu.losses import categorical_hinge, hinge, squared_hinge
from cornu.metrics._reduction import MeanMetricWrapper
from cornu.serial.registry import export


@export("keras.metrics.Hinge")
class Hinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`; targets are -1 or 1 (0 is taken for -1).

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> round(float(cornu.metrics.Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])), 4)
        1.3
    """

    _direction = "down"

    def __init__(self, name="hinge", dtype=None):
        super().__init__(hinge, name, dtype)


@export("keras.metrics.SquaredHinge")
class SquaredHinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`; targets are -1 or 1 (0 is taken for -1).

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.SquaredHinge()
        >>> round(float(metric([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])), 4)
        1.86
    """

    _direction = "down"

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, name, dtype)


@export("keras.metrics.CategoricalHinge")
class CategoricalHinge(MeanMetricWrapper):
    """Mean of `max(neg - pos + 1, 0)`: `pos` is the score of the right class, `neg` the largest of
    the others; targets are one-hot.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.CategoricalHinge()
        >>> round(float(metric([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])), 4)
        1.4
    """

    _direction = "down"

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, name, dtype)
