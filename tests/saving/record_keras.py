"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/saving/record_keras.py [encodings] [layouts] [models] [matrix]

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

from saving import matrix  # noqa: E402
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


def record_matrix():
    """A file of every layer and optimizer after a step of training, what the model gives, and its
    state after one more step."""
    arrays = {}
    with zipfile.ZipFile(DATA / "matrix.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as files:
        for name in matrix.names(keras):
            keras.utils.set_random_seed(1)
            keras.utils.clear_session()
            model = matrix.build(keras, name)
            matrix.train(keras, model, name)
            path = DATA / "matrix.keras"
            model.save(path)
            files.write(path, f"{name}.keras")
            path.unlink()
            for index, array in enumerate(matrix.outputs_of(keras, model, name)):
                arrays[f"{name}/outputs/{index:03d}"] = array
            for index, array in enumerate(matrix.train(keras, model, name)):
                arrays[f"{name}/trained/{index:03d}"] = array
    np.savez_compressed(DATA / "matrix.npz", **arrays)


def _write(name, content):
    text = json.dumps(content, indent=1, sort_keys=True, default=list)
    (DATA / name).write_text(text + "\n", encoding="utf-8")


RECORDERS = {
    "encodings": record_encodings,
    "layouts": record_layouts,
    "models": record_models,
    "matrix": record_matrix,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    DATA.mkdir(exist_ok=True)
    for name in sys.argv[1:] or RECORDERS:
        RECORDERS[name]()
