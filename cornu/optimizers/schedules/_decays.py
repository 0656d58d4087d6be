"""Learning rates that fall. In the formulas, `step` counts the steps done, from 0."""

import math

from cornu import ops
from cornu.optimizers.schedules._schedule import LearningRateSchedule
from cornu.serial.registry import export


def _positive(name, value):
    if value <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
    return value


def _start(initial, step):
    """The initial rate as a tensor, and the step as one of the same dtype."""
    initial = ops.convert_to_tensor(initial)
    return initial, ops.cast(step, initial.dtype)


@export("keras.optimizers.schedules.ExponentialDecay")
class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: float.
        decay_steps: positive number of steps.
        decay_rate: factor for each `decay_steps` steps.
        staircase: whether the exponent is rounded down to an integer.
        name: a name, kept in the config.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:
        >>> import cornu
        >>> rate = cornu.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)
        >>> float(rate(20))
        0.25
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="ExponentialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        initial, step = _start(self.initial_learning_rate, step)
        exponent = step / self.decay_steps
        if self.staircase:
            exponent = ops.floor(exponent)
        return initial * ops.power(self.decay_rate, exponent)


@export("keras.optimizers.schedules.InverseTimeDecay")
class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: float.
        decay_steps: positive number of steps.
        decay_rate: how much is added to the divisor for each `decay_steps` steps.
        staircase: whether `step / decay_steps` is rounded down to an integer.
        name: a name, kept in the config.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:
        >>> import cornu
        >>> rate = cornu.optimizers.schedules.InverseTimeDecay(1.0, 10, 0.5)
        >>> float(rate(20))
        0.5
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name="InverseTimeDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        initial, step = _start(self.initial_learning_rate, step)
        time = step / self.decay_steps
        if self.staircase:
            time = ops.floor(time)
        return initial / (1 + self.decay_rate * time)


@export("keras.optimizers.schedules.PolynomialDecay")
class PolynomialDecay(LearningRateSchedule):
    """From `initial_learning_rate` to `end_learning_rate` along `(1 - step / decay_steps) **
    power`.

    Args:
        initial_learning_rate: float.
        decay_steps: positive number of steps until the end.
        end_learning_rate: float.
        power: exponent; 1 is a straight line.
        cycle: whether to begin again after the end, with the next multiple of `decay_steps` in its
            place.
        name: a name, kept in the config.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:
        >>> import cornu
        >>> rate = cornu.optimizers.schedules.PolynomialDecay(1.0, 10, end_learning_rate=0.0)
        >>> float(rate(5)), float(rate(15))
        (0.5, 0.0)
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step):
        initial, step = _start(self.initial_learning_rate, step)
        steps = self.decay_steps
        if self.cycle:
            steps = steps * ops.maximum(ops.ceil(step / self.decay_steps), 1.0)
        else:
            step = ops.minimum(step, float(steps))
        left = ops.power(1 - step / steps, self.power)
        return (initial - self.end_learning_rate) * left + self.end_learning_rate


@export("keras.optimizers.schedules.PiecewiseConstantDecay")
class PiecewiseConstantDecay(LearningRateSchedule):
    """One constant after the other.

    Args:
        boundaries: list of increasing steps; each is the last of its piece.
        values: list of rates, one more than boundaries.
        name: a name, kept in the config.

    Raises:
        ValueError: if the lengths don't fit.

    Example:
        >>> import cornu
        >>> rate = cornu.optimizers.schedules.PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.25])
        >>> [float(rate(step)) for step in (2, 3, 6)]
        [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                "boundaries="
                f"{boundaries} of length {len(boundaries)}, and values={values} of length "
                f"{len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step):
        step = ops.convert_to_tensor(step)
        rate = ops.convert_to_tensor(self.values[-1], dtype="float32")
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(ops.less_equal(step, boundary), float(value), rate)
        return rate


def _half_cosine(fraction):
    """From 1 at 0 to 0 at 1, along a cosine."""
    return 0.5 * (1 + ops.cos(math.pi * fraction))


@export("keras.optimizers.schedules.CosineDecay")
class CosineDecay(LearningRateSchedule):
    """Down along half a cosine, after a straight rise if `warmup_target` is given (Loshchilov &
    Hutter 2016).

    Args:
        initial_learning_rate: float.
        decay_steps: positive number of steps of the way down.
        alpha: where it ends, as a fraction of where the way down began.
        name: a name, kept in the config.
        warmup_target: rate at the top, or None for `initial_learning_rate` and no rise.
        warmup_steps: number of steps of the rise.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:
        >>> import cornu
        >>> CosineDecay = cornu.optimizers.schedules.CosineDecay
        >>> rate = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)
        >>> [round(float(rate(step)), 3) for step in (2, 4, 9, 14)]
        [0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        initial, step = _start(self.initial_learning_rate, step)
        if self.warmup_target is None:
            return self._decay(step, initial)
        rise = (self.warmup_target - initial) * step / max(self.warmup_steps, 1) + initial
        down = self._decay(step - self.warmup_steps, self.warmup_target)
        return ops.where(step < self.warmup_steps, rise, down)

    def _decay(self, step, top):
        fraction = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
        return top * ((1 - self.alpha) * _half_cosine(fraction) + self.alpha)


@export("keras.optimizers.schedules.CosineDecayRestarts")
class CosineDecayRestarts(LearningRateSchedule):
    """Down along half a cosine, again and again (Loshchilov & Hutter 2016).

    Args:
        initial_learning_rate: float.
        first_decay_steps: positive number of steps of the first way down.
        t_mul: factor from the length of one way down to the next.
        m_mul: factor from the rate at the top of one to the next.
        alpha: where each ends, as a fraction of the initial rate.
        name: a name, kept in the config.

    Raises:
        ValueError: if `first_decay_steps` is not positive.

    Example:
        >>> import cornu
        >>> rate = cornu.optimizers.schedules.CosineDecayRestarts(1.0, 10)
        >>> [round(float(rate(step)), 3) for step in (0, 5, 10, 20)]
        [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="SGDRDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step):
        initial, step = _start(self.initial_learning_rate, step)
        done = step / self.first_decay_steps
        if self.t_mul == 1.0:
            restarts = ops.floor(done)
            fraction = done - restarts
        else:
            # Lengths grow geometrically: i restarts take (1 - t**i) / (1 - t) first lengths.
            ratio = float(self.t_mul)
            restarts = ops.floor(ops.log(1 - done * (1 - ratio)) / math.log(ratio))
            over = (1 - ratio**restarts) / (1 - ratio)
            fraction = (done - over) / ratio**restarts
        height = self.m_mul**restarts * _half_cosine(fraction)
        return initial * ((1 - self.alpha) * height + self.alpha)
