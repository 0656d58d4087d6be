"""Write the fixture in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/ops/record_keras.py

Run by a Python that has Keras, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from ops.dtype_cases import dtypes_of  # noqa: E402


def main():
    """Write which dtypes come out of which."""
    assert keras.__version__ == "3.15.1", keras.__version__
    (HERE / "data").mkdir(exist_ok=True)
    text = json.dumps(grouped(dtypes_of(keras)), indent=0, sort_keys=True)
    (HERE / "data" / "dtypes.json").write_text(text + "\n")


def grouped(found):
    """Dtype of the result -> keys, which is shorter to write down."""
    groups = {}
    for key, dtype in found.items():
        groups.setdefault(dtype, []).append(key)
    return {dtype: " ".join(sorted(keys)) for dtype, keys in groups.items()}


if __name__ == "__main__":
    main()
