"""Adagrad."""

from cornu import initializers
from cornu.backend import kernels
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Adagrad")
class Adagrad(Optimizer):
    """Gradient descent by the gradient over the root of the sum of its squares so far (Duchi et al.
    2011): what changed often changes less.

    Args:
        learning_rate: float, schedule or callable.
        initial_accumulator_value: what the sums of squares start from, at least 0.
        epsilon: small number added to the sums.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Adagrad(0.5, 3.0).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy()
        array([0.75, 1.75], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        initial_accumulator_value=0.1,
        epsilon=1e-7,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def slot_groups(self):
        return [("accumulator",)]

    def slot_start(self, name):
        return initializers.Constant(self.initial_accumulator_value)

    def rule(self, gradient, value, learning_rate, step, squares):
        squares = squares + kernels.square(gradient)
        move = learning_rate * gradient / kernels.sqrt(squares + self.epsilon)
        return value - move, squares
