"""The import alias, the command line, notebooks, and the check of names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cornu
from cornu.compat import check, finder, keras_paths, notebook

# Paths inside of Keras that well-known packages import.
USED = (
    "backend:KerasTensor", "backend:compute_output_spec", "backend:get_keras_mask",
    "backend:set_keras_mask", "backend.common.keras_tensor:KerasTensor",
    "backend.jax.random:jax_draw_seed", "callbacks:History", "layers:Layer",
    "layers.core.dense:Dense", "layers.core.einsum_dense:EinsumDense",
    "layers.input_spec:InputSpec", "losses.losses:LossFunctionWrapper",
    "models.functional:Functional", "ops:KerasTensor", "ops:matmul",
    "random.seed_generator:SeedGenerator", "saving.saving_lib:load_model",
    "saving.saving_lib:save_model", "saving.serialization_lib:deserialize_keras_object",
    "saving.serialization_lib:serialize_keras_object",
    "trainers.data_adapters.data_adapter_utils:unpack_x_y_sample_weight",
    "utils.backend_utils:in_grain_data_pipeline", "utils.tracking:Tracker",
)  # fmt: skip


@pytest.fixture
def installed():
    """The alias, for the time of a test."""
    finder.install()
    yield
    finder.uninstall()


def run_cornu(*words, **options):
    """`python -m cornu` with these words; the finished process."""
    options["env"] = {**os.environ, "PYTHONPATH": str(Path(cornu.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "cornu", *words],
        capture_output=True, text=True, timeout=110, **options,
    )  # fmt: skip


def test_aliases_are_the_same_modules(installed):
    import keras
    import tensorflow as tf
    import tensorflow.keras.layers as K_layers
    import tf_keras
    from keras.layers import Dense
    from tensorflow.keras import backend as K
    from tensorflow.keras.layers import Dense as Dense2
    from tensorflow.keras.models import Sequential
    from tensorflow.nn import relu

    assert keras is tf.keras is tf_keras is cornu
    assert K_layers is cornu.layers and K is cornu.backend
    assert Dense is Dense2 is cornu.layers.Dense and Sequential is cornu.Sequential
    assert relu is tf.nn.relu and tf.__version__.startswith("2.")
    assert cornu.layers.__name__ == cornu.layers.__spec__.name == "cornu.layers"
    assert keras.__version__ == keras.version() == "3.15.1"


def test_uninstall_leaves_nothing(installed):
    finder.uninstall()
    assert cornu.__version__ == cornu.version() == "0.1.0"
    assert not {"keras", "tensorflow", "tf_keras"} & set(sys.modules)
    assert not hasattr(cornu, "src")


@pytest.mark.parametrize("where", USED)
def test_paths_inside_of_keras(where, installed):
    path, _, name = where.partition(":")
    names = {}
    exec(f"from keras.src.{path} import {name}", names)
    exec(f"import keras; found = keras.src.{path}.{name}", names)
    assert names["found"] is names[name]


def test_inner_modules_hold_public_names(installed):
    from keras.src.layers.core import dense

    assert dir(dense) == ["Dense"] and dense.Dense is cornu.layers.Dense
    with pytest.raises(ImportError, match="cannot import name 'Dens'"):
        exec("from keras.src.layers.core.dense import Dens")
    with pytest.raises(ModuleNotFoundError, match="Did you mean 'keras.src.layers.core.dense'"):
        exec("import keras.src.layers.core.dens")


def test_every_path_of_the_table_can_be_looked_up():
    assert len(keras_paths.public()) > 250
    for name, module in keras_paths.PRIVATE.items():
        for attribute in module:
            assert getattr(keras_paths.module(name), attribute) is not None


def test_private_parts_of_tensorflow_are_errors(installed):
    with pytest.raises(ImportError, match="private to TensorFlow"):
        exec("from tensorflow.python.keras import layers")
    with pytest.raises(ImportError, match="ended with TensorFlow 1"):
        exec("import tensorflow.contrib.slim")


def test_what_is_imported_is_not_replaced(run_python):
    program = (
        "import sys, types; sys.modules['keras'] = types.ModuleType('keras'); import cornu\n"
        "try:\n    cornu.install_as_keras()\nexcept RuntimeError as error:\n    print(error)"
    )
    assert "`keras` is imported already" in run_python(program)


def test_install_takes_known_words_only():
    with pytest.raises(ValueError, match="'cornu' or 'real'"):
        cornu.install_as_keras(tensorflow="mine")


def test_a_real_tensorflow_stays(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import keras\nname = 'real'")
    (tmp_path / "script.py").write_text(
        "import tensorflow as tf\nprint(tf.name, tf.keras.__name__)"
    )
    done = run_cornu("--tensorflow=real", str(tmp_path / "script.py"))
    assert done.stdout.split() == ["real", "cornu"], done.stderr
    (tmp_path / "script.py").write_text("import tensorflow as tf\nprint(tf.__name__)")
    done = run_cornu(str(tmp_path / "script.py"))
    assert done.stdout.split() == ["cornu.compat.tensorflow_api"], done.stderr


def test_import_of_cornu_leaves_the_stand_in_alone(run_python):
    program = (
        "import sys, cornu, numpy; cornu.install_as_keras()\n"
        "assert not any(name.startswith('cornu.compat.tens') for name in sys.modules)\n"
        "import keras; x = keras.ops.ones((2,)); assert not hasattr(x, 'get_shape')\n"
        "import tensorflow; assert x.shape.as_list() == [2]"
    )
    run_python(program)


def test_command_line(tmp_path):
    script = tmp_path / "script.py"
    (tmp_path / "beside.py").write_text("word = 'beside'")
    script.write_text(
        "import sys, beside, keras\n"
        "assert __name__ == '__main__'\n"
        "print(sys.argv[1:], beside.word, keras.__version__)\nsys.exit(3)"
    )
    done = run_cornu(str(script), "-m", "--epochs=2")
    assert done.stdout.strip() == "['-m', '--epochs=2'] beside 3.15.1" and done.returncode == 3
    done = run_cornu("-m", "script", "x", cwd=tmp_path)
    assert done.stdout.startswith("['x'] beside"), done.stderr
    done = run_cornu("-c", "import sys, keras; print(sys.argv, __name__)", "y")
    assert done.stdout.strip() == "['-c', 'y'] __main__", done.stderr
    done = run_cornu("nothing.py")
    assert done.returncode == 2 and "no such file: nothing.py" in done.stderr
    done = run_cornu("--help")
    assert done.returncode == 0 and "--check" in done.stdout


def test_prompt():
    done = run_cornu(input="import keras; print('version', keras.__version__)\n")
    assert "version 3.15.1" in done.stdout, done.stderr


def test_notebooks(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import keras\n", "x = 20"]},
        {"cell_type": "code", "source": ["%%bash\n", "echo no"]},
        {"cell_type": "code", "source": "!pip install x\nprint(x + 1, keras.__name__)"},
        {"cell_type": "code", "source": "if x:\n    %time x\nraise KeyError('end')"},
    ]
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    done = run_cornu(str(path))
    assert done.stdout.strip() == "21 cornu"
    assert "left out '%matplotlib inline'" in done.stderr and "left out the cell" in done.stderr
    assert "book.ipynb, cell 4" in done.stderr and "KeyError: 'end'" in done.stderr
    assert done.returncode == 1
    path.write_text("{}")
    with pytest.raises(ValueError, match="is not a notebook"):
        notebook.run(path)


SCRIPT = """\
import tensorflow as tf
import tensorflow.keras.layers as L
from tensorflow import keras
from keras.layers import Dense, Dens
import numpy as np

