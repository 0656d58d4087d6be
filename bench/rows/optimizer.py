"""One step of Adam on many variables: whether it is one fused call, whatever their number."""

import numpy as np

from bench.harness import Row, Target, library, seconds_per_call
from bench.rows.mlp import LEARNING_RATE

# 200 variables with 5,000,000 elements.
SHAPES = ((240, 200), (2000,)) * 100


def adam(contender, quick):
    """Seconds for one update of all variables by gradients that are there already."""
    import jax

    generator = np.random.default_rng(0)
    shapes = SHAPES[:20] if quick else SHAPES
    values, gradients = (
        [generator.standard_normal(shape, dtype="float32") for shape in shapes] for _ in range(2)
    )
    gradients = jax.device_put(gradients)
    if contender in ("jax", "optax"):
        step = by_hand(values, gradients) if contender == "jax" else by_optax(values, gradients)
    else:
        step = by_keras(library(contender), values, gradients)
    step()
    return lambda: seconds_per_call(step, 5 if quick else 30, jax.block_until_ready)


def by_keras(keras, values, gradients):
    """As a training loop of one's own does it, outside of compiled code."""
    variables = [keras.Variable(value) for value in values]
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(variables)

    def step():
        optimizer.apply(gradients, variables)
        return [variable.value for variable in (variables[0], variables[-1])]

    return step


def by_hand(values, gradients):
    """The formula with `jax.tree.map`, compiled."""
    import jax

    from bench.peers import adam

    state = adam.start(jax.device_put(values))
    compiled = jax.jit(adam.step)

    def step():
        nonlocal state
        state = compiled(state, gradients)
        return state

    return step


def by_optax(values, gradients):
    """The same of the library optax, compiled."""
    import jax
    import optax

    transformation = optax.adam(LEARNING_RATE, eps=1e-7)

    @jax.jit
    def update(values, state, gradients):
        moves, state = transformation.update(gradients, state, values)
        return optax.apply_updates(values, moves), state

    values = jax.device_put(values)
    state = transformation.init(values)

    def step():
        nonlocal values, state
        values, state = update(values, state, gradients)
        return values

    return step


ROWS = [
    Row(
        name="adam_step",
        title="Adam, one step on 200 variables (5 M parameters)",
        setup=adam,
        contenders=("cornu", "keras-jax", "optax", "jax"),
        targets=(
            Target(
                "Adam step: speed against hand-written Adam, jitted",
                lambda median: median["jax"] / median["cornu"],
                at_least=0.9,
            ),
            Target(
                "Adam step: speed against optax, jitted",
                lambda median: median["optax"] / median["cornu"],
                at_least=0.9,
            ),
        ),
    ),
]
