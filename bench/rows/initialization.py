"""Making the weights of a large network in a fresh process: no shape may cost a compilation."""

import json
import os
import subprocess
import sys

from bench.harness import ENGINES, Row, Target

# Repetitions, width and window of each stage's blocks in ResNet-50 (He et al. 2015, table 1).
STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
PROGRAM = """
import json, sys, time
module, shapes = sys.argv[1], json.loads(sys.argv[2])
keras = __import__(module)
start = time.perf_counter()
uniform = keras.initializers.GlorotUniform(seed=1)
names = {"ones": keras.initializers.Ones(), "zeros": keras.initializers.Zeros(), "uniform": uniform}
weights = [keras.Variable(names[name], shape=shape) for name, shape in shapes]
assert sum(v.value.size for v in weights) == 25_636_712
for variable in weights:
    variable.value.block_until_ready()
print(time.perf_counter() - start)
"""


def convolution(window, inputs, outputs):
    """The weights of a convolution and of the batch normalization behind it."""
    bias, kernel = ("zeros", (outputs,)), ("uniform", (window, window, inputs, outputs))
    scales = [("ones", (outputs,)), ("zeros", (outputs,))]  # gamma and beta
    return [kernel, bias, *scales, ("zeros", (outputs,)), ("ones", (outputs,))]


def resnet_50():
    """Initializer and shape of each of ResNet-50's weights, 320 in all."""
    weights, inputs = convolution(7, 3, 64), 64
    for repetitions, width in STAGES:
        weights += convolution(1, inputs, 4 * width)  # of the shortcut
        for _ in range(repetitions):
            weights += convolution(1, inputs, width)
            weights += convolution(3, width, width)
            weights += convolution(1, width, 4 * width)
            inputs = 4 * width
    return [*weights, ("uniform", (2048, 1000)), ("zeros", (1000,))]


def setup(contender, quick):
    """Each measurement starts a new interpreter and counts from the end of the import."""
    module = "cornu" if contender == "cornu" else "keras"
    command = [sys.executable, "-c", PROGRAM, module, json.dumps(resnet_50())]
    environment = {"KERAS_BACKEND": ENGINES.get(contender, "jax")}

    def measure():
        output = subprocess.run(
            command,
            env={**os.environ, **environment},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout
        return float(output.split()[-1])

    measure()
    return measure


ROWS = [
    Row(
        name="initialization",
        title="the 320 weights of ResNet-50, in a fresh process after import",
        setup=setup,
        contenders=("cornu", "keras-jax"),
        targets=(
            Target(
                "initialization of ResNet-50's weights",
                lambda median: median["cornu"],
                at_most=0.5,
                unit="s",
            ),
        ),
        rounds=5,
    )
]
