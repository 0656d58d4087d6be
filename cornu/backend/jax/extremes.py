"""The largest and smallest elements along axes, with gradients that no compilation loses.

JAX's own gradient asks where `x` equals its maximum. If XLA computes `x` anew for that question,
rounded otherwise than for the maximum, no element equals it, and the gradient is zero or divided by
zero. Here such a row's gradient goes to the place of its maximum.
"""

from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap


def extreme(x, axis, keepdims, initial, largest):
    """The largest (or smallest) elements; several equal ones share the gradient.

    Args:
        x: array.
        axis: int, tuple of ints, or None for all.
        keepdims: whether the axes stay, with size 1.
        initial: a number that counts as well, or None.
        largest: whether the largest are wanted.
    """
    reduce = jnp.max if largest else jnp.min
    axes = _axes(axis, np.ndim(x))
    dtype = getattr(x, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.floating) or axes is None or not x.size:
        return reduce(x, axis=axis, keepdims=keepdims, initial=initial)
    found = _extreme(x, axes, bool(keepdims), largest)
    if initial is None:
        return found
    initial = jnp.asarray(initial, found.dtype)
    return jnp.where(found < initial if largest else found > initial, initial, found)


def _axes(axis, rank):
    """The axes as a tuple of positive ints, or None where JAX is to say what is wrong with them."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if not all(isinstance(one, (int, np.integer)) and -rank <= one < rank for one in axes):
        return None
    found = tuple(sorted(int(one) % rank for one in axes))
    return found if len(set(found)) == len(found) else None


@partial(jax.jit, static_argnums=(1, 2, 3))
@partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _extreme(x, axes, keepdims, largest):
    reduce = jnp.max if largest else jnp.min
    return reduce(x, axis=axes, keepdims=keepdims)


@_extreme.__wrapped__.defjvp
def _extreme_jvp(axes, keepdims, largest, primals, tangents):
    (x,), (tangent,) = primals, tangents
    found = _extreme(x, axes, True, largest)
    share = _share(axes, largest)(*jax.lax.stop_gradient((x, found)))
    change = jnp.sum(share * tangent, axis=axes, keepdims=True)
    if keepdims:
        return found, change
    return jnp.squeeze(found, axes), jnp.squeeze(change, axes)


@lru_cache(256)
def _share(axes, largest):
    """A function of elements and the largest of each row (with size 1 in `axes`): which part of the
    row's gradient each element gets."""

    @custom_vmap
    def share(x, found):
        equal = x == found
        count = jnp.sum(equal, axis=axes, keepdims=True, dtype="float32")

        def all_there(x):
            return (equal / count).astype(x.dtype)

        def some_lost(x):
            places = jnp.where(count > 0, equal, _first(x, axes, largest))
            return (places / jnp.maximum(count, 1)).astype(x.dtype)

        return jax.lax.cond(jnp.all(count > 0), all_there, some_lost, x)

    @share.def_vmap
    def _(size, batched, x, found):
        # One question for the whole batch: asked for each example, `cond` would compute both
        # answers, in one loop with `x` itself, rounded once more otherwise.
        x, found = (
            each if is_batched else jnp.broadcast_to(each, (size, *each.shape))
            for each, is_batched in zip((x, found), batched, strict=True)
        )
        return _share(tuple(axis + 1 for axis in axes), largest)(x, found), True

    return share


def _first(x, axes, largest):
    """Where the first of the largest elements are, as booleans."""
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    turned = jnp.transpose(x, (*rest, *axes))
    rows = turned.reshape(*turned.shape[: len(rest)], -1)
    place = (jnp.argmax if largest else jnp.argmin)(rows, axis=-1)
    found = jax.nn.one_hot(place, rows.shape[-1], dtype=bool).reshape(turned.shape)
    return jnp.transpose(found, np.argsort((*rest, *axes)))
