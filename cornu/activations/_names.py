"""Activations by name."""

from cornu.activations import _functions, _piecewise, _smooth
from cornu.serial.family import Family
from cornu.serial.registry import export, path_of

FAMILY = Family(
    "activation function",
    [
        _functions.elu,
        _functions.exponential,
        _functions.gelu,
        _functions.leaky_relu,
        _functions.linear,
        _functions.log_softmax,
        _functions.relu,
        _functions.sigmoid,
        _functions.silu,
        _functions.softmax,
        _functions.softplus,
        _functions.tanh,
        _piecewise.hard_shrink,
        _piecewise.hard_sigmoid,
        _piecewise.hard_silu,
        _piecewise.hard_tanh,
        _piecewise.relu6,
        _piecewise.soft_shrink,
        _piecewise.sparse_plus,
        _piecewise.sparse_sigmoid,
        _piecewise.sparsemax,
        _piecewise.threshold,
        _smooth.celu,
        _smooth.glu,
        _smooth.log_sigmoid,
        _smooth.mish,
        _smooth.selu,
        _smooth.softsign,
        _smooth.squareplus,
        _smooth.tanh_shrink,
    ],
    swish=_functions.silu,
    hard_swish=_piecewise.hard_silu,
)


@export("keras.activations.get")
def get(identifier):
    """The activation that `identifier` stands for.

    Args:
        identifier: a name such as `"relu"`, a callable, a config, or None for `linear`.

    Raises:
        ValueError: for an unknown name, or something that can't be called.

    Example:
        >>> import cornu
        >>> cornu.activations.get("swish") is cornu.activations.silu
        True
    """
    return _functions.linear if identifier is None else FAMILY.get(identifier)


@export("keras.activations.serialize")
def serialize(activation):
    """What a config says of an activation: the name of one of ours, else a description.

    Raises:
        ValueError: if it is no callable.

    Example:
        >>> import cornu
        >>> cornu.activations.serialize(cornu.activations.relu)
        'relu'
    """
    path = path_of(activation) if callable(activation) else None
    if path is not None and path.startswith("keras.activations."):
        return path.rpartition(".")[2]
    if not callable(activation):
        raise ValueError(
            f"Unknown activation function {activation!r:.200} cannot be serialized: it is no "
            "callable. Pass a function "
            "of `keras.activations`, or register your own with "
            "`@keras.saving.register_keras_serializable()`."
        )
    return FAMILY.serialize(activation)


@export("keras.activations.deserialize")
def deserialize(config, custom_objects=None):
    """The activation that `serialize` described.

    Args:
        config: name or description.
        custom_objects: dict of your own activations by name.

    Example:
        >>> import cornu
        >>> cornu.activations.deserialize("relu") is cornu.activations.relu
        True
    """
    return FAMILY.deserialize(config, custom_objects)
