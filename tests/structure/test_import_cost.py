"""`import cornu` brings in only what every program needs."""

import json
import subprocess
import sys

# Each is loaded by the first thing that needs it, or never.
UNWANTED = {
    "PIL", "h5py", "keras", "matplotlib", "pandas", "rich", "scipy", "sklearn", "tensorflow",
    "torch",
}  # fmt: skip
PROBE = """
import json, sys
import jax
before = set(sys.modules)
import cornu
print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))
"""


def test_import_loads_no_heavy_package():
    run = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(json.loads(run.stdout.splitlines()[-1]))
    assert not loaded & UNWANTED, f"import cornu loads {', '.join(sorted(loaded & UNWANTED))}"


def test_import_starts_no_backend():
    program = (
        "import cornu; from jax._src import xla_bridge; assert not xla_bridge._backends; "
        "import jax.numpy as jnp; assert type(jnp.zeros(())) is cornu.backend.engine.ArrayType"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
