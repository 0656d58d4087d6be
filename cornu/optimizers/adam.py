"""Adam and AdamW."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Adam")
class Adam(Optimizer):
    """Gradient descent by moving averages of the gradient and of its square (Kingma & Ba 2014).

    Args:
        learning_rate: float, schedule or callable.
        beta_1: decay of the average of gradients, from 0 to 1.
        beta_2: decay of the average of squared gradients, from 0 to 1.
        epsilon: small number added to the divisor ("epsilon hat" of the paper).
        amsgrad: whether to divide by the largest average of squares so far (Reddi et al. 2018).
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Adam(0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
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
        self.amsgrad = amsgrad

    def slot_groups(self):
        first = [("momentum", "velocity")]
        return [*first, ("velocity_hat",)] if self.amsgrad else first

    def rule(self, gradient, value, learning_rate, step, momentum, velocity, *largest):
        momentum = momentum + (gradient - momentum) * (1 - self.beta_1)
        velocity = velocity + (kernels.square(gradient) - velocity) * (1 - self.beta_2)
        correction = kernels.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        divisor = velocity
        if largest:
            divisor = kernels.maximum(largest[0], velocity)
            largest = (divisor,)
        move = momentum * (learning_rate * correction) / (kernels.sqrt(divisor) + self.epsilon)
        return value - move, momentum, velocity, *largest


@export("keras.optimizers.AdamW")
class AdamW(Adam):
    """`Adam` with weight decay that does not go through its averages (Loshchilov & Hutter 2017).

    Args:
        learning_rate: float, schedule or callable.
        weight_decay: fraction of each variable that is lost at each step, times the learning rate.
        beta_1, beta_2, epsilon, amsgrad: as of `Adam`.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name: as of `Optimizer`.

    Raises:
        ValueError: if `weight_decay` is None.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.AdamW(0.5, weight_decay=0.2).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.4, 1.3], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
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
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
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
