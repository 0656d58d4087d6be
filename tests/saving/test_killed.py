"""A save killed at any moment leaves the old model or the new one."""

import inspect
import os
import subprocess
import sys
import time

import numpy as np

import cornu


def build():
    """A model of which all weights are ones."""
    layer = cornu.layers.Dense(500, kernel_initializer="ones", bias_initializer="ones")
    return cornu.Sequential([cornu.layers.Input((1000,)), layer])


SAVE_FOREVER = f"""
import sys
import cornu
{inspect.getsource(build)}
model = build()
print("ready", flush=True)
number = 0
while True:
    number += 1
    for variable in model.variables:
        variable.assign(cornu.ops.full(variable.shape, number, dtype="float32"))
    model.save(sys.argv[1])
"""


def test_killed_while_saving(tmp_path):
    path = tmp_path / "model.keras"
    build().save(path)
    for delay in (0.0, 0.02, 0.05, 0.1):  # test_atomic.py kills a cheaper writer more often
        saver = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        saver.stdout.readline()
        time.sleep(delay)
        saver.kill()
        saver.wait()
        saver.stdout.close()
        arrays = cornu.saving.load_model(path).get_weights()
        assert len({float(value) for array in arrays for value in np.unique(array)}) == 1
    build().save(path)
    assert os.listdir(tmp_path) == ["model.keras"]
