"""A model for every layer and one for every optimizer, that both libraries build from the same
lines: `keras` is Keras 3 or this package."""

import numpy as np
from families.optimizer_cases import makers
from layers.layer_cases import CASES

# Python code, which files hold as bytecode of one version of Python.
LEFT_OUT = {"lambda"}


def layer_model(keras, name):
    """The case `name` of the layers' table as a model, compiled if it can be trained."""
    case = CASES[name]
    symbols = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=str(x.dtype)), case.values()
    )
    outputs = case.call(case.make(keras), symbols)
    model = keras.Model(symbols, outputs, name=name)
    if model.trainable_variables and not case.random and not case.ints:
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


def optimizer_model(keras, name):
    """A perceptron that is trained by the case `name` of the optimizers' table."""
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(2)], name=name
    )
    model.compile(makers()[name](keras), "mse")
    return model


BUILDERS = {"layer": layer_model, "optimizer": optimizer_model}


def names(keras):
    """The names of the matrix: the first case of every layer, every case of the optimizers."""
    first = {}
    for name in CASES:
        if name not in LEFT_OUT:
            first.setdefault(type(CASES[name].make(keras)).__name__, name)
    return [*(f"layer_{name}" for name in first.values()), *(f"optimizer_{n}" for n in makers())]


def build(keras, full):
    """The model of the matrix that is called `full`."""
    kind, _, name = full.partition("_")
    return BUILDERS[kind](keras, name)


def inputs_of(full):
    """What the model is called on."""
    kind, _, name = full.partition("_")
    if kind == "layer":
        return CASES[name].values()
    return np.random.default_rng(3).normal(size=(8, 4)).astype("float32")


def outputs_of(keras, model, full):
    """What it gives, as a list of arrays."""
    outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs_of(full)))
    return [np.asarray(output) for output in keras.tree.flatten(outputs)]


def train(keras, model, full):
    """One step of training towards zeros; returns all state then, empty for a model that isn't
    trained."""
    if not getattr(model, "compiled", False):
        return []
    outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs_of(full)))
    targets = keras.tree.map_structure(lambda x: np.zeros(tuple(x.shape), "float32"), outputs)
    model.train_on_batch(inputs_of(full), targets)
    return [np.asarray(weight.value) for weight in (*model.weights, *model.optimizer.variables)]
