"""RMSprop."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.RMSprop")
class RMSprop(Optimizer):
    """Gradient descent by the gradient over the root of a moving average of its square (Tieleman &
    Hinton 2012).

    Args:
        learning_rate: float, schedule or callable.
        rho: decay of the average, from 0 to 1.
        momentum: float from 0; how much of the last move is made again.
        epsilon: small number added to the average.
        centered: whether to divide by an estimate of the variance instead (Graves 2013).
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.RMSprop(0.1).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.6838, 1.6838], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
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
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def slot_groups(self):
        groups = [("velocity",)]
        if self.momentum > 0:
            groups.append(("momentum",))
        if self.centered:
            groups.append(("average_gradient",))
        return groups

    def rule(self, gradient, value, learning_rate, step, velocity, *slots):
        slots = list(slots)
        velocity = self.rho * velocity + (1 - self.rho) * kernels.square(gradient)
        variance = velocity + self.epsilon
        if self.centered:
            slots[-1] = self.rho * slots[-1] + (1 - self.rho) * gradient
            variance = variance - kernels.square(slots[-1])
        move = learning_rate * gradient * kernels.rsqrt(variance)
        if self.momentum > 0:
            slots[0] = move = self.momentum * slots[0] + move
        return value - move, velocity, *slots
