"""Ftrl."""

from cornu import initializers
from cornu.backend import kernels
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export


@export("keras.optimizers.Ftrl")
class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al. 2013, "Ad click prediction", with the
    shrinkage of L2): for large, sparse, shallow models.

    Args:
        learning_rate: float, schedule or callable.
        learning_rate_power: how the rate falls with the sum of squared gradients, at most 0 (0 not
            at all, -0.5 by its root).
        initial_accumulator_value: what the sums of squares start from, at least 0.
        l1_regularization_strength: float from 0; how much small weights are pulled to exact zeros.
        l2_regularization_strength: float from 0; how much large weights are pulled down.
        l2_shrinkage_regularization_strength: float from 0; the same, by the gradient.
        beta: float from 0; the paper's beta.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Raises:
        ValueError: for an argument outside of its range.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([1.0, 2.0])
        >>> cornu.optimizers.Ftrl(0.5, initial_accumulator_value=3.0).apply([[1.0, 1.0]], [v])
        >>> v.numpy().round(4)
        array([-0.116 ,  0.0179], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
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
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. Received: "
                f"learning_rate_power={learning_rate_power}."
            )
        for name in NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ValueError(
                    f"`{name}` needs to be positive or zero. Received: "
                    f"{name}={getattr(self, name)}."
                )

    def slot_groups(self):
        return [("accumulator", "linear")]

    def slot_start(self, name):
        start = self.initial_accumulator_value
        return initializers.Constant(start) if name == "accumulator" else "zeros"

    def rule(self, gradient, value, learning_rate, step, squares, linear):
        power = -self.learning_rate_power
        new_squares = squares + kernels.square(gradient)
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * value
        root = kernels.power(new_squares, power)
        growth = (root - kernels.power(squares, power)) / learning_rate
        linear = linear + shrunk - growth * value
        limit = self.l1_regularization_strength
        excess = kernels.clip(linear, -limit, limit) - linear
        l2 = self.l2_regularization_strength + self.beta / (2 * learning_rate)
        return excess / (root / learning_rate + 2 * l2), new_squares, linear


NOT_NEGATIVE = (
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
)
