"""`Normalization`."""

import math
import operator

import numpy as np

from cornu import ops
from cornu.core import config
from cornu.core.errors import shorten
from cornu.data.convert import to_array
from cornu.data.feeds import feed_of
from cornu.layers._layer import Layer
from cornu.serial.registry import export


@export("keras.layers.Normalization")
class Normalization(Layer):
    """Shifts and scales inputs to mean 0 and variance 1, by moments of the data known beforehand.

    `(x - mean) / sqrt(variance)`, where the moments are learned by `adapt(data)` or given. A
    standard deviation below the backend's epsilon (1e-7) counts as that.

    Args:
        axis: int or tuple of ints, the axes along which every position has moments of its own;
            None for one mean and variance of everything.
        mean: the mean, with a shape that fits the kept axes.
        variance: the variance, likewise; both are given or neither.
        invert: whether the layer does the opposite: `x * sqrt(variance) + mean`.
        **kwargs: see `Layer`.

    Inputs of any shape in which the kept axes are known; outputs have the same shape.

    Raises:
        ValueError: if only one of `mean` and `variance` is given, or an axis is not there.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Normalization(axis=None, mean=3.0, variance=4.0)
        >>> layer(cornu.ops.convert_to_tensor([1.0, 3.0, 5.0]))
        Array([-1.,  0.,  1.], dtype=float32)
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        self.axis = _axes(axis)
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. Received: "
                f"mean={shorten(mean)} and variance={shorten(variance)}"
            )
        self.input_mean, self.input_variance = mean, variance
        self.invert = invert
        self.supports_masking = True
        self.adapt_mean = self.adapt_variance = self.count = None

    def build(self, input_shape):
        rank = len(input_shape)
        for axis in self.axis:
            if not -rank <= axis < rank:
                raise ValueError(
                    "All `axis` values must be in the range [-ndim, ndim). Received inputs with "
                    f"ndim={rank}, while axis={self.axis}"
                )
        self._kept = sorted(axis % rank for axis in self.axis)
        for axis in self._kept:
            if input_shape[axis] is None:
                raise ValueError(
                    "All `axis` values to be kept must have a known shape. Received "
                    f"axis={self.axis}, inputs.shape={tuple(input_shape)}, with unknown axis at "
                    f"index {axis}"
                )
        self._broadcast = [input_shape[i] if i in self._kept else 1 for i in range(rank)]
        if self.input_mean is not None:
            self._check_given(self.input_mean, "mean")
            self._check_given(self.input_variance, "variance")
            return
        shape = tuple(input_shape[axis] for axis in self._kept)
        self.adapt_mean = self._moment("mean", shape, "zeros")
        self.adapt_variance = self._moment("variance", shape, "ones")
        # Files of Keras have it; nothing is counted in it there either.
        self.count = self.add_weight(
            name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
        )

    def _moment(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self.variable_dtype,
            initializer=initializer,
            trainable=False,
            autocast=False,
        )

    def _check_given(self, values, name):
        shape = np.shape(values)
        try:
            np.broadcast_shapes(shape, tuple(self._broadcast))
        except ValueError as error:
            raise ValueError(
                f"`{name}` of shape {shape} does not fit inputs that are normalised in shape "
                f"{tuple(self._broadcast)}."
            ) from error

    def adapt(self, data):
        """Learn mean and variance; what was learned before is forgotten.

        Args:
            data: an array, or an iterable of batches (a generator, `PyDataset`, `DataLoader`,
                dataset of TensorFlow).

        Raises:
            ValueError: if the moments were given to the constructor, or there are no data.
            TypeError: if the data are no arrays.
        """
        if self.input_mean is not None:
            raise ValueError(
                "This layer was given its `mean` and `variance`, so there is nothing to adapt. "
                "Leave them out to learn them from data."
            )
        total, mean, squares = 0, 0.0, 0.0
        for batch in _batches(data):
            if not self.built:
                self.build(batch.shape)
                self.built = True
                self._build_shapes_dict = {"input_shape": tuple(batch.shape)}
            # Chan et al., "Algorithms for computing the sample variance" (1983), in float64.
            values = np.asarray(batch, "float64")
            kept = [axis % values.ndim for axis in self.axis]
            others = tuple(i for i in range(values.ndim) if i not in kept)
            count = math.prod(values.shape[i] for i in others)
            if not count:
                continue
            own = values.mean(axis=others)
            gap = own - mean
            squares = squares + values.var(axis=others) * count
            squares = squares + gap**2 * (total * count / (total + count))
            total += count
            mean = mean + gap * (count / total)
        if not total:
            raise ValueError("There are no data to adapt to.")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(squares / total)

    def finalize_state(self):
        """Nothing is left to do: `adapt` sets the moments at once."""

    def convert_weight(self, weight):
        """A weight as the engine that computes this layer takes it: unchanged, as there is only
        one engine here."""
        return weight

    @property
    def mean(self):
        """The mean, in a shape that broadcasts over inputs; None before there is one."""
        return self._moments()[0]

    @property
    def variance(self):
        """The variance, likewise."""
        return self._moments()[1]

    def _moments(self):
        if self.input_mean is not None:
            given = (self.input_mean, self.input_variance)
            values = [ops.convert_to_tensor(value, dtype=self.compute_dtype) for value in given]
            if not self.built or values[0].ndim > 1:
                return values
            return [ops.broadcast_to(value, self._broadcast) for value in values]
        if not self.built:
            return [None, None]
        adapted = (self.adapt_mean, self.adapt_variance)
        return [
            ops.cast(ops.reshape(variable, self._broadcast), self.compute_dtype)
            for variable in adapted
        ]

    def call(self, inputs):
        inputs = ops.cast(inputs, self.compute_dtype)
        mean, variance = self._moments()
        deviation = ops.maximum(ops.sqrt(variance), config.epsilon())
        if self.invert:
            return inputs * deviation + mean
        return (inputs - mean) / deviation

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def get_config(self):
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": _listed(self.input_mean),
            "variance": _listed(self.input_variance),
        }

    def load_own_variables(self, store):
        """Set the moments from a store."""
        super().load_own_variables(store)
        self.finalize_state()


def _axes(axis):
    if axis is None:
        return ()
    try:
        return (operator.index(axis),)
    except TypeError:
        return tuple(operator.index(one) for one in axis)


def _listed(values):
    return None if values is None else np.asarray(values, "float64").tolist()


def _batches(data):
    """Data as NumPy arrays, one after the other."""
    if hasattr(data, "shape"):
        yield _as_array(data)
        return
    feed = iter(data) if isinstance(data, (list, tuple)) else _fed(data)
    for batch in feed:
        if not hasattr(batch, "shape"):
            raise TypeError(
                "`adapt` expects an array, or an iterable of arrays. Received one of "
                f"{type(batch).__name__}: {shorten(batch)}"
            )
        yield _as_array(batch)


def _as_array(value):
    """NumPy's float64 stays as it is: moments are as exact as the data."""
    return value if isinstance(value, np.ndarray) else np.asarray(to_array(value))


def _fed(data):
    feed = feed_of(data, shuffle=False)
    feed.begin()
    try:
        yield from feed.batches(lambda: True)
        feed.end()
    finally:
        feed.close()
