"""A step of `fit` costs Python the same for few and for many variables, and many steps one call."""

import cProfile
import pstats

import numpy as np
import pytest

import cornu as keras

X = np.ones((240, 4), "float32")
Y = np.ones((240, 4), "float32")


def python_calls(model, samples, callbacks):
    """Number of calls of Python functions in a `fit`."""
    profile = cProfile.Profile()
    profile.enable()
    model.fit(X[:samples], Y[:samples], batch_size=4, verbose=0, callbacks=callbacks)
    profile.disable()
    return pstats.Stats(profile).total_calls


def calls_per_step(depth, callbacks):
    """How many calls another step takes, in a model of so many layers."""
    model = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4) for _ in range(depth))])
    model.compile("adam", "mse", metrics=["mae"])
    few, many = 10, 60
    for steps in (few, many):  # compiles
        model.fit(X[: 4 * steps], Y[: 4 * steps], batch_size=4, verbose=0, callbacks=callbacks)
    found = [python_calls(model, 4 * steps, callbacks) for steps in (few, many)]
    return (found[1] - found[0]) / (many - few)


class EachBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("visits", ["each batch", "as few as can be"])
def test_no_work_for_each_variable(visits):
    callbacks = [EachBatch()] if visits == "each batch" else []
    shallow, deep = (calls_per_step(depth, callbacks) for depth in (1, 10))
    # 18 kernels and biases more, with two slots each.
    assert deep - shallow < 5
    assert shallow < (150 if callbacks else 20)
