"""What `fit` and `predict` cost in use: with callbacks, on many rows, from a cold start."""

import contextlib
import os
import subprocess
import sys
import time

import numpy as np

from bench.harness import ENGINES, Row, Target, library
from bench.rows.mlp import BATCH, CLASSES, FEATURES, HIDDEN, data, make_model, scanned_epochs


def watched(contender, quick):
    """Seconds for an epoch of `fit` with a progress bar, early stopping and a held-out set."""
    x, y = data(quick)
    if contender == "jax":
        return scanned_epochs(x, y)
    keras = library(contender)
    model = make_model(keras)
    stopping = keras.callbacks.EarlyStopping("loss", patience=100)
    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append((float(logs["loss"]), time.perf_counter()))
    )

    def measure():
        ends.clear()
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            model.fit(x, y, batch_size=BATCH, epochs=2, verbose=1, callbacks=[stopping, clock])
        return ends[1][1] - ends[0][1]

    measure()
    return measure


def predict_many(contender, quick):
    """Seconds for `predict` of many rows in batches of 32."""
    keras = library(contender)
    model = make_model(keras)
    x = np.random.default_rng(0).standard_normal((6_400 if quick else 100_000, FEATURES), "float32")

    def measure():
        start = time.perf_counter()
        model.predict(x, batch_size=BATCH, verbose=0)
        return time.perf_counter() - start

    measure()
    return measure


FIRST_STEP = """
import numpy as np
import {library} as keras
layers = keras.layers
model = keras.Sequential([
    keras.Input(({features},)), layers.Dense({hidden}, activation="relu"), layers.Dense({classes})
])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(1e-3), loss)
x = np.ones(({batch}, {features}), "float32")
model.fit(x, np.zeros({batch}, "int32"), batch_size={batch}, verbose=0)
"""


def first_step(cache):
    """A setup for the seconds that a new process takes to the end of its first step of training.

    Args:
        cache: whether compiled programs of earlier processes may be used.
    """

    def setup(contender, quick):
        name = "cornu" if contender == "cornu" else "keras"
        program = FIRST_STEP.format(
            library=name, features=FEATURES, hidden=HIDDEN, classes=CLASSES, batch=BATCH
        )
        environment = {**os.environ, **({} if cache else {"CORNU_COMPILE_CACHE": "0"})}
        if contender in ENGINES:
            environment["KERAS_BACKEND"] = ENGINES[contender]

        def measure():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], env=environment, check=True)
            return time.perf_counter() - start

        measure()
        return measure

    return setup


ROWS = [
    Row(
        name="mlp_fit_watched",
        title="the same with a progress bar and early stopping",
        setup=watched,
        contenders=("cornu", "keras-jax", "jax"),
        targets=(
            Target(
                "MLP fit, watched: speed against Keras on JAX",
                lambda median: median["keras-jax"] / median["cornu"],
                at_least=1.5,
            ),
            Target(
                "MLP fit, watched: speed against the hand-written scan",
                lambda median: median["jax"] / median["cornu"],
                at_least=0.9,
            ),
        ),
    ),
    Row(
        name="predict_many",
        title="MLP 784-256-10, `predict` of 100,000 rows",
        setup=predict_many,
        contenders=("cornu", "keras-jax"),
        targets=(
            Target(
                "predict of 100,000 rows: speed against Keras on JAX",
                lambda median: median["keras-jax"] / median["cornu"],
                at_least=1.2,
            ),
        ),
    ),
    Row(
        name="first_step",
        title="MLP, from the start of Python to the end of the first step",
        setup=first_step(cache=False),
        contenders=("cornu", "keras-jax"),
        targets=(
            Target(
                "first step: time over that of Keras on JAX",
                lambda median: median["cornu"] / median["keras-jax"],
                at_most=1,
            ),
        ),
    ),
    Row(
        name="first_step_again",
        title="the same where an earlier process compiled it",
        setup=first_step(cache=True),
        contenders=("cornu", "keras-jax"),
    ),
]
