"""How far predicted probabilities are from what happens."""

from cornu.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from cornu.metrics._reduction import MeanMetricWrapper
from cornu.serial.registry import export


class _Divergence(MeanMetricWrapper):
    _direction = "down"


@export("keras.metrics.KLDivergence")
class KLDivergence(_Divergence):
    """Mean of the Kullback-Leibler divergences, sums of `y_true * log(y_true / y_pred)`.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.KLDivergence()
        >>> round(float(metric([[0.5, 0.5]], [[0.25, 0.75]])), 4)
        0.1438
    """

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, name, dtype)


@export("keras.metrics.Poisson")
class Poisson(_Divergence):
    """Mean of `y_pred - y_true * log(y_pred)`, for counts.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.

    Example:
        >>> import cornu
        >>> round(float(cornu.metrics.Poisson()([[0.0, 1.0]], [[1.0, 1.0]])), 4)
        1.0
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(poisson, name, dtype)


@export("keras.metrics.BinaryCrossentropy")
class BinaryCrossentropy(_Divergence):
    """Mean crossentropy between probabilities of independent events and predicted ones.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        from_logits: whether predictions are logits.
        label_smoothing: from 0 to 1; targets move so much of the way to 0.5.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.BinaryCrossentropy()
        >>> round(float(metric([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931
    """

    def __init__(
        self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0
    ):
        super().__init__(
            binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


@export("keras.metrics.CategoricalCrossentropy")
class CategoricalCrossentropy(_Divergence):
    """Mean crossentropy between probabilities of classes, one-hot for instance, and predicted ones.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        from_logits: whether predictions are logits.
        label_smoothing: from 0 to 1; so much of the probability of targets is spread over all
            classes evenly.
        axis: the class axis.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.CategoricalCrossentropy()
        >>> round(float(metric([[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    def __init__(
        self,
        name="categorical_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
        axis=-1,
    ):
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@export("keras.metrics.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(_Divergence):
    """Mean crossentropy between class numbers and predicted probabilities.

    Args:
        name: name.
        dtype: dtype or policy of the computation, by default `floatx()`.
        from_logits: whether predictions are logits.
        ignore_class: a class number; targets of it don't count.
        axis: the class axis.

    Example:
        >>> import cornu
        >>> metric = cornu.metrics.SparseCategoricalCrossentropy()
        >>> round(float(metric([1], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    def __init__(
        self,
        name="sparse_categorical_crossentropy",
        dtype=None,
        from_logits=False,
        ignore_class=None,
        axis=-1,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
