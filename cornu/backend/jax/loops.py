"""A loop without a known number of rounds that has gradients in reverse, in bounded memory.

Going backwards needs the state before each round. A few of them are kept, and the others computed
again from these: with `SLOTS` places for states and binomially spaced ones, 33 rounds take one more
forward round each, 561 two, 6545 three (A. Griewank, "Achieving logarithmic growth of temporal and
spatial complexity in reverse automatic differentiation", 1992; the spacing is that of A. Griewank
and A. Walther, "Algorithm 799: revolve", 2000).
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cornu.core.lazy import lazy_module

extend = lazy_module("jax.extend.core")  # takes 40 ms to import

SLOTS = 32  # states that are kept
REPEATS = 64  # of a round, as far as the table of spacings goes
_MOST = 2**31 - 1


def while_loop(test, body, carry):
    """`carry = body(carry)` as long as `test(carry)`; lists of tensors.

    Inside transformations it has gradients in reverse, of any order.
    """
    carry = list(carry)
    tests, rounds = jax.make_jaxpr(test)(carry), jax.make_jaxpr(body)(carry)
    values = [*tests.consts, *rounds.consts, *carry]
    same = [a.dtype for a in rounds.out_avals] == [x.dtype for x in carry]
    traced = any(isinstance(value, jax.core.Tracer) for value in values)
    if not same or not traced or not any(map(_is_inexact, values)) or _is_forward(values):
        return lax.while_loop(test, body, carry)
    consts = [*tests.consts, *rounds.consts]
    return list(_Loop(tests, rounds).run(consts, carry)[1])


def _is_inexact(value):
    return jnp.issubdtype(jnp.result_type(value), jnp.inexact)


def _is_forward(values):
    """Whether derivatives are taken forward, which JAX's own loop has."""
    return any(isinstance(value, jax.interpreters.ad.JVPTracer) for value in values)


def _run(traced, consts, values):
    """What a traced function gives, with other values for what it captured."""
    return extend.jaxpr_as_fun(extend.ClosedJaxpr(traced.jaxpr, consts))(*values)


