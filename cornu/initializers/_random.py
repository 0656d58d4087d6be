"""Random initializers. Numbers are drawn on the host by NumPy, so that no shape costs a
compilation."""

import math

import numpy as np

from cornu.backend import engine
from cornu.core import dtypes
from cornu.initializers._constant import to_tensor
from cornu.initializers._initializer import Initializer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export
from cornu.state.seeds import SeedGenerator, make_default_seed

# Standard deviation of the normal distribution cut off at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978
MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


def _generator(seed):
    """NumPy's generator for an int or the next seed of a `SeedGenerator`."""
    if isinstance(seed, SeedGenerator):
        key = seed.next()
        if engine.is_traced(key):
            raise RuntimeError(
                f"The initializer's seed generator '{seed.name}' has no concrete state inside a "
                "compiled function. "
                "Create the weights before (build the model), or give the initializer an int as "
                "its seed."
            )
        key = [int(word) for word in np.asarray(key)]
    else:
        key = [int(seed) % 2**64, 0]
    return np.random.Generator(np.random.Philox(key=key))


def _truncated_normal(draw, shape, kind):
    """Standard normal numbers; those beyond 2 are drawn again."""
    values = draw.standard_normal(shape, kind)
    flat = values.reshape(-1)
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = draw.standard_normal(outside.size, kind)
        outside = outside[np.abs(flat[outside]) > 2]
    return flat.reshape(shape)


