"""Whatever happens to a save, the file is the old one or the new one, in every format."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from saving import savers

import cornu
from cornu.saving import ModelFileError

EVERY_ROW = bool(os.environ.get("CORNU_EVERY_ROW"))
KILLS = 50 if EVERY_ROW else 5
READS = 100 if EVERY_ROW else 30
FLIPS = 24


class Savers:
    """The process of `savers.py`."""

    def __init__(self):
        tests = str(Path(__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, str(Path(savers.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([tests, *sys.path])},
        )
        assert self._answer() == "ready"

    def _answer(self):
        return self._process.stdout.readline().strip()

    def start(self, what, kind, path, number=1.0):
        """Begin an order; returns the number of the process that carries it out."""
        print(json.dumps([what, kind, str(path), number]), file=self._process.stdin, flush=True)
        return int(self._answer())

    def without_room(self, kind, path):
        """Save where there is no room; returns how that ended."""
        self.start("full", kind, path, 7.0)
        return int(self._answer())

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def processes():
    found = Savers()
    yield found
    found.stop()


@pytest.fixture(params=savers.FORMATS)
def kind(request):
    return request.param


@pytest.fixture
def saved(kind, tmp_path):
    """Path of a file of the format, all of whose weights are 1."""
    path = tmp_path / savers.FORMATS[kind][0]
    savers.save(kind, path, savers.fill(savers.build(), 1.0))
    return path


def kill(*numbers):
    for number in numbers:
        os.kill(number, signal.SIGKILL)
    for number in numbers:
        while is_alive(number):
            time.sleep(0.001)


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def contents(folder):
    """Everything in a folder, by name."""
    return {
        os.path.relpath(os.path.join(root, name), folder): Path(root, name).read_bytes()
        for root, _, names in os.walk(folder)
        for name in names
    }


def assert_tidy(kind, folder):
    """After one more save nothing is left of those that were killed."""
    path = folder / savers.FORMATS[kind][0]
    savers.save(kind, path, savers.build())
    found = set(contents(folder))
    other = folder / "other"
    other.mkdir()
    savers.save(kind, other / path.name, savers.build())
    assert len(found) == len(contents(other))
    assert not [name for name in found if ".tmp-" in name]


def test_killed_while_saving(kind, saved, processes, tmp_path):
    rng, last = random.Random(3), 1.0
    for _ in range(KILLS):
        number = processes.start("forever", kind, saved, last)
        time.sleep(rng.uniform(0.0, 0.08))
        kill(number)
        found = savers.number_in(kind, saved)
        assert found is not None, "parts of two saves"
        assert found >= last
        last = found
    assert_tidy(kind, tmp_path)


def test_two_writers_and_a_reader(kind, saved, processes, tmp_path):
    writers = [processes.start("forever", kind, saved, first) for first in (1e3, 1e6)]
    try:
        found = [savers.number_in(kind, saved) for _ in range(READS)]
    finally:
        kill(*writers)
    assert None not in found
    assert len(set(found)) > 1, "nothing was written meanwhile"
    assert_tidy(kind, tmp_path)


def test_a_full_disk_changes_nothing(kind, saved, processes, tmp_path):
    before = contents(tmp_path)
    assert processes.without_room(kind, saved) == 10, "anything else than an `OSError`"
    assert contents(tmp_path) == before


class FailingHook(cornu.layers.Dense):
    def save_own_variables(self, store):
        super().save_own_variables(store)
        raise RuntimeError("no")


class Undescribed(cornu.layers.Dense):
    def get_config(self):
        raise NotImplementedError("no")


def test_an_error_while_saving_changes_nothing(kind, saved, tmp_path):
    before = contents(tmp_path)
    failing = [] if kind == "h5" else [(RuntimeError, FailingHook)]  # it asks no layer to save
    if kind in savers.WHOLE_MODELS:
        failing.append((NotImplementedError, Undescribed))
    for error, layer in failing:
        with pytest.raises(error):
            savers.save(kind, saved, savers.build(layer))
        assert contents(tmp_path) == before


def test_one_flipped_bit_in_a_weight_is_found(kind, saved, tmp_path):
    if kind == "h5":
        pytest.skip("a format of Keras 2, which has no checksums")
    ones = re.compile(b"(%s){100,}" % re.escape(np.float32(1).tobytes()))
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    places = [(path, *m.span()) for path, data in files.items() for m in ones.finditer(data)]
    assert sum(end - start for _, start, end in places) == 4 * savers.build().count_params()
    rng = random.Random(4)
    for _ in range(FLIPS):
        path, start, end = rng.choice(places)
        good = files[path]
        damaged = bytearray(good)
        damaged[rng.randrange(start, end)] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="damaged|checksum|CRC"):
            savers.read(kind, saved)
        path.write_bytes(good)
    assert savers.number_in(kind, saved) == 1.0
