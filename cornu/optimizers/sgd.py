"""Gradient descent with momentum."""

from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.SGD")
class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Without momentum, `value -= learning_rate * gradient`. With it, `m = momentum * m -
    learning_rate * gradient` and `value += m`, or, `nesterov`, `value += momentum * m -
    learning_rate * gradient`.

    Args:
        learning_rate: float, schedule or callable.
        momentum: float from 0 to 1.
        nesterov: whether to look ahead (Nesterov 1983, as in Sutskever et al. 2013).
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Raises:
        ValueError: for a `momentum` outside [0, 1].

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.SGD(0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy()
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
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
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be a float between [0, 1]. Received: momentum={momentum}"
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def slot_groups(self):
        return [("momentum",)] if self.momentum != 0 else []

    def rule(self, gradient, value, learning_rate, step, *slots):
        move = -learning_rate * gradient
        if not slots:
            return (value + move,)
        momentum = self.momentum * slots[0] + move
        if self.nesterov:
            move = self.momentum * momentum + move
            return value + move, momentum
        return value + momentum, momentum
