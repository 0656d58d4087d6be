"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/quantize/record_keras.py

Run by a Python that has Keras, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
sys.path.insert(0, str(HERE.parent))

from quantize.cases import (  # noqa: E402
    LAYERS,
    MODEL_INPUTS,
    MODELS,
    gradients,
    inputs_of,
    make,
    model,
    normal,
    stored,
)


def record_layers():
    """What each layer returns and stores, and its gradients and description."""
    arrays, described = {}, {}
    for name in LAYERS:
        layer = make(keras, name)
        arrays[f"{name}/outputs"] = np.asarray(layer(inputs_of(name)))
        for key, value in stored(layer).items():
            arrays[f"{name}/stored/{key}"] = value
        for key, value in gradients(keras, layer, inputs_of(name)).items():
            arrays[f"{name}/gradient/{key}"] = value
        half = make(keras, name, "mixed_bfloat16")
        arrays[f"{name}/half"] = np.asarray(half(inputs_of(name))).astype("float32")
        described[name] = {
            "policy": layer.dtype_policy.name,
            "quantization_config": layer.get_config()["quantization_config"],
            "weights": [
                [weight.path, list(weight.shape), str(weight.dtype), weight.trainable]
                for weight in layer.weights
            ],
        }
    np.savez_compressed(DATA / "layers.npz", **arrays)
    (DATA / "layers.json").write_text(json.dumps(described, indent=1) + "\n")


def record_functions():
    """What blocks of 4-bit integers are made of."""
    x = normal(3, 10, 3)
    found = keras.quantizers.abs_max_quantize_grouped_with_zero_point(x, 4)
    names = ("integers", "scale", "zero")
    arrays = {name: np.asarray(value) for name, value in zip(names, found, strict=True)}
    np.savez_compressed(DATA / "functions.npz", **arrays)


def record_models():
    """Files of quantised models, and what the models predict."""
    outputs = {}
    for name, (mode, config, filters) in MODELS.items():
        keras.utils.clear_session()
        quantised = model(keras)
        quantised.quantize(mode, config=None if config is None else config(keras), filters=filters)
        quantised.save(DATA / f"{name}.keras")
        outputs[name] = np.asarray(quantised(MODEL_INPUTS))
    np.savez_compressed(DATA / "models.npz", **outputs)


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    record_layers()
    record_functions()
    record_models()
