"""Gradients from what a tape noted: link sources to targets, then go back through the operations.

The backward program depends only on how the notes are wired (`Plan.steps`), not on the values,
which are its arguments. So it is compiled once and found again by its wiring; a loop of equal steps
pays for tracing and compilation once. It takes the values computed forward instead of computing
them again. Every argument is a value that an outer tape knows too, which is what makes nested tapes
give derivatives of any order.
"""

import functools
import itertools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

# Distinct programs that are kept, each for all the shapes it met.
PROGRAMS = 1024


class Plan(NamedTuple):
    """The notes that lead from sources to targets, with numbers in place of values.

    Attributes:
        steps: `(operation, inputs, outputs)` in reverse order. An input `n` is differentiated, `~n`
            is not; an output that no gradient flows into is -1.
        values: value `n`, for each number.
        targets: per target its number, or None if it depends on no source.
        sources: per source its number, or None if no target depends on it.
    """

    steps: tuple
    values: list
    targets: list
    sources: list


@functools.lru_cache(maxsize=256)
def is_differentiable(dtype):
    """Whether values of this dtype have gradients: floats and complex numbers."""
    return jnp.issubdtype(dtype, jnp.inexact)


def link(log, targets, sources, cuts):
    """Find the `Plan` for gradients of `targets` with respect to `sources`.

    Args:
        log: what the tape noted, in order.
        targets: list of arrays.
        sources: list of arrays.
        cuts: ids of arrays from which no gradient goes back to what they were computed from.
    """
    live = {id(value) for value in sources if is_differentiable(value.dtype)}
    touched = [entry for entry in log if _spread(entry, live)]
    numbers, values, steps = {}, [], []

    def number(value):
        found = len(values)
        values.append(value)
        if isinstance(value, jax.Array):  # Python numbers may share an identity by chance
            numbers[id(value)] = found
        return found

    for value in targets:
        if id(value) in live and id(value) not in numbers:
            number(value)
    linked = live.difference(cuts)
    for operation, inputs, outputs in reversed(touched):
        into = tuple(
            [numbers.get(id(value), -1) if id(value) in linked else -1 for value in outputs]
        )
        if max(into) < 0:
            continue
        operation.check(live)
        outof = []
        for value in inputs:
            key = id(value)
            found = numbers[key] if key in numbers else number(value)
            outof.append(found if key in live else ~found)
        steps.append((operation, tuple(outof), into))
    ends = [
        [numbers.get(id(value)) if id(value) in live else None for value in group]
        for group in (targets, sources)
    ]
    return Plan(tuple(steps), values, *ends)


def _spread(entry, live):
    """Whether an operation has an input that depends on a source; if so its outputs do too."""
    operation, inputs, outputs = entry
    reached = not live.isdisjoint(map(id, inputs)) or (
        operation.buried and not live.isdisjoint(map(id, operation.buried))
    )
    if not reached or not operation.differentiable:
        return False
    for value in outputs:
        if is_differentiable(value.dtype):
            live.add(id(value))
    return True


def run(mode, plan, *seeds):
    """Run the backward program of a plan.

    Args:
        mode: `("gradient",)`, `("jacobian", rows)` or `("batch_jacobian", rows)`; `rows` is how
            many rows are computed at once, None for all.
        plan: a `Plan` with at least one linked target.
        *seeds: for "gradient", per linked target the gradient to start from, or None for ones.

    Returns:
        Per source an array, or None if it is not linked.
    """
    targets = tuple(number for number in plan.targets if number is not None)
    sources = tuple(dict.fromkeys(number for number in plan.sources if number is not None))
    key = (mode, targets, sources, plan.steps)
    stable = all(operation.stable for operation, _, _ in plan.steps)
    program = _compiled(*key) if stable else _program(*key)
    results = dict(zip(sources, program(plan.values, *seeds), strict=True))
    return [results.get(number) for number in plan.sources]


@functools.lru_cache(maxsize=PROGRAMS)
def _compiled(mode, targets, sources, steps):
    return jax.jit(_program(mode, targets, sources, steps))


