"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/layers/record_keras.py

Run by a Python that has Keras, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from layers.layer_cases import CASES, set_weights  # noqa: E402


def record(name, case, arrays):
    """Put what a layer gives into `arrays`; returns what it is."""
    keras.utils.clear_session()
    layer, inputs = case.make(keras), case.values()
    layer(inputs)
    set_weights(layer)
    arrays |= flat(f"{name}/inference", layer(inputs))
    losses = [float(loss) for loss in layer.losses]
    if not case.random:
        arrays |= flat(f"{name}/training", call_in_training(layer, inputs))
        arrays |= flat(f"{name}/weights", layer.get_weights())
    return {
        "weights": [[w.path, list(w.shape), bool(w.trainable)] for w in layer.weights],
        "losses": losses,
        "config": keras.saving.serialize_keras_object(layer) if name != "lambda" else None,
    }


def call_in_training(layer, inputs):
    """The outputs in training."""
    takes = "training" in layer._call_signature.parameters
    return layer(inputs, training=True) if takes else layer(inputs)


def flat(prefix, values):
    """The leaves of a nest under keys."""
    return {f"{prefix}/{i}": np.asarray(x) for i, x in enumerate(keras.tree.flatten(values))}


def main():
    """Write what every layer gives."""
    assert keras.__version__ == "3.15.1", keras.__version__
    (HERE / "data").mkdir(exist_ok=True)
    arrays = {}
    described = {name: record(name, case, arrays) for name, case in CASES.items()}
    np.savez_compressed(HERE / "data" / "layers.npz", **arrays)
    text = json.dumps(described, indent=1, sort_keys=True)
    (HERE / "data" / "layers.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
