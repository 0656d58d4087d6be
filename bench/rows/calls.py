"""What it costs to call a layer eagerly, and to build a model from layers."""

import time

from bench.harness import Row, Target, library, seconds_per_call


def identity(contender, quick):
    """One call of a layer that does nothing: the overhead itself."""
    import jax.numpy as jnp

    layer = library(contender).layers.Identity()
    x = jnp.ones((2, 3))
    layer(x)
    return lambda: seconds_per_call(lambda: layer(x), 300 if quick else 3000)


def dense(contender, quick):
    """One eager call of Dense(16) on a `(2, 8)` array, or the same formula in jax.numpy."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((2, 8))
    if contender == "jax":
        kernel, bias = jnp.ones((8, 16)), jnp.zeros((16,))

        def call():
            return jnp.matmul(x, kernel) + bias
    else:
        layer = library(contender).layers.Dense(16)

        def call():
            return layer(x)

    call()
    return lambda: seconds_per_call(call, 200 if quick else 2000, jax.block_until_ready)


def build(contender, quick):
    """A functional model of 20 Dense layers, weights included, after one that is not measured."""
    keras = library(contender)

    def measure():
        start = time.perf_counter()
        inputs = x = keras.Input((64,))
        for _ in range(20):
            x = keras.layers.Dense(64, activation="relu")(x)
        keras.Model(inputs, x)
        return time.perf_counter() - start

    measure()
    return measure


def call(contender, quick):
    """One eager call of a functional model of 20 Dense layers, or its formulas in jax.numpy."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((2, 64))
    if contender == "jax":
        weights = [(jnp.ones((64, 64)) / 64, jnp.zeros((64,)))] * 20

        def model(x):
            for kernel, bias in weights:
                x = jnp.maximum(jnp.matmul(x, kernel) + bias, 0)
            return x
    else:
        keras = library(contender)
        inputs = outputs = keras.Input((64,))
        for _ in range(20):
            outputs = keras.layers.Dense(64, activation="relu")(outputs)
        model = keras.Model(inputs, outputs)
    model(x)
    return lambda: seconds_per_call(lambda: model(x), 20 if quick else 200, jax.block_until_ready)


ROWS = [
    Row(
        name="identity_call",
        title="Identity layer, one eager call",
        setup=identity,
        contenders=("cornu", "keras-jax"),
        targets=(Target("Identity call", lambda median: median["cornu"], at_most=10e-6, unit="s"),),
    ),
    Row(
        name="dense_call",
        title="Dense layer, one eager call",
        setup=dense,
        contenders=("cornu", "keras-jax", "jax"),
    ),
    Row(
        name="model_build",
        title="functional model of 20 Dense layers, built",
        setup=build,
        contenders=("cornu", "keras-jax"),
    ),
    Row(
        name="model_call",
        title="functional model of 20 Dense layers, one eager call",
        setup=call,
        contenders=("cornu", "keras-jax", "jax"),
        targets=(
            Target(
                "model call over its raw calls",
                lambda median: median["cornu"] / median["jax"],
                at_most=3,
            ),
        ),
    ),
]
