"""Write the fixture in `data/` with Keras 3.15.1's legacy backend, which is TensorFlow's.

    KERAS_BACKEND=tensorflow python tests/compat/record_keras.py

Run by a Python that has Keras and TensorFlow, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy import backend as K

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from compat.k_backend_rows import RECORDED, ROWS, Draw  # noqa: E402


def main():
    """Write what each row gives, in the order of the rows."""
    assert keras.__version__ == "3.15.1", keras.__version__
    lines = []
    for row in ROWS:
        if row.want is RECORDED:
            found = [leaf(x) for x in tf.nest.flatten(row.call(K, Draw(tf.constant)))]
            lines.append(json.dumps([row.name, found]))
    (HERE / "data").mkdir(exist_ok=True)
    (HERE / "data" / "k_backend.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def leaf(x):
    """Dtype and values of a tensor."""
    x = np.asarray(x)
    values = [float(f"{v:.7g}") for v in x.ravel()] if x.dtype.kind == "f" else x.ravel().tolist()
    return [str(x.dtype), list(x.shape), values]


if __name__ == "__main__":
    main()
