"""Attention."""

import math
from dataclasses import dataclass

import numpy as np

from cornu.backend import engine, kernels
from cornu.core import config
from cornu.ops._activation import _softmax
from cornu.ops._normalization import _wide
from cornu.symbolic.op import op, promote_float


def _attention_dtypes(query, key, value, *others):
    # Bias and mask keep theirs: which of them is there, dtypes alone do not tell.
    common = promote_float(query, key, value)
    return (common, common, common, *(None for _ in others))


def _attention_dtypes_of_two(query, key, *others):
    common = promote_float(query, key)
    return (common, common, *(None for _ in others))


@op(
    "query", "key", "value", "bias", "mask", dtype=_attention_dtypes, family="nn",
    call_args=("scale",),
)  # fmt: skip
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """Values averaged with weights `softmax(scale * query . key + bias)` (Vaswani et al. 2017).

    Scores and their softmax are computed in float32 for half precision. Where a query may see no
    key at all, it sees all of them alike.

    Args:
        query: (batch, queries, heads, size).
        key, value: (batch, keys, key heads, size). Where there are fewer key heads than heads, each
            serves as many consecutive heads as fit (Ainslie et al. 2023).
        bias: added to the scores, broadcast to (batch, heads, queries, keys); of rank 3 it is one
            without heads.
        mask: booleans, True where a query may see a key; shaped as `bias`.
        scale: factor of the scores, by default `1 / sqrt(size)`.
        is_causal: whether a query sees only keys up to its own position.
        flash_attention: True to demand the engine's flash attention, False to do without; None
            leaves it to the setting of `keras.config`, else to the engine. It is cuDNN's: for
            programs on NVIDIA GPUs of compute capability 8.0 or later, in float16 and bfloat16, for
            heads of a size that is a multiple of 8 up to 128 (256 from 9.0 on). Where a query may
            see no key at all, it sees them by their scores in float16.
        attn_logits_soft_cap: the scaled scores s become `cap * tanh(s / cap)`, before the bias.

    Returns:
        A tensor (batch, queries, heads, size of values).

    Raises:
        ValueError: for shapes that do not fit, or where flash attention is demanded and the engine
            can't do it.
    """
    _check_attention(query, key, value)
    scores_shape = (query.shape[0], query.shape[2], query.shape[1], key.shape[1])
    bias = _as_scores(bias, "bias", scores_shape)
    mask = _as_scores(mask, "mask", scores_shape)
    mask = None if mask is None else engine.cast(mask, "bool")
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    demanded = config.setting("flash_attention") if flash_attention is None else flash_attention
    if demanded is not False:
        given = query, key, value, bias, mask, scale
        obstacle = _flash_obstacle(attn_logits_soft_cap, *given)
        if obstacle is None:
            portable = _Portable(float(scale), bool(is_causal), bias is not None, mask is not None)
            return kernels.flash_attention(portable, *given, is_causal)
        if flash_attention:
            raise ValueError(
                f"Flash attention is not available here: {obstacle}. Pass `flash_attention=None` to"
                " use it only where it is."
            )
    plain = bias is None and mask is None and attn_logits_soft_cap is None
    if plain and kernels.attention_suits(query, key, value, scale):
        return kernels.attention(query, key, value, scale, is_causal)
    weights = _weights(query, key, bias, mask, scale, is_causal, attn_logits_soft_cap)
    return _average(weights, value)


@op("query", "key", "mask", dtype=_attention_dtypes_of_two, register=False)
def attention_weights(query, key, mask=None, scale=None, is_causal=False):
    """The weights with which `dot_product_attention` averages values.

    Args: as there.

    Returns:
        A tensor (batch, heads, queries, keys).
    """
    shape = (query.shape[0], query.shape[2], query.shape[1], key.shape[1])
    mask = _as_scores(mask, "mask", shape)
    mask = None if mask is None else engine.cast(mask, "bool")
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    return _weights(query, key, None, mask, scale, is_causal, None)


@op("weights", "value", dtype=promote_float, register=False)
def attend(weights, value):
    """Values averaged with weights: what `dot_product_attention` makes of `attention_weights`.

    Args:
        weights: (batch, heads, queries, keys).
        value: (batch, keys, key heads, size).

    Returns:
        A tensor (batch, queries, heads, size).
    """
    return _average(weights, value)


