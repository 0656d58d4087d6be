"""Rows of the convolutions other than `conv`, and of adaptive pooling."""

import itertools

import numpy as np
from ops.rows import row

FIRST = "channels_first"


def each(value, rank):
    return value if isinstance(value, tuple) else (value,) * rank


def last(x, data_format):
    return np.moveaxis(x, 1, -1) if data_format == FIRST else x


def back(x, data_format):
    return np.moveaxis(x, -1, 1) if data_format == FIRST else x


def scattered(x, kernel, strides, dilation, before, sizes):
    """Every input adds its window, times itself, to the result: `kernel` (*window, out, in)."""
    rank = x.ndim - 2
    out = np.zeros((x.shape[0], *sizes, kernel.shape[-2]))
    for place in itertools.product(*map(range, x.shape[1:-1])):
        for offset in itertools.product(*map(range, kernel.shape[:-2])):
            at = tuple(
                place[i] * strides[i] + offset[i] * dilation[i] - before[i] for i in range(rank)
            )
            if all(0 <= a < size for a, size in zip(at, sizes, strict=True)):
                out[(slice(None), *at)] += x[(slice(None), *place)] @ kernel[offset].T
    return out


def conv_transpose(
    x, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    x = last(x, data_format)
    rank = x.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    before, sizes = [], []
    for i in range(rank):
        n, step = x.shape[1 + i], strides[i]
        reach = (kernel.shape[i] - 1) * dilation[i] + 1
        same = padding == "same"
        if output_padding is None:
            sizes.append(n * step if same else n * step + max(reach - step, 0))
        else:
            more = each(output_padding, rank)[i]
            sizes.append((n - 1) * step + reach - 2 * (reach // 2 if same else 0) + more)
        # The padding of the convolution that has the result as its inputs.
        before.append(max((n - 1) * step + reach - sizes[-1], 0) // 2 if same else 0)
    return back(scattered(x, kernel, strides, dilation, before, sizes), data_format)


def depthwise_conv(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    x = last(x, data_format)
    rank = x.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    window = kernel.shape[:-2]
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    if padding == "same":
        total = [
            max((-(-n // s) - 1) * s + r - n, 0)
            for n, s, r in zip(x.shape[1:-1], strides, reach, strict=True)
        ]
        x = np.pad(x, [(0, 0), *((t // 2, t - t // 2) for t in total), (0, 0)])
    counts = [(n - r) // s + 1 for n, s, r in zip(x.shape[1:-1], strides, reach, strict=True)]
    out = np.zeros((x.shape[0], *counts, *kernel.shape[-2:]))
    for place in itertools.product(*map(range, counts)):
        for offset in itertools.product(*map(range, window)):
            at = tuple(p * s + o * d for p, s, o, d in zip(place, strides, offset, dilation,
                                                           strict=True))  # fmt: skip
            out[(slice(None), *place)] += x[(slice(None), *at)][..., None] * kernel[offset]
    return back(out.reshape((*out.shape[:-2], -1)), data_format)


def separable_conv(x, depthwise, pointwise, strides=1, padding="valid", data_format=None,
                   dilation_rate=1):  # fmt: skip
    inner = depthwise_conv(last(x, data_format), depthwise, strides, padding, None, dilation_rate)
    return back(inner @ pointwise.reshape(pointwise.shape[-2:]), data_format)


def adaptive(combine):
    def pool(x, output_size, data_format=None):
        x = last(x, data_format)
        for axis, count in enumerate(each(output_size, x.ndim - 2), 1):
            n = x.shape[axis]
            parts = [
                combine(np.take(x, range(i * n // count, -(-(i + 1) * n // count)), axis), axis)
                for i in range(count)
            ]
            x = np.stack(parts, axis)
        return back(x, data_format)

    return pool


def sequence(depth):
    return lambda r, n: (r.normal(n, 5, 3), r.normal(3, *depth))


def image(depth):
    return lambda r, n: (r.normal(n, 4, 5, 3), r.normal(3, 2, *depth))


def first(sample):
    def channels_first(r, n):
        x, *others = sample(r, n)
        return (np.moveaxis(x, -1, 1), *others)

    return channels_first


def separable(r, n):
    return r.normal(n, 4, 5, 3), r.normal(2, 2, 3, 2), r.normal(1, 1, 6, 4)


TRANSPOSED = [
    row("conv_transpose", sample((4, 3)), conv_transpose, kwargs, terms=20)
    for sample, kwargs in (
        (sequence, {}),
        (sequence, {"padding": "same"}),
        (sequence, {"strides": 2}),
        (sequence, {"strides": 4}),
        (sequence, {"strides": 3, "padding": "same"}),
        (sequence, {"strides": 2, "padding": "same", "output_padding": 1}),
        (sequence, {"strides": 3, "output_padding": (2,)}),
        (sequence, {"dilation_rate": 2, "padding": "same"}),
        (image, {"strides": (2, 1), "padding": "same"}),
        (image, {"strides": 2, "output_padding": (0, 1)}),
        (image, {"dilation_rate": (1, 3)}),
        (lambda depth: first(image(depth)), {"strides": 2, "data_format": FIRST}),
        (lambda depth: lambda r, n: (r.normal(n, 3, 2, 2, 3), r.normal(2, 2, 1, *depth)),
         {"strides": 2, "padding": "same"}),
    )
]  # fmt: skip
DEPTHWISE = [
    row("depthwise_conv", sample, depthwise_conv, kwargs, terms=12)
    for sample, kwargs in (
        (sequence((3, 1)), {}),
        (sequence((3, 2)), {"strides": 2, "padding": "same"}),
        (image((3, 1)), {"padding": "same"}),
        (image((3, 2)), {"strides": 2}),
        (image((3, 1)), {"dilation_rate": (1, 2), "padding": "same"}),
        (first(image((3, 2))), {"data_format": FIRST}),
    )
]
SEPARABLE = [
    row("separable_conv", separable, separable_conv, terms=24),
    row("separable_conv", separable, separable_conv, {"padding": "same", "strides": 2}, terms=24),
    row("separable_conv", first(separable), separable_conv, {"data_format": FIRST}, terms=24),
]
ADAPTIVE = [
    row(name, sample, oracle, kwargs, terms=8)
    for name, oracle in (
        ("adaptive_average_pool", adaptive(np.mean)),
        ("adaptive_max_pool", adaptive(np.max)),
    )
    for sample, kwargs in (
        (lambda r, n: (r.distinct(n, 7, 2),), {"output_size": 3}),
        (lambda r, n: (r.distinct(n, 6, 5, 2),), {"output_size": (3, 2)}),
        (lambda r, n: (r.distinct(n, 4, 4, 2),), {"output_size": 4}),
        (lambda r, n: (r.distinct(n, 3, 2),), {"output_size": 5}),
        (lambda r, n: (r.distinct(n, 2, 6, 5),), {"output_size": 2, "data_format": FIRST}),
    )
]
ROWS = [*TRANSPOSED, *DEPTHWISE, *SEPARABLE, *ADAPTIVE]
