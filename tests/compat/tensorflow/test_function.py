"""`tf.function`: what is traced, when, and what it leaves behind."""

import gc
import weakref

import numpy as np
import pytest

from cornu.compat import tensorflow_api as tf


def test_state_of_variables_is_kept():
    total = tf.Variable(1.0)

    @tf.function
    def add(x):
        total.assign_add(x)
        return total * 2

    assert [float(add(tf.constant(2.0))) for _ in range(3)] == [6.0, 10.0, 14.0]
    assert float(total) == 7.0


def test_traces_once_for_each_kind_of_arguments():
    traced = []

    @tf.function
    def scaled(x, factor=2):
        traced.append((x.shape.as_list(), factor))
        return x * factor

    scaled(tf.ones([2]))
    scaled(tf.zeros([2]))
    scaled(tf.ones([2]), 2)
    scaled(tf.ones([2]), factor=2)
    assert traced == [([2], 2)]
    scaled(tf.ones([3]))
    scaled(tf.ones([2]), 3)
    scaled(tf.ones([2], tf.int32))
    scaled(np.ones(2, "float32"))
    assert traced == [([2], 2), ([3], 2), ([2], 3), ([2], 2)]
    assert scaled.experimental_get_tracing_count() == 4


def test_input_signature_converts_and_checks():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def doubled(x):
        return x * 2

    assert doubled([1.0, 2.0]).numpy().tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match="Binding inputs to tf.function `doubled` failed"):
        doubled(tf.ones([2, 2]))
    with pytest.raises(TypeError, match="Binding inputs to tf.function `doubled` failed"):
        doubled(tf.ones([2], tf.int32))
    concrete = doubled.get_concrete_function()
    assert concrete(tf.ones([3])).shape == [3]


def test_optimizers_work_inside_and_are_made_inside():
    weight = tf.Variable([1.0, 1.0])
    optimizer = tf.keras.optimizers.Adam(0.1)

    @tf.function
    def step(target):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(weight - target))
        gradients = tape.gradient(loss, [weight])
        optimizer.apply_gradients(zip(gradients, [weight], strict=True))
        return loss

    losses = [float(step(tf.constant([3.0, -2.0]))) for _ in range(50)]
    assert losses[-1] < losses[0] / 5
    assert int(optimizer.iterations) == 50


def test_the_gradient_passes_through_from_outside():
    weight = tf.Variable(3.0)

    @tf.function
    def square(x):
        return weight * x * x

    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = square(x)
    assert float(tape.gradient(y, x)) == 12.0
    assert float(tape.gradient(y, weight)) == 4.0


def test_methods_have_programs_of_their_own_and_keep_nobody_alive():
    class Counter(tf.Module):
        def __init__(self):
            super().__init__()
            self.count = tf.Variable(0)

        @tf.function
        def add(self, n):
            return self.count.assign_add(n)

    first, second = Counter(), Counter()
    first.add(2)
    second.add(5)
    first.add(2)
    assert int(first.count) == 4 and int(second.count) == 5
    gone = weakref.ref(second)
    del second
    gc.collect()
    assert gone() is None


def test_functions_call_functions():
    weight = tf.Variable(2.0)

    @tf.function
    def inner(x):
        return weight.assign_add(1.0) * x

    @tf.function
    def outer(x):
        return inner(x) + inner(x)

    assert float(outer(tf.constant(1.0))) == 3.0 + 4.0
    assert float(weight) == 4.0


def test_variables_found_late_are_not_constants():
    hidden = {}

    class Box:
        @property
        def weight(self):
            return hidden["weight"]

    box, calls = Box(), []

    def read():
        return getattr(box, "wei" + "ght") * 1.0

    @tf.function
    def use():
        calls.append(1)
        return read()

    hidden["weight"] = tf.Variable(1.0)
    assert float(use()) == 1.0
    hidden["weight"].assign(5.0)
    assert float(use()) == 5.0


def test_random_numbers_differ_from_call_to_call():
    @tf.function
    def draw():
        return tf.random.normal([4])

    assert not np.array_equal(draw(), draw())


