"""Files that tf.keras 2 and Keras 3 wrote are loaded, predict the same and go on training.

They are in `data/`, written by `record_legacy.py`.
"""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from saving.legacy.models import MODELS, outputs_of

import cornu

DATA = Path(__file__).parent / "data"
WRITERS = ("tf_keras", "keras_3")


def members(writer):
    with zipfile.ZipFile(DATA / f"{writer}.zip") as archive:
        return sorted(n.removesuffix(".h5") for n in archive.namelist() if n.endswith(".h5"))


# How far the step after is from tf.keras's, where it computes something else: the variance that its
# fused batch normalization keeps is that of a sample; Nadam's schedule was another.
ROUGH = {"convolution": 2e-4, "nadam": 1e-3, "old_nadam": 2e-3}
# Recurrent models of which one more step is taken elsewhere.
ONLY_BEFORE = ("recurrent", "states")
# A step is compiled for every model: every third one takes it, all if CORNU_EVERY_ROW asks for it.
TRAINED_EVERY = 1 if os.environ.get("CORNU_EVERY_ROW") else 3
CASES = [(writer, name) for writer in WRITERS for name in members(writer)]


def unpacked(writer, name, folder):
    """The path of a recorded file, and the arrays recorded with it: `before`, `after`, ..."""
    with zipfile.ZipFile(DATA / f"{writer}.zip") as archive:
        archive.extract(f"{name}.h5", folder)
        with np.load(io.BytesIO(archive.read(f"{name}.npz"))) as file:
            arrays = {}
            for key in sorted(file):
                arrays.setdefault(key.rpartition("_")[0], []).append(file[key])
    return folder / f"{name}.h5", arrays


def one_or_all(arrays):
    return arrays[0] if len(arrays) == 1 else arrays


def check(model, inputs, expected, tolerance=1e-5):
    found = outputs_of(model, one_or_all(inputs))
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore:Layer 'permute'")  # the mask ends there, as it did in tf.keras
@pytest.mark.parametrize(("writer", "name"), CASES)
def test_a_recorded_model_predicts_the_same_and_goes_on_training(writer, name, tmp_path):
    path, arrays = unpacked(writer, name, tmp_path)
    if name == "code":
        with pytest.raises(cornu.saving.ModelFileError, match="lambda"):
            cornu.models.load_model(path)
        return
    model = cornu.models.load_model(path)
    check(model, arrays["input"], arrays["before"])
    if "after" not in arrays:
        assert not model.compiled
        return
    if name in ONLY_BEFORE or CASES.index((writer, name)) % TRAINED_EVERY:
        return
    model.train_on_batch(one_or_all(arrays["input"]), one_or_all(arrays["target"]))
    tolerance = ROUGH.get(name, 5e-6) if writer == "tf_keras" else 1e-6
    check(model, arrays["input"], arrays["after"], tolerance)


def test_losses_and_metrics_of_tf_keras(tmp_path):
    path, _ = unpacked("tf_keras", "compiled", tmp_path)
    model = cornu.models.load_model(path)
    assert model.loss.label_smoothing == 0.1
    assert isinstance(
        model.optimizer._learning_rate, cornu.optimizers.schedules.PiecewiseConstantDecay
    )
    data, targets = np.ones((2, 3)), np.ones((2, 1))
    logs = model.evaluate(data, targets, verbose=0, return_dict=True)
    assert {"loss", "accuracy", "area", "binary_crossentropy", "mae"} <= logs.keys()
    assert not cornu.models.load_model(path, compile=False).compiled


@pytest.mark.parametrize(("writer", "name"), [c for c in CASES if c[1] in ("nested", "cells")])
def test_weights_fit_a_model_built_here(writer, name, tmp_path):
    path, arrays = unpacked(writer, name, tmp_path)
    model, *_ = MODELS[name][0](cornu)
    report = model.load_weights(path)
    assert report.complete
    assert len(report.loaded) == len(model.weights)
    check(model, arrays["input"], arrays["before"])
