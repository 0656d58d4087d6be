"""From the start of Python to a first result: import, build, compile, one step.

python -m bench.rows.start cnn cornu    # what is timed: the program of one contender
"""

import atexit
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from bench.harness import ENGINES, Row, Target, environment, module
from bench.rows import mlp, networks
from bench.rows.initialization import STAGES

CONTENDERS = ("cornu", *ENGINES)


def first_step_of_mlp(keras):
    """Train one batch."""
    model = mlp.make_model(keras)
    x = np.ones((mlp.BATCH, mlp.FEATURES), "float32")
    model.fit(x, np.zeros(mlp.BATCH, "int32"), batch_size=mlp.BATCH, verbose=0)


def first_step_of_cnn(keras):
    """Train one batch."""
    network = networks.NETWORKS["cnn"]
    model = network.build(keras)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = networks.samples(network, network.batch)
    model.fit(x, y, batch_size=network.batch, verbose=0)


def build_resnet_50(keras):
    """ResNet-50 (He et al. 2015, table 1) layer by layer, until all of its weights are there."""
    layers = keras.layers

    def convolved(x, width, window, stride=1, activation=True):
        x = layers.Conv2D(width, window, strides=stride, padding="same")(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if activation else x

    inputs = keras.Input((224, 224, 3))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(convolved(inputs, 64, 7, 2))
    for stage, (repetitions, width) in enumerate(STAGES):
        for repetition in range(repetitions):
            stride = 2 if stage and not repetition else 1
            shortcut = x if repetition else convolved(x, 4 * width, 1, stride, False)
            x = convolved(convolved(x, width, 1, stride), width, 3)
            x = layers.ReLU()(layers.Add()([convolved(x, 4 * width, 1, 1, False), shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(1000, activation="softmax")(x))
    assert sum(weight.size for weight in model.get_weights()) == 25_636_712


PROGRAMS = {"mlp": first_step_of_mlp, "cnn": first_step_of_cnn, "resnet_50": build_resnet_50}


def cache_of(contender, cache):
    """The environment variables that give a contender a compilation cache on disk, or none.

    Args:
        cache: a folder, or None.
    """
    if contender == "cornu":
        return {"CORNU_COMPILE_CACHE": cache or "0"}
    if cache is None:
        return {}
    return {"JAX_COMPILATION_CACHE_DIR": cache, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}


def setup_of(program, cached):
    """A setup for the seconds that a new process takes.

    Args:
        program: a name from `PROGRAMS`.
        cached: whether compiled programs of an earlier process are used.
    """

    def setup(contender, quick):
        command = [sys.executable, "-m", "bench.rows.start", program, module(contender)]
        cache = tempfile.mkdtemp() if cached else None
        if cached:
            atexit.register(shutil.rmtree, cache)
        variables = {**os.environ, **environment(contender), **cache_of(contender, cache)}
        # An installed package has its bytecode; so has ours after the first run.
        variables.pop("PYTHONDONTWRITEBYTECODE", None)

        def measure():
            start = time.perf_counter()
            subprocess.run(command, env=variables, check=True)
            return time.perf_counter() - start

        if cached:
            measure()  # fills the cache
        return measure

    return setup


def rows(program, title, *targets):
    """The rows of a program: without a cache, and with one that is full."""
    # Of Keras's engines, JAX alone keeps compiled programs on disk.
    for cached, contenders in (False, CONTENDERS), (True, ("cornu", "keras-jax")):
        yield Row(
            name=f"start_{program}" + "_again" * cached,
            title=title + ", where an earlier process compiled it" * cached,
            setup=setup_of(program, cached),
            contenders=contenders,
            targets=() if cached else targets,
            rounds=3,
        )


def over_fastest(median):
    """Time over that of the fastest engine."""
    return median["cornu"] / min(median[name] for name in ENGINES)


ROWS = [
    *rows(
        "mlp",
        "MLP, from the start of Python to the end of the first step",
        Target(
            "first step of the MLP: time over that of Keras on JAX",
            lambda median: median["cornu"] / median["keras-jax"],
            at_most=1,
        ),
    ),
    *rows(
        "cnn",
        "CNN, from the start of Python to the end of the first step",
        Target(
            "first step of the CNN: time over that of Keras's fastest engine",
            over_fastest,
            at_most=1,
        ),
    ),
    *rows("resnet_50", "ResNet-50, from the start of Python until it is built"),
]


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](importlib.import_module(sys.argv[2]))
