"""Window functions of signal processing: vectors of weights that fade towards both ends.

In all of them `x` is the length, an integer that is known before anything is compiled; a window of
length 1 is `[1.]`. They are computed in double precision and returned in the default float (Harris
1978, "On the use of windows for harmonic analysis").
"""

import numpy as np

from cornu.backend import engine
from cornu.core import config
from cornu.symbolic.tensor import KerasTensor


def _window(function, x, *arguments):
    if any(isinstance(value, KerasTensor) for value in (x, *arguments)):
        raise TypeError(
            f"The length of a `{function.__name__}` window must be known: it can't be a symbolic "
            f"tensor. Received: x={x}"
        )
    length = int(x)
    if length < 0:
        raise ValueError(f"A window can't have a negative length. Received: x={length}")
    return engine.asarray(function(length, *map(float, arguments)), config.floatx())


def bartlett(x):
    """A triangle of length `x`, 0 at both ends."""
    return _window(np.bartlett, x)


def blackman(x):
    """`0.42 - 0.5 cos(t) + 0.08 cos(2 t)` for `x` angles t from 0 to 2 pi."""
    return _window(np.blackman, x)


def hamming(x):
    """`0.54 - 0.46 cos(t)` for `x` angles t from 0 to 2 pi."""
    return _window(np.hamming, x)


def hanning(x):
    """`0.5 - 0.5 cos(t)` for `x` angles t from 0 to 2 pi."""
    return _window(np.hanning, x)


def kaiser(x, beta):
    """`i0(beta * sqrt(1 - t**2)) / i0(beta)` for `x` numbers t from -1 to 1; the larger `beta`, the
    narrower."""
    return _window(np.kaiser, x, beta)