def _weights(query, key, bias, mask, scale, is_causal, soft_cap):
    if is_causal:
        causal = _causal_mask((query.shape[1], key.shape[1]))
        mask = causal if mask is None else kernels.logical_and(mask, causal)
    scores = _scores(query, key, scale)
    if soft_cap is not None:
        scores = soft_cap * kernels.tanh(scores / soft_cap)
    if bias is not None:
        scores = scores + engine.cast(bias, str(scores.dtype))
    if mask is not None:
        # A finite number, so that where nothing is to be seen all scores are equal.
        scores = kernels.where(mask, scores, scores.dtype.type(np.finfo(scores.dtype).min))
    weights = _softmax(scores, -1) if bias is not None else _softmax_of_finite(scores)
    return weights.astype(query.dtype)


def _exponentials_as_shares(scores):
    top = engine.stop_gradient(kernels.max(scores, axis=-1, keepdims=True))
    powers = kernels.exp(scores - top)
    return powers / kernels.sum(powers, axis=-1, keepdims=True)


def _linearized_softmax(scores):
    weights = _exponentials_as_shares(scores)

    def linear(change):
        part = weights * change
        return part - weights * kernels.sum(part, axis=-1, keepdims=True)

    return weights, linear


# Softmax of numbers that are finite, with a derivative that keeps nothing but its result.
_softmax_of_finite = engine.custom_derivative(_exponentials_as_shares, _linearized_softmax)


def _check_attention(query, key, value):
    shapes = (
        f"query.shape={tuple(query.shape)}, key.shape={tuple(key.shape)}, "
        f"value.shape={tuple(value.shape)}"
    )
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ValueError(f"`dot_product_attention` only supports 4D inputs. Received: {shapes}")
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"`query` and `key` must have the same last axis. Received: {shapes}")
    if key.shape[1:3] != value.shape[1:3]:
        raise ValueError(
            f"`key` and `value` must have the same number of keys and heads. Received: {shapes}"
        )
    if key.shape[2] == 0 or query.shape[2] % key.shape[2]:
        raise ValueError(
            "The number of heads of `query` must be a multiple of that of `key`. "
            f"Received: {shapes}"
        )
    if any(x.shape[0] != query.shape[0] and x.shape[0] != 1 for x in (key, value)):
        raise ValueError(f"The batch sizes must be equal. Received: {shapes}")


def _as_scores(value, name, shape):
    """A bias or mask with four axes that broadcast to those of the scores."""
    if value is None:
        return None
    sizes = tuple(value.shape)
    if len(sizes) == 3:
        value = kernels.expand_dims(value, 1)
    elif len(sizes) < 3:
        value = value.reshape((1,) * (4 - len(sizes)) + sizes)
    fits = value.ndim == 4 and all(
        own == 1 or own == size for own, size in zip(value.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"`{name}` must broadcast to (batch, heads, queries, keys), here {shape}. "
            f"Received: {name}.shape={sizes}"
        )
    return value


def _flash_obstacle(soft_cap, *given):
    """Why the engine's flash attention can't do it, or None."""
    if soft_cap is not None:
        return "`attn_logits_soft_cap` is given"
    return kernels.flash_attention_obstacle(*given)


@dataclass(frozen=True)
class _Portable:
    """Attention for query, key, value, and those that there are of bias and mask. It equals others
    of the same settings."""

    scale: float
    is_causal: bool
    biased: bool
    masked: bool

    def __call__(self, query, key, value, *others):
        bias = others[0] if self.biased else None
        mask = others[-1] if self.masked else None
        weights = _weights(query, key, bias, mask, self.scale, self.is_causal, None)
        return [_average(weights, value)]


def _causal_mask(shape):
    queries = kernels.arange(shape[-2], dtype="int32")[:, None]
    return (queries >= kernels.arange(shape[-1], dtype="int32"))[None, None]


def _scores(query, key, scale):
    batch, length, heads, size = query.shape
    groups = key.shape[2]
    query = _wide(query) * scale
    if groups == heads:  # no axis of size 1, which would cost copies
        return kernels.einsum("bthd,bshd->bhts", query, _wide(key))
    query = query.reshape((batch, length, groups, heads // groups, size))
    scores = kernels.einsum("btkgh,bskh->bkgts", query, _wide(key))
    return scores.reshape((batch, heads, length, key.shape[1]))


def _average(weights, value):
    batch, heads, length, keys = weights.shape
    groups = value.shape[2]
    if groups == heads:
        return kernels.einsum("bhts,bshd->bthd", weights, value)
    weights = weights.reshape((batch, groups, heads // groups, length, keys))
    result = kernels.einsum("bkgts,bskh->btkgh", weights, value)
    return result.reshape((batch, length, heads, value.shape[-1]))
