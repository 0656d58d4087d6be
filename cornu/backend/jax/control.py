"""Control flow on flat lists of tensors: loops, branches and maps that JAX traces."""

import jax
from jax import lax

from cornu.backend.jax.loops import while_loop


def scan(body, carry, xs, length=None, reverse=False, unroll=1):
    """`carry, y = body(carry, x)` for each x along the first axis; returns the last carry and the
    ys stacked."""
    return lax.scan(body, carry, xs, length, reverse, unroll)


def fori_loop(lower, upper, body, carry):
    """`carry = body(index, carry)` for index from `lower` to before `upper`."""
    if not (isinstance(lower, jax.core.Tracer) or isinstance(upper, jax.core.Tracer)):
        return lax.fori_loop(lower, upper, body, carry)

    def test(state):
        return state[0] < upper

    def step(state):
        return [state[0] + 1, *body(state[0], state[1:])]

    return while_loop(test, step, [jax.numpy.asarray(lower), *carry])[1:]


def switch(index, branches):
    """What `branches[index]()` returns, `index` being clamped; all of them are traced."""
    return lax.switch(index, branches)


def vectorize(function, xs, shared):
    """`function(x, shared)` for each x along the first axis, at once.

    It returns two lists: what differs between the xs, and what is the same for all.

    Raises:
        RuntimeError: if something in the second list differs.
    """
    try:
        return jax.vmap(function, in_axes=(0, None), out_axes=(0, None))(xs, shared)
    except ValueError as error:
        if "out_axes" not in str(error) or "batched" not in str(error):
            raise
        raise RuntimeError("a value that should be the same for all elements differs") from error


def associative_scan(function, elements, reverse, axis):
    """All partial results of `function(a, b)` along `axis`, in a logarithmic number of steps."""
    return lax.associative_scan(function, elements, reverse, axis)
