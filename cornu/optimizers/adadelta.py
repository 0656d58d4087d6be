"""Adadelta."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Adadelta")
class Adadelta(Optimizer):
    """Gradient descent by the ratio of two moving averages: of squared moves, and of squared
    gradients (Zeiler 2012).

    Args:
        learning_rate: float, schedule or callable; the paper has 1.0.
        rho: decay of both averages, from 0 to 1.
        epsilon: small number added to both averages.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Adadelta(1.0, epsilon=0.1).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.1835, 1.1835], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.95,
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
        _checks.decays(rho=rho)
        self.rho = rho
        self.epsilon = epsilon

    def slot_groups(self):
        return [("accumulated_grad", "accumulated_delta_var")]

    def rule(self, gradient, value, learning_rate, step, squares, moves):
        squares = self.rho * squares + (1 - self.rho) * kernels.square(gradient)
        ratio = kernels.sqrt(moves + self.epsilon) / kernels.sqrt(squares + self.epsilon)
        move = -ratio * gradient
        moves = self.rho * moves + (1 - self.rho) * kernels.square(move)
        return value + learning_rate * move, squares, moves
