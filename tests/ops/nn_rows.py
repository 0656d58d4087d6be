"""Rows of activations, windows and losses."""

import itertools
import math

import numpy as np
from ops.array_rows import logsumexp
from ops.elementwise_rows import erf
from ops.rows import row


def normal(r, n):
    return (r.normal(n, 4),)


def distinct(r, n):
    return (r.distinct(n, 4),)


def far(r, n):
    return (np.array([[-200.0, -30.0, 0.0, 30.0, 200.0]] * n, "float32"),)


def zeros(r, n):
    return (np.zeros((n, 2), "float32"),)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softmax(x, axis=-1):
    return np.exp(x - logsumexp(x, axis, keepdims=True))


def log_softmax(x, axis=-1):
    return x - logsumexp(x, axis, keepdims=True)


def gelu(x, approximate=True):
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def one_hot(x, num_classes, axis=-1):
    return np.moveaxis((x[..., None] == np.arange(num_classes)).astype(float), -1, axis)


def normalize(x, axis=-1, order=2):
    return x / np.maximum(np.linalg.norm(x, order, axis, keepdims=True), 1e-7)


def batch_normalization(x, mean, variance, axis, offset=0.0, scale=1.0, epsilon=1e-3):
    def spread(v):
        return np.reshape(v, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])

    root = np.sqrt(spread(variance) + epsilon)
    return (x - spread(mean)) / root * spread(scale) + spread(offset)


ACTIVATIONS = [
    row("relu", distinct, lambda x: np.maximum(x, 0)),
    row("relu", lambda r, n: (r.integers(-9, 9, n, 3),), lambda x: np.maximum(x, 0),
        gradient=False),
    # Written with tanh, which is exact to a part of 1, not of the small values.
    row("sigmoid", normal, sigmoid),
    row("sigmoid", lambda r, n: (r.integers(-3, 3, n, 3),), sigmoid),
    row("log_sigmoid", normal, lambda x: -np.logaddexp(0, -x)),
    row("log_sigmoid", far, lambda x: -np.logaddexp(0, -x)),
    row("softplus", normal, lambda x: np.logaddexp(0, x)),
    row("softplus", far, lambda x: np.logaddexp(0, x)),
    row("silu", normal, lambda x: x * sigmoid(x)),
    row("silu", far, lambda x: x * sigmoid(x)),
    row("sigmoid", zeros, sigmoid),
    row("silu", zeros, lambda x: x * sigmoid(x)),
    row("gelu", normal, gelu, terms=4),
    row("gelu", normal, gelu, {"approximate": False}, terms=4),
    row("elu", distinct, elu),
    row("elu", distinct, elu, {"alpha": 0.3}),
    row("elu", far, elu),
    row("leaky_relu", distinct, leaky_relu),
    row("leaky_relu", distinct, leaky_relu, {"negative_slope": 0.05}),
    row("softmax", normal, softmax),
    row("softmax", normal, softmax, {"axis": 0}),
    row("softmax", normal, softmax, {"axis": (0, 1)}),
    row("softmax", normal, lambda x, axis: softmax(x, tuple(axis)), {"axis": [0, 1]}),
    row("softmax", far, lambda x: x >= 200, gradient=False, terms=1),
    row("log_softmax", normal, log_softmax, terms=4),
    row("log_softmax", normal, log_softmax, {"axis": 0}, terms=7),
    row("one_hot", lambda r, n: (r.integers(-1, 5, n, 2),), one_hot, {"num_classes": 4}),
    row("one_hot", lambda r, n: (r.integers(0, 4, n, 2),), one_hot,
        {"num_classes": 4, "axis": 1}),
    row("normalize", normal, normalize, terms=4),
    row("normalize", normal, normalize, {"axis": 0, "order": 1}, terms=7),
    row("normalize", lambda r, n: (np.zeros((n, 3), "float32"),), normalize, gradient=False),
    row("batch_normalization",
        lambda r, n: (r.normal(n, 3), r.normal(3), r.uniform(0.5, 2.0, 3)), batch_normalization,
        {"axis": -1}, terms=4),
    row("batch_normalization",
        lambda r, n: (r.normal(n, 3, 2), r.normal(3), r.uniform(0.5, 2.0, 3), 1, r.normal(3),
                      r.normal(3), 1e-2), batch_normalization, terms=4),
]  # fmt: skip


