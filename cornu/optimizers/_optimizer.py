"""The base of optimizers: everything but the rule by which one variable moves."""

import functools
import numbers

from cornu import initializers, ops
from cornu.backend import engine
from cornu.backend.jax.tape import GradientTape
from cornu.control_flow.retry import Conversions
from cornu.core.errors import shorten
from cornu.core.scopes import FRAME
from cornu.optimizers import _checks
from cornu.optimizers._step import OptimizerStep
from cornu.optimizers.schedules import LearningRateSchedule
from cornu.serial.configurable import constructor_fields
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export, public_class
from cornu.state.functional import functional
from cornu.state.variable import Variable, store_of

PLAIN = (int, float, bool, str, type(None))
# Constructor arguments of the base, in the order in which configs list them.
FIELDS = (
    "name",
    "learning_rate",
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)
BAD_LEARNING_RATE = (
    "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a "
    "callable without "
    "arguments that returns the learning rate. Received instead: learning_rate={value}"
)
NOT_SETTABLE = (
    "This optimizer was created with a `LearningRateSchedule` object or a callable as its "
    "`learning_rate` "
    "constructor argument, hence its learning rate is not settable. If you need the learning rate "
    "to be settable, "
    "you should instantiate the optimizer with a float `learning_rate` argument."
)
UNKNOWN_VARIABLE = (
    "Unknown variable: {path}. This optimizer can only be called for the variables it was "
    "originally built with. "
    "When working with a new set of variables, you should recreate a new optimizer instance."
)


