"""Rows of attention, normalisations, and moves between space and channels."""

import numpy as np
from ops.rows import row


def attention(
    query, key, value, bias=None, mask=None, scale=None, is_causal=False, attn_logits_soft_cap=None
):
    repeats = query.shape[2] // key.shape[2]
    key, value = np.repeat(key, repeats, 2), np.repeat(value, repeats, 2)
    scores = np.einsum("btnh,bsnh->bnts", query, key)
    scores = scores * (query.shape[-1] ** -0.5 if scale is None else scale)
    if attn_logits_soft_cap is not None:
        scores = attn_logits_soft_cap * np.tanh(scores / attn_logits_soft_cap)
    if bias is not None:
        scores = scores + (bias[:, None] if bias.ndim == 3 else bias)
    seen = np.ones(scores.shape, bool)
    if mask is not None:
        seen = seen & (mask[:, None] if mask.ndim == 3 else mask)
    if is_causal:
        seen = np.tril(seen)
    weights = np.exp(scores - scores.max(-1, keepdims=True)) * seen
    weights = np.where(seen.any(-1, keepdims=True), weights, 1.0)
    weights = weights / weights.sum(-1, keepdims=True)
    return np.einsum("bnts,bsnh->btnh", weights, value)


def vectors(*extra, keys=5, key_heads=4, size=6):
    """A sampler of query, key and value, and of what `extra` makes of a draw and a batch size."""

    def sample(r, n):
        return (
            r.normal(n, 3, 4, 6),
            r.normal(n, keys, key_heads, 6),
            r.normal(n, keys, key_heads, size),
            *(make(r, n) for make in extra),
        )

    return sample


def no_bias(r, n):
    return None


def bias(r, n):
    return r.normal(n, 4, 3, 5)


def mask(r, n):
    return r.booleans(n, 1, 3, 5)


def blind(r, n):
    return np.zeros((n, 1, 3, 5), bool)


DPA = "dot_product_attention"
ATTENTION = [
    row(DPA, vectors(), attention, terms=30),
    row(DPA, vectors(key_heads=2), attention, terms=30),
    row(DPA, vectors(key_heads=1, size=2), attention, terms=30),
    row(DPA, vectors(bias), attention, terms=30),
    row(DPA, vectors(lambda r, n: r.normal(3, 5)), attention, terms=30),
    row(DPA, vectors(lambda r, n: r.normal(n, 3, 5)), attention, terms=30),
    row(DPA, vectors(bias, mask), attention, terms=30),
    row(DPA, vectors(no_bias, lambda r, n: r.booleans(n, 3, 5)), attention, terms=30),
    row(DPA, vectors(no_bias, lambda r, n: r.booleans(n, 1, 1, 5)), attention, terms=30),
    row(DPA, vectors(no_bias, blind), attention, gradient=False, terms=30),
    row(DPA, vectors(), attention, {"is_causal": True}, terms=30),
    row(DPA, vectors(bias, mask), attention, {"is_causal": True}, terms=30),
    row(DPA, vectors(), attention, {"scale": 0.2}, terms=30),
    row(DPA, vectors(bias), attention, {"attn_logits_soft_cap": 1.5}, terms=30),
]  # fmt: skip


def _spread(value, x, axis):
    axes = [a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    return np.reshape(value, [x.shape[a] if a in axes else 1 for a in range(x.ndim)])


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-7):
    mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    out = (x - mean) / np.sqrt(variance + epsilon)
    out = out if gamma is None else out * _spread(gamma, x, axis)
    return out if beta is None else out + _spread(beta, x, axis)


def rms_normalization(x, scale=1.0, axis=-1, epsilon=1e-7):
    return x / np.sqrt(np.square(x).mean(axis, keepdims=True) + epsilon) * scale


def normalize(x, axis=-1, order=2, epsilon=1e-7):
    size = (np.abs(x) ** order).sum(axis, keepdims=True) ** (1 / order)
    return x / np.maximum(size, epsilon)


def batch_normalization(x, mean, variance, axis, offset=0.0, scale=1.0, epsilon=1e-3):
    def spread(v):
        return np.reshape(v, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])

    root = np.sqrt(spread(variance) + epsilon)
    return (x - spread(mean)) / root * spread(scale) + spread(offset)


def matrix(r, n):
    return (r.normal(n, 4),)


def flat(r, n):
    return (np.full((n, 3), 2.5, "float32"),)


