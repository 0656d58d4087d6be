"""What a case of the layers' table is, and samplers of inputs; for cornu and for Keras alike."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Case:
    """One layer as constructed, and what it is called on.

    Args:
        make: from the package (`cornu` or `keras`) to the layer.
        inputs: from a `numpy.random.Generator` to an array or a nest of arrays.
        random: whether the layer draws random numbers in training.
        mask: from a generator to the mask, or nest of masks, that the inputs have in a further run.
        ints: whether the layer's outputs are integers or booleans, or have no gradient.
        named: whether `inputs` are a dict of arguments of the call by name, for layers that take
            several.
        options: further arguments of each call.
    """

    make: Callable
    inputs: Callable
    random: bool = False
    mask: Callable | None = None
    ints: bool = False
    named: bool = False
    options: dict = field(default_factory=dict)

    def values(self):
        """The inputs."""
        return self.inputs(np.random.default_rng(5))

    def mask_values(self):
        """The masks of the inputs."""
        return self.mask(np.random.default_rng(6))

    def call(self, layer, inputs, *first, **more):
        """Call a layer, or one of its methods, on inputs; `first` goes before them."""
        if self.named:
            return layer(*first, **inputs, **self.options, **more)
        return layer(*first, inputs, **self.options, **more)

    def with_shapes(self, method, shapes):
        """Call a method of a layer on the shapes of inputs."""
        if self.named:
            return method(**{f"{name}_shape": shape for name, shape in shapes.items()})
        return method(shapes)


def floats(*shape):
    """A sampler of floats."""
    return lambda r: r.normal(size=shape).astype("float32")


def integers(high, *shape):
    """A sampler of integers in [0, high)."""
    return lambda r: r.integers(0, high, shape).astype("int32")


def bools(*shape):
    """A sampler of booleans, as many true as false or more."""
    return lambda r: r.random(shape) < 0.7


def several(*samplers):
    """A sampler of a list."""
    return lambda r: [sampler(r) for sampler in samplers]


SEQUENCE, IMAGE = floats(2, 7, 4), floats(2, 6, 5, 4)
FIRST = "channels_first"


def set_weights(layer):
    """Give every weight of a layer other values than it started with, by its place and name."""
    values = []
    for place, weight in enumerate(layer.weights):
        value = np.random.default_rng(place).normal(size=tuple(weight.shape)) * 0.5
        positive = "variance" in weight.name or "stddev" in weight.name
        values.append(np.abs(value) + 0.5 if positive else value)
    layer.set_weights([value.astype("float32") for value in values])
