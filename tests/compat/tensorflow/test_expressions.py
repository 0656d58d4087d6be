"""Expressions of `tf` give what TensorFlow recorded for them."""

import json
from pathlib import Path

import numpy as np
import pytest
from compat.tensorflow.expressions import EXACT, NAMES, RANDOM, lines
from compat.tensorflow.results import described

from cornu.compat import tensorflow_api as tf

RECORDED = json.loads((Path(__file__).parent / "data" / "tensorflow.json").read_text())


@pytest.fixture(scope="module")
def names():
    """What the expressions are about."""
    space = {"tf": tf, "np": np}
    exec(NAMES, space)
    return space


def close(a, b):
    """Whether two descriptions are the same but for rounding."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return abs(a - b) <= 1e-5 + 1e-4 * abs(b)
    return a == b


def test_every_expression_is_recorded():
    assert [text for text, _ in RECORDED] == lines(EXACT + RANDOM), "run record_tensorflow.py"


@pytest.mark.parametrize("text, want", RECORDED, ids=[text for text, _ in RECORDED])
def test_expression(text, want, names):
    got = json.loads(json.dumps(described(eval(text, names))))
    if text in lines(RANDOM):
        assert got[:2] == want
    else:
        assert close(got, want), f"{got} instead of {want}"


def test_close_finds_differences():
    assert close(["float32", [2], [1.0, 2.0]], ["float32", [2], [1.0, 2.000001]])
    assert not close(["float32", [2], [1.0, 2.0]], ["float32", [2], [1.0, 2.1]])
    assert not close(["int32", [], 1], ["float32", [], 1])
