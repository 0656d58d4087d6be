"""Rows of losses, windows, and classes as vectors."""

import itertools
import math

import numpy as np
from ops.activation_rows import far, sigmoid, softmax, zeros
from ops.rows import row


def one_hot(x, num_classes, axis=-1):
    return np.moveaxis((x[..., None] == np.arange(num_classes)).astype(float), -1, axis)


def multi_hot(x, num_classes):
    return one_hot(x, num_classes).max(1 if x.ndim > 1 else 0)


def psnr(x1, x2, max_val):
    return 20 * np.log10(max_val) - 10 * np.log10(np.mean(np.square(x1 - x2)))


VECTORS = [
    row("one_hot", lambda r, n: (r.integers(-1, 5, n, 2),), one_hot, {"num_classes": 4}),
    row("one_hot", lambda r, n: (r.integers(0, 4, n, 2),), one_hot,
        {"num_classes": 4, "axis": 1}),
    row("multi_hot", lambda r, n: (r.integers(-1, 5, n, 3),), multi_hot, {"num_classes": 4}),
    row("multi_hot", lambda r, n: (r.integers(0, 4, n, 3, 2),), multi_hot, {"num_classes": 4}),
    row("multi_hot", lambda r, n: (r.integers(0, 9, 3),), multi_hot, {"num_classes": 9}),
    row("polar", lambda r, n: (r.uniform(0.5, 2.0, n, 3), r.normal(n, 3)),
        lambda size, angle: size * np.exp(1j * angle), gradient=False, terms=1),
    row("psnr", lambda r, n: (r.normal(n, 3), r.normal(n, 3), 2.0), psnr, terms=15),
    row("psnr", lambda r, n: (r.integers(0, 9, n, 3), r.integers(0, 9, n, 3), 8), psnr, terms=15),
    row("psnr", lambda r, n: (*zeros(r, n), *zeros(r, n), 1.0), psnr, gradient=False, terms=15),
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


def certain(r, n):
    return np.array([[0, 1, 1]] * n, "float32"), np.array([[0, 1, 0]] * n, "float32")


def excluded(r, n):
    """Logits with a class that can't be, and targets among the others."""
    logits = [[-np.inf, 2.0 * (i + 1), 0.0, 2.0 * (i + 1)] for i in range(n)]
    return np.array([[0, 0, 0, 1]] * n, "float32"), np.array(logits, "float32")


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
    row("binary_crossentropy", certain, binary_crossentropy, gradient=False, terms=2),
    row("binary_crossentropy", lambda r, n: (np.ones((n, 5), "float32"), *far(r, n)),
        lambda t, x, from_logits: np.logaddexp(0, -x), LOGITS, terms=2),
    row("categorical_crossentropy", certain, categorical_crossentropy, gradient=False, terms=2),
    row("categorical_crossentropy", excluded, lambda t, x, from_logits: np.log(2 + np.exp(-2 * (
        np.arange(len(x)) + 1))), LOGITS, gradient=False, terms=4),
    row(SPARSE, lambda r, n: (np.full((n,), 3), excluded(r, n)[1]),
        lambda t, x, from_logits: np.log(2 + np.exp(-2 * (np.arange(len(x)) + 1))), LOGITS,
        gradient=False, terms=4),
]  # fmt: skip

ROWS = [*VECTORS, *WINDOWS, *LOSSES]
