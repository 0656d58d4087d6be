"""`tf.summary` writes through `tensorboardX`."""

import sys
import types

import numpy as np
import pytest

from cornu.compat import tensorflow_api as tf


@pytest.fixture
def written(monkeypatch):
    """What a stand-in for `tensorboardX` is told."""
    calls = []

    class SummaryWriter:
        def __init__(self, folder):
            calls.append(("open", folder))

        def __getattr__(self, name):
            return lambda *args, **kwargs: calls.append((name, *args))

    module = types.ModuleType("tensorboardX")
    module.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    return calls


def test_summaries_go_to_the_writer_that_is_open(written):
    assert tf.summary.scalar("nothing", 1.0, step=0) is False
    writer = tf.summary.create_file_writer("logs")
    with writer.as_default(step=3):
        assert tf.summary.scalar("loss", tf.constant(0.5), step=1) is True
        tf.summary.scalar("rate", tf.Variable(2.0))
        tf.summary.text("note", tf.constant("words"), step=2)
        tf.summary.image("picture", np.zeros((5, 2, 2, 3)), step=2, max_outputs=2)
        tf.summary.histogram("weights", [1.0, 2.0], step=2)
        assert tf.summary.should_record_summaries()
    writer.flush()
    assert [call[:2] for call in written] == [
        ("open", "logs"), ("add_scalar", "loss"), ("add_scalar", "rate"), ("add_text", "note"),
        ("add_images", "picture"), ("add_histogram", "weights"), ("flush",),
    ]  # fmt: skip
    assert written[1] == ("add_scalar", "loss", 0.5, 1)
    assert written[2] == ("add_scalar", "rate", 2.0, 3)
    assert written[3][2] == "words" and written[4][2].shape == (2, 2, 2, 3)


def test_a_step_is_needed(written):
    with tf.summary.create_file_writer("logs").as_default():
        with pytest.raises(ValueError, match="No step"):
            tf.summary.scalar("loss", 1.0)
        tf.summary.experimental.set_step(5)
        tf.summary.scalar("loss", 1.0)
    tf.summary.experimental.set_step(None)
    assert written[-1] == ("add_scalar", "loss", 1.0, 5)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match="pip install 'tensorboardX'"):
        tf.summary.create_file_writer("logs")