def _program(mode, targets, sources, steps):
    kind, *options = mode

    def tape_program(values, *seeds):
        transposes = _transposes(steps, values)

        def backward(seeds):
            cotangents = {}
            for number, seed in zip(targets, seeds, strict=True):
                _add(cotangents, number, seed)
            for transpose in transposes:
                transpose(cotangents)
            return [cotangents[number] for number in sources]

        return _KINDS[kind](backward, [values[number] for number in targets], *options, *seeds)

    return tape_program


def _transposes(steps, values):
    """Functions that, one after the other, take gradients back through the steps.

    One for each step; but if some have to be traced anew, those between them are compiled together.
    """
    groups = [
        (stable, tuple(group))
        for stable, group in itertools.groupby(steps, key=lambda step: step[0].stable)
    ]
    found = []
    for stable, group in groups:
        if stable and len(groups) > 1:
            found.append(_segment_transpose(group, values))
        else:
            found += [_transpose(step, values) for step in group]
    return found


def _segment_transpose(steps, values):
    """The function that takes gradients back through several steps in one compiled program."""
    segment = _compiled_segment(steps)
    inputs = {max(number, ~number) for _, numbers, _ in steps for number in numbers}
    active = {number for _, *ends in steps for numbers in ends for number in numbers if number >= 0}
    arguments = {number: values[number] for number in inputs}

    def transpose(cotangents):
        known = {number: cotangents[number] for number in active if number in cotangents}
        cotangents.update(segment(arguments, known))

    return transpose


@functools.lru_cache(maxsize=PROGRAMS)
def _compiled_segment(steps):
    @jax.jit
    def tape_segment(values, cotangents):
        cotangents = dict(cotangents)
        for step in steps:
            _transpose(step, values)(cotangents)
        return cotangents

    return tape_segment


def _transpose(step, values):
    """The function that takes the gradients of one operation's outputs on to its inputs."""
    operation, inputs, outputs = step
    constants = [values[max(number, ~number)] for number in inputs]
    places = [place for place, number in enumerate(inputs) if number >= 0]
    wanted = [place for place, number in enumerate(outputs) if number >= 0]

    def forward(*active):
        arguments = list(constants)
        for place, value in zip(places, active, strict=True):
            arguments[place] = value
        found = operation.bind(arguments)
        return [found[place] for place in wanted]

    _, pull = jax.vjp(forward, *(constants[place] for place in places))

    def transpose(cotangents):
        # Taken out, not read, where JAX gave an input back as output: what comes next replaces it.
        take = cotangents.pop if not set(outputs).isdisjoint(inputs) else cotangents.__getitem__
        found = pull([take(outputs[place]) for place in wanted])
        for place, gradient in zip(places, found, strict=True):
            _add(cotangents, inputs[place], gradient)

    return transpose


def _add(cotangents, number, gradient):
    cotangents[number] = cotangents[number] + gradient if number in cotangents else gradient


def _gradient(backward, targets, seeds):
    pairs = zip(targets, seeds, strict=True)
    return backward([jnp.ones_like(target) if seed is None else seed for target, seed in pairs])


def _jacobian(backward, targets, rows):
    (target,) = targets
    basis = jnp.eye(target.size, dtype=target.dtype).reshape(target.size, *target.shape)
    found = _over_rows(lambda row: backward([row]), basis, rows)
    return [value.reshape(*target.shape, *value.shape[1:]) for value in found]


def _batch_jacobian(backward, targets, rows):
    (target,) = targets
    batch, *shape = target.shape
    size = math.prod(shape)
    basis = jnp.eye(size, dtype=target.dtype).reshape(size, 1, *shape)

    def row(one):
        return backward([jnp.broadcast_to(one, target.shape)])

    found = _over_rows(row, basis, rows)
    return [jnp.moveaxis(value, 0, 1).reshape(batch, *shape, *value.shape[2:]) for value in found]


def _over_rows(function, basis, rows):
    if rows is None:
        return jax.vmap(function)(basis)
    return jax.lax.map(function, basis, batch_size=rows)


_KINDS = {"gradient": _gradient, "jacobian": _jacobian, "batch_jacobian": _batch_jacobian}
