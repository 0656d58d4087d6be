"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/layers/record_keras.py [FAMILY ...]

Run by a Python that has Keras, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from layers.case import set_weights  # noqa: E402
from layers.layer_cases import FAMILIES  # noqa: E402


def record(name, case, arrays):
    """Put what a layer gives into `arrays`; returns what it is."""
    keras.utils.clear_session()
    layer, inputs = case.make(keras), case.values()
    case.call(layer, inputs)
    set_weights(layer)
    arrays |= flat(f"{name}/inference", case.call(layer, inputs))
    losses = [float(loss) for loss in layer.losses]
    if not case.random:
        arrays |= flat(f"{name}/training", call_in_training(case, layer, inputs))
        arrays |= flat(f"{name}/weights", layer.get_weights())
    if case.mask is not None:
        set_weights(layer)  # training may have changed them
        mask = case.mask_values()
        options = {"mask": mask} if "mask" in layer._call_signature.parameters else {}
        outputs = case.call(layer, keras.tree.map_structure(masked, inputs, mask), **options)
        arrays |= flat(f"{name}/masked", outputs)
        found = mask_of(outputs) if case.named else layer.compute_mask(inputs, mask)
        arrays |= flat(f"{name}/mask", found)
    return {
        "weights": [[w.path, list(w.shape), bool(w.trainable)] for w in layer.weights],
        "losses": losses,
        "config": keras.saving.serialize_keras_object(layer) if name != "lambda" else None,
    }


def call_in_training(case, layer, inputs):
    """The outputs in training."""
    takes = "training" in layer._call_signature.parameters
    return case.call(layer, inputs, **({"training": True} if takes else {}))


def masked(x, mask):
    """A tensor with a mask."""
    x = keras.ops.convert_to_tensor(x)
    x._keras_mask = None if mask is None else keras.ops.convert_to_tensor(mask)
    return x


def mask_of(outputs):
    """The masks that outputs carry."""
    return keras.tree.map_structure(lambda x: getattr(x, "_keras_mask", None), outputs)


def flat(prefix, values):
    """The leaves of a nest under keys, without those that are None."""
    leaves = enumerate(keras.tree.flatten(values))
    return {f"{prefix}/{i}": np.asarray(x) for i, x in leaves if x is not None}


def main(families):
    """Write what the layers of the families (by default all) give."""
    assert keras.__version__ == "3.15.1", keras.__version__
    (HERE / "data").mkdir(exist_ok=True)
    for family in families or FAMILIES:
        arrays = {}
        described = {name: record(name, case, arrays) for name, case in FAMILIES[family].items()}
        np.savez_compressed(HERE / "data" / f"{family}.npz", **arrays)
        text = json.dumps(described, indent=1, sort_keys=True)
        (HERE / "data" / f"{family}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
