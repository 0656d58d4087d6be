"""Saving a model of 100 MB and loading it: time, and memory in a fresh process."""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from bench.harness import ENGINES, Row, Target, library

WIDTH, DEPTH = 1600, 10
FSYNC = "cornu-fsync"
LOAD = """
import os, sys
module, path, small = sys.argv[1:]
keras = __import__(module)
keras.saving.load_model(small)


def memory(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = memory("VmRSS")
model = keras.saving.load_model(path)
print((memory("VmHWM") - before) / os.path.getsize(path))
"""


def model_of(keras, width):
    """A chain of square layers; 100 MB with the width above."""
    layers = [keras.layers.Dense(width, use_bias=False) for _ in range(DEPTH)]
    model = keras.Sequential([keras.layers.Input((width,)), *layers])
    random = np.random.default_rng(0)  # numbers that differ, so that nothing compresses them
    model.set_weights([random.normal(size=w.shape).astype("float32") for w in model.weights])
    return model


def setup(ending):
    """The setup of one format; a measurement saves and loads once."""

    def prepare(contender, quick):
        keras = library("cornu" if contender == FSYNC else contender)
        model = model_of(keras, WIDTH // (10 if quick else 1))
        path = os.path.join(tempfile.mkdtemp(), f"model.{ending}")
        options = {} if contender.startswith("keras") else {"fsync": contender == FSYNC}

        def measure():
            start = time.perf_counter()
            if ending == "keras":
                keras.saving.save_model(model, path, **options)
                keras.saving.load_model(path)
            else:
                keras.saving.save_weights(model, path, **options)
                keras.saving.load_weights(model, path)
            return time.perf_counter() - start

        measure()
        return measure

    return prepare


def setup_memory(contender, quick):
    """A measurement loads in a new process: growth of the peak memory over the file's size."""
    keras = library(contender)
    folder = tempfile.mkdtemp()
    path, small = os.path.join(folder, "model.keras"), os.path.join(folder, "small.keras")
    model_of(keras, WIDTH // (10 if quick else 1)).save(path)
    model_of(keras, 2).save(small)
    module = "cornu" if contender == "cornu" else "keras"
    environment = {**os.environ, "KERAS_BACKEND": ENGINES.get(contender, "jax")}

    def measure():
        command = [sys.executable, "-c", LOAD, module, path, small]
        output = subprocess.run(
            command, env=environment, check=True, text=True, stdout=subprocess.PIPE
        ).stdout
        return float(output.split()[-1])

    return measure


def row(ending):
    """The row of one format."""
    return Row(
        name=f"save_load_{ending.replace('.', '_')}",
        title=f"save and load 100 MB as `.{ending}`",
        setup=setup(ending),
        contenders=("cornu", FSYNC, "keras-jax"),
        targets=(
            Target(
                f"save + load `.{ending}` without fsync, over Keras",
                lambda median: median["cornu"] / median["keras-jax"],
                at_most=1.15,
            ),
            Target(
                f"save + load `.{ending}` with fsync, over Keras",
                lambda median: median[FSYNC] / median["keras-jax"],
                at_most=2.5,
            ),
        ),
        rounds=5,
    )


ROWS = [
    row("keras"),
    row("weights.h5"),
    Row(
        name="load_memory",
        title="peak memory of loading 100 MB in a fresh process, as a multiple of the file",
        setup=setup_memory,
        contenders=("cornu", "keras-jax"),
        targets=(
            Target(
                "peak memory of loading, over the file's size",
                lambda median: median["cornu"],
                at_most=1.2,
            ),
        ),
        rounds=3,
        unit="x",
    ),
]
