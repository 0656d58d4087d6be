"""Large blocks of memory stay with a process that trains, until it gives them back."""

import ctypes
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="only the heap of glibc 2.33 or newer can be set",
)

PROGRAM = """
import resource

import jax
import numpy as np

import cornu
from cornu.backend import engine
from cornu.backend.jax import heap

heap._SECONDS = 0.0


def resident():  # bytes
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def largest(x):  # a step with an intermediate result of 48 MiB
    return jax.numpy.abs(jax.numpy.fft.rfft(x)).max()


def run():
    engine.keep_memory()
    return float(step(x))


step = engine.compile(largest)
x = engine.asarray(np.ones((48, 2**18), "float32"))
start = resident()
for _ in range(30):  # the heap grows until it has room enough
    run()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
run()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
kept = resident()
engine.free_memory()
print(faults, kept - resident(), kept - start)
"""


def ran(setting):
    """Page faults of a step; the bytes given back after it; how many more there were than before
    the first step."""
    environment = {**os.environ, "CORNU_KEEP_MEMORY": setting, "JAX_PLATFORMS": "cpu"}
    environment["CORNU_COMPILE_CACHE"] = "0"
    command = [sys.executable, "-c", PROGRAM]
    found = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert found.returncode == 0, found.stderr
    return tuple(map(int, found.stdout.split()))


@pytest.mark.skipif((os.cpu_count() or 1) > 16, reason="left alone on many processors")
def test_steps_find_their_memory_in_the_heap():
    faults, returned, grown = ran("1")
    assert faults < 2000 and returned > 40 * 2**20
    assert grown < 2 * 2**30


def test_the_heap_can_be_left_alone():
    faults, returned, _ = ran("0")
    assert faults > 10_000 and returned < 40 * 2**20
