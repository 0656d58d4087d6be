"""Writes what tf-keras computes for `legacy_cases.py` into `data/legacy.json`.

python tests/compat/record_tf_keras.py     # where tf_keras is installed, and cornu is not needed
"""

import json
from pathlib import Path

import tf_keras
from legacy_cases import CASES

FILE = Path(__file__).parent / "data" / "legacy.json"


def rounded(value):
    """Floats with seven digits."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    lines = [json.dumps([case.__name__, rounded(case(tf_keras))]) for case in CASES]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n")
