"""Packages made for Keras run on cornu, in an environment without Keras and TensorFlow.

`make clients` makes one and runs these tests there; elsewhere they are skipped.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cornu

HERE = Path(__file__).parent / "programs"
PACKAGES = {
    "bayesflow_coupling_flow.py": "bayesflow",
    "keras_hub_bert.py": "keras_hub",
    "keras_hub_gpt2.py": "keras_hub",
    "keras_mdn_fit.py": "keras_mdn_layer",
    "keras_rs_feature_cross.py": "keras_rs",
    "keras_tuner_search.py": "keras_tuner",
}


def is_installed(package):
    return importlib.util.find_spec(package) is not None


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_client(name, tmp_path):
    if not is_installed(PACKAGES[name]):
        pytest.skip(f"{PACKAGES[name]} is not installed: `make clients` runs this")
    found = {
        **os.environ,
        "PYTHONPATH": str(Path(cornu.__file__).parents[1]),
        "KERAS_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "cornu", "--tensorflow=real", str(HERE / name)],
        capture_output=True, text=True, timeout=280, env=found, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_environment_has_no_keras():
    if not any(map(is_installed, PACKAGES.values())):
        pytest.skip("none of the packages is installed: `make clients` runs this")
    assert not is_installed("keras") and not is_installed("tensorflow")


def test_all_programs_are_listed():
    assert sorted(path.name for path in HERE.glob("*.py")) == sorted(PACKAGES)
