"""Muon."""

import re

from cornu.backend import kernels
from cornu.optimizers import _checks
from cornu.optimizers._optimizer import Optimizer
from cornu.serial.registry import export

# Keeps a matrix of zeros from a division by zero.
NORM_EPSILON = 1e-7


@export("keras.optimizers.Muon")
class Muon(Optimizer):
    """Moves of matrices by their momentum made orthogonal (Jordan 2024, "Muon: an optimizer for
    hidden layers in neural networks"); `AdamW` for everything else.

    Args:
        learning_rate: float, schedule or callable.
        adam_beta_1, adam_beta_2: as `beta_1` and `beta_2` of `AdamW`.
        adam_weight_decay: `weight_decay` of the variables that `AdamW` moves.
        epsilon: as of `AdamW`.
        weight_decay: fraction of each variable that Muon moves that is lost at each step, times the
            learning rate.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name: as of `Optimizer`.
        exclude_layers: list of regular expressions; variables in whose path one of them is found
            are moved by `AdamW`.
        exclude_embeddings: whether embeddings are moved by `AdamW`.
        muon_a, muon_b, muon_c: coefficients of the quintic polynomial that makes orthogonal.
        adam_lr_ratio: factor of the learning rate of `AdamW`.
        momentum: decay of the momentum of matrices, from 0 to 1.
        ns_steps: number of Newton-Schulz iterations, that is, how often the polynomial is applied.
        nesterov: whether the momentum looks ahead.
        rms_rate: the root mean square of the moves of a matrix, times the learning rate (Liu et
            al. 2025, "Muon is scalable for LLM training"); None for moves that are larger for tall
            matrices, as Jordan has it.

    Example:
        >>> import cornu
        >>> v = cornu.Variable([[1.0, 2.0], [3.0, 4.0]])
        >>> cornu.optimizers.Muon(0.5).apply([cornu.ops.eye(2)], [v])
    """

    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.775,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
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
        _checks.decays(adam_beta_1=adam_beta_1, adam_beta_2=adam_beta_2)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def slot_groups(self):
        return [("momentum", "velocity")]

    def _make_slots(self, variables, names):
        momentums, velocities = [], []
        for variable in variables:
            kept = not variable.overwrite_with_gradient
            for column, name, needed in (
                (momentums, "momentum", kept),
                (velocities, "velocity", kept and self._should_use_adamw(variable)),
            ):
                column.append(self.add_variable_from_reference(variable, name) if needed else None)
        return momentums, velocities

    def _should_use_adamw(self, variable):
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def _decay_weight(self, variable, learning_rate):
        fraction = self.weight_decay
        if self._should_use_adamw(variable):
            fraction = self.adam_weight_decay
        self._lose(variable, fraction, learning_rate)

    def rule(self, gradient, value, learning_rate, step, momentum, *velocity):
        if velocity:
            return self._adamw(gradient, value, learning_rate, step, momentum, *velocity)
        momentum = self.momentum * momentum + gradient
        ahead = gradient + self.momentum * momentum if self.nesterov else momentum
        move = self.lr_adjust(self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        return value - learning_rate * move, momentum

    def _adamw(self, gradient, value, learning_rate, step, momentum, velocity):
        momentum = momentum + (gradient - momentum) * (1 - self.adam_beta_1)
        velocity = velocity + (kernels.square(gradient) - velocity) * (1 - self.adam_beta_2)
        correction = kernels.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
        rate = learning_rate * self.adam_lr_ratio * correction
        return value - rate * momentum / (kernels.sqrt(velocity) + self.epsilon), momentum, velocity

    def lr_adjust(self, x):
        """An orthogonal `x` scaled to the root mean square `rms_rate`; unchanged if that is
        None."""
        if self.rms_rate is None:
            return x
        return x * self.rms_rate * max(x.shape[0], x.shape[1]) ** 0.5

    def transpose_last_axis(self, X):
        """`X` with its last two axes exchanged."""
        return kernels.swapaxes(X, -1, -2)

    def zeropower_via_newtonschulz5(self, x, steps):
        """About the nearest orthogonal matrix to each matrix of `x`, by Newton-Schulz iteration
        with a quintic polynomial, whose singular values end near 1.

        Args:
            x: tensor of shape (..., rows, columns).
            steps: number of iterations.

        Raises:
            ValueError: for fewer than two axes.
        """
        if x.ndim < 2:
            raise ValueError(
                "Expected gradient or momentum to have at least 2 dimensions. Received: "
                f"shape={tuple(x.shape)}"
            )
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        squares = kernels.sum(kernels.square(x), axis=(-2, -1), keepdims=True)
        x = x / (kernels.sqrt(squares) + x.dtype.type(NORM_EPSILON))
        for _ in range(steps):
            gram = kernels.matmul(x, self.transpose_last_axis(x))
            mixture = self.muon_b * gram + self.muon_c * kernels.matmul(gram, gram)
            x = self.muon_a * x + kernels.matmul(mixture, x)
        return self.transpose_last_axis(x) if tall else x