class RandomInitializer(Initializer):
    """Base of the random initializers.

    Args:
        seed: int, for the same values at each call; a `SeedGenerator`, for new ones at each call;
            None for an int drawn at random, which `set_random_seed` makes repeatable.
    """

    def __init__(self, seed=None):
        self._given_seed = seed
        if isinstance(seed, dict):
            seed = self._given_seed = deserialize_keras_object(seed)
        elif seed is None:
            seed = make_default_seed()
        if not isinstance(seed, (int, np.integer, SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` or an "
                "integer. "
                f"Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self):
        """The constructor's arguments; a seed that was not given is None."""
        config = super().get_config()
        if isinstance(config.get("seed"), int):
            config["seed"] = self._given_seed
        return config

    def __call__(self, shape, dtype=None):
        dtype = dtypes.narrow(dtypes.standardize_dtype(dtype))
        if not dtypes.is_float_dtype(dtype):
            raise ValueError(
                f"{type(self).__name__} draws floating point numbers. Received: dtype={dtype}"
            )
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        kind = np.float64 if dtype == "float64" else np.float32
        return to_tensor(self._draw(_generator(self.seed), shape, kind), dtype)

    def _draw(self, draw, shape, kind):
        """Values of dtype `kind` from NumPy's generator `draw`."""
        raise NotImplementedError(f"{type(self).__name__} must define `_draw` or `__call__`")


@export("keras.initializers.RandomNormal", "keras.initializers.random_normal")
class RandomNormal(RandomInitializer):
    """Normally distributed elements.

    Args:
        mean: mean of the distribution.
        stddev: standard deviation.
        seed: int, `SeedGenerator` or None.

    Example:
        >>> import cornu
        >>> cornu.initializers.RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
        (2, 3)
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def _draw(self, draw, shape, kind):
        return draw.standard_normal(shape, kind) * kind(self.stddev) + kind(self.mean)


@export("keras.initializers.TruncatedNormal", "keras.initializers.truncated_normal")
class TruncatedNormal(RandomInitializer):
    """Normally distributed elements, those further than two `stddev` from the mean drawn again.

    Args:
        mean: mean of the distribution.
        stddev: standard deviation before the cut.
        seed: int, `SeedGenerator` or None.

    Example:
        >>> import cornu
        >>> bool(abs(cornu.initializers.TruncatedNormal(stddev=1.0, seed=1)((100,))).max() <= 2)
        True
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def _draw(self, draw, shape, kind):
        return _truncated_normal(draw, shape, kind) * kind(self.stddev) + kind(self.mean)


@export("keras.initializers.RandomUniform", "keras.initializers.random_uniform")
class RandomUniform(RandomInitializer):
    """Elements spread evenly over [minval, maxval).

    Args:
        minval, maxval: the interval.
        seed: int, `SeedGenerator` or None.

    Example:
        >>> import cornu
        >>> bool((cornu.initializers.RandomUniform(0.0, 1.0, seed=1)((100,)) >= 0).all())
        True
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval, self.maxval = minval, maxval
        super().__init__(seed)

    def _draw(self, draw, shape, kind):
        return _uniform(draw, shape, kind, self.minval, self.maxval)


def _uniform(draw, shape, kind, low, high):
    values = draw.random(shape, kind)
    values *= kind(high - low)  # in place: memory is what takes time here
    values += kind(low)
    return values


@export("keras.initializers.VarianceScaling", "keras.initializers.variance_scaling")
class VarianceScaling(RandomInitializer):
    """Elements of mean 0 and variance `scale / n`, n being the inputs or outputs of a unit.

    Args:
        scale: positive float.
        mode: what n is: `"fan_in"`, `"fan_out"`, or `"fan_avg"`, the mean of both.
        distribution: `"truncated_normal"` (also called `"normal"`), `"untruncated_normal"` or
            `"uniform"`.
        seed: int, `SeedGenerator` or None.
        input_axes, output_axes: axes (ints) of the shape whose sizes multiply to the number of
            inputs and of outputs. By default the last two axes are inputs and outputs, each times
            the sizes of the axes before, which are a convolution's window.

    Raises:
        ValueError: for a `scale`, `mode` or `distribution` that is none of these.

    Example:
        >>> import cornu
        >>> he = cornu.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal", seed=1)
        >>> round(float(he((200, 300)).std()), 2)
        0.1
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in MODES:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {MODES}")
        distribution = str(distribution).lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in DISTRIBUTIONS:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. Please use one of "
                f"{DISTRIBUTIONS}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed)

    def _draw(self, draw, shape, kind):
        fan_in, fan_out = _fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        stddev = math.sqrt(self.scale / max(1.0, fans[self.mode]))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev
            return _uniform(draw, shape, kind, -limit, limit)
        if self.distribution == "untruncated_normal":
            return draw.standard_normal(shape, kind) * kind(stddev)
        return _truncated_normal(draw, shape, kind) * kind(stddev / TRUNCATED_STDDEV)


def _fans(shape, input_axes, output_axes):
    """Numbers of inputs and outputs of a unit whose weights have this shape."""
    if input_axes is not None and output_axes is not None:
        return _size(shape, input_axes), _size(shape, output_axes)
    if len(shape) < 2:
        return (shape[0],) * 2 if shape else (1, 1)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _size(shape, axes):
    axes = (axes,) if isinstance(axes, int) else axes
    try:
        return math.prod(shape[axis] for axis in axes)
    except IndexError:
        raise ValueError(
            f"`input_axes` and `output_axes` must be axes of the shape {shape}. Received: "
            f"{tuple(axes)}"
        ) from None


class _Scaled(VarianceScaling):
    """`VarianceScaling` with three settings made."""

    settings = ()

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self.settings, seed, input_axes, output_axes)


@export("keras.initializers.GlorotUniform", "keras.initializers.glorot_uniform")
class GlorotUniform(_Scaled):
    """Even spread of variance `2 / (inputs + outputs)` (Glorot & Bengio 2010). Arguments as of
    `VarianceScaling`.

    Example:
        >>> import cornu
        >>> bool(abs(cornu.initializers.GlorotUniform(seed=1)((2, 4))).max() <= 1.0)
        True
    """

    settings = (1.0, "fan_avg", "uniform")


@export("keras.initializers.GlorotNormal", "keras.initializers.glorot_normal")
class GlorotNormal(_Scaled):
    """Truncated normal of variance `2 / (inputs + outputs)` (Glorot & Bengio 2010). Arguments as of
    `VarianceScaling`.

    Example:
        >>> import cornu
        >>> cornu.initializers.GlorotNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    settings = (1.0, "fan_avg", "truncated_normal")


@export("keras.initializers.HeUniform", "keras.initializers.he_uniform")
class HeUniform(_Scaled):
    """Even spread of variance `2 / inputs` (He et al. 2015). Arguments as of `VarianceScaling`.

    Example:
        >>> import cornu
        >>> cornu.initializers.HeUniform(seed=1)((2, 4)).shape
        (2, 4)
    """

    settings = (2.0, "fan_in", "uniform")


@export("keras.initializers.HeNormal", "keras.initializers.he_normal")
class HeNormal(_Scaled):
    """Truncated normal of variance `2 / inputs` (He et al. 2015). Arguments as of
    `VarianceScaling`.

    Example:
        >>> import cornu
        >>> cornu.initializers.HeNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    settings = (2.0, "fan_in", "truncated_normal")


@export("keras.initializers.LecunUniform", "keras.initializers.lecun_uniform")
class LecunUniform(_Scaled):
    """Even spread of variance `1 / inputs` (LeCun et al. 1998). Arguments as of `VarianceScaling`.

    Example:
        >>> import cornu
        >>> cornu.initializers.LecunUniform(seed=1)((2, 4)).shape
        (2, 4)
    """

    settings = (1.0, "fan_in", "uniform")


@export("keras.initializers.LecunNormal", "keras.initializers.lecun_normal")
class LecunNormal(_Scaled):
    """Truncated normal of variance `1 / inputs` (LeCun et al. 1998). Arguments as of
    `VarianceScaling`.

    Example:
        >>> import cornu
        >>> cornu.initializers.LecunNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    settings = (1.0, "fan_in", "truncated_normal")


@export(
    "keras.initializers.Orthogonal",
    "keras.initializers.OrthogonalInitializer",
    "keras.initializers.orthogonal",
)
class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns, times `gain` (Saxe et al. 2014).

    The axes before the last are taken together as rows.

    Args:
        gain: factor.
        seed: int, `SeedGenerator` or None.

    Raises:
        ValueError: when called with a shape of fewer than two axes.

    Example:
        >>> import cornu
        >>> q = cornu.initializers.Orthogonal(seed=1)((3, 3))
        >>> bool(abs(q @ q.T - cornu.ops.eye(3)).max() < 1e-5)
        True
    """

    def __init__(self, gain=1.0, seed=None):
        self.gain = gain
        super().__init__(seed)

    def _draw(self, draw, shape, kind):
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = draw.standard_normal((max(rows, columns), min(rows, columns)), kind)
        q, r = np.linalg.qr(normal)
        q = q * np.sign(np.diag(r))  # without this the distribution is not uniform
        return (kind(self.gain) * (q.T if rows < columns else q)).reshape(shape)
