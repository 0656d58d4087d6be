"""Adafactor."""

from cornu.backend import kernels
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export
from cornu.state.variable import Variable


@export("keras.optimizers.Adafactor")
class Adafactor(Optimizer):
    """`Adam` without momentum and with little memory: of squared gradients it keeps the means over
    rows and over columns (Shazeer & Stern 2018).

    Args:
        learning_rate: float, schedule or callable: the largest rate; it falls with the root of the
            step.
        beta_2_decay: negative float: the decay of the averages is `1 - step ** beta_2_decay`.
        epsilon_1: small number added to squared gradients.
        epsilon_2: the root mean square of a variable is taken to be at least this.
        clip_threshold: largest root mean square of a move before it is scaled.
        relative_step: kept in the config; as in Keras, the rate falls either way.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: as of
            `Optimizer`.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([3.0, 4.0])
        >>> cornu.optimizers.Adafactor(0.1).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy().round(4)
        array([2.6464, 3.6464], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def slot_groups(self):
        return [("rows", "columns", "velocity")]

    def _make_slots(self, variables, names):
        found = [self._slots_of(variable) for variable in variables]
        return tuple([list(column) for column in zip(*found, strict=True)]) or ([], [], [])

    def _slots_of(self, variable):
        """Means over rows and over columns, and the estimate of squares that follows from them;
        vectors have the latter only, and numbers without a meaning in place of the means."""
        if variable.overwrite_with_gradient:
            return None, None, None
        shape, dtype, name = variable.shape, variable.dtype, variable.name
        if len(shape) < 2:
            means = [Variable(0, trainable=False, name=name) for _ in range(2)]
            for mean in means:
                self._tracker.add("variables", mean)
        else:
            means = [
                self.add_variable(part, dtype=dtype, name=name)
                for part in (shape[:-1], (*shape[:-2], shape[-1]))
            ]
        return *means, self.add_variable_from_reference(variable, "velocity")

    def rule(self, gradient, value, learning_rate, step, rows, columns, squares):
        rate = kernels.minimum(learning_rate, kernels.rsqrt(step))
        rate = rate * _at_least(_root_mean_square(value), self.epsilon_2)
        decay = 1 - step**self.beta_2_decay
        power = kernels.square(gradient) + self.epsilon_1
        if value.ndim >= 2:
            rows = decay * rows + (1 - decay) * kernels.mean(power, axis=-1)
            columns = decay * columns + (1 - decay) * kernels.mean(power, axis=-2)
            share = rows / kernels.mean(rows, axis=-1, keepdims=True)
            squares = share[..., None] * columns[..., None, :]
        else:
            squares = decay * squares + (1 - decay) * power
        move = gradient * kernels.rsqrt(squares)
        excess = _at_least(_root_mean_square(move) / self.clip_threshold, 1.0)
        return value - rate * move / excess, rows, columns, squares


def _at_least(x, limit):
    return kernels.maximum(x, x.dtype.type(limit))


def _root_mean_square(x):
    return kernels.sqrt(kernels.mean(kernels.square(x)))
