"""Processes that programs start import the same `keras` as the programs; pickles."""

import multiprocessing.spawn
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cornu
from cornu.compat import finder

DATA = Path(__file__).parent / "data"
SIDE = """\
import tensorflow as tf
from keras import layers

def work(units):
    return layers.Dense(units).units, float(tf.constant(1.5).numpy())
"""
PROGRAM = """\
import multiprocessing
import keras
import numpy as np
from side import work

def own(n):
    return keras.__version__, __name__

class Data(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.ones((2, 3)), np.ones((2, 1))

if __name__ == "__main__":
    with multiprocessing.get_context(METHOD).Pool(1) as pool:
        print(pool.map(own, [1]), pool.map(work, [3]))
    if METHOD == "spawn":
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(Data(workers=1, use_multiprocessing=True), verbose=0)
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no forkserver")
def test_workers_have_the_alias(method, tmp_path):
    (tmp_path / "side.py").write_text(SIDE)
    (tmp_path / "program.py").write_text(PROGRAM.replace("METHOD", repr(method)))
    done = subprocess.run(
        [sys.executable, "-m", "cornu", str(tmp_path / "program.py")],
        capture_output=True, text=True, timeout=110,
        env={**os.environ, "PYTHONPATH": str(Path(cornu.__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[('3.15.1', '__mp_main__')] [(3, 1.5)]"


def test_what_workers_are_told():
    before = multiprocessing.spawn.get_preparation_data("x")
    assert "cornu" not in before
    finder.install("real")
    try:
        told = multiprocessing.spawn.get_preparation_data("x")["cornu"]
        assert told.__reduce__() == (finder.install, ("real",))
    finally:
        finder.uninstall()
    assert "cornu" not in multiprocessing.spawn.get_preparation_data("x")


def test_pickles_do_not_need_the_alias(run_python):
    """A model's holds a `.keras` file, with Keras's public paths."""
    program = (
        "import sys, pickle, zipfile, io, cornu; cornu.install_as_keras(); import keras\n"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        "data = pickle.dumps((model, keras.layers.Dense, keras.optimizers.Adam()))\n"
        "packed = model.__reduce__()[1][0]\n"
        "config = zipfile.ZipFile(io.BytesIO(packed)).read('config.json').decode()\n"
        "assert '\"module\": \"keras.layers\"' in config and 'cornu' not in config, config\n"
        "print(data.hex())"
    )
    data = bytes.fromhex(run_python(program).strip())
    assert b"keras.src" not in data
    model, layer, optimizer = pickle.loads(data)
    assert layer is cornu.layers.Dense and type(optimizer) is cornu.optimizers.Adam
    assert model.predict(np.ones((2, 3)), verbose=0).shape == (2, 1)


def test_a_model_that_keras_pickled():
    """`keras_model.pickle` is `pickle.dumps((model, inputs, outputs))` of Keras 3.15.1."""
    finder.install()
    try:
        model, inputs, outputs = pickle.loads((DATA / "keras_model.pickle").read_bytes())
    finally:
        finder.uninstall()
    assert type(model) is cornu.Sequential
    np.testing.assert_allclose(model.predict(inputs, verbose=0), outputs, rtol=1e-6)