@export("keras.Optimizer", "keras.optimizers.Optimizer")
class Optimizer(OptimizerStep):
    """Changes variables so that a loss falls, by its gradients.

    A subclass gives the names of its slots, variables that it keeps for each trainable one, and a
    `rule`: a pure function of values. (Or, as in Keras, it makes its variables in `build` and
    assigns in `update_step`.)

    Args:
        learning_rate: float, a `LearningRateSchedule`, or a callable without arguments.
        weight_decay: if given, each variable loses this fraction of itself, times the learning
            rate, at each step.
        clipnorm: if given, the largest L2 norm of each gradient.
        clipvalue: if given, the largest absolute value of an element of a gradient.
        global_clipnorm: if given, the largest L2 norm of all gradients together.
        use_ema: whether to keep a moving average of each variable.
        ema_momentum: how slow the average moves, from 0 to 1.
        ema_overwrite_frequency: if given, variables are set to their averages after every so many
            steps; else `finalize_variable_values` sets them, at the end of `fit`.
        loss_scale_factor: if given, the factor of `scale_loss`, by which gradients are divided
            again.
        gradient_accumulation_steps: if given, variables change at every so many calls only, by the
            mean gradient.
        name: name, by default the class's in snake case, made unique.

    Raises:
        ValueError: for values outside of what is said above, and for unknown arguments.

    Example:
        >>> import cornu
        >>> class Descent(cornu.optimizers.Optimizer):
        ...     def rule(self, gradient, value, learning_rate, step):
        ...         return (value - learning_rate * gradient,)
        >>> v = cornu.Variable([1.0, 2.0])
        >>> Descent(learning_rate=0.5).apply([cornu.ops.ones((2,))], [v])
        >>> v.numpy()
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate,
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
        _checks.refuse_unknown(kwargs, type(self))
        super().__init__(name)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._excluded_from_decay = frozenset()
        self._check_settings()
        self._iterations = self.add_variable((), dtype="int32", name="iteration")
        self._learning_rate = self._learning_rate_from(learning_rate)

    def _check_settings(self):
        clips = (self.clipnorm, self.clipvalue, self.global_clipnorm)
        if sum(value is not None for value in clips) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                "clipnorm={}, "
                "clipvalue={}, global_clipnorm={}".format(*clips)
            )
        steps = self.gradient_accumulation_steps
        if steps is not None and not steps >= 2:
            raise ValueError(
                "`gradient_accumulation_steps` must be an integer >= 2. Received: "
                f"gradient_accumulation_steps={steps}"
            )
        if not self.use_ema:
            return
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(
                "`ema_momentum` must be in the range [0, 1]. Received: "
                f"ema_momentum={self.ema_momentum}"
            )
        often = self.ema_overwrite_frequency
        if often and (not isinstance(often, numbers.Integral) or often < 1):
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer >= 1 or None. Received: "
                f"ema_overwrite_frequency={often}"
            )

    def _learning_rate_from(self, value):
        if isinstance(value, dict):
            value = deserialize_keras_object(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            _checks.learning_rate(value)
            return self.add_variable((), initializers.Constant(value), name="learning_rate")
        if callable(value):
            return value
        raise ValueError(BAD_LEARNING_RATE.format(value=shorten(value)))

    @property
    def learning_rate(self):
        """The learning rate: a variable, to which a number can be assigned; or what the schedule
        says at this step."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value):
        settable = isinstance(self._learning_rate, Variable)
        if callable(value):
            if settable:
                self._tracker.untrack(self._learning_rate)
            self._learning_rate = value
        elif settable:
            _checks.learning_rate(value)
            self._learning_rate.assign(value)
        else:
            raise TypeError(NOT_SETTABLE)

    def _get_current_learning_rate(self):
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        return self._learning_rate() if callable(self._learning_rate) else self._learning_rate

    @property
    def iterations(self):
        """Number of updates done: an int32 variable (with gradient accumulation, a tensor)."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    def slot_groups(self):
        """Names of the variables kept for each trainable one: a list of tuples.

        The variables of one tuple are made for one trainable variable after the other.
        """
        return []

    def slot_start(self, name):
        """The initializer of the slot `name`."""
        return "zeros"

    def build(self, variables):
        """Make what is kept for each of `variables`, the trainable ones; a second call does
        nothing.

        Args:
            variables: list of variables.
        """
        if self.built:
            return
        self._trainable_variables = list(variables)
        self._positions = {id(v): index for index, v in enumerate(self._trainable_variables)}
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(
                variables, "average"
            )
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = [
                self.add_variable_from_reference(v, "gradient_accumulator") for v in variables
            ]
        for names in self.slot_groups():
            columns = self._make_slots(variables, names)
            self._slots.update(zip(names, columns, strict=True))
        self.built = True

    def _make_slots(self, variables, names):
        """The slots of one group: for each name a list, with None where a variable has none."""
        return self.add_optimizer_variables(variables, names, [*map(self.slot_start, names)])

    def _get_variable_index(self, variable):
        """The place of a trainable variable among those that the optimizer was built with."""
        index = self._positions.get(id(variable))
        if index is None:
            raise ValueError(UNKNOWN_VARIABLE.format(path=getattr(variable, "path", variable)))
        return index

    def apply_gradients(self, grads_and_vars):
        """Change variables by their gradients, given as pairs `(gradient, variable)`; returns
        `iterations`."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def minimize(self, loss, var_list, tape=None):
        """Change variables so that a loss falls: its gradients by a tape, then `apply_gradients`.

        Args:
            loss: function without arguments that computes a scalar, or a scalar that was computed
                under `tape`.
            var_list: list of variables, or a function without arguments that returns it.
            tape: the `GradientTape` that recorded the loss; not needed for a function.

        Returns:
            `iterations`.

        Raises:
            ValueError: if the loss is no function and there is no tape.

        Example:
            >>> import cornu
            >>> v = cornu.Variable(3.0)
            >>> optimizer = cornu.optimizers.SGD(0.1)
            >>> for _ in range(2):
            ...     iterations = optimizer.minimize(lambda: v * v, [v])
            >>> round(float(v), 4), int(iterations)
            (1.92, 2)
        """
        if tape is None and not callable(loss):
            raise ValueError(
                "`tape` is required when a `Tensor` loss is passed. Received: "
                f"loss={shorten(loss)}, tape=None. Pass the tape under which the loss was "
                "computed, or a function that computes it."
            )
        tape = GradientTape() if tape is None else tape
        with tape:
            scaled = self.scale_loss(loss() if callable(loss) else loss)
        variables = list(var_list() if callable(var_list) else var_list)
        return self.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))

    def apply(self, grads, trainable_variables=None):
        """Change variables by their gradients.

        Outside of compiled code this is one compiled call, whatever the number of variables.

        Args:
            grads: list of tensors; None leaves its variable as it is, with a warning.
            trainable_variables: list of variables, by default those that the optimizer was built
                with.

        Raises:
            ValueError: if counts or shapes differ, all gradients are None, or a variable is
                unknown.
        """
        grads = list(grads)
        if not grads:
            return
        grads, variables = _checks.present(grads, self._variables_for(grads, trainable_variables))
        grads = [_checks.checked_gradient(g, v) for g, v in zip(grads, variables, strict=True)]
        if self._compiles():
            self._apply_compiled(grads, variables)
        else:
            self._step(grads, variables)

    def _variables_for(self, grads, variables):
        if variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be "
                    "built on a list of "
                    "variables. Call `optimizer.build(trainable_variables)` first."
                )
            variables = self._trainable_variables
        else:
            variables = list(variables)
            if not self.built:
                self.build(variables)
        if len(grads) != len(variables):
            raise ValueError(
                "The gradients must match the trainable variables one-to-one. Received a list of "
                f"{len(grads)} gradients for {len(variables)} trainable variables."
            )
        for variable in variables:
            if id(variable) not in self._positions:
                self._get_variable_index(variable)
        return variables

    def _compiles(self):
        """Whether `apply` may run as one compiled call: at the top level, with rules that are known
        to be pure."""
        return FRAME.get() is None and not engine.is_tracing() and self._is_pure()

    def _is_pure(self):
        """Whether the update is our own, of which it is known that it only reads and assigns."""
        cls = type(self)
        schedule = self._learning_rate
        return cls.update_step is public_class(cls).update_step and isinstance(
            schedule, (Variable, LearningRateSchedule)
        )

    def settings_key(self):
        """All that a compiled step bakes in: it changes when a setting does, such as `beta_1` or
        `clipnorm`."""
        plain = tuple(item for item in self.__dict__.items() if isinstance(item[1], PLAIN))
        return (plain, id(self._learning_rate), self._excluded_from_decay, len(self._variables))

    def _apply_compiled(self, grads, variables):
        constraints = tuple([variable._constraint for variable in variables])
        key = (tuple(map(id, variables)), tuple(map(id, constraints)), self.settings_key())
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = (*self._compile(variables), constraints)
        state, run, _ = found
        store = store_of(*state)
        store[:] = run(list(store), grads)

    def _compile(self, variables):
        """The variables that a step over `variables` may change, with the tuple of their ids, and
        the step as a compiled function of values."""
        state = list({id(v): v for v in self._changed(variables)}.values())
        pure = functional(lambda grads: self._step(grads, variables), state)
        conversions = Conversions()

        def step(values, grads):
            with conversions:
                return pure(values, grads)[1]

        run = functools.partial(conversions.retried, engine.compile(step))
        return (state, tuple(map(id, state))), run

    def _changed(self, variables):
        """All variables that a step over `variables` may change."""
        return [*self._variables, *(self._trainable_variables if self.use_ema else variables)]

    def _own(self, variables):
        """Those of `variables` that the optimizer was built with."""
        return [variable for variable in variables if id(variable) in self._positions]

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """`apply` as a pure function of values.

        Args:
            optimizer_variables: values of `variables`.
            grads: list of gradients, one for each variable that the optimizer was built with.
            trainable_variables: values of those variables.

        Returns:
            Two lists: new values of the trainable variables, and of the optimizer's.

        Raises:
            ValueError: if the optimizer is not built or counts differ.
        """
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {type(self).__name__} must be built (i.e. its "
                "variables must have been "
                "created). You can build it via `optimizer.build(trainable_variables)`."
            )
        _checks.same_count("optimizer_variables", optimizer_variables, self.variables)
        _checks.same_count("trainable_variables", trainable_variables, self._trainable_variables)
        state = [*self._trainable_variables, *self.variables]
        values = [*trainable_variables, *optimizer_variables]
        pure = functional(lambda: self.apply(grads, self._trainable_variables), state)
        _, new = pure([v._stand_in(value) for v, value in zip(state, values, strict=True)])
        count = len(self._trainable_variables)
        return new[:count], new[count:]

    def get_config(self):
        """The constructor's arguments, with the learning rate as it is now."""
        config = {name: getattr(self, name) for name in FIELDS if name != "learning_rate"}
        rate = self._learning_rate
        current = (
            float(rate.numpy()) if isinstance(rate, Variable) else serialize_keras_object(rate)
        )
        config = {"name": config.pop("name"), "learning_rate": current, **config}
        given = self._init_args
        for name in constructor_fields(type(self)):
            if name not in config and not name.startswith("*"):
                config[name] = serialize_keras_object(getattr(self, name, given.get(name)))
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer from its config.

        Args:
            config: what `get_config` returned.
            custom_objects: dict of your own learning rate schedules by name.
        """
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(
                config["learning_rate"], custom_objects=custom_objects
            )
        return cls(**config)
