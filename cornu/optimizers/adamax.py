"""Adamax."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Adamax")
class Adamax(Optimizer):
    """`Adam` by the largest gradient instead of the mean square (Kingma & Ba 2014, section 7.1).

    Args:
        learning_rate: float, schedule or callable.
        beta_1: decay of the average of gradients, from 0 to 1.
        beta_2: decay of the largest absolute gradient, from 0 to 1.
        epsilon: small number added to the divisor.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Adamax(0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.5, 1.5], dtype=float32)
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
        return [("momentum", "norm")]

    def rule(self, gradient, value, learning_rate, step, momentum, largest):
        momentum = momentum + (gradient - momentum) * (1 - self.beta_1)
        largest = kernels.maximum(self.beta_2 * largest, kernels.absolute(gradient))
        rate = learning_rate / (1 - self.beta_1**step)
        return value - rate * momentum / (largest + self.epsilon), momentum, largest