def _same_pads(size, window, stride, dilation):
    reach = (window - 1) * dilation + 1
    total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def windows(x, sizes, strides, padding, dilation, fill):
    """For each place in a window, what of channels-last `x` it meets, and where it does."""
    if padding == "same":
        pads = [
            _same_pads(*one) for one in zip(x.shape[1:-1], sizes, strides, dilation, strict=False)
        ]
        x = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    counts = [
        (size - (window - 1) * step - 1) // stride + 1
        for size, window, stride, step in zip(x.shape[1:-1], sizes, strides, dilation, strict=False)
    ]
    for place in itertools.product(*map(range, sizes)):
        starts = [p * step for p, step in zip(place, dilation, strict=False)]
        parts = [
            slice(start, start + (count - 1) * stride + 1, stride)
            for start, count, stride in zip(starts, counts, strides, strict=False)
        ]
        yield place, x[(slice(None), *parts)]


def _spread(value, rank):
    return value if isinstance(value, tuple) else (value,) * rank


def conv(x, kernel, strides=1, padding="valid", data_format="channels_last", dilation_rate=1):
    rank = x.ndim - 2
    first = data_format == "channels_first"
    x = np.moveaxis(x, 1, -1) if first else x
    strides, dilation = _spread(strides, rank), _spread(dilation_rate, rank)
    groups = x.shape[-1] // kernel.shape[-2]
    parts = []
    for channels, filters in zip(
        np.split(x, groups, -1), np.split(kernel, groups, -1), strict=False
    ):
        seen = windows(channels, kernel.shape[:rank], strides, padding, dilation, 0)
        parts.append(sum(values @ filters[place] for place, values in seen))
    out = np.concatenate(parts, -1)
    return np.moveaxis(out, -1, 1) if first else out


def max_pool(x, pool_size, strides=None, padding="valid", data_format="channels_last"):
    return _pool(x, pool_size, strides, padding, data_format, np.nanmax)


def average_pool(x, pool_size, strides=None, padding="valid", data_format="channels_last"):
    return _pool(x, pool_size, strides, padding, data_format, np.nanmean)


def _pool(x, pool_size, strides, padding, data_format, combine):
    rank = x.ndim - 2
    first = data_format == "channels_first"
    x = np.moveaxis(x, 1, -1) if first else x
    sizes = _spread(pool_size, rank)
    steps = sizes if strides is None else _spread(strides, rank)
    seen = windows(x.astype(float), sizes, steps, padding, (1,) * rank, np.nan)
    out = combine(np.stack([values for _, values in seen]), axis=0)
    return np.moveaxis(out, -1, 1) if first else out


def sequence_and_kernel(r, n):
    return r.normal(n, 8, 3), r.normal(3, 3, 4)


def image_and_kernel(r, n):
    return r.normal(n, 6, 5, 4), r.normal(3, 2, 4, 6)


def image(r, n):
    return (r.distinct(n, 6, 5, 2),)


def first(sample):
    """A sampler whose first tensor has its channels first."""

    def swapped(r, n):
        x, *rest = sample(r, n)
        return np.moveaxis(x, -1, 1), *rest

    return swapped


def convolution(sample, **kwargs):
    """The row of a convolution."""
    return row("conv", sample, conv, kwargs, terms=24)


