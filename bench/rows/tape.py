"""Training steps written by hand with `GradientTape`, beside the same steps as one jitted function.

python -m bench.rows.tape    # both in one process, in turn
"""

import json
import statistics

import jax
import jax.numpy as jnp
import numpy as np

from bench.harness import Row, Target, seconds_per_call

FEATURES, HIDDEN, CLASSES, BATCH, RATE = 784, 256, 10, 32, 0.01
AT_MOST = 3.0


def make_weights():
    """Two dense layers: kernel, bias, kernel, bias."""
    random = np.random.default_rng(0)
    shapes = (FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)
    return [jnp.asarray(random.normal(scale=0.05, size=shape), jnp.float32) for shape in shapes]


def make_batch():
    """Random features, and labels of shape `(BATCH, 1)`."""
    random = np.random.default_rng(1)
    x = jnp.asarray(random.normal(size=(BATCH, FEATURES)), jnp.float32)
    return x, jnp.asarray(random.integers(0, CLASSES, (BATCH, 1)))


def cross_entropy(weights, x, y):
    """The mean loss of the network.

    The relu is a `maximum`, because an eager call of `jax.nn.relu` takes JAX 0.2 ms, with a tape or
    without: half as long as the whole jitted step.
    """
    hidden = jnp.maximum(x @ weights[0] + weights[1], 0.0)
    log_probabilities = jax.nn.log_softmax(hidden @ weights[2] + weights[3])
    return -jnp.mean(jnp.take_along_axis(log_probabilities, y, axis=-1))


def descend(weights, gradients):
    """One update of plain gradient descent."""
    return [weight - RATE * gradient for weight, gradient in zip(weights, gradients, strict=True)]


@jax.jit
def jitted_step(weights, x, y):
    """The step by hand: everything in one compiled function."""
    loss, gradients = jax.value_and_grad(cross_entropy)(weights, x, y)
    return descend(weights, gradients), loss


update = jax.jit(descend)


def make_tape_step():
    """The step as a user of the tape writes it: eager, but for the update."""
    from cornu.backend.jax.tape import GradientTape

    def tape_step(weights, x, y):
        with GradientTape() as tape:
            loss = cross_entropy(weights, x, y)
        return update(weights, tape.gradient(loss, weights)), loss

    return tape_step


def loop(step, steps):
    """A function that trains for `steps` steps from the same start, and gives seconds per step."""
    start, (x, y) = make_weights(), make_batch()

    def measure():
        weights = start

        def once():
            nonlocal weights
            weights, _ = step(weights, x, y)
            return weights

        return seconds_per_call(once, steps, jax.block_until_ready)

    measure()
    return measure


def steps(contender, quick):
    """Seconds of one training step."""
    return loop(make_tape_step() if contender == "cornu" else jitted_step, 20 if quick else 100)


def row(rounds=15):
    """Measure both in this process, in turn."""
    measures = {"tape": loop(make_tape_step(), 100), "jit": loop(jitted_step, 100)}
    times = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            times[name].append(measure())
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = statistics.median(a / b for a, b in zip(times["tape"], times["jit"], strict=True))
    return {
        "name": "tape loop",
        "ratio": ratio,
        "target": AT_MOST,
        "better": "lower",
        "times": medians,
    }


ROWS = [
    Row(
        name="tape_step",
        title="training step with GradientTape (784-256-10, batch 32, SGD)",
        setup=steps,
        contenders=("cornu", "jax"),
        targets=(
            Target(
                "tape step over one jitted step",
                lambda median: median["cornu"] / median["jax"],
                at_most=AT_MOST,
            ),
        ),
    )
]


if __name__ == "__main__":
    print(json.dumps(row(), indent=1))
