"""NumPy's integers are taken wherever an int is: packages compute sizes with NumPy."""

import numpy as np
import pytest

import cornu as keras
from cornu import layers, ops

THREE = np.int64(3)
ONE, TWO = np.int64(1), np.int64(2)
IMAGES = np.ones((2, 8, 8, 3), "float32")
STEPS = np.ones((2, 6, 4), "float32")
CASES = {
    "Dense": lambda: layers.Dense(THREE)(STEPS),
    "Conv2D": lambda: layers.Conv2D(THREE, (THREE, TWO), strides=TWO, groups=THREE)(IMAGES),
    "LSTM": lambda: layers.LSTM(THREE)(STEPS),
    "Embedding": lambda: layers.Embedding(THREE, TWO)(np.zeros((2, 3))),
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(TWO, THREE)(STEPS, STEPS),
    "Reshape": lambda: layers.Reshape((TWO, np.int32(12)))(STEPS),
    "MaxPooling2D": lambda: layers.MaxPooling2D(TWO)(IMAGES),
    "MeanIoU": lambda: keras.metrics.MeanIoU(num_classes=TWO),
    "AUC": lambda: keras.metrics.AUC(num_thresholds=THREE),
    "R2Score": lambda: keras.metrics.R2Score(num_regressors=ONE),
    "at specificity": lambda: keras.metrics.SensitivityAtSpecificity(0.5, num_thresholds=THREE),
    "Adam": lambda: keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=THREE),
    "ModelCheckpoint": lambda: keras.callbacks.ModelCheckpoint("x.keras", save_freq=THREE),
    "TensorBoard": lambda: keras.callbacks.TensorBoard("x", update_freq=THREE, profile_batch=ONE),
    "compile": lambda: keras.Sequential().compile("sgd", "mse", steps_per_execution=TWO),
    "ones": lambda: ops.ones(THREE),
    "reshape": lambda: ops.reshape(STEPS, np.int64(-1)),
    "histogram": lambda: ops.histogram(STEPS.ravel(), bins=THREE),
    "normalize": lambda: ops.normalize(STEPS, order=TWO),
    "scan": lambda: ops.scan(lambda carry, x: (carry, x), 0.0, STEPS, length=TWO, unroll=ONE),
    "extract_patches": lambda: ops.image.extract_patches(IMAGES, TWO),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_numpy_integer(case):
    case()


def test_they_go_into_files(tmp_path):
    model = keras.Sequential(
        [keras.Input((np.int64(4),)), layers.Dense(THREE), layers.Reshape((THREE, ONE))]
    )
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = np.ones((2, 4))
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_training_takes_them():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 4)), np.ones((8, 1))
    history = model.fit(x, y, epochs=TWO, batch_size=THREE, steps_per_epoch=ONE, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(x, batch_size=THREE, verbose=np.int64(0)).shape == (8, 1)
