"""Old names: all that only tf.keras has are there through the alias, or say why not."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cornu
from cornu.compat import finder
from cornu.legacy import left_out, names

NAMES = (Path(__file__).parent / "data" / "legacy_names.txt").read_text().split()
PREPROCESSING = "layers.experimental.preprocessing."
# Names that are left out on purpose: they need TensorFlow, or have another way now.
LEFT_OUT = {
    "callbacks.SidecarEvaluatorModelExport", "callbacks.experimental.UpdateEmbeddingCallback",
    "estimator.model_to_estimator", "experimental.SequenceFeatures",
    "experimental.SidecarEvaluator", "layers.DenseFeatures",
    "layers.experimental.DynamicEmbedding", "layers.experimental.DynamicLookup",
    "layers.RandomHeight", "layers.RandomWidth",
    PREPROCESSING + "RandomHeight", PREPROCESSING + "RandomWidth",
    PREPROCESSING + "PreprocessingLayer", "metrics.experimental.PyMetric",
    "utils.SidecarEvaluator", "utils.StepsPerExecutionTuner", "utils.experimental.DatasetCreator",
}  # fmt: skip
# Names that wait until something else is written.
WAIT_FOR_APPLICATIONS = {name for name in NAMES if name.startswith("applications.")}
ABSENT = LEFT_OUT | WAIT_FOR_APPLICATIONS
# Modules that were, and a name that tutorials import from each.
OLD_MODULES = {
    "engine": "Layer",
    "engine.topology": "Layer",
    "engine.topology ": "InputSpec",
    "engine.training": "Model",
    "initializations": "get",
    "layers.advanced_activations": "LeakyReLU",
    "layers.convolutional": "Conv2D",
    "layers.convolutional_recurrent": "ConvLSTM2D",
    "layers.core": "Dense",
    "layers.embeddings": "Embedding",
    "layers.experimental.preprocessing": "Normalization",
    "layers.local": "LocallyConnected2D",
    "layers.merge": "concatenate",
    "layers.noise": "GaussianNoise",
    "layers.normalization": "BatchNormalization",
    "layers.pooling": "MaxPooling2D",
    "layers.recurrent": "LSTM",
    "layers.wrappers": "TimeDistributed",
    "objectives": "mean_squared_error",
    "preprocessing.image": "ImageDataGenerator",
    "preprocessing.sequence": "pad_sequences",
    "preprocessing.text": "Tokenizer",
    "utils.data_utils": "Sequence",
    "utils.generic_utils": "get_custom_objects",
    "utils.np_utils": "to_categorical",
}


@pytest.fixture(autouse=True)
def installed():
    """The alias, for the time of a test."""
    finder.install()
    yield
    finder.uninstall()


def find(path):
    """What stands at a path below `keras`; None if nothing does."""
    found = cornu
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def test_old_names_are_there():
    lost = [name for name in NAMES if find(name) is None and name not in ABSENT]
    assert not lost, f"not there: {', '.join(lost)}"
    assert set(NAMES) >= ABSENT
    there = [name for name in LEFT_OUT if find(name) is not None]
    assert not there, f"take these out of LEFT_OUT: {there}"


@pytest.mark.parametrize(
    "path", sorted(ABSENT - WAIT_FOR_APPLICATIONS) + ["applications.RegNetX002"]
)
def test_what_is_left_out_says_so_once(path):
    space, _, name = path.rpartition(".")
    for root in ("keras", "tensorflow.keras"):
        with pytest.raises(ImportError, match=rf"`keras.{path}` is not part of cornu: ") as raised:
            exec(f"from {root}.{space} import {name}")
        assert len(str(raised.value)) < 500 and raised.value.__cause__ is None
    with pytest.raises(AttributeError, match=rf"`keras.{path}` is not part of cornu: "):
        getattr(importlib.import_module(f"keras.{space}"), name)


@pytest.mark.parametrize("where", OLD_MODULES)
def test_modules_that_were(where):
    where, name = where.strip(), OLD_MODULES[where]
    found = {}
    exec(f"from keras.{where} import {name}; import tensorflow.keras.{where}", found)
    assert callable(found[name])
    assert getattr(importlib.import_module(f"tf_keras.{where}"), name) is found[name]


def test_old_names_mean_those_of_today():
    import keras

    assert keras.layers.convolutional.Conv2D is cornu.layers.Conv2D
    assert keras.layers.experimental.preprocessing.Normalization is cornu.layers.Normalization
    assert keras.losses.mse is keras.metrics.MSE is cornu.losses.mean_squared_error
    assert keras.optimizers.experimental.Adam is cornu.optimizers.Adam
    assert keras.optimizers.legacy.Adam is cornu.optimizers.Adam  # with the alias, that is
    assert keras.experimental.CosineDecay is cornu.optimizers.schedules.CosineDecay
    assert not hasattr(keras.layers, "Dens") and not hasattr(keras, "engin")
    assert not hasattr(keras.layers.convolutional, "_secret")
    with pytest.raises(AttributeError, match="module 'cornu.layers' has no attribute 'Dens'"):
        _ = keras.layers.Dens


def test_sessions_are_a_clear_error():
    from keras import backend as K

    for name in ("get_session", "set_session"):
        with pytest.raises(AttributeError, match="there are no sessions since TensorFlow 2"):
            getattr(K, name)
    with pytest.raises(ImportError, match="there are no sessions"):
        exec("from keras.backend import get_session")
    with pytest.raises(ImportError, match="there are no sessions"):
        exec("from keras.backend.tensorflow_backend import set_session")


def test_star_imports_of_old_modules():
    for where in ("keras.layers.core", "keras.layers.convolutional", "keras.engine.topology"):
        found = {}
        exec(f"from {where} import *", found)
        assert {"Dense", "Conv2D", "Layer"} <= set(found), where
    with pytest.raises(ImportError, match="`keras.layers.core.TimeDistributedDense` is not part"):
        exec("from keras.layers.core import TimeDistributedDense")
    with pytest.raises(AttributeError, match="Keras 2 took it out"):
        _ = cornu.layers.convolutional.Highway


def test_causes_are_short_and_whole():
    for path in left_out.CAUSES:
        cause = left_out.cause_of(path)
        assert cause.endswith(".") and len(cause) < 400, path
    assert names.left_out() == sorted(left_out.CAUSES)


def test_old_names_cost_no_import():
    program = (
        "import sys, cornu\n"
        "late = [name for name in sys.modules if name.startswith('cornu.preprocessing')]\n"
        "assert not late, late\n"
        "cornu.preprocessing.text.Tokenizer, cornu.utils.to_ordinal\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_merging_of_keras_1():
    from keras.layers import Dense, Input, Merge, merge
    from keras.models import Model, Sequential

    a, b = Input(shape=(3,)), Input(shape=(3,))
    joined = merge([Dense(4)(a), Dense(4)(b)], mode="concat", concat_axis=-1)
    assert Model([a, b], joined).output_shape == (None, 8)
    branches = [Sequential([Dense(4, input_shape=(size,))]) for size in (3, 2)]
    model = Sequential([Merge(branches, mode="mul"), Dense(1)])
    model.compile("sgd", "mse")
    x = [np.ones((8, 3), "float32"), np.ones((8, 2), "float32")]
    assert len(model.fit(x, np.ones((8, 1)), verbose=0).epoch) == 1
    with pytest.raises(ValueError, match="`mode` must be one of"):
        merge([a, b], mode="join")
