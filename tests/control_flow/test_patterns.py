"""Control flow that depends on values gives what plain Python does, and its gradients."""

import functools

import numpy as np
import pytest
from control_flow.patterns import GRADIENTS, HIGH, LOW, PATTERNS

import cornu as keras
from cornu import ops, tree

pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")

X = np.zeros((1, 1), "float32")
STARTS = {"high": HIGH, "low": LOW}


def number(found):
    """A sum in which all that a function returned counts, and differently."""
    leaves = [ops.cast(leaf, "float32") for leaf in tree.flatten(found)]
    return sum(ops.sum(ops.sin(leaf) + (i + 1) * leaf) for i, leaf in enumerate(leaves))


class Every(keras.Model):
    """All patterns, each on a row of the weights, in one program: that compiles in less time."""

    def __init__(self, functions):
        super().__init__()
        self.functions = functions

    def build(self, shape=None):
        shape = (len(self.functions), len(HIGH))
        self.w = self.add_weight(shape=shape, initializer="zeros", name="w")

    def call(self, x):
        pairs = zip(self.functions, ops.unstack(self.w.value), strict=True)
        return ops.stack([number(function(row)) for function, row in pairs])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.sum(y_pred)

    def at(self, start, step=0.0):
        """What they give on a vector, compiled."""
        self.w.assign(np.tile(np.asarray(start) + step, (len(self.functions), 1)))
        return self.predict_on_batch(X)


@functools.cache  # no fixture: they are made before how to compile is set
def results():
    """By start, what all patterns give when they are compiled."""
    model = Every(PATTERNS)
    model.build()
    return {name: model.at(start) for name, start in STARTS.items()}


@pytest.mark.parametrize("function", PATTERNS, ids=lambda function: function.__name__)
def test_compiled_it_gives_what_python_does(function):
    for name, start in STARTS.items():
        wanted = float(number(function(ops.convert_to_tensor(start))))
        found = results()[name][PATTERNS.index(function)]
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6, err_msg=name)


@functools.cache
def trained():
    """By start, the gradients that `fit` takes, and finite differences."""
    model = Every(GRADIENTS)
    model.compile(keras.optimizers.SGD(1.0))
    model.build()
    found = {}
    for name, start in STARTS.items():
        steps = np.eye(len(start)) * 2e-3
        differences = [(model.at(start, step) - model.at(start, -step)) / 4e-3 for step in steps]
        model.at(start)
        model.fit(X, batch_size=1, epochs=1, verbose=0)
        found[name] = np.asarray(start) - model.get_weights()[0], np.stack(differences, 1)
    return found


@pytest.mark.parametrize("function", GRADIENTS, ids=lambda function: function.__name__)
def test_gradients_are_finite_differences(function):
    place = GRADIENTS.index(function)
    for name, (gradients, differences) in trained().items():
        np.testing.assert_allclose(
            gradients[place], differences[place], rtol=3e-2, atol=3e-2, err_msg=name
        )
