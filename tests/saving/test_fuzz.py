"""Damaged files of every format: refused by one class of error, or loaded as they were."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from saving.fuzzing import KINDS

PROGRAM = Path(__file__).with_name("fuzzing.py")
EVERY_ROW = bool(os.environ.get("CORNU_EVERY_ROW"))
# In one process, so that a crash or a hang is known to be of one of a few.
BATCH = 1000 if EVERY_ROW else 300
BATCHES = 10 if EVERY_ROW else 1


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_files(batch, tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PROGRAM.parents[1]), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), str(batch * BATCH), str(BATCH)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, f"crashed or hung: {done.stderr[-2000:]}"
    result = json.loads(done.stdout)
    assert result["bad"] == []
    counts = result["counts"]
    assert sum(counts.values()) == BATCH
    missing = [kind for kind in KINDS if not counts.get(f"{kind} refused")]
    assert missing == [], f"never damaged enough to be refused: {missing}"