class _Loop:
    """A loop whose test and body are traced, with all that they captured as an argument.

    Args:
        tests, rounds: the jaxprs of test and body, from the state.
    """

    def __init__(self, tests, rounds):
        self.tests, self.rounds = tests, rounds
        self.count = len(tests.consts)
        self.run = jax.custom_vjp(self._run)
        self.run.defvjp(self._kept, self._back)
        self.pull = jax.custom_vjp(self._pull)
        self.pull.defvjp(lambda *given: (self._pull(*given), given), self._pull_back)

    def test(self, consts, state):
        """Whether the loop goes on."""
        return _run(self.tests, consts[: self.count], state)[0]

    def body(self, consts, state):
        """The state after a round."""
        return _run(self.rounds, consts[self.count :], state)

    def _run(self, consts, carry):
        """How many rounds there were, and the last state."""

        def test(found):
            return self.test(consts, found[1])

        def body(found):
            return found[0] + 1, self.body(consts, found[1])

        return lax.while_loop(test, body, (jnp.int32(0), list(carry)))

    def _kept(self, consts, carry):
        count, last = self.run(consts, carry)  # which can be differentiated once more
        return (count, last), (consts, carry, count)

    def _back(self, kept, upstream):
        consts, carry, count = kept
        found = self.pull(consts, carry, count, _inexact(upstream[1], like=carry))
        groups = zip((consts, carry), found, strict=True)
        return tuple(_merge(given, gradients, [None] * len(given)) for given, gradients in groups)

    def _turn(self, consts, state, upstream):
        """Gradients of one round: for what it captured, and for the state before it."""

        def outputs(*inexact):
            some, rest = (
                _merge(given, new, given)
                for given, new in zip((consts, state), inexact, strict=True)
            )
            return _inexact(self.body(some, rest), like=state)

        _, back = jax.vjp(outputs, _inexact(consts), _inexact(state))
        return back(upstream)

    def _pull(self, consts, carry, count, upstream):
        """Gradients of `count` rounds, from kept states."""

        def test(found):
            return found[0] >= 0

        def body(found):
            last, top, places, kept, upstream, gradients = found
            start, free = places[top], SLOTS - 1 - top
            ahead = _stride(last + 1 - start, free)
            state = [lax.dynamic_index_in_dim(slots, top, keepdims=False) for slots in kept]
            state = lax.fori_loop(0, ahead, lambda _, state: self.body(consts, state), state)
            turns = start + ahead == last
            place = jnp.where(turns, SLOTS, top + 1)  # one outside is not written to
            kept = [
                slots.at[place].set(x, mode="drop") for slots, x in zip(kept, state, strict=True)
            ]
            places = places.at[place].set(start + ahead, mode="drop")

            def turn():
                found, before = self._turn(consts, state, upstream)
                return before, [a + b for a, b in zip(gradients, found, strict=True)]

            upstream, gradients = lax.cond(turns, turn, lambda: (upstream, gradients))
            top = jnp.where(turns, top - (ahead == 0), top + 1)
            return last - turns, top, places, kept, upstream, gradients

        kept = [jnp.broadcast_to(x, (SLOTS, *jnp.shape(x))) for x in carry]
        places = jnp.zeros(SLOTS, "int32")
        zeros = [jnp.zeros_like(x) for x in _inexact(consts)]
        start = (count - 1, jnp.int32(0), places, kept, list(upstream), zeros)
        *_, upstream, gradients = lax.while_loop(test, body, start)
        return gradients, upstream

    def _pull_back(self, given, upstream):
        return jax.vjp(self._pull_plainly, *given)[1](upstream)

    def _pull_plainly(self, consts, carry, count, upstream):
        """What `_pull` computes, as loops that have gradients themselves, in quadratic time."""
        size = len(upstream)

        def before(number):
            found = while_loop(
                lambda found: found[0] < number,
                lambda found: [found[0] + 1, *self.body(consts, found[1:])],
                [jnp.int32(0), *carry],
            )
            return found[1:]

        def body(found):
            done, upstream, gradients = found[0], found[1 : 1 + size], found[1 + size :]
            new, upstream = self._turn(consts, before(count - 1 - done), upstream)
            return [done + 1, *upstream, *(a + b for a, b in zip(gradients, new, strict=True))]

        zeros = [jnp.zeros_like(x) for x in _inexact(consts)]
        found = while_loop(lambda found: found[0] < count, body, [jnp.int32(0), *upstream, *zeros])
        return found[1 + size :], found[1 : 1 + size]


@functools.cache
def _reach():
    """`[f, t]`: how many rounds can be gone back from a kept state with f free places, each being
    computed t times more."""
    columns = range(REPEATS)
    return np.array(
        [[min(math.comb(f + t + 1, t), _MOST) for t in columns] for f in range(SLOTS)], "int32"
    )


def _stride(distance, free):
    """How far ahead to keep the next state, of `distance` rounds to go back with `free` places; 0
    for the last of them."""
    reach = jnp.asarray(_reach())[free]
    repeats = jnp.minimum(jnp.sum(reach < distance), REPEATS - 1)
    spaced = jnp.clip(reach[repeats - 1], 1, jnp.maximum(distance - 1, 1))
    return jnp.where(distance == 1, 0, jnp.where(free == 0, distance - 1, spaced))


def _inexact(values, like=None):
    """Those among the values that can have gradients."""
    kinds = values if like is None else like
    return [value for value, kind in zip(values, kinds, strict=True) if _is_inexact(kind)]


def _merge(values, inexact, others):
    """`inexact` in the places of the values that can have gradients, `others` in the rest."""
    left = iter(inexact)
    return [
        next(left) if _is_inexact(value) else other
        for value, other in zip(values, others, strict=True)
    ]
