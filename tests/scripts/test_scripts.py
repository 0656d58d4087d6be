"""Programs as their users write them run with `python -m cornu`, unmodified, without TensorFlow.

Five are users' programs; the others are written in the manner of tutorials of 2016 to 2026, which
their names begin with. Of those every eleventh runs, all if CORNU_EVERY_ROW asks for it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cornu
from cornu.utils._picture import painter

HERE = Path(__file__).parent / "programs"
SCRIPTS = sorted(path.name for path in HERE.glob("*.py"))
DATES = ("keras1_", "keras2_", "keras3_", "tf_", "tf2_")
DATED = [name for name in SCRIPTS if name.startswith(DATES)]
CHOSEN = (
    SCRIPTS if os.environ.get("CORNU_EVERY_ROW") else sorted({*SCRIPTS} - {*DATED}) + DATED[::11]
)
# What a script needs beside this package.
NEEDS = {"keras2_image_augmentation.py": "PIL"}


def run(name):
    """Run a script; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "cornu", str(HERE / name)],
        capture_output=True, text=True, timeout=110,
        env={**os.environ, "PYTHONPATH": str(Path(cornu.__file__).parents[1])},
    )  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_script(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")
    if name == "backend_functions.py" and painter("png") is None:
        pytest.skip("nothing here draws pictures of models: pip install 'cornu[plot]'")
    done = run(name)
    assert done.returncode == 0, done.stderr[-2000:]


def test_all_scripts_are_here():
    assert len(SCRIPTS) >= 38 and len(DATED) >= 22
