"""How long `import` takes, in fresh processes."""

import os
import subprocess
import sys

from bench.harness import ENGINES, Row, Target

PROBE = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def setup(contender, quick):
    """Each measurement starts a new interpreter; an unmeasured one warms the file caches."""
    module = {"cornu": "cornu", "jax": "jax"}.get(contender, "keras")
    environment = {**os.environ, "KERAS_BACKEND": ENGINES.get(contender, "jax")}
    # An installed package has its bytecode; so has ours after the unmeasured import.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def measure():
        command = [sys.executable, "-c", PROBE.format(module)]
        output = subprocess.run(
            command, env=environment, check=True, text=True, stdout=subprocess.PIPE
        ).stdout
        return float(output.split()[-1])

    measure()
    return measure


ROWS = [
    Row(
        name="import",
        title="import",
        setup=setup,
        contenders=("cornu", "jax", "keras-jax", "keras-tensorflow", "keras-torch"),
        targets=(
            Target(
                "import of cornu above import of jax",
                lambda median: median["cornu"] - median["jax"],
                at_most=0.2,
                unit="s",
            ),
        ),
        rounds=9,
    )
]
