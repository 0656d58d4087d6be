"""Nadam."""

from cornu.backend import engine, kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export
from cornu.state.variable import value_of

# By how much the decay of momentum grows with the steps (Dozat 2016, section 3).
GROWTH = 0.96


@export("keras.optimizers.Nadam")
class Nadam(Optimizer):
    """`Adam` with Nesterov momentum, whose decay grows with the steps (Dozat 2016).

    Args:
        learning_rate: float, schedule or callable.
        beta_1: decay of the average of gradients that is neared with time, from 0 to 1.
        beta_2: decay of the average of squared gradients, from 0 to 1.
        epsilon: small number added to the divisor.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Nadam(0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([0.4686, 1.4686], dtype=float32)
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

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._u_product = self.add_variable((), "ones", name="u_product")

    def _decay(self, step):
        """The decay of momentum at a step."""
        return step.dtype.type(self.beta_1) * (1 - 0.5 * GROWTH**step)

    def _update(self, grads, variables):
        dtype = self._u_product.dtype
        step = engine.cast(value_of(self.iterations) + 1, dtype)
        self._u_product.assign(self._u_product.value * self._decay(step))
        super()._update(grads, variables)

    def rule(self, gradient, value, learning_rate, step, momentum, velocity):
        # Rounded as Keras rounds them, which 1 - 0.999 shows in its fifth digit.
        beta_1, beta_2 = map(step.dtype.type, (self.beta_1, self.beta_2))
        product = engine.cast(self._u_product.value, step.dtype.name)
        decay, next_decay = self._decay(step), self._decay(step + 1)
        momentum = momentum + (gradient - momentum) * (1 - beta_1)
        velocity = velocity + (kernels.square(gradient) - velocity) * (1 - beta_2)
        ahead = next_decay * momentum / (1 - product * next_decay)
        ahead = ahead + (1 - decay) * gradient / (1 - product)
        scale = kernels.sqrt(velocity / (1 - beta_2**step)) + self.epsilon
        return value - learning_rate * ahead / scale, momentum, velocity
