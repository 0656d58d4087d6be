"""`tf.function` converts Python's control flow on tensors, as TensorFlow does."""

# ruff: noqa: SIM108 - the code under test is written as it comes

import numpy as np
import pytest

from cornu.compat import tensorflow_api as tf

pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")


def halved(x):
    while tf.reduce_sum(x) > 1.0:
        x = x / 2.0
    return x


def factorial(n):
    result = tf.constant(1)
    for i in tf.range(1, n + 1):
        result *= i
    return result


def early(n):
    if n > 3:
        return n * 2
    return -n


def collatz(n):
    steps = tf.constant(0)
    while True:
        if n == 1:
            break
        if n % 2 == 0:
            n = n // 2
            continue
        n = 3 * n + 1
        steps += 1
    return steps


def squares(n):
    found = tf.TensorArray(tf.float32, size=8)
    i = 0
    while i < n:
        found = found.write(i, tf.cast(i, tf.float32) ** 2)
        i += 1
    return found.stack()


def running_sums(n):
    values = tf.TensorArray(tf.int32, size=6).unstack(tf.range(6))
    sums = tf.TensorArray(tf.int32, 6)
    total = 0
    for i in tf.range(6):
        if i < n:
            total += values.read(i)
        sums = sums.write(i, total)
    return sums.stack()


def until_positive(n):
    found = tf.TensorArray(tf.int32, size=5)
    _, found = tf.while_loop(
        lambda i, array: i < n,
        lambda i, array: (i + 1, array.write(i, i * 10)),
        (tf.constant(0), found),
        maximum_iterations=4,
    )
    return found.stack()


def scaled_range(n):
    total = 0.0
    for x in tf.range(0.0, tf.cast(n, tf.float32), 0.5):
        total += x
    return total


WHOLE = [factorial, early, collatz, squares, running_sums, until_positive, scaled_range]


@pytest.mark.parametrize("function", WHOLE, ids=lambda function: function.__name__)
def test_a_function_of_a_number_gives_what_python_does(function):
    compiled = tf.function(function)
    for n in (1, 3, 5, 7) if function is not until_positive else (1, 3, 9):
        plain = function(tf.constant(n))
        np.testing.assert_allclose(compiled(tf.constant(n)), plain, rtol=1e-6)
    assert compiled.experimental_get_tracing_count() == 1


def test_the_tape_goes_through_a_compiled_loop():
    weight = tf.Variable(1.5)

    @tf.function
    def grown(x):
        while tf.reduce_sum(x) < 100.0:
            x = x * weight + 0.1
        return tf.reduce_sum(x * x)

    def slopes(function):
        x = tf.constant([3.0, 4.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, [x, weight])

    for found, wanted in zip(slopes(grown), slopes(grown.python_function), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_training_in_a_loop_that_ends_early():
    def train(optimizer, weight, most):
        steps = 0
        for _ in tf.range(most):
            with tf.GradientTape() as tape:
                loss = tf.square(weight - 3.0)
            optimizer.apply_gradients([(tape.gradient(loss, weight), weight)])
            steps += 1
            if loss < 0.01:
                break
        return steps

    results = []
    for wrapped in (train, tf.function(train)):
        weight, optimizer = tf.Variable(2.0), tf.keras.optimizers.SGD(0.3)
        steps = int(wrapped(optimizer, weight, tf.constant(100)))
        results.append((steps, float(weight), int(optimizer.iterations)))
    assert results[0] == pytest.approx(results[1])
    assert 2 < results[0][0] < 9


def test_a_tape_is_asked_in_a_branch():
    weight, optimizer = tf.Variable(1.0), tf.keras.optimizers.Adam(0.5)

    @tf.function
    def step(limit):
        with tf.GradientTape() as tape:
            loss = tf.square(weight)
        if loss > limit:
            gradients = tape.gradient(loss, [weight])
            optimizer.apply_gradients(zip(gradients, [weight], strict=True))
        return loss

    losses = [float(step(tf.constant(0.1))) for _ in range(4)]
    assert losses[0] == 1.0 and losses[-1] == losses[-2] < 0.1
    assert int(optimizer.iterations) == losses.index(losses[-1])


def test_methods_assign_variables_in_branches():
    class Counter(tf.Module):
        def __init__(self):
            super().__init__()
            self.low, self.high = tf.Variable(0), tf.Variable(0)

        @tf.function
        def see(self, x):
            if x > self.high:
                self.high.assign(x)
            elif x < self.low:
                self.low.assign(x)
            return self.high - self.low

    counter = Counter()
    assert [int(counter.see(tf.constant(x))) for x in (3, -2, 1, 5)] == [3, 5, 5, 7]


def test_autograph_false_and_do_not_convert_leave_code_alone():
    @tf.function(autograph=False)
    def plain(x):
        return x if x > 0 else -x

    with pytest.warns(UserWarning, match="`plain` under `tf.function` runs as plain Python"):
        assert float(plain(tf.constant(-2.0))) == 2.0

    @tf.autograph.experimental.do_not_convert
    def left(x):
        return x if x > 0 else -x

    @tf.function
    def calling(x):
        return left(x)

    with pytest.warns(UserWarning, match="`calling` under `tf.function` runs as plain Python"):
        assert float(calling(tf.constant(-2.0))) == 2.0
    assert float(tf.function(lambda x: x if x > 0 else -x)(tf.constant(-2.0))) == 2.0


def test_what_can_not_be_converted_runs_as_python_and_says_why():
    @tf.function
    def collected(x):
        found = []
        while tf.reduce_sum(x) > 1.0:
            x = x / 2.0
            found.append(x)
        return found[-1]

    with pytest.warns(UserWarning, match="The list `found` is changed inside a `while`"):
        assert float(collected(tf.constant([4.0]))[0]) == 1.0


def test_graphs_are_not_to_be_had():
    for name in ("to_graph", "to_code"):
        with pytest.raises(AttributeError, match=name):
            getattr(tf.autograph, name)
