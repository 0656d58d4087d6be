"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/saving/record_keras.py

Run by a Python that has Keras, never by the tests.
"""

import io
import json
import sys
import warnings
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
sys.path.insert(0, str(HERE.parent))

from saving.layouts import LAYOUTS, describe  # noqa: E402
from saving.models import MODELS, inputs_and_targets, outputs_of  # noqa: E402
from serial.cases import custom_cases, layer_cases, plain_cases  # noqa: E402


def record_models():
    """Each model after a short training: file, weights, inputs and what it predicts for them."""
    for name, build in MODELS.items():
        keras.utils.set_random_seed(1)
        keras.utils.clear_session()
        model = build(keras)
        inputs, targets = inputs_and_targets(name)
        model.fit(inputs, targets, epochs=3, batch_size=8, verbose=0)
        model.save(DATA / f"{name}.keras")
        if name == "mlp":
            model.save_weights(DATA / f"{name}.weights.h5")
        arrays = {f"output_{i}": array for i, array in enumerate(outputs_of(model, inputs))}
        history = model.fit(inputs, targets, epochs=1, shuffle=False, batch_size=16, verbose=0)
        arrays["next_loss"] = np.array(history.history["loss"])
        np.savez_compressed(DATA / f"{name}.npz", **arrays)


def record_layouts():
    """How Keras names everything in the weights files of the models in `layouts`."""
    layouts = {}
    for name, build in LAYOUTS.items():
        keras.utils.clear_session()
        model = build(keras)
        path = DATA / "layout.keras"
        model.save(path)

        with zipfile.ZipFile(path) as archive:
            weights = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(weights, "r") as file:
            layouts[name] = describe(h5py, file)
        path.unlink()
    _write("layouts.json", layouts)


def record_encodings():
    """What `serialize_keras_object` makes of every case."""
    keras.utils.clear_session()
    cases = {**plain_cases(keras), **layer_cases(keras), **custom_cases(keras)[0]}
    encoded = {name: keras.saving.serialize_keras_object(case) for name, case in cases.items()}
    _write("encodings.json", encoded)


def _write(name, content):
    text = json.dumps(content, indent=1, sort_keys=True, default=list)
    (DATA / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    DATA.mkdir(exist_ok=True)
    record_encodings()
    record_layouts()
    record_models()
    print(f"Keras {keras.__version__}:", *sorted(path.name for path in DATA.iterdir()))
