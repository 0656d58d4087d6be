"""The learning phase of Keras 2: whether code runs for training (1) or for use (0)."""

import contextlib

from cornu.compat._k_graph import FunctionOfValues
from cornu.core.scopes import CALL, LEARNING_PHASE
from cornu.symbolic.operation import has_symbolic


def learning_phase():
    """1 while training, else 0: as the layer that is being called was told, else as set by
    `set_learning_phase`, else 0."""
    context = CALL.get()
    if context is not None and context.training is not None:
        return int(bool(context.training))
    return LEARNING_PHASE.get("value", 0)


def set_learning_phase(value):
    """Set the phase of the process, for code outside of layers and for calls of layers and models
    that say nothing about `training`. (`fit`, `evaluate` and `predict` do.)

    Args:
        value: 0 or 1.

    Raises:
        ValueError: for anything else.
    """
    if value not in (0, 1):
        raise ValueError(f"Expected learning phase to be 0 or 1. Received: value={value!r}")
    LEARNING_PHASE["value"] = int(value)


@contextlib.contextmanager
def learning_phase_scope(value):
    """Set the phase for the time of a `with` block."""
    before = dict(LEARNING_PHASE)
    set_learning_phase(value)
    try:
        yield value
    finally:
        LEARNING_PHASE.clear()
        LEARNING_PHASE.update(before)


def in_train_phase(x, alt, training=None):
    """`x` while training, else `alt`; either may be a function without arguments.

    Args:
        training: the phase, by default `learning_phase()`.
    """
    if training is None:
        if CALL.get() is None:
            x, alt = _value(x), _value(alt)
            if has_symbolic((x, alt), {}):
                return FunctionOfValues(in_train_phase)(x, alt)
        training = learning_phase()
    return _value(x if training else alt)


def in_test_phase(x, alt, training=None):
    """`x` unless training, else `alt`; see `in_train_phase`."""
    return in_train_phase(alt, x, training=training)


def _value(x):
    return x() if callable(x) else x