def test_what_needs_values_runs_as_python_and_says_so_once():
    @tf.function
    def halved(x):
        while float(tf.reduce_sum(x)) > 1:
            x = x / 2
        return x

    with pytest.warns(UserWarning, match="`halved` under `tf.function` runs as plain Python"):
        assert halved(tf.constant([4.0])).numpy().tolist() == [1.0]
    assert halved(tf.constant([8.0])).numpy().tolist() == [1.0]


def test_iterating_over_a_dataset_runs_as_python():
    total = tf.Variable(0)

    @tf.function
    def run(dataset):
        for x in dataset:
            total.assign_add(x)

    with pytest.warns(UserWarning, match="it iterates over a dataset"):
        run(tf.data.Dataset.range(4))
    assert int(total) == 6


def test_errors_of_the_function_come_through_and_change_nothing():
    weight = tf.Variable([1.0, 2.0])

    @tf.function
    def wrong(x):
        weight.assign_add([1.0, 1.0])
        return tf.matmul(x, x)

    with pytest.raises(ValueError):
        wrong(tf.ones([2, 3]))
    assert weight.numpy().tolist() == [1.0, 2.0]


def test_structures_none_and_strings_are_returned():
    @tf.function
    def several(x):
        return {"a": x + 1, "b": (None, 2, "word")}

    found = several(tf.constant(1))
    assert int(found["a"]) == 2 and int(found["b"][1]) == 2
    assert found["b"][0] is None and found["b"][2] == "word"


def test_models_in_a_custom_loop():
    model = tf.keras.Sequential([tf.keras.layers.Dense(4, "relu"), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.SGD(0.1)
    metric = tf.keras.metrics.Mean()
    traced = []

    @tf.function
    def step(x, y):
        traced.append(1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        metric.update_state(loss)
        return loss

    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    y = x.sum(1, keepdims=True)
    losses = [float(step(x, y)) for _ in range(30)]
    assert losses[-1] < losses[0] / 2
    assert np.isclose(float(metric.result()), np.mean(losses), rtol=1e-5)
    assert len(traced) <= 2  # once more, as the weights are made in the first


def test_run_functions_eagerly():
    seen = []

    @tf.function
    def look(x):
        seen.append(float(x))
        return x

    tf.config.run_functions_eagerly(True)
    try:
        look(tf.constant(1.0))
        look(tf.constant(2.0))
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen == [1.0, 2.0]


def test_printing_in_compiled_code(capfd):
    @tf.function
    def show(x):
        tf.print("x is", x)
        return x + 1

    for value in (1.0, 2.5):
        np.asarray(show(tf.constant(value)))
    tf.print("and", [tf.constant([1, 2]), "word"], sep="; ")
    printed = capfd.readouterr().err.split("\n")
    assert printed[:2] == ["x is 1", "x is 2.5"]
    assert printed[2].startswith("and; [[1 2]")


def test_variables_made_in_the_first_call():
    class Scaled(tf.Module):
        def __init__(self):
            super().__init__()
            self.scale = None

        @tf.function
        def __call__(self, x):
            if self.scale is None:
                self.scale = tf.Variable(tf.ones([2]) * 3)
            return self.scale.assign_add([1.0, 1.0]) * x

    scaled = Scaled()
    assert scaled(tf.ones([2])).numpy().tolist() == [4.0, 4.0]
    assert scaled(tf.ones([2])).numpy().tolist() == [5.0, 5.0]
    assert len(scaled.variables) == 1


def test_models_and_their_methods_as_functions():
    model = tf.keras.Sequential([tf.keras.layers.Dense(2), tf.keras.layers.BatchNormalization()])
    call = tf.function(model)
    assert call(tf.ones([3, 4]), training=True).shape == [3, 2]
    moved = model.layers[1].moving_mean.numpy()
    call(tf.ones([3, 4]), training=True)
    assert not np.array_equal(model.layers[1].moving_mean, moved)
    plain = model(tf.ones([3, 4])).numpy()
    model.call = tf.function(model.call)
    np.testing.assert_allclose(model(tf.ones([3, 4])), plain, rtol=1e-6)


def test_decorated_methods_of_models_train():
    class Line(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(1)

        @tf.function
        def call(self, x):
            return self.dense(x)

        @tf.function
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss}

    line = Line()
    line.compile("sgd", "mse")
    losses = line.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    inputs = tf.keras.Input([2])
    assert tf.keras.Model(inputs, line(inputs))(tf.ones([1, 2])).shape == [1, 1]
