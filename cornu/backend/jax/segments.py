"""Kernels that combine rows by the segment that an integer assigns them to."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


# As a whole, because step by step they take many times longer.
_compiled = functools.partial(jax.jit, static_argnums=(2, 3), inline=True)


@_compiled
def segment_sum(data, segment_ids, num_segments, sorted):
    return jax.ops.segment_sum(data, segment_ids, num_segments, sorted)


@_compiled
def segment_max(data, segment_ids, num_segments, sorted):
    return jax.ops.segment_max(data, segment_ids, num_segments, sorted)


@_compiled
def segment_min(data, segment_ids, num_segments, sorted):
    return jax.ops.segment_min(data, segment_ids, num_segments, sorted)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def _segment_prod(data, segment_ids, num_segments, sorted):
    return jax.ops.segment_prod(data, segment_ids, num_segments, sorted)


@_segment_prod.defjvp
def _segment_prod_jvp(num_segments, sorted, primals, tangents):
    # XLA has no gradient for a product by scattering; that of running products is right at zeros.
    data, segment_ids = primals
    function = functools.partial(
        _product_by_scan, segment_ids=segment_ids, num_segments=num_segments
    )
    _, tangent = jax.jvp(function, (data,), tangents[:1])
    return _segment_prod(data, segment_ids, num_segments, sorted), tangent


segment_prod = _compiled(_segment_prod)


def _product_by_scan(data, segment_ids, num_segments):
    if not data.shape[0]:
        return jnp.ones((num_segments, *data.shape[1:]), data.dtype)
    order = jnp.argsort(segment_ids, stable=True)
    ids, data = segment_ids[order], data[order]
    begins = jnp.concatenate([jnp.ones(1, bool), ids[1:] != ids[:-1]])
    begins = begins.reshape((-1,) + (1,) * (data.ndim - 1))
    begins = jnp.broadcast_to(begins, data.shape)

    def combine(a, b):
        (product_a, begun_a), (product_b, begun_b) = a, b
        return jnp.where(begun_b, product_b, product_a * product_b), begun_a | begun_b

    running, _ = lax.associative_scan(combine, (data, begins))
    segments = jnp.arange(num_segments, dtype=ids.dtype)
    last = jnp.searchsorted(ids, segments, side="right") - 1
    present = (last >= 0) & (ids[last] == segments)
    present = present.reshape((-1,) + (1,) * (data.ndim - 1))
    return jnp.where(present, running[last], jnp.ones((), data.dtype))
