"""Where such control flow may stand, and what it may do: models, steps, losses, state."""

# ruff: noqa: SIM102, SIM108 - the code under test is written as it comes

import functools

import numpy as np
import pytest

import cornu as keras
from cornu import ops

pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.ones((8, 2), "float32")


def fitted(make, **compiled):
    """A model trained compiled and one trained as plain Python: history, weights, outputs."""
    found = []
    for eager in (False, True):
        keras.utils.set_random_seed(1)
        model = make()
        arguments = {key: make_one() for key, make_one in compiled.items()}
        if eager:
            arguments.pop("jit_compile", None)
        model.compile(run_eagerly=eager, **arguments)
        history = model.fit(X, Y, batch_size=4, epochs=1, shuffle=False, verbose=0).history
        found.append((history, model))
    (history, model), (wanted, plain) = found
    for name, values in wanted.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)
    for weight, value in zip(model.variables, plain.variables, strict=True):
        np.testing.assert_allclose(weight.numpy(), value.numpy(), rtol=1e-4, atol=1e-6)
    return model


def sgd():
    return keras.optimizers.SGD(0.01)


class Branching(keras.layers.Layer):
    def call(self, x):
        if ops.sum(x) > 0:
            return x * 2
        n = 0
        while n < 3 and ops.max(x) < 1:
            x = x + 0.3
            n += 1
        return x


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.head, self.odd = keras.layers.Dense(2), Branching()

    def call(self, x, training=None):
        h = self.head(x)
        if training:
            if ops.mean(h) > 0.1:
                h = h * 0.5
        return self.odd(h)


def test_models_and_layers_that_branch():
    model = fitted(Net, optimizer=sgd, loss=lambda: "mse", jit_compile=lambda: True)
    direct = np.asarray(model(X))
    np.testing.assert_allclose(model.predict(X, verbose=0), direct, rtol=1e-5)
    np.testing.assert_allclose(
        model.evaluate(X, Y, verbose=0), np.mean((direct - Y) ** 2), rtol=1e-4
    )
    assert "ag__" not in Net.call.__code__.co_names  # the class is as it was


def test_functional_models_and_sequential_ones():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Branching()(keras.layers.Dense(2)(inputs)))
    assert model.output_shape == (None, 2)
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X), rtol=1e-5)
    chain = keras.Sequential([Branching(), keras.layers.Dense(1)])
    np.testing.assert_allclose(chain.predict(X, verbose=0), chain(X), rtol=1e-5)


def test_functions_given_to_layers_losses_metrics_and_activations():
    def loss(y_true, y_pred):
        error = ops.mean(ops.square(y_true - y_pred), axis=-1)
        return error * 2 if ops.max(error) > 1 else error

    def metric(y_true, y_pred):
        if ops.mean(y_pred) > 0.2:
            return ops.mean(y_pred, axis=-1)
        return -ops.mean(y_pred, axis=-1)

    def activation(x):
        while ops.max(ops.abs(x)) > 2:
            x = x / 2
        return x

    def make():
        return keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(2, activation=activation),
                keras.layers.Lambda(lambda v: v if ops.sum(v) > 0 else v + 1),
            ]
        )

    fitted(make, optimizer=sgd, loss=lambda: loss, metrics=lambda: [metric])


def test_learning_rate_schedules_and_subclasses_of_losses_and_metrics():
    class Steps(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            if step < 2:
                return 0.01
            return 0.001

    class Error(keras.losses.Loss):
        def call(self, y_true, y_pred):
            error = ops.mean(ops.abs(y_true - y_pred), axis=-1)
            if ops.sum(error) > 3:
                error = ops.sqrt(error)
            return error

    class Highest(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="highest")
            self.value = self.add_weight(name="value", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            highest = ops.max(y_pred)
            if highest > self.value:
                self.value.assign(highest)

        def result(self):
            return self.value

    fitted(
        lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]),
        optimizer=lambda: keras.optimizers.Adam(Steps()),
        loss=Error,
        metrics=lambda: [Highest()],
    )


