"""Programs as their users write them run with `python -m cornu`, unmodified, without TensorFlow.

Those without `tf_` are five users' programs; the others are written in the manner of tutorials.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cornu

HERE = Path(__file__).parent / "programs"
SCRIPTS = sorted(path.name for path in HERE.glob("*.py"))
NEEDS = {"backend_functions.py": "plot_model"}


def lacks(name):
    """Whether a function of `keras.utils` that a script needs is not there yet."""
    return name in NEEDS and not hasattr(cornu.utils, NEEDS[name])


def run(name):
    """Run a script; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "cornu", str(HERE / name)],
        capture_output=True, text=True, timeout=110,
        env={**os.environ, "PYTHONPATH": str(Path(cornu.__file__).parents[1])},
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.xfail(lacks(name), reason="keras.utils.plot_model", strict=True),
        )
        for name in SCRIPTS
    ],
)
def test_script(name):
    done = run(name)
    assert done.returncode == 0, done.stderr[-2000:]


def test_all_scripts_are_here():
    assert len(SCRIPTS) >= 15
