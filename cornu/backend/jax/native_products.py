"""Products of matrices, with what stands around them, and attention by `cornu-native`.

The kernels pack one matrix, read transposes by their strides, and add biases, apply relu and go the
way back through both while numbers pass by. XLA's own products run as fast, but it copies what they
need turned round, and goes through memory again for each of the other steps.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from cornu.backend.jax import native

__all__ = ["affine", "attention", "attention_suits"]

FLOAT = jnp.dtype("float32")
# Multiplications from which on the kernels were measured to be faster, and the least sizes.
LEAST_WORK, LEAST_ROWS, LEAST_COLUMNS = 1 << 25, 512, 32
LEAST_ATTENTION, LEAST_PLACES, LEAST_HEAD = 1 << 21, 16, 16


def affine_suits(x, kernel, bias, count):
    """Whether `affine` does this, and fast.

    Args:
        x, kernel, bias: tensors, or anything with a shape and a dtype; `bias` may be None.
        count: over how many axes it sums.
    """
    if x.dtype != FLOAT or not all(isinstance(size, int) for size in x.shape):
        return False
    rows = math.prod(x.shape[: x.ndim - count])
    depth, columns = math.prod(kernel.shape[:count]), math.prod(kernel.shape[count:])
    if rows < LEAST_ROWS or min(depth, columns) < LEAST_COLUMNS:
        return False
    if rows * depth * columns < LEAST_WORK or kernel.dtype != FLOAT:
        return False
    if bias is not None and (bias.dtype != FLOAT or math.prod(bias.shape) != columns):
        return False
    return native.has_native("cornu_product_gradient")


def affine(x, kernel, bias, count, relu):
    """`x` times `kernel`, plus `bias` if it is not None, then relu if that is asked for.

    Args:
        x: tensor (places..., summed...).
        kernel: tensor (summed..., made...).
        bias: tensor of the shape (made...), but for leading axes of size 1.
        count: how many axes are summed.

    Returns:
        A tensor (places..., made...).
    """
    places, made = x.shape[: x.ndim - count], kernel.shape[count:]
    depth, columns = math.prod(kernel.shape[:count]), math.prod(made)
    rows = x.reshape(math.prod(places), depth)
    row = None if bias is None else bias.reshape(columns)
    return _affine(rows, kernel.reshape(depth, columns), row, relu).reshape(*places, *made)


@functools.partial(jax.custom_jvp, nondiff_argnums=(3,))
def _affine(x, kernel, bias, relu):
    bias = jnp.zeros((0,), x.dtype) if bias is None else bias
    arguments = [x, kernel, bias]
    return native.call_native("cornu_product", _Affine(relu), arguments, relu=relu)[0]


@functools.partial(_affine.defjvp, symbolic_zeros=True)
def _(relu, values, changes):
    x, kernel, bias = values
    outputs = _affine(x, kernel, bias, relu)
    there = [each is not None and type(each) is not SymbolicZero for each in changes]
    if not any(there):
        return outputs, jnp.zeros_like(outputs)
    by_inputs, by_kernel, by_bias = there
    given = [change for change, is_there in zip(changes, there, strict=True) if is_there]
    shown = outputs if relu else jnp.zeros((0,), x.dtype)
    [change] = native.call_native(
        None,
        _AffineChange(by_inputs, by_kernel, by_bias),
        [*given, x, kernel, shown],
        len(given),
        "cornu_product_gradient" if by_kernel or not by_bias else None,
        by_inputs=by_inputs,
        by_kernel=by_kernel,
        by_bias=by_bias,
    )
    return outputs, change


@dataclasses.dataclass(frozen=True)
class _Affine:
    """What `cornu_product` computes."""

    relu: bool

    def __call__(self, x, kernel, bias):
        outputs = jnp.matmul(x, kernel)
        if bias.size:
            outputs = outputs + bias
        if self.relu:
            outputs = jnp.where(outputs <= 0, 0, outputs)
        return [outputs]


@dataclasses.dataclass(frozen=True)
class _AffineChange:
    """The change of `_Affine` with those of its arguments, as many as there are; after these follow
    inputs, kernel, and outputs if relu was applied."""

    by_inputs: bool
    by_kernel: bool
    by_bias: bool

    def __call__(self, *values):
        *changes, x, kernel, outputs = values
        changes = iter(changes)
        total = jnp.zeros((x.shape[0], kernel.shape[1]), x.dtype)
        if self.by_inputs:
            total = jnp.matmul(next(changes), kernel)
        if self.by_kernel:
            product = jnp.matmul(x, next(changes))
            total = total + product if self.by_inputs else product
        if self.by_bias:
            total = total + next(changes)
        if outputs.size:
            total = jnp.where(outputs <= 0, 0, total)
        return [total]


def attention_suits(query, key, value, scale):
    """Whether `attention` does this, and fast."""
    tensors = query, key, value
    if any(x.dtype != FLOAT or not all(isinstance(n, int) for n in x.shape) for x in tensors):
        return False
    batch, places, heads, size = query.shape
    if key.shape[0] != batch or value.shape[0] != batch or key.shape[2] != heads:
        return False
    if min(places, key.shape[1]) < LEAST_PLACES or min(size, value.shape[3]) < LEAST_HEAD:
        return False
    if not isinstance(scale, float | int) or scale <= 0:
        return False
    return query.size * key.shape[1] >= LEAST_ATTENTION and native.has_native()


def attention(query, key, value, scale, is_causal):
    """Values averaged with weights `softmax(scale * query . key)`.

    Args:
        query, key, value: tensors (batch, places, heads, size), of equally many heads.
        scale: a positive number.
        is_causal: whether a query sees only keys up to its own place.
    """
    return _attention(query, key, value, float(scale), bool(is_causal))[0]


@functools.partial(jax.custom_jvp, nondiff_argnums=(3, 4))
def _attention(query, key, value, scale, causal):
    """What is averaged, and the weights, (batch, heads, queries, keys)."""
    run, options = _Attention(scale, causal), {"scale": scale, "causal": causal}
    return native.call_native("cornu_attention", run, [query, key, value], **options)


@_attention.defjvp
def _(scale, causal, values, changes):
    outputs, weights = _attention(*values, scale, causal)
    query, key, _ = values
    [weights_change] = native.call_native(
        None, _WeightsChange(scale), [*changes[:2], query, key, weights], 2
    )
    [outputs_change] = native.call_native(
        None,
        _AttentionChange(scale),
        [*changes, *values, weights],
        3,
        "cornu_attention_gradient",
        scale=scale,
        causal=causal,
    )
    return [outputs, weights], [outputs_change, weights_change]


@dataclasses.dataclass(frozen=True)
class _Attention:
    """What `cornu_attention` computes."""

    scale: float
    causal: bool

    def __call__(self, query, key, value):
        scores = jnp.einsum("bthd,bshd->bhts", query * self.scale, key)
        if self.causal:
            seen = jnp.tri(*scores.shape[2:], dtype=bool)
            scores = jnp.where(seen, scores, jnp.finfo(scores.dtype).min)
        weights = jax.nn.softmax(scores, -1)
        return [jnp.einsum("bhts,bshd->bthd", weights, value), weights]


@dataclasses.dataclass(frozen=True)
class _WeightsChange:
    """The change of attention's weights. Where a query does not see a key, the weight is 0."""

    scale: float

    def __call__(self, query_change, key_change, query, key, weights):
        scores = jnp.einsum("bthd,bshd->bhts", query_change * self.scale, key)
        scores = scores + jnp.einsum("bthd,bshd->bhts", query * self.scale, key_change)
        part = weights * scores
        return [part - weights * jnp.sum(part, -1, keepdims=True)]


@dataclasses.dataclass(frozen=True)
class _AttentionChange:
    """The change of what attention averages."""

    scale: float

    def __call__(self, query_change, key_change, value_change, query, key, value, weights):
        change = _WeightsChange(self.scale)(query_change, key_change, query, key, weights)[0]
        outputs = jnp.einsum("bhts,bshd->bthd", change, value)
        return [outputs + jnp.einsum("bhts,bshd->bthd", weights, value_change)]
