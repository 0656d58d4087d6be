"""Training and asking a small perceptron (784-256-10): where the overhead of a step shows."""

import importlib
import time

import numpy as np

from bench.harness import (
    BOTH,
    ENGINES,
    PORTABLE,
    Row,
    Target,
    against_fastest,
    library,
    quotient,
    seconds_per_call,
)
from bench.rows.networks import PEERS

SAMPLES, FEATURES, HIDDEN, CLASSES, BATCH = 60_000, 784, 256, 10, 32
LEARNING_RATE = 1e-3


def data(quick):
    """Random features, and labels that follow from them, so that the loss can fall."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((6_400 if quick else SAMPLES, FEATURES), dtype="float32")
    teacher = generator.standard_normal((FEATURES, CLASSES), dtype="float32")
    return x, np.argmax(x @ teacher, axis=1).astype("int32")


def make_model(keras):
    """The network as a user of Keras writes it."""
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(CLASSES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss)
    return model


def fit(contender, quick):
    """Seconds for one epoch of `fit`: the second of each call, so that start-up is left out."""
    x, y = data(quick)
    if contender == "jax":
        return scanned_epochs(x, y)
    if contender in PEERS:
        return peer_epochs(contender, x, y)
    keras = library(contender)
    model = make_model(keras)

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.ends = []

        def on_epoch_end(self, epoch, logs=None):
            float(logs["loss"])  # waits for the epoch where its results are read lazily
            self.ends.append(time.perf_counter())

    clock = Clock()

    def measure():
        model.fit(x, y, batch_size=BATCH, epochs=2, verbose=0, callbacks=[clock])
        return clock.ends[1] - clock.ends[0]

    return measure


def peer_epochs(contender, x, y):
    """Seconds for one epoch of a loop written by hand."""
    train = importlib.import_module(PEERS[contender]).trainer("mlp", x, y, BATCH)

    def measure():
        start = time.perf_counter()
        train()
        return time.perf_counter() - start

    measure()
    return measure


def scanned_epochs(x, y):
    """The yardstick: the same by hand, an epoch as one compiled scan, all data on the device."""
    import jax

    from bench.peers import adam

    state = adam.start(initial_parameters(jax.random.key(0)))
    epoch = jax.jit(train_epoch, donate_argnums=0)
    x, y = jax.device_put(x), jax.device_put(y)
    keys = iter(jax.random.split(jax.random.key(1), 1000))

    def measure():
        nonlocal state
        start = time.perf_counter()
        state, loss = epoch(state, x, y, next(keys))
        float(loss)
        return time.perf_counter() - start

    measure()
    return measure


def initial_parameters(key):
    """Kernel and bias of both layers."""
    import jax
    import jax.numpy as jnp

    glorot = jax.nn.initializers.glorot_uniform()
    key_1, key_2 = jax.random.split(key)
    return (
        (glorot(key_1, (FEATURES, HIDDEN)), jnp.zeros(HIDDEN)),
        (glorot(key_2, (HIDDEN, CLASSES)), jnp.zeros(CLASSES)),
    )


def logits(parameters, x):
    """The network as a function."""
    import jax

    (kernel_1, bias_1), (kernel_2, bias_2) = parameters
    return jax.nn.relu(x @ kernel_1 + bias_1) @ kernel_2 + bias_2


def loss_function(parameters, x, y):
    """Mean sparse categorical cross-entropy."""
    import jax
    import jax.numpy as jnp

    scores = jax.nn.log_softmax(logits(parameters, x))
    return -jnp.mean(jnp.take_along_axis(scores, y[:, None], axis=1))


def train_epoch(state, x, y, key):
    """Shuffle, then scan over the batches; return the new state and the mean loss."""
    import jax
    import jax.numpy as jnp

    from bench.peers import adam

    def step(state, rows):
        loss, gradients = jax.value_and_grad(loss_function)(state[1], x[rows], y[rows])
        return adam.step(state, gradients, LEARNING_RATE), loss

    steps = len(x) // BATCH
    order = jax.random.permutation(key, len(x))[: steps * BATCH].reshape(steps, BATCH)
    state, losses = jax.lax.scan(step, state, order)
    return state, jnp.mean(losses)


def predict(contender, quick):
    """Seconds for the prediction of one row, host array in and host array out."""
    x = data(quick=True)[0][:1]
    calls = 50 if quick else 300
    if contender == "jax":
        import jax

        parameters = initial_parameters(jax.random.key(0))
        compiled = jax.jit(logits)

        def call():
            return np.asarray(compiled(parameters, x))
    else:
        model = make_model(library(contender))

        def call():
            return model.predict(x, verbose=0)

    seconds_per_call(call, 5)
    return lambda: seconds_per_call(call, calls)


def operations(samples):
    """Floating-point operations of an epoch: as `networks.Network.operations` counts them."""
    return 2 * samples * (2 * FEATURES * HIDDEN + 3 * HIDDEN * CLASSES)


ROWS = [
    Row(
        name="mlp_fit",
        title=f"MLP 784-256-10, `fit`, one epoch of {SAMPLES:,} rows in batches of {BATCH}",
        setup=fit,
        contenders=(*BOTH, *ENGINES, *PEERS),
        targets=(
            Target(
                "MLP fit: speed against Keras on JAX",
                quotient("keras-jax", "cornu"),
                at_least=1.5,
            ),
            Target(
                "MLP fit: speed against Keras on JAX, portable",
                quotient("keras-jax", PORTABLE),
                at_least=1.5,
            ),
            Target(
                "MLP fit: speed against Keras's fastest engine",
                against_fastest("cornu"),
                at_least=1.0,
            ),
            Target(
                "MLP fit: speed against the hand-written scan",
                quotient("jax", "cornu"),
                at_least=0.9,
            ),
        ),
        rounds=5,
        operations=operations(SAMPLES),
    ),
    Row(
        name="predict_row",
        title="MLP 784-256-10, `predict` of one row",
        setup=predict,
        contenders=("cornu", "keras-jax", "jax"),
        targets=(
            Target(
                "predict of one row: time over the jitted call",
                quotient("cornu", "jax"),
                at_most=3,
            ),
        ),
    ),
]
