"""What may be wrong with what optimizers are given."""

import math
import warnings

from cornu.backend import engine
from cornu.core.errors import did_you_mean, shorten
from cornu.serial.configurable import constructor_fields
from cornu.state.variable import value_of


def refuse_unknown(kwargs, cls):
    """Raise for arguments that a constructor does not take."""
    if kwargs.pop("decay", None) is not None:
        warnings.warn(
            "Argument `decay` is no longer supported and will be ignored. Use a schedule, such as "
            "`keras.optimizers.schedules.InverseTimeDecay`.",
            stacklevel=4,
        )
    if not kwargs:
        return
    name = next(iter(kwargs))
    fields = [field for field in constructor_fields(cls) if not field.startswith("*")]
    hint = " Did you mean 'learning_rate'?" if name == "lr" else did_you_mean(name, fields)
    raise ValueError(
        f"Argument(s) not recognized: {shorten(kwargs)}.{hint} {cls.__name__} takes: "
        f"{', '.join(fields)}."
    )


def present(grads, variables):
    """Gradients and variables without the pairs whose gradient is None."""
    if all(gradient is not None for gradient in grads):
        return grads, variables
    missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
    if len(missing) == len(grads):
        raise ValueError(
            "No gradients provided for any variable: all of them are None. The loss does not "
            "depend on "
            f"{shorten(missing)}."
        )
    warnings.warn(
        f"Gradients do not exist for variables {shorten(missing)} when minimizing the loss. If "
        "using "
        "`model.compile()`, did you forget to provide a `loss` argument?",
        stacklevel=4,
    )
    pairs = [pair for pair in zip(grads, variables, strict=True) if pair[0] is not None]
    return [gradient for gradient, _ in pairs], [variable for _, variable in pairs]


def checked_gradient(gradient, variable):
    """A gradient as a tensor of its variable's shape."""
    gradient = value_of(gradient)
    if not engine.is_tensor(gradient):
        gradient = engine.asarray(gradient)
    if tuple(gradient.shape) != variable._shape:
        raise ValueError(
            f"The gradient of the variable '{variable.path}' must have its shape "
            f"{variable._shape}. "
            f"Received: gradient.shape={tuple(gradient.shape)}"
        )
    return gradient


def same_count(name, values, variables):
    """Raise unless there is a value for each variable."""
    if len(values) != len(variables):
        raise ValueError(
            f"Argument `{name}` must be a list of tensors corresponding 1:1 to the "
            f"{len(variables)} variables that "
            f"the optimizer was built with. Received list with length {len(values)}."
        )


def decays(**values):
    """Raise for the decay of a moving average outside of [0, 1[: at 1 it would stay at 0."""
    for name, value in values.items():
        if isinstance(value, (int, float)) and not 0 <= value < 1:
            raise ValueError(
                f"`{name}` must be at least 0 and below 1: it is the share of a moving average that"
                f" is kept at each step. Received: {name}={value}"
            )


def learning_rate(value):
    """Raise for a learning rate that is negative or no number."""
    if isinstance(value, (int, float)) and not 0 <= value < math.inf:
        raise ValueError(
            "`learning_rate` must be a finite number of at least 0. Received:"
            f" learning_rate={value}"
        )
