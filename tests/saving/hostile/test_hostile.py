"""Hostile files are refused: by one class of error, at once, with nothing run, read or written."""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
from saving.hostile.probes import PROBES
from structure.source import sources

import cornu
from cornu.serial import lookup
from cornu.serial.registry import ALIASES, EXPORTS

# The probes run once, so all tests of them in one of CI's processes.
pytestmark = pytest.mark.xdist_group("hostile")

HERE = Path(__file__).parent
# Of the processor's time: other programs may run on the machine.
SECONDS, MEMORY = 1.0, 64 * 2**20
# Where something else than `ModelFileError` is what the documentation promises.
OTHER_ERRORS = {
    "tar_dotdot": "ValueError",
    "tar_symlink_then_file": "ValueError",
    "tar_hardlink_out": "ValueError",
    "get_file_zip_inflates_200MB": "ValueError",
    "get_file_tar_header_inflates": "ValueError",
    "get_file_no_archive": "ValueError",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What became of each probe, run once for all tests in a process of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *sys.path])}
    done = subprocess.run(
        [sys.executable, str(HERE / "child.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=200,
        env=environment,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"after {lines[-1:]}: {done.stderr[-3000:]}"
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", PROBES)
def test_refused(name, results):
    result = results[name]
    assert result["error"] is not None, "it was loaded"
    assert OTHER_ERRORS.get(name, "ModelFileError") in result["error"], result["message"]
    assert "ValueError" in result["error"]
    assert len(result["message"]) <= 2000
    assert result["events"] == []


@pytest.mark.parametrize("name", PROBES)
def test_refused_at_once_and_in_little_memory(name, results):
    result = results[name]
    assert result["seconds"] < SECONDS
    assert result["memory"] is None or result["memory"] < MEMORY


def test_what_a_file_may_name_touches_nothing_outside(results):
    result = results["nameable"]
    assert result["bad"] == []
    assert result["tried"] > 2 * result["paths"] > 600


def test_the_watch_sees_what_it_must(results):
    seen = " ".join(results["control"]["events"])
    words = ["CANARY.txt", "marshal.loads", "pickle.find_class", "canary_mod_xyz.py", "os.system"]
    assert [word for word in (*words, "MARKER", "socket.connect") if word not in seen] == []


# The kinds of objects that configs describe. A new one is thought about before it is added.
KINDS = (
    "keras.layers.Layer",
    "keras.Operation",
    "keras.Function",
    "keras.Loss",
    "keras.Metric",
    "keras.Optimizer",
    "keras.optimizers.OptimizerMap",
    "keras.optimizers.schedules.LearningRateSchedule",
    "keras.Initializer",
    "keras.Regularizer",
    "keras.constraints.Constraint",
    "keras.DTypePolicy",
    "keras.dtype_policies.DTypePolicyMap",
    "keras.Quantizer",
    "keras.quantizers.QuantizationConfig",
    "keras.random.SeedGenerator",
    "keras.InputSpec",
)


def test_only_parts_of_models_may_be_named():
    kinds = tuple(EXPORTS[path] for path in KINDS)
    for path, found in {**EXPORTS, **ALIASES}.items():
        if not lookup.may_be_named(found):
            continue
        if inspect.isclass(found):
            assert issubclass(found, kinds), path
        elif not hasattr(found, "from_config"):
            spaces = {f"keras.{space}.{found.__name__}" for space in lookup.FUNCTION_NAMESPACES}
            assert spaces & {name for name, obj in EXPORTS.items() if obj is found}, path
        else:
            assert path.startswith("keras.src.ops."), path


def test_no_source_reads_pickles_or_imports_by_name():
    """Nothing in the package unpickles, reads YAML, or imports what is not written in it."""
    words = {"allow_pickle", "unsafe_load", "full_load"}
    modules = {"pickle", "cloudpickle", "dill", "yaml", "shelve"}
    found = []
    for source in sources():
        if source.module == "cornu.data.workers":  # passes work to its own processes
            continue
        if not any(word in source.text for word in words | modules):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.keyword) and node.arg in words:
                if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                    found.append(source.at(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names]
                if modules & {str(name).partition(".")[0] for name in names}:
                    found.append(source.at(node))
            elif isinstance(node, ast.Attribute) and node.attr in words:
                found.append(source.at(node))
    assert found == []


def test_keras_models_have_no_yaml():
    with pytest.raises(RuntimeError, match="could run code.*model_from_json"):
        cornu.models.model_from_yaml("!!python/object/apply:os.getpid []")


def test_hdf5_is_not_one_of_the_broken_releases():
    """libhdf5 before 1.14.4-2 overflows its heap on a crafted file (CVE-2026-26200)."""
    assert h5py.version.hdf5_version_tuple >= (1, 14, 4)