FIRST = "channels_first"
WINDOWS = [
    convolution(sequence_and_kernel),
    convolution(sequence_and_kernel, padding="same", strides=2),
    convolution(sequence_and_kernel, dilation_rate=2),
    convolution(image_and_kernel),
    convolution(image_and_kernel, padding="same"),
    convolution(image_and_kernel, padding="same", strides=(2, 1)),
    convolution(image_and_kernel, padding="same", dilation_rate=(1, 2)),
    convolution(first(image_and_kernel), data_format=FIRST),
    convolution(lambda r, n: (r.normal(n, 5, 4, 4), r.normal(2, 2, 2, 6)), padding="same"),
    convolution(lambda r, n: (r.normal(n, 4, 4, 3, 2), r.normal(2, 2, 2, 2, 3))),
    *(
        row(name, sample, oracle, kwargs, terms=9)
        for name, oracle in (("max_pool", max_pool), ("average_pool", average_pool))
        for sample, kwargs in (
            (image, {"pool_size": 2}),
            (image, {"pool_size": (3, 2), "strides": (2, 1)}),
            (image, {"pool_size": 2, "padding": "same"}),
            (image, {"pool_size": 3, "strides": 2, "padding": "same"}),
            (first(image), {"pool_size": 2, "data_format": FIRST}),
            (lambda r, n: (r.distinct(n, 7, 2),), {"pool_size": 2}),
        )
    ),
    row("max_pool", lambda r, n: (r.integers(-9, 9, n, 4, 4, 2),), max_pool,
        {"pool_size": 2, "padding": "same"}, gradient=False),
]  # fmt: skip


def binary_crossentropy(target, output, from_logits=False):
    p = sigmoid(output) if from_logits else np.clip(output, 1e-7, 1 - 1e-7)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    p = softmax(output, axis) if from_logits else output / output.sum(axis, keepdims=True)
    return -np.sum(target * np.log(np.clip(p, 1e-7, 1 - 1e-7)), axis)


def sparse_crossentropy(target, output, from_logits=False, axis=-1):
    target = np.squeeze(target, axis) if target.ndim == output.ndim else target
    hot = one_hot(target, output.shape[axis], axis)
    return categorical_crossentropy(hot, output, from_logits, axis)


def events(r, n):
    return r.uniform(0.0, 1.0, n, 3), r.uniform(0.1, 0.9, n, 3)


def classes(r, n):
    return r.probabilities(n, 4), r.probabilities(n, 4)


def labels(r, n):
    return r.integers(0, 4, n, 3), r.uniform(0.1, 0.9, n, 3, 4)


LOGITS = {"from_logits": True}
SPARSE = "sparse_categorical_crossentropy"
LOSSES = [
    row("binary_crossentropy", events, binary_crossentropy, terms=2),
    row("binary_crossentropy", lambda r, n: (r.uniform(0.0, 1.0, n, 3), r.normal(n, 3)),
        binary_crossentropy, LOGITS, terms=2),
    row("binary_crossentropy", lambda r, n: (r.uniform(0.0, 1.0, n, 2), *zeros(r, n)),
        binary_crossentropy, LOGITS, terms=2),
    row("categorical_crossentropy", classes, categorical_crossentropy, terms=4),
    row("categorical_crossentropy", lambda r, n: (r.probabilities(n, 4), r.normal(n, 4)),
        categorical_crossentropy, LOGITS, terms=4),
    row("categorical_crossentropy", classes, categorical_crossentropy, {"axis": 0}, terms=7),
    row(SPARSE, labels, sparse_crossentropy, terms=4),
    row(SPARSE, lambda r, n: (r.integers(0, 4, n, 1), r.uniform(0.1, 0.9, n, 4)),
        sparse_crossentropy, terms=4),
    row(SPARSE, lambda r, n: (r.integers(0, 4, n), r.normal(n, 4)), sparse_crossentropy, LOGITS,
        terms=4),
    row(SPARSE, lambda r, n: (r.integers(0, 3, n, 4), r.uniform(0.1, 0.9, n, 3, 4)),
        sparse_crossentropy, {"axis": 1}, terms=4),
]  # fmt: skip

ROWS = [*ACTIVATIONS, *WINDOWS, *LOSSES]
