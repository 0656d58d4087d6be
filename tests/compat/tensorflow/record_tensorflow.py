"""Write `data/tensorflow.json`: what TensorFlow 2.21 says to `expressions.py`.

    python tests/compat/tensorflow/record_tensorflow.py

Run by a Python that has TensorFlow, never by the tests.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from compat.tensorflow.expressions import EXACT, NAMES, RANDOM, lines  # noqa: E402
from compat.tensorflow.results import described  # noqa: E402


def main():
    """Evaluate every expression."""
    assert tf.__version__.startswith("2.21"), tf.__version__
    space = {"tf": tf, "np": np}
    exec(NAMES, space)
    found = [json.dumps([text, described(eval(text, space))]) for text in lines(EXACT)]
    # Of random numbers, dtype and shape.
    found += [json.dumps([text, described(eval(text, space))[:2]]) for text in lines(RANDOM)]
    (HERE / "data").mkdir(exist_ok=True)
    (HERE / "data" / "tensorflow.json").write_text("[\n" + ",\n".join(found) + "\n]\n")


if __name__ == "__main__":
    main()
