"""Steps that users write: three styles, all compiled, all with the same result."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu as keras
from cornu import ops

FEATURES = 5


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(64, FEATURES)).astype("float32")
    return x, (x @ rng.normal(size=(FEATURES, 1))).astype("float32")


class Plain(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="tanh")
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(self.hidden(x))


class WithTape(Plain):
    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = ops.mean(ops.square(y - self(x, training=True)))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class WithGradient(Plain):
    def train_step(self, data):
        x, y = data
        loss, gradients = self.gradient(lambda: ops.mean(ops.square(y - self(x, training=True))))
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


class Stateless(Plain):
    def train_step(self, state, data):
        trainable, fixed, slots, metrics = state
        x, y = data

        def loss_of(values):
            outputs, updated = self.stateless_call(values, fixed, x, training=True)
            return jnp.mean(jnp.square(y - outputs)), updated

        (loss, fixed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
        trainable, slots = self.optimizer.stateless_apply(slots, gradients, trainable)
        return {"loss": loss}, (trainable, fixed, slots, metrics)


@pytest.mark.parametrize("style", [WithTape, WithGradient, Stateless])
def test_styles_agree_with_the_default_step(style, data):
    keras.utils.set_random_seed(1)
    reference = Plain()
    reference.compile("sgd", "mse")
    reference.fit(*data, epochs=3, shuffle=False, verbose=0)
    keras.utils.set_random_seed(1)
    model = style()
    model.compile("sgd")
    model.fit(*data, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(reference.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_two_optimizers_in_one_step(data):
    class Two(WithTape):
        def compile(self, first, second):
            super().compile(first)
            self.second = second

        def train_step(self, data):
            x, y = data
            with keras.GradientTape(persistent=True) as tape:
                loss = ops.mean(ops.square(y - self(x, training=True)))
            for optimizer, layer in ((self.optimizer, self.hidden), (self.second, self.head)):
                gradients = tape.gradient(loss, layer.trainable_variables)
                optimizer.apply(gradients, layer.trainable_variables)
            return {"loss": loss}

    model = Two()
    model.build((None, FEATURES))
    first, second = keras.optimizers.SGD(0.1), keras.optimizers.Adam(0.01)
    first.build(model.hidden.trainable_variables)
    second.build(model.head.trainable_variables)
    model.compile(first, second)
    losses = model.fit(*data, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert int(first.iterations) == int(second.iterations) == 10


def test_a_variable_that_the_model_does_not_own_is_an_error(data):
    counter = keras.Variable(0.0, name="counter")

    class Leaky(WithTape):
        def train_step(self, data):
            counter.assign_add(1.0)
            return super().train_step(data)

    model = Leaky()
    model.compile("sgd")
    with pytest.raises(RuntimeError, match="'counter', which the model does not own"):
        model.fit(*data, verbose=0)
    assert float(counter) == 0.0


def test_losses_of_layers_and_regularizers_count(data):
    class Penalty(keras.layers.Layer):
        def call(self, x):
            self.add_loss(0.5 * ops.mean(ops.square(x)))
            return x

    inputs = keras.Input((FEATURES,))
    outputs = Penalty()(keras.layers.Dense(1, kernel_regularizer="l2")(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    found = model.evaluate(*data, verbose=0)
    predicted = model.predict(data[0], verbose=0).astype("float64")
    expected = np.mean((predicted - data[1]) ** 2) + 0.5 * np.mean(predicted**2)
    expected += 0.01 * np.sum(model.get_weights()[0].astype("float64") ** 2)
    assert found == pytest.approx(expected, rel=1e-5)


def test_custom_compute_loss_and_metrics(data):
    class Doubled(Plain):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 2.0 * super().compute_loss(x, y, y_pred, sample_weight, training)

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "seven": 7.0}

    keras.utils.set_random_seed(1)
    plain = Plain()
    plain.compile("sgd", "mse")
    expected = plain.evaluate(*data, verbose=0)
    keras.utils.set_random_seed(1)
    model = Doubled()
    model.compile("sgd", "mse")
    found = model.evaluate(*data, verbose=0, return_dict=True)
    assert found["seven"] == 7.0
    assert found["loss"] == pytest.approx(2 * expected, rel=1e-5)


class Pair(keras.Model):
    """Two networks with an optimizer each, no `call`, and a step on inputs alone."""

    def __init__(self):
        super().__init__()
        self.first = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(3)])
        self.second = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        self.seen = []

    def compile(self, first_optimizer, second_optimizer, **kwargs):
        super().compile(**kwargs)
        self.first_optimizer, self.second_optimizer = first_optimizer, second_optimizer

    def train_step(self, data):
        self.seen.append(type(data))
        losses = {}
        for name, network, optimizer in (
            ("first", self.first, self.first_optimizer),
            ("second", self.second, self.second_optimizer),
        ):
            with keras.GradientTape() as tape:
                loss = ops.mean(ops.square(self.second(self.first(data, training=True)) - 1.0))
            weights = network.trainable_variables
            gradients = tape.gradient(loss, weights)
            optimizer.apply_gradients(zip(gradients, weights, strict=True))
            losses[f"{name}_loss"] = loss
        return losses

    def predict_step(self, data):
        return self.first(data)


def test_a_model_without_call_and_with_its_own_optimizers(data):
    x, _ = data
    found = {}
    for eagerly in (False, True):
        keras.utils.set_random_seed(0)
        model = Pair()
        adam, sgd = keras.optimizers.Adam(0.1), keras.optimizers.SGD(0.1, momentum=0.9)
        model.compile(adam, sgd, run_eagerly=eagerly)
        history = model.fit(x, batch_size=16, epochs=3, shuffle=False, verbose=0).history
        assert history["first_loss"][-1] < history["first_loss"][0]
        assert int(adam.iterations) == int(sgd.iterations) == 12
        assert not any(issubclass(kind, tuple) for kind in model.seen)
        assert model.predict(x, verbose=0).shape == (64, 3)
        found[eagerly] = model.first.get_weights()[0]
    np.testing.assert_allclose(found[False], found[True], rtol=1e-5)
