"""`keras.optimizers.legacy`: names that Keras 3 keeps only to say that they are gone."""

from cornu.serial.registry import export

NAMES = ("Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop", "SGD")


@export(*(f"keras.optimizers.legacy.{name}" for name in NAMES))
class LegacyOptimizer:
    """Stands for every optimizer of TensorFlow's old kind, and cannot be made.

    Raises:
        ImportError: always.

    Example:
        >>> import cornu
        >>> cornu.optimizers.legacy.Adam(learning_rate=0.1)
        Traceback (most recent call last):
        ImportError: `keras.optimizers.legacy` is not supported. Use the optimizer...
    """

    def __init__(self, *args, **kwargs):
        raise ImportError(
            "`keras.optimizers.legacy` is not supported. Use the optimizer of the same name in "
            "`keras.optimizers`: its arguments are the same but for `lr` (now `learning_rate`) and "
            "`decay` (now a schedule, such as `keras.optimizers.schedules.InverseTimeDecay`)."
        )


Adagrad = Adam = Ftrl = Optimizer = RMSprop = SGD = LegacyOptimizer
