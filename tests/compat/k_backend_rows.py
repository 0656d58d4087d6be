"""Rows of the functions of Keras 2's `keras.backend`.

A row is a call `call(K, r)`: `K` is the namespace under test, `r` draws the arguments, as tensors.
What comes out is recorded with Keras (`data/k_backend.json`) or given by `want`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RECORDED = object()


class Draw:
    """Draws arguments, the same ones each time.

    Args:
        wrap: from a NumPy array to what a tensor is.
    """

    def __init__(self, wrap):
        self.wrap = wrap
        self._generator = np.random.default_rng(7)

    def normal(self, *shape):
        """Floats around 0."""
        return self.wrap(self._generator.normal(size=shape).round(3).astype("float32"))

    def uniform(self, low, high, *shape):
        """Floats in [low, high)."""
        return self.wrap(self._generator.uniform(low, high, shape).round(3).astype("float32"))

    def integers(self, low, high, *shape):
        """Integers in [low, high)."""
        return self.wrap(self._generator.integers(low, high, shape).astype("int32"))

    def booleans(self, *shape):
        """True and False."""
        return self.wrap(self._generator.uniform(size=shape) < 0.6)

    def probabilities(self, *shape):
        """Positive floats whose sum along the last axis is 1."""
        values = self._generator.uniform(0.1, 1.0, shape)
        return self.wrap((values / values.sum(-1, keepdims=True)).astype("float32"))

    def given(self, values, dtype="float32"):
        """These values."""
        return self.wrap(np.array(values, dtype))


@dataclass(frozen=True)
class Row:
    """One use of one function.

    Args:
        name: the function.
        call: `call(K, r)`, which returns a nest of tensors, arrays or numbers.
        want: what it returns, or RECORDED.
        symbolic: whether the call can be made on symbolic tensors too.
    """

    name: str
    call: Callable
    want: Any = RECORDED
    symbolic: bool = True


def row(name, call, want=RECORDED, symbolic=True):
    """A `Row`."""
    return Row(name, call, want, symbolic)


def on_values(name, call, want=RECORDED):
    """A `Row` of a function that is called with values only."""
    return Row(name, call, want, symbolic=False)


def on_arrays(function):
    """What an oracle `function(r)` gives for the arguments that `r` draws as NumPy arrays."""
    return function(Draw(np.asarray))


def unary(*names):
    """Rows of functions of one tensor."""
    return [row(name, lambda K, r, name=name: getattr(K, name)(r.normal(3, 4))) for name in names]


def binary(*names):
    """Rows of functions of two tensors that broadcast."""
    return [
        row(
            name,
            lambda K, r, name=name: getattr(K, name)(r.integers(0, 3, 3, 4), r.integers(0, 3, 4)),
        )
        for name in names
    ]


def reductions(*names):
    """Rows of functions that reduce axes."""
    found = []
    for name in names:
        found += [
            row(name, lambda K, r, name=name: getattr(K, name)(r.normal(3, 4))),
            row(name, lambda K, r, name=name: getattr(K, name)(r.normal(3, 4), axis=-1)),
            row(name, lambda K, r, name=name: getattr(K, name)(r.normal(3, 4, 2), axis=[0, 2])),
            row(name, lambda K, r, name=name: getattr(K, name)(r.normal(3, 4), 0, True)),
        ]
    return found


ELEMENTWISE = [
    *unary("abs", "cos", "exp", "round", "sigmoid", "sign", "sin", "softplus", "softsign", "sqrt"),
    *unary("square", "tanh", "hard_sigmoid", "elu", "relu", "softmax", "zeros_like", "ones_like"),
    *binary("equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"),
    *binary("not_equal"),
    row("log", lambda K, r: K.log(r.uniform(0.1, 9.0, 3, 4))),
    row("pow", lambda K, r: K.pow(r.uniform(0.1, 2.0, 3), r.normal(3))),
    row("pow", lambda K, r: K.pow(r.normal(3), 2.0)),
    row("sqrt", lambda K, r: K.sqrt(r.given([-4.0, 0.0, 9.0]))),
    row("clip", lambda K, r: K.clip(r.normal(9), -0.5, 0.5)),
    row("clip", lambda K, r: K.clip(r.normal(9), 1.0, -1.0)),
    row("clip", lambda K, r: K.clip(r.normal(9), None, 0.5)),
    row("clip", lambda K, r: K.clip(r.normal(9), 0.5, None)),
    row("elu", lambda K, r: K.elu(r.normal(9), 0.3)),
    row("relu", lambda K, r: K.relu(3 * r.normal(20), alpha=0.1, max_value=1.5, threshold=0.5)),
    row("relu", lambda K, r: K.relu(3 * r.normal(20), max_value=1.5)),
    row("relu", lambda K, r: K.relu(3 * r.normal(20), alpha=0.1)),
    row("relu", lambda K, r: K.relu(3 * r.normal(20), threshold=1.0)),
    row("relu", lambda K, r: K.relu(3 * r.normal(20), alpha=0.2, threshold=-1.0)),
    row("relu", lambda K, r: K.relu(r.given([-1.0, 0.0, 0.5, 2.0]), alpha=0.2, threshold=0.5)),
    row("relu", lambda K, r: K.relu(r.normal(9), max_value=0.0)),
    row("softmax", lambda K, r: K.softmax(r.normal(3, 4), axis=0)),
    row("l2_normalize", lambda K, r: K.l2_normalize(r.normal(3, 4))),
    row("l2_normalize", lambda K, r: K.l2_normalize(r.normal(3, 4), axis=1)),
    row("l2_normalize", lambda K, r: K.l2_normalize(r.given([[0.0, 0.0]]), axis=1)),
    row("cast", lambda K, r: K.cast(r.normal(3), "int32")),
    row("cast", lambda K, r: K.cast(r.booleans(3), "float32")),
    row("cast_to_floatx", lambda K, r: K.cast_to_floatx(r.integers(0, 9, 3))),
    on_values("cast_to_floatx", lambda K, r: K.cast_to_floatx(np.arange(3))),
    row("stop_gradient", lambda K, r: K.stop_gradient(r.normal(3))),
    row("stop_gradient", lambda K, r: list(K.stop_gradient([r.normal(3), r.normal(2)]))),
    row("zeros_like", lambda K, r: K.zeros_like(r.normal(3), dtype="int32")),
    row("ones_like", lambda K, r: K.ones_like(r.normal(3), dtype="int32")),
]

REDUCE = [
    *reductions("max", "mean", "min", "prod", "std", "sum", "var"),
    row("all", lambda K, r: K.all(r.booleans(3, 4), axis=1)),
    row("all", lambda K, r: K.all(r.given([1.0, 0.0]))),
    row("any", lambda K, r: K.any(r.booleans(3, 4), axis=0, keepdims=True)),
    row("any", lambda K, r: K.any(r.given([[0, 2], [0, 0]], "int32"), axis=-1)),
    row("argmax", lambda K, r: K.argmax(r.normal(3, 4))),
    row("argmax", lambda K, r: K.argmax(r.normal(3, 4), axis=0)),
    row("argmin", lambda K, r: K.argmin(r.normal(3, 4))),
    row("cumprod", lambda K, r: K.cumprod(r.normal(3, 4))),
    row("cumprod", lambda K, r: K.cumprod(r.normal(3, 4), axis=1)),
    row("cumsum", lambda K, r: K.cumsum(r.normal(3, 4))),
    row("mean", lambda K, r: K.mean(r.booleans(3, 4), axis=0)),
    row("std", lambda K, r: K.std(r.booleans(3, 4))),
    row("var", lambda K, r: K.var(r.booleans(3, 4))),
    row("in_top_k", lambda K, r: K.in_top_k(r.normal(5, 4), r.integers(0, 4, 5), 2)),
]

ARRAYS = [
    on_values("arange", lambda K, r: K.arange(5)),
    on_values("arange", lambda K, r: K.arange(1, 9, 3)),
    on_values("arange", lambda K, r: K.arange(0.0, 1.0, 0.25)),
    on_values("arange", lambda K, r: K.arange(3, dtype="float32")),
    on_values("arange", lambda K, r: K.arange(-3)),
    on_values("eye", lambda K, r: K.eye(3)),
    on_values("eye", lambda K, r: K.eye((2, 3)), want=np.eye(2, 3, dtype="float32")),
    on_values("ones", lambda K, r: K.ones((2, 3), dtype="int32")),
    on_values("zeros", lambda K, r: K.zeros((2, 3))),
    on_values("constant", lambda K, r: K.constant([[1, 2], [3, 4]])),
    on_values("constant", lambda K, r: K.constant(5, dtype="int32", shape=(2, 2))),
    on_values("constant", lambda K, r: K.constant([1.5, 2.0, 3.0, 4.0], shape=(2, 2))),
    row("batch_flatten", lambda K, r: K.batch_flatten(r.normal(2, 3, 4))),
    row("flatten", lambda K, r: K.flatten(r.normal(2, 3))),
    row("reshape", lambda K, r: K.reshape(r.normal(2, 6), (3, -1))),
    row("permute_dimensions", lambda K, r: K.permute_dimensions(r.normal(2, 3, 4), (2, 0, 1))),
    row("transpose", lambda K, r: K.transpose(r.normal(2, 3))),
    row("reverse", lambda K, r: K.reverse(r.normal(2, 3), 1)),
    row("reverse", lambda K, r: K.reverse(r.normal(2, 3), (0, 1))),
    row("repeat", lambda K, r: K.repeat(r.normal(2, 3), 4)),
    row("repeat_elements", lambda K, r: K.repeat_elements(r.normal(2, 3), 2, 1)),
    row("tile", lambda K, r: K.tile(r.normal(2, 3), [2, 1])),
    row("expand_dims", lambda K, r: K.expand_dims(r.normal(2, 3))),
    row("expand_dims", lambda K, r: K.expand_dims(r.normal(2, 3), 1)),
    row("squeeze", lambda K, r: K.squeeze(r.normal(2, 1, 3), 1)),
    row("concatenate", lambda K, r: K.concatenate([r.normal(2, 3), r.normal(2, 1)])),
    row("concatenate", lambda K, r: K.concatenate([r.normal(2, 3), r.normal(1, 3)], axis=0)),
    row("stack", lambda K, r: K.stack([r.normal(3), r.normal(3)])),
    row("stack", lambda K, r: K.stack([r.normal(3), r.normal(3)], axis=-1)),
    row("gather", lambda K, r: K.gather(r.normal(4, 3), r.integers(0, 4, 2, 2))),
    row("one_hot", lambda K, r: K.one_hot(r.given([1, 5, -1], "int32"), 3)),
    row("temporal_padding", lambda K, r: K.temporal_padding(r.normal(2, 3, 1), (1, 2))),
    row("spatial_2d_padding", lambda K, r: K.spatial_2d_padding(r.normal(1, 2, 2, 1))),
    row(
        "spatial_2d_padding",
        lambda K, r: K.spatial_2d_padding(r.normal(1, 2, 2, 1), ((0, 1), (2, 0)), "channels_first"),
    ),
    row("spatial_3d_padding", lambda K, r: K.spatial_3d_padding(r.normal(1, 1, 2, 1, 2))),
    row(
        "spatial_3d_padding",
        lambda K, r: K.spatial_3d_padding(
            r.normal(1, 1, 2, 1, 2), ((0, 1), (1, 0), (0, 0)), "channels_first"
        ),
    ),
    row("resize_images", lambda K, r: K.resize_images(r.normal(1, 2, 3, 2), 2, 3, "channels_last")),
    row(
        "resize_images", lambda K, r: K.resize_images(r.normal(1, 2, 2, 3), 2, 1, "channels_first")
    ),
    row(
        "resize_images",
        lambda K, r: K.resize_images(r.normal(1, 2, 3, 1), 2, 2, "channels_last", "bilinear"),
    ),
    row(
        "resize_volumes",
        lambda K, r: K.resize_volumes(r.normal(1, 2, 1, 2, 1), 2, 3, 1, "channels_last"),
    ),
    row(
        "resize_volumes",
        lambda K, r: K.resize_volumes(r.normal(1, 1, 1, 2, 2), 1, 2, 2, "channels_first"),
    ),
]

_DOTS = [
    ((2, 3), (3, 4)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (5, 4, 2)),
    ((3, 2), (2, 1)),
]
_BATCH_DOTS = [
    ((2, 3), (2, 3), None),
    ((2, 3), (2, 3), 1),
    ((2, 3, 4), (2, 4, 5), None),
    ((2, 3, 4), (2, 4, 5), (2, 1)),
    ((2, 3, 4), (2, 5, 4), 2),
    ((2, 3, 4), (2, 3, 5), (1, 1)),
    ((2, 3, 4), (2, 3), 1),
    ((2, 3), (2, 3, 4), 1),
    ((2, 3), (2, 4, 3), (1, 2)),
    ((2, 3, 4), (2, 4), None),
    ((2, 4), (2, 4, 3), None),
    ((2, 1, 3, 4), (2, 4, 2, 1), (3, 1)),
    ((2, 1, 3, 4), (2, 2, 4, 3), None),
    ((2, 1, 3, 4), (2, 4, 5), None),
    ((2, 2, 3, 4), (2, 2), 1),
    ((2, 3, 4), (2, 4, 5), (-1, -2)),
]
PRODUCTS = [
    *[row("dot", lambda K, r, a=a, b=b: K.dot(r.normal(*a), r.normal(*b))) for a, b in _DOTS],
    row(
        "dot",
        lambda K, r: K.dot(r.normal(2, 4, 3), r.normal(3)),
        want=on_arrays(lambda r: r.normal(2, 4, 3) @ r.normal(3)),
    ),
    *[
        row(
            "batch_dot",
            lambda K, r, a=a, b=b, axes=axes: K.batch_dot(r.normal(*a), r.normal(*b), axes),
        )
        for a, b, axes in _BATCH_DOTS
    ],
    row("bias_add", lambda K, r: K.bias_add(r.normal(1, 2, 2, 3), r.normal(3))),
    row("bias_add", lambda K, r: K.bias_add(r.normal(1, 3, 2, 2), r.normal(3), "channels_first")),
    row("bias_add", lambda K, r: K.bias_add(r.normal(1, 2, 4, 3), r.normal(2, 4, 3))),
    row("bias_add", lambda K, r: K.bias_add(r.normal(1, 3, 2), r.normal(2, 3), "channels_first")),
    row("bias_add", lambda K, r: K.bias_add(r.normal(4, 3), r.normal(3))),
    row("conv1d", lambda K, r: K.conv1d(r.normal(1, 5, 2), r.normal(3, 2, 2))),
    row("conv1d", lambda K, r: K.conv1d(r.normal(1, 5, 2), r.normal(3, 2, 1), 2, "same")),
    row(
        "conv1d",
        lambda K, r: K.conv1d(r.normal(1, 6, 1), r.normal(2, 1, 2), 1, "causal", None, 2),
    ),
    row("conv2d", lambda K, r: K.conv2d(r.normal(1, 4, 4, 2), r.normal(2, 3, 2, 2))),
    row(
        "conv2d", lambda K, r: K.conv2d(r.normal(1, 4, 5, 1), r.normal(3, 3, 1, 2), (2, 2), "same")
    ),
    row("conv3d", lambda K, r: K.conv3d(r.normal(1, 3, 3, 3, 1), r.normal(2, 2, 2, 1, 2))),
    row(
        "conv2d_transpose",
        lambda K, r: K.conv2d_transpose(r.normal(1, 2, 3, 2), r.normal(3, 3, 2, 2), (1, 4, 5, 2)),
    ),
    row(
        "conv2d_transpose",
        lambda K, r: K.conv2d_transpose(
            r.normal(1, 2, 3, 2), r.normal(3, 3, 1, 2), (1, 4, 6, 1), (2, 2), "same"
        ),
    ),
    row(
        "conv2d_transpose",
        lambda K, r: K.conv2d_transpose(
            r.normal(1, 2, 3, 2), r.normal(3, 3, 1, 2), (1, 3, 5, 1), (2, 2), "same"
        ),
    ),
    row(
        "conv2d_transpose",
        lambda K, r: K.conv2d_transpose(
            r.normal(1, 2, 2, 1), r.normal(2, 3, 1, 1), (1, 4, 6, 1), (2, 2), "valid"
        ),
    ),
    row(
        "depthwise_conv2d",
        lambda K, r: K.depthwise_conv2d(r.normal(1, 4, 4, 2), r.normal(2, 3, 2, 2)),
    ),
    row(
        "separable_conv2d",
        lambda K, r: K.separable_conv2d(
            r.normal(1, 4, 4, 2), r.normal(3, 3, 2, 2), r.normal(1, 1, 4, 3), (1, 1), "same"
        ),
    ),
    row("pool2d", lambda K, r: K.pool2d(r.normal(1, 4, 4, 2), (2, 2))),
    row("pool2d", lambda K, r: K.pool2d(r.normal(1, 5, 4, 1), (2, 3), (2, 2), "same", None, "avg")),
    row("pool3d", lambda K, r: K.pool3d(r.normal(1, 3, 3, 3, 1), (2, 2, 2))),
    row(
        "pool3d",
        lambda K, r: K.pool3d(r.normal(1, 3, 3, 3, 1), (2, 2, 2), (2, 2, 2), "same", None, "avg"),
    ),
]


def _local_1d(inputs, kernel, size, stride):
    places = [
        inputs[:, place * stride : place * stride + size].reshape(len(inputs), -1) @ kernel[place]
        for place in range(len(kernel))
    ]
    return np.stack(places, 1)


def _local_2d(inputs, kernel, shape):
    """Windows of 2x2, one step apart, channels last."""
    windows = [
        inputs[:, i : i + 2, j : j + 2].reshape(len(inputs), -1)
        for i in range(shape[0])
        for j in range(shape[1])
    ]
    out = np.stack([window @ one for window, one in zip(windows, kernel, strict=True)], 1)
    return out.reshape(len(inputs), *shape, -1)


LOCAL = [
    row(
        "local_conv1d",
        lambda K, r: K.local_conv1d(r.normal(2, 5, 2), r.normal(2, 6, 3), (3,), (2,)),
        want=on_arrays(lambda r: _local_1d(r.normal(2, 5, 2), r.normal(2, 6, 3), 3, 2)),
    ),
    row(
        "local_conv2d",
        lambda K, r: K.local_conv2d(
            r.normal(2, 3, 4, 2), r.normal(6, 8, 3), (2, 2), (1, 1), (2, 3)
        ),
        want=on_arrays(lambda r: _local_2d(r.normal(2, 3, 4, 2), r.normal(6, 8, 3), (2, 3))),
    ),
]

_LABELS = [[0, 1, 0], [2, 0, 1]]
LOSSES = [
    row(
        "binary_crossentropy",
        lambda K, r: K.binary_crossentropy(r.given([0.0, 1.0, 1.0]), r.uniform(0.1, 0.9, 3)),
    ),
    row(
        "binary_crossentropy",
        lambda K, r: K.binary_crossentropy(r.given([0.0, 1.0, 1.0]), r.normal(3), True),
    ),
    row(
        "binary_focal_crossentropy",
        lambda K, r: K.binary_focal_crossentropy(r.given([0.0, 1.0, 1.0]), r.uniform(0.1, 0.9, 3)),
    ),
    row(
        "binary_focal_crossentropy",
        lambda K, r: K.binary_focal_crossentropy(
            r.given([0.0, 1.0, 1.0]), r.normal(3), True, 0.3, 1.5, True
        ),
    ),
    row(
        "categorical_crossentropy",
        lambda K, r: K.categorical_crossentropy(
            r.given([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]), r.probabilities(2, 3)
        ),
    ),
    row(
        "categorical_crossentropy",
        lambda K, r: K.categorical_crossentropy(
            r.given([[0.0, 1.0], [1.0, 0.0]]), r.normal(2, 2), True, 0
        ),
    ),
    row(
        "categorical_focal_crossentropy",
        lambda K, r: K.categorical_focal_crossentropy(
            r.given([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), r.probabilities(2, 3)
        ),
    ),
    row(
        "categorical_focal_crossentropy",
        lambda K, r: K.categorical_focal_crossentropy(
            r.given([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), r.normal(2, 3), 0.5, 1.0, True
        ),
    ),
    row(
        "sparse_categorical_crossentropy",
        lambda K, r: K.sparse_categorical_crossentropy(r.integers(0, 3, 4), r.probabilities(4, 3)),
    ),
    row(
        "sparse_categorical_crossentropy",
        lambda K, r: K.sparse_categorical_crossentropy(r.integers(0, 3, 4), r.normal(4, 3), True),
    ),
    row(
        "sparse_categorical_crossentropy",
        lambda K, r: K.sparse_categorical_crossentropy(
            r.given([0, -1, 2], "int32"), r.probabilities(3, 3), ignore_class=-1
        ),
    ),
    row(
        "batch_normalization",
        lambda K, r: K.batch_normalization(
            r.normal(4, 3), r.normal(3), r.uniform(0.5, 2, 3), r.normal(3), r.normal(3)
        ),
    ),
    row(
        "batch_normalization",
        lambda K, r: K.batch_normalization(
            r.normal(2, 3, 2, 2),
            r.normal(1, 3, 1, 1),
            r.uniform(0.5, 2, 1, 3, 1, 1),
            r.normal(1, 3, 1, 1),
            r.normal(1, 3, 1, 1),
            axis=1,
        ),
    ),
    row(
        "ctc_batch_cost",
        lambda K, r: K.ctc_batch_cost(
            r.given(_LABELS, "int32"),
            r.probabilities(2, 6, 4),
            r.given([[6], [5]], "int32"),
            r.given([[2], [3]], "int32"),
        ),
    ),
    row(
        "ctc_decode",
        lambda K, r: K.ctc_decode(r.probabilities(2, 6, 4), r.given([6, 4], "int32")),
    ),
    row(
        "ctc_decode",
        lambda K, r: K.ctc_decode(r.probabilities(2, 6, 4), r.given([6, 4], "int32"), False, 8, 2),
    ),
]


def _counting(inputs, states):
    out = inputs + states[0]
    return out, [out]


def _with_constant(inputs, states):
    out = inputs * states[1] + 0.5 * states[0]
    return 2 * out, [out]


_MASK = [[True, False, True], [False, True, True]]
CONTROL = [
    row("foldl", lambda K, r: K.foldl(lambda a, x: a - x, r.normal(3, 2))),
    row("foldl", lambda K, r: K.foldl(lambda a, x: 2 * a + x, r.normal(3, 2), r.normal(2))),
    row("foldr", lambda K, r: K.foldr(lambda a, x: a - x, r.normal(3, 2))),
    row("foldr", lambda K, r: K.foldr(lambda a, x: 2 * a + x, r.normal(3, 2), r.normal(2))),
    row("map_fn", lambda K, r: K.map_fn(lambda x: 2 * x, r.normal(3, 2))),
    row(
        "map_fn",
        lambda K, r: K.map_fn(lambda x: x[0] + x[1], (r.normal(3), r.normal(3)), dtype="float32"),
    ),
    row("switch", lambda K, r: K.switch(r.given(True, "bool"), r.normal(2, 3), r.normal(2, 3))),
    row(
        "switch",
        lambda K, r: K.switch(r.booleans(4), r.normal(4, 3), r.normal(4, 3)),
        want=on_arrays(lambda r: np.where(r.booleans(4)[:, None], r.normal(4, 3), r.normal(4, 3))),
    ),
    row("switch", lambda K, r: K.switch(r.booleans(4, 3), r.normal(4, 3), r.normal(4, 3))),
    on_values(
        "switch",
        lambda K, r: K.switch(False, lambda: 1 / 0, lambda: np.float32(2.0)),
        want=np.float32(2.0),
    ),
    row("rnn", lambda K, r: K.rnn(_counting, r.normal(2, 3, 1), [r.normal(2, 1)])),
    row(
        "rnn",
        lambda K, r: K.rnn(
            _counting, r.normal(2, 3, 1), [r.normal(2, 1)], mask=r.given(_MASK, "bool")
        ),
    ),
    row(
        "rnn",
        lambda K, r: K.rnn(
            _counting,
            r.normal(2, 3, 1),
            [r.normal(2, 1)],
            go_backwards=True,
            mask=r.given(_MASK, "bool"),
            zero_output_for_mask=True,
        ),
    ),
    row(
        "rnn",
        lambda K, r: K.rnn(
            _with_constant, r.normal(2, 3, 2), [r.normal(2, 2)], constants=[r.normal(2, 2)]
        ),
    ),
    row(
        "rnn",
        lambda K, r: K.rnn(
            _counting, r.normal(3, 2, 1), [r.normal(2, 1)], unroll=True, time_major=True
        ),
    ),
    row(
        "rnn",
        lambda K, r: K.rnn(
            _counting,
            r.normal(2, 3, 1),
            [r.normal(2, 1)],
            mask=r.given(_MASK, "bool"),
            return_all_outputs=False,
        ),
    ),
]

ASKING = [
    row("int_shape", lambda K, r: K.int_shape(r.normal(2, 3)), want=(2, 3)),
    row("ndim", lambda K, r: K.ndim(r.normal(2, 3)), want=2),
    row("dtype", lambda K, r: K.dtype(r.integers(0, 3, 2)), want="int32"),
    row("count_params", lambda K, r: K.count_params(r.normal(2, 3)), want=6),
    row("is_sparse", lambda K, r: K.is_sparse(r.normal(2, 3)), want=False),
    on_values("shape", lambda K, r: tuple(K.shape(r.normal(2, 3))), want=(2, 3)),
    on_values("eval", lambda K, r: K.eval(2 * r.normal(3))),
    on_values("get_value", lambda K, r: K.get_value(K.variable(r.normal(3)))),
    on_values("batch_get_value", lambda K, r: K.batch_get_value([K.variable(r.normal(3))])),
    on_values("to_dense", lambda K, r: K.to_dense(r.normal(2, 3))),
    on_values("variable", lambda K, r: K.variable(np.arange(3))),
    on_values("variable", lambda K, r: K.variable([[1, 2]], dtype="int32")),
    on_values("update", lambda K, r: K.update(K.variable(r.normal(3)), r.normal(3))),
    on_values("update_add", lambda K, r: K.update_add(K.variable(r.normal(3)), r.normal(3))),
    on_values("update_sub", lambda K, r: K.update_sub(K.variable(r.normal(3)), r.normal(3))),
    on_values(
        "moving_average_update",
        lambda K, r: K.moving_average_update(K.variable(r.normal(3)), r.normal(3), 0.9),
    ),
]

ROWS = [
    *ELEMENTWISE,
    *REDUCE,
    *ARRAYS,
    *PRODUCTS,
    *LOCAL,
    *LOSSES,
    *CONTROL,
    *ASKING,
]