x = tf.reduce_summ(tf.constant(1.0)).numpy()
y = tf.nn.relu(x) + np.nothing + tf.nn.relu(x).whatever
session = tf.compat.v1.Session()
L.Danse(3)
keras.optimizers.Adam(0.1).apply
tf.estimator.Estimator
"""


def test_check_lists_what_is_missing(installed):
    found = check.missing_names(SCRIPT, "s.py")
    assert [line.split(" is not there")[0] for line in found] == [
        "s.py:4: keras.layers.Dens",
        "s.py:7: tensorflow.reduce_summ",
        "s.py:9: tensorflow.compat.v1.Session",
        "s.py:10: tensorflow.keras.layers.Danse",
        "s.py:12: tensorflow.estimator",
    ]
    assert "Did you mean 'reduce_sum'" in found[1]
    assert check.missing_names("import keras\nkeras.Sequential().add\nx = 1") == []


def test_check_from_the_command_line(tmp_path):
    script = tmp_path / "s.py"
    script.write_text("raise SystemExit('ran')\nimport tensorflow as tf\ntf.Session()")
    done = run_cornu("--check", str(script))
    assert done.returncode == 1 and "s.py:3: tensorflow.Session is not there" in done.stdout
    assert "1 names of" in done.stdout and "ran" not in done.stderr
    script.write_text("import tensorflow as tf\ntf.constant(1)")
    assert run_cornu("--check", str(script)).returncode == 0
    assert run_cornu("--check").returncode == 2


def test_ipython_extension(installed):
    cornu.load_ipython_extension(None)
    import keras

    assert keras is cornu


def test_imports_of_parts_of_tensorflow(installed):
    import tensorflow as tf
    import tensorflow.compat.v1 as tf1
    import tensorflow.compat.v2 as tf2
    import tensorflow.data as data
    from tensorflow.io import read_file

    assert tf2 is tf and data.Dataset is tf.data.Dataset and read_file is tf.io.read_file
    with pytest.raises(AttributeError, match="Graphs and sessions ended"):
        tf1.Session  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'reluu' from 'tensorflow.nn'"):
        exec("from tensorflow.nn import reluu")
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from tensorflow import nothing")
    with pytest.raises(ModuleNotFoundError, match="tensorflow.nothing"):
        exec("import tensorflow.nothing")
