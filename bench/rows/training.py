"""What `fit` and `predict` cost in use: with callbacks, on many rows."""

import contextlib
import os
import time

import numpy as np

from bench.harness import Row, Target, library, quotient
from bench.rows.mlp import BATCH, FEATURES, data, make_model, scanned_epochs


def watched(contender, quick):
    """Seconds for an epoch of `fit` with a progress bar and early stopping."""
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


ROWS = [
    Row(
        name="mlp_fit_watched",
        title="MLP 784-256-10, `fit` with a progress bar and early stopping",
        setup=watched,
        contenders=("cornu", "keras-jax", "jax"),
        targets=(
            Target(
                "MLP fit, watched: speed against Keras on JAX",
                quotient("keras-jax", "cornu"),
                at_least=1.5,
            ),
            Target(
                "MLP fit, watched: speed against the hand-written scan",
                quotient("jax", "cornu"),
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
                quotient("keras-jax", "cornu"),
                at_least=1.2,
            ),
        ),
    ),
]
