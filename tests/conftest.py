"""What all tests share: the processor, a private home, the same fresh state before each."""

import itertools
import os
import re
import subprocess
import sys
import tempfile

import pytest

# Before anything imports jax or cornu: an accelerator only if asked for, no settings of the user's.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.pop("KERAS_BACKEND", None)
os.environ.setdefault("CORNU_COMPILE_CACHE", tempfile.mkdtemp(prefix="cornu-tests-"))
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="cornu-tests-")


# Compiled code of so many tests is kept: it fills the memory, and some tests share theirs.
TESTS_PER_CACHE = 500
_tests_run = itertools.count(1)

# Folders and files of large tables of small programs, where the compiler took a third of the time:
# CI asks it to leave out its optimizations there. With CORNU_EVERY_ROW nothing is left out.
QUICKLY_COMPILED = {"ops", "layers", "quantize", "compat", "control_flow"}
QUICKLY_COMPILED |= {"test_losses.py", "test_metrics.py", "test_properties.py"}
QUICKLY_COMPILED |= {"test_tape.py", "test_windows.py"}


def compile_quickly(quickly):
    """Compile from here on with or without the optimizations that take long."""
    import jax

    if jax.config.read("jax_disable_most_optimizations") != quickly:
        jax.clear_caches()
        jax.config.update("jax_disable_most_optimizations", quickly)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before all fixtures, those of the module too: what they compute is compared to the bit."""
    if "structure" not in item.path.parts:  # reads files, runs nothing here
        every_row = os.environ.get("CORNU_EVERY_ROW")
        compile_quickly(not every_row and not QUICKLY_COMPILED.isdisjoint(item.path.parts))


def pytest_itemcollected(item):
    """Give all tests of a row of a table to one process, one after the other: what the first has
    compiled is then there for the others."""
    rows = getattr(item, "callspec", None)
    if rows is not None and item.get_closest_marker("xdist_group") is None:
        row = re.sub(r"-\d+$", "", rows._idlist[-1])  # without its place among those of an op
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{row}"))


@pytest.fixture(autouse=True)
def fresh_state(request):
    """Seed everything before each test; undo names and global settings after it."""
    if "structure" in request.path.parts:  # reads files, runs nothing here
        yield
        return
    import cornu

    if not next(_tests_run) % TESTS_PER_CACHE:
        import jax

        jax.clear_caches()
    cornu.utils.clear_session(free_memory=False)  # collecting garbage takes 0.1 s
    cornu.utils.set_random_seed(1234)
    yield
    cornu.config.set_floatx("float32")
    cornu.config.set_epsilon(1e-7)
    cornu.config.set_image_data_format("channels_last")
    cornu.config.set_dtype_policy("float32")
    cornu.config.set_strict(False)
    cornu.utils.clear_session(free_memory=False)  # collecting garbage takes 0.1 s


@pytest.fixture
def run_python():
    """Runs a program in a new process with a changed environment; returns what it printed."""

    def run(program, **environment):
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **environment}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
