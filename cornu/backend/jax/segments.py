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
    return _extreme(data, segment_ids, num_segments, sorted, True)


@_compiled
def segment_min(data, segment_ids, num_segments, sorted):
    return _extreme(data, segment_ids, num_segments, sorted, False)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4))
def _extreme(data, segment_ids, num_segments, sorted, largest):
    """The largest (or smallest) of each segment; several equal ones share the gradient."""
    reduce = jax.ops.segment_max if largest else jax.ops.segment_min
    return reduce(data, segment_ids, num_segments, sorted)


@_extreme.defjvp
def _extreme_jvp(num_segments, sorted, largest, primals, tangents):
    # As in `extremes`: should XLA compute `data` anew and round it otherwise, so that no element of
    # a segment equals its largest, the gradient goes to the place of one.
    data, segment_ids = primals
    found = _extreme(data, segment_ids, num_segments, sorted, largest)
    rows = functools.partial(_rows, segment_ids=segment_ids)
    total = functools.partial(
        jax.ops.segment_sum,
        segment_ids=segment_ids,
        num_segments=num_segments,
        indices_are_sorted=sorted,
    )
    equal = data == rows(found)
    wide = jnp.promote_types(data.dtype, "float32")
    count = total(equal.astype(wide))
    complete = jnp.all((count > 0) | jnp.isinf(found))  # infinite where there are no rows

    def all_there(data):
        return equal

    def some_lost(data):
        return jnp.where(rows(count) > 0, equal, _one_of_each(data, segment_ids, largest))

    places = lax.cond(complete, all_there, some_lost, data)
    change = total(jnp.where(places, tangents[0], jnp.zeros((), data.dtype)))
    return found, (change.astype(wide) / jnp.maximum(count, 1)).astype(data.dtype)


def _rows(segments, segment_ids):
    """For each row what there is for its segment, 0 for rows that are left out."""
    return segments.at[segment_ids].get(mode="fill", fill_value=0, wrap_negative_indices=False)


def _one_of_each(data, segment_ids, largest):
    """Where one of the largest elements of each segment is, as booleans; NaNs are the largest."""
    ids = jnp.broadcast_to(segment_ids.reshape((-1,) + (1,) * (data.ndim - 1)), data.shape)
    place = lax.broadcasted_iota("int32", data.shape, 0)
    ids, _, place = lax.sort((ids, data if largest else -data, place), dimension=0, num_keys=2)
    last = jnp.concatenate([ids[1:] != ids[:-1], jnp.ones_like(ids[:1], bool)])
    return jnp.put_along_axis(jnp.zeros(data.shape, bool), place, last, 0, inplace=False)


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
