"""Initializers by name."""

import numpy as np

from cornu.backend import engine
from cornu.initializers._constant import Constant, Identity, Ones, Zeros, to_tensor
from cornu.initializers._initializer import Initializer
from cornu.initializers._random import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from cornu.initializers._stft import STFT
from cornu.serial.family import Family
from cornu.serial.registry import export
from cornu.state.variable import initializer_by_name

FAMILY = Family(
    "initializer",
    [
        Constant,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        Identity,
        Initializer,
        LecunNormal,
        LecunUniform,
        Ones,
        Orthogonal,
        RandomNormal,
        RandomUniform,
        STFT,
        TruncatedNormal,
        VarianceScaling,
        Zeros,
    ],
    IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal,
    STFTInitializer=STFT,
    normal=RandomNormal,
    one=Ones,
    uniform=RandomUniform,
    zero=Zeros,
)


@export("keras.initializers.get")
def get(identifier):
    """The initializer that `identifier` stands for.

    Args:
        identifier: a name such as `"glorot_uniform"`, an initializer or its class, a callable
            `(shape, dtype)`, a config, an array to be used as it is, or None.

    Raises:
        ValueError: for anything else.

    Example:
        >>> import cornu
        >>> cornu.initializers.get("Ones")((1,))
        Array([1.], dtype=float32)
    """
    if isinstance(identifier, np.ndarray) or engine.is_tensor(identifier):
        return _given_values(identifier)
    return FAMILY.get(identifier)


initializer_by_name.append(get)


def _given_values(values):
    def initialize(shape, dtype=None):
        """The values, if they have the shape asked for."""
        if tuple(shape) != tuple(values.shape):
            raise ValueError(
                f"Expected `shape` to be {tuple(values.shape)} for direct tensor as initializer. "
                f"Received shape={tuple(shape)}"
            )
        return to_tensor(values, dtype)

    return initialize


@export("keras.initializers.serialize")
def serialize(initializer):
    """The config of an initializer.

    Example:
        >>> import cornu
        >>> cornu.initializers.serialize(cornu.initializers.Zeros())["class_name"]
        'Zeros'
    """
    return FAMILY.serialize(initializer)


@export("keras.initializers.deserialize")
def deserialize(config, custom_objects=None):
    """The initializer that `serialize` described.

    Args:
        config: name or config.
        custom_objects: dict of your own initializers by name.

    Example:
        >>> import cornu
        >>> config = cornu.initializers.serialize(cornu.initializers.Constant(2.0))
        >>> cornu.initializers.deserialize(config).value
        2.0
    """
    return FAMILY.deserialize(config, custom_objects)
