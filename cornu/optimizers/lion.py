"""Lion."""

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Lion")
class Lion(Optimizer):
    """Moves by the sign of a mixture of the gradient and its moving average (Chen et al. 2023,
    "Symbolic discovery of optimization algorithms").

    Every element moves by the learning rate, which is to be 3 to 10 times smaller than for `Adam`.

    Args:
        learning_rate: float, schedule or callable.
        beta_1: share of the average in the mixture, above 0 and at most 1.
        beta_2: decay of the average, from 0 to 1.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Raises:
        ValueError: for a `beta_1` outside ]0, 1].

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Lion(0.5).apply([cornu.ops.array([3.0, -0.1])], [v])
        >>> v.numpy()
        array([0.5, 2.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.99,
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
        if not isinstance(beta_1, (int, float)) or not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer "
                f"degenerates to SignSGD. Received: beta_1={beta_1}."
            )
        _checks.decays(beta_2=beta_2)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slot_groups(self):
        return [("momentum",)]

    def rule(self, gradient, value, learning_rate, step, momentum):
        mixed = momentum * self.beta_1 + gradient * (1 - self.beta_1)
        momentum = momentum * self.beta_2 + gradient * (1 - self.beta_2)
        return value - learning_rate * kernels.sign(mixed), momentum
