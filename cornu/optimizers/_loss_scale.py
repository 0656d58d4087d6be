"""Loss scaling: small gradients survive float16."""

from cornu import initializers
from cornu.backend import engine, kernels
from cornu.core.errors import shorten
from cornu.optimizers._optimizer import Optimizer
from cornu.optimizers._wrapper import WrapperOptimizer
from cornu.serial.configurable import constructor_fields
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export
from cornu.state.functional import Frame


@export("keras.optimizers.LossScaleOptimizer")
class LossScaleOptimizer(WrapperOptimizer):
    """Scales the loss up, and gradients down again, by a factor that adapts itself (Micikevicius et
    al. 2017, "Mixed precision training").

    Gradients of float16 computations that would round to zero become large enough. A step whose
    gradients are not all finite changes nothing but the factor, which is halved; after so many
    finite steps in a row it is doubled. `compile` puts it around the optimizer of a model whose
    dtype policy is `mixed_float16`, unless told not to.

    Args:
        inner_optimizer: the optimizer that does the updates; its settings, such as clipping, apply
            to gradients at their true size.
        initial_scale: float above 0: the factor at the beginning.
        dynamic_growth_steps: number of finite steps after which the factor is doubled.
        name: name, by default the class's in snake case, made unique.
        **kwargs: settings of `Optimizer` belong to the inner optimizer: they are an error here.

    Raises:
        ValueError: for settings that belong to the inner optimizer, and for what is no optimizer.

    Example:
        >>> import cornu
        >>> inner = cornu.optimizers.SGD(0.5)
        >>> optimizer = cornu.optimizers.LossScaleOptimizer(inner, initial_scale=4.0)
        >>> v = cornu.Variable([1.0])
        >>> float(optimizer.scale_loss(3.0))
        12.0
        >>> optimizer.apply([[4.0]], [v])
        >>> v.numpy()
        array([0.5], dtype=float32)
    """

    def __init__(
        self,
        inner_optimizer,
        initial_scale=2.0**15,
        dynamic_growth_steps=2000,
        name=None,
        **kwargs,
    ):
        _refuse_settings(kwargs)
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(
                "`inner_optimizer` must be an optimizer; `keras.optimizers.get` makes one from a "
                f"name. Received: inner_optimizer={shorten(inner_optimizer)}."
            )
        super().__init__(name)
        self.inner_optimizer = inner_optimizer
        # Two factors would be one too many: Keras takes the fixed one away, too.
        inner_optimizer.loss_scale_factor = None
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps

    def _inner(self):
        return [self.inner_optimizer]

    def build(self, variables):
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), initializers.Constant(self.initial_scale), dtype="float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    def _step(self, grads, variables):
        scale = self.dynamic_scale.value
        finite = self.check_finite(grads)
        unscaled = [
            gradient if variable.overwrite_with_gradient else _divided(gradient, scale)
            for gradient, variable in zip(grads, variables, strict=True)
        ]
        with Frame() as frame:
            self.inner_optimizer.apply(unscaled, variables)
        for key, variable in frame.written.items():
            variable.assign(kernels.where(finite, frame.values[key], variable._raw_value))
        self._adapt(finite, scale)

    def _adapt(self, finite, scale):
        """Halve the factor after a step that was not finite, double it after so many that were."""
        count = self.step_counter.value + 1
        full = count == self.dynamic_growth_steps
        kept = kernels.logical_and(finite, kernels.logical_not(full))
        self.step_counter.assign(kernels.where(kept, count, kernels.zeros((), "int32")))
        grown = kernels.where(full, scale * 2, scale)
        self.dynamic_scale.assign(kernels.where(finite, grown, scale / 2))

    def check_finite(self, grads):
        """Whether all elements of all gradients are finite: a boolean scalar.

        Args:
            grads: list of tensors; None counts as finite.
        """
        found = [kernels.all(kernels.isfinite(engine.asarray(g))) for g in grads if g is not None]
        return kernels.all(kernels.stack(found)) if found else engine.asarray(True)

    def scale_loss(self, loss):
        """`loss` times the factor of now."""
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    @property
    def learning_rate(self):
        """The inner optimizer's."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self):
        """The inner optimizer's: steps that changed nothing don't count."""
        return self.inner_optimizer.iterations

    def get_config(self):
        """The constructor's arguments."""
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer from its config.

        Args:
            config: what `get_config` returned.
            custom_objects: dict of your own optimizers by name.
        """
        inner = deserialize_keras_object(config["inner_optimizer"], custom_objects=custom_objects)
        return cls(**{**config, "inner_optimizer": inner})


def _divided(gradient, scale):
    """A gradient at its true size."""
    return engine.cast(gradient / scale, gradient.dtype.name)


def _refuse_settings(kwargs):
    """Raise for all that belongs to the inner optimizer; what says the default is let through, as
    older files have it."""
    if not kwargs.pop("dynamic", True):
        raise ValueError(
            "LossScaleOptimizer no longer supports `dynamic=False`. Instead, set "
            "`loss_scale_factor` directly on the `inner_optimizer`."
        )
    for name, default in constructor_fields(Optimizer).items():
        if name in ("name", "learning_rate") or name not in kwargs:
            continue
        if kwargs.pop(name) != default:
            raise ValueError(
                f"LossScaleOptimizer does not support `{name}`. Instead, set `{name}` on the "
                "`inner_optimizer`."
            )
    if kwargs:
        raise ValueError(
            "LossScaleOptimizer does not support arguments: "
            f"{', '.join(f'`{name}`' for name in kwargs)}. It takes inner_optimizer, "
            "initial_scale, dynamic_growth_steps, name."
        )
