"""The base of learning rate schedules."""

from cornu.serial.configurable import Configurable
from cornu.serial.registry import export


@export("keras.optimizers.schedules.LearningRateSchedule")
class LearningRateSchedule(Configurable):
    """A learning rate that depends on the step. Subclasses write `__call__(self, step)`.

    It is called inside compiled code: `step` is an integer scalar (or a variable of one), the
    result a float scalar.

    Example:
        >>> import cornu
        >>> class Halves(cornu.optimizers.schedules.LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.5 ** cornu.ops.cast(step, "float32")
        >>> float(Halves()(3))
        0.125
    """

    def __call__(self, step):
        """The learning rate at `step`, the number of steps done."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self):
        """The constructor's arguments. Schedules that take none, or others than plain values, write
        their own."""
        if type(self).__init__ is object.__init__:
            raise NotImplementedError(
                f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in "
                "order to be "
                "serializable."
            )
        return super().get_config()