class Careful(keras.Model):
    """Its step leaves out updates that are too large, and counts them."""

    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(2)
        self.left_out = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.seen = keras.metrics.Mean(name="seen")

    def call(self, x):
        return self.head(x)

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = ops.mean(ops.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients))
        if norm < 2.0:
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            self.seen.update_state(loss)
        else:
            self.left_out.assign_add(1.0)
        return {"loss": loss, "seen": self.seen.result()}


def test_a_step_that_assigns_in_a_branch():
    model = fitted(Careful, optimizer=lambda: keras.optimizers.Adam(0.1))
    assert int(model.optimizer.iterations) + int(model.left_out) == 2
    assert int(model.left_out) == 1


class Noisy(keras.layers.Layer):
    """Draws, and counts, in a loop and in a branch."""

    def __init__(self):
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5, seed=3)
        self.norm = keras.layers.BatchNormalization(momentum=0.5)
        self.rounds = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=None):
        n = 0
        while n < 3 and ops.sum(ops.abs(x)) > 1:
            x = self.dropout(x, training=training) * 0.7
            self.rounds.assign_add(1.0)
            n += 1
        if ops.max(x) > 0.1:
            x = self.norm(x, training=training)
        return x


def test_seeds_and_statistics_change_in_loops_and_branches():
    def make():
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), Noisy()])

    model = fitted(make, optimizer=sgd, loss=lambda: "mse")
    assert float(model.layers[1].rounds) > 4


def test_the_tape_inside_a_compiled_step_goes_through_loops():
    class Own(keras.Model):
        def build(self, shape):
            self.w = self.add_weight(shape=(3,), initializer="ones")

        def call(self, x):
            h = x * self.w
            while ops.sum(h * h) < 100:
                h = h * (1.1 + 0.1 * ops.tanh(self.w))
            return h[:, :2]

        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = ops.mean(ops.square(self(x) - y))
            gradient = tape.gradient(loss, self.w)
            self.w.assign_sub(0.001 * gradient)
            return {"loss": loss, "slope": ops.sum(ops.abs(gradient))}

    fitted(Own, optimizer=sgd)


class Cell(keras.layers.Layer):
    """A step of a recurrent layer that depends on what it computes."""

    state_size = 2

    def call(self, x, states):
        h = x[:, :2] + states[0] * 0.5
        if ops.sum(h) > 0:
            h = ops.tanh(h)
        else:
            h = ops.sigmoid(h)
        return h, [h]


def decorated(call):
    @functools.wraps(call)
    def around(*args, **kwargs):
        return call(*args, **kwargs) * 2

    return around


class Recurrent(keras.Model):
    def __init__(self):
        super().__init__()
        self.rnn = keras.layers.RNN(Cell())

    @decorated
    def call(self, x):
        h = self.rnn(x)
        while ops.max(h) < 2.0:
            h = h * 1.5
        return h


def test_cells_of_recurrent_layers_and_decorated_methods():
    x = np.random.default_rng(0).normal(size=(4, 3, 3)).astype("float32")
    cell, state = Cell(), ops.zeros((4, 2))
    for step in range(3):
        _, (state,) = cell(x[:, step], [state])
    while ops.max(state) < 2.0:
        state = state * 1.5
    model = Recurrent()
    np.testing.assert_allclose(model(x), state * 2, rtol=1e-5)  # the layer's loop is compiled
    np.testing.assert_allclose(model.predict(x, verbose=0), state * 2, rtol=1e-5)


def test_stateless_calls_under_jit():
    import jax

    layer = Branching()
    layer(X)
    found, _ = jax.jit(lambda x: layer.stateless_call([], [], x))(X)
    np.testing.assert_allclose(found, layer(X), rtol=1e-6)


def test_nothing_is_converted_or_imported_where_nothing_fails(run_python):
    program = """
import sys, numpy as np, cornu as keras
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
print([name for name in sys.modules if name.split(".")[0] == "malt"])
"""
    assert run_python(program).strip().splitlines()[-1] == "[]"
