"""Lamb."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Lamb")
class Lamb(Optimizer):
    """`Adam` whose moves are scaled, variable by variable, to the norm of the variable (You et al.
    2019): for very large batches.

    Args:
        learning_rate: float, schedule or callable.
        beta_1: decay of the average of gradients, from 0 to 1.
        beta_2: decay of the average of squared gradients, from 0 to 1.
        epsilon: small number added to the divisor.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([3.0, 4.0])
        >>> cornu.optimizers.Lamb(0.1).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([2.6464, 3.6464], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
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
        _checks.decays(beta_1=beta_1, beta_2=beta_2)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def slot_groups(self):
        return [("momentum", "velocity")]

    def rule(self, gradient, value, learning_rate, step, momentum, velocity):
        momentum = momentum + (gradient - momentum) * (1 - self.beta_1)
        velocity = velocity + (kernels.square(gradient) - velocity) * (1 - self.beta_2)
        mean = momentum / (1 - self.beta_1**step)
        root = kernels.sqrt(velocity / (1 - self.beta_2**step))
        move = mean / (root + self.epsilon)
        return value - learning_rate * _trust(value, move) * move, momentum, velocity


def _trust(value, move):
    """The norm of a variable over that of its move; 1 where one of them is zero."""
    size, length = (kernels.sqrt(kernels.sum(kernels.square(x))) for x in (value, move))
    both = kernels.logical_and(size > 0, length > 0)
    one = kernels.ones((), size.dtype)
    return kernels.where(both, size / kernels.where(both, length, one), one)
