"""Schedule-free AdamW."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.ScheduleFreeAdamW")
class ScheduleFreeAdamW(Optimizer):
    """`AdamW` that needs no schedule of the learning rate (Defazio et al. 2024, "The road less
    scheduled").

    Steps go from a point z; gradients are taken between z and the mean x of all z so far:
    `y = (1 - beta_1) * z + beta_1 * x`. Variables hold y.

    Args:
        learning_rate: float, schedule or callable.
        beta_1: how near to the mean gradients are taken, above 0 and at most 1.
        beta_2: decay of the average of squared gradients, from 0 to 1.
        epsilon: small number added to the divisor.
        warmup_steps: number of steps over which the rate grows linearly from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Raises:
        ValueError: for a `beta_1` outside ]0, 1].

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.ScheduleFreeAdamW(0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.0025,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        warmup_steps=0,
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
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "`beta_1` must be in the range ]0, 1]: the mean is found from variables that hold "
                f"this share of it. Received: beta_1={beta_1}."
            )
        _checks.decays(beta_2=beta_2)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def slot_groups(self):
        return [("momentum", "velocity")]

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        for variable, point in zip(variables, self._slots["momentum"], strict=True):
            if point is not None:
                point.assign(variable)

    def rule(self, gradient, value, learning_rate, step, point, velocity):
        # Rounded as Keras rounds them, which 1 - 0.999 shows in its fifth digit.
        beta_1, beta_2 = map(step.dtype.type, (self.beta_1, self.beta_2))
        if self.warmup_steps > 0:
            learning_rate = learning_rate * kernels.minimum(step / self.warmup_steps, 1.0)
        mean = (value - (1 - beta_1) * point) / beta_1
        velocity = velocity + (kernels.square(gradient) - velocity) * (1 - beta_2)
        root = kernels.sqrt(velocity / (1 - beta_2**step))
        point = point - learning_rate * gradient / (root + self.epsilon)
        mean = mean + (point - mean) / step
        return (1 - beta_1) * point + beta_1 * mean, point, velocity