LN, RMS, BN = "layer_normalization", "rms_normalization", "batch_normalization"
NORMALIZATIONS = [
    row(LN, matrix, layer_normalization, terms=4),
    row(LN, lambda r, n: (r.normal(n, 4), r.normal(4), r.normal(4)), layer_normalization, terms=4),
    row(LN, lambda r, n: (r.normal(n, 4, 3), r.normal(4, 3), r.normal(4, 3)),
        layer_normalization, {"axis": (1, 2)}, terms=12),
    row(LN, lambda r, n: (r.normal(n, 4, 3), r.normal(4)), layer_normalization,
        {"axis": 1, "epsilon": 0.1}, terms=4),
    # A large mean takes no digits off the result.
    row(LN, lambda r, n: (1e4 + 0.25 * r.integers(-2, 3, n, 64).astype("float32"),),
        layer_normalization, terms=64),
    row(LN, flat, layer_normalization, gradient=False, terms=3),
    row(RMS, matrix, rms_normalization, terms=4),
    row(RMS, lambda r, n: (r.normal(n, 4), r.normal(4)), rms_normalization, terms=4),
    row(RMS, matrix, rms_normalization, {"axis": (0, 1), "epsilon": 0.1}, terms=28),
    row(RMS, lambda r, n: (np.zeros((n, 3), "float32"),), rms_normalization, terms=3,
        gradient=False),
    row("normalize", matrix, normalize, terms=4),
    row("normalize", matrix, normalize, {"axis": 0, "order": 1}, terms=7),
    row("normalize", matrix, normalize, {"axis": (0, 1)}, terms=28),
    row("normalize", matrix, normalize, {"order": 3}, terms=4),
    row("normalize", matrix, normalize, {"epsilon": 1.5}, terms=4),
    row("normalize", lambda r, n: (np.zeros((n, 3), "float32"),), normalize, gradient=False),
    row("normalize", lambda r, n: (1e25 * r.normal(n, 3),), normalize, gradient=False, terms=3),
    row(BN, lambda r, n: (r.normal(n, 3), r.normal(3), r.uniform(0.5, 2.0, 3)),
        batch_normalization, {"axis": -1}, terms=4),
    row(BN, lambda r, n: (r.normal(n, 3, 2), r.normal(3), r.uniform(0.5, 2.0, 3), 1, r.normal(3),
                          r.normal(3), 1e-2), batch_normalization, terms=4),
]  # fmt: skip


def unfold(x, kernel_size, dilation=(1, 1), padding=(0, 0), stride=(1, 1)):
    top, left = padding
    x = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    columns = [
        x[:, :, i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]]
        for i in range(0, x.shape[2] - reach[0] + 1, stride[0])
        for j in range(0, x.shape[3] - reach[1] + 1, stride[1])
    ]
    return np.stack([c.reshape(len(x), -1) for c in columns], -1)


def fold(x, output_size, kernel_size, dilation=(1, 1), padding=(0, 0), stride=(1, 1)):
    """The transpose of `unfold`, as a matrix."""
    elements = kernel_size[0] * kernel_size[1]
    count = output_size[0] * output_size[1]
    units = np.eye(count).reshape(count, 1, *output_size)
    moves = unfold(units, kernel_size, dilation, padding, stride)
    x = x.reshape(len(x), -1, elements, x.shape[-1])
    return np.einsum("bcew,pew->bcp", x, moves).reshape(len(x), -1, *output_size)


def depth_to_space(x, block_size):
    n, h, w, c = x.shape
    out = np.empty((n, h * block_size, w * block_size, c // block_size**2), x.dtype)
    for i, part in enumerate(np.split(x, block_size**2, -1)):
        out[:, i // block_size :: block_size, i % block_size :: block_size] = part
    return out


def space_to_depth(x, block_size):
    parts = [x[:, i::block_size, j::block_size] for i in range(block_size)
             for j in range(block_size)]  # fmt: skip
    return np.concatenate(parts, -1)


def channels_first(function):
    """An oracle for images with their channels first."""

    def call(x, *args, data_format, **kwargs):
        return np.moveaxis(function(np.moveaxis(x, 1, -1), *args, **kwargs), -1, 1)

    return call


FIRST = {"data_format": "channels_first"}
UNEVEN = {"kernel_size": (2, 3), "dilation": (2, 1), "padding": (1, 2), "stride": (2, 1)}
BLOCKS = [
    row("unfold", lambda r, n: (r.normal(n, 3, 6, 7),), unfold, {"kernel_size": (2, 2)}),
    row("unfold", lambda r, n: (r.normal(n, 3, 6, 7),), unfold, UNEVEN),
    row("unfold", lambda r, n: (r.integers(0, 9, n, 3, 4, 5),), unfold, {"kernel_size": (1, 2)}),
    row("fold", lambda r, n: (r.normal(n, 12, 30), (6, 7), (2, 2)), fold, terms=4),
    row("fold", lambda r, n: (r.normal(n, 12, 27), (6, 7)), fold, UNEVEN, terms=6),
    row("fold", lambda r, n: (r.normal(n, 8, 6), (5, 6), (2, 2)), fold, {"stride": (2, 2)},
        terms=4),
    row("depth_to_space", lambda r, n: (r.normal(n, 2, 3, 8), 2), depth_to_space),
    row("depth_to_space", lambda r, n: (r.normal(n, 18, 3, 2), 3), channels_first(depth_to_space),
        FIRST),
    row("space_to_depth", lambda r, n: (r.normal(n, 4, 6, 3), 2), space_to_depth),
    row("space_to_depth", lambda r, n: (r.normal(n, 2, 6, 3), 3), channels_first(space_to_depth),
        FIRST),
]  # fmt: skip

ROWS = [*ATTENTION, *NORMALIZATIONS, *BLOCKS]
