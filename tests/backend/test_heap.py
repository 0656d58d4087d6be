"""Large blocks of memory stay with a process that trains, until it gives them back."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the heap of glibc")

PROGRAM = """
import resource

import jax
import numpy as np

import cornu
from cornu.backend import engine


def resident():  # bytes
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def largest(x):  # a step with an intermediate result of 64 MiB
    return jax.numpy.abs(jax.numpy.fft.rfft(x)).max()


step = engine.compile(largest)
x = engine.asarray(np.ones((64, 2**18), "float32"))
for _ in range(3):
    float(step(x))
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
float(step(x))
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
kept = resident()
engine.free_memory()
print(faults, kept - resident())
"""


def ran(setting):
    """Page faults of a step, and the bytes given back after it."""
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
    faults, returned = ran("1")
    assert faults < 2000 and returned > 50 * 2**20


def test_the_heap_can_be_left_alone():
    faults, returned = ran("0")
    assert faults > 10_000 and returned < 50 * 2**20
