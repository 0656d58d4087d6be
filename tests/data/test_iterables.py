"""Batches from iterables and generators: order, what is fetched when, and how long it took."""

import threading
import time

import numpy as np
import pytest

import cornu as keras
from cornu.data import adapt
from cornu.data.prefetch import Prefetch


def model():
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def batch(number):
    return np.full((2, 1), float(number), "float32"), np.ones((2, 1), "float32")


class Counted:
    """An iterable that knows how far it was advanced; slow enough to be fetched by a thread."""

    def __init__(self, length, fails_at=None, seconds=1e-3):
        self.length, self.fails_at, self.seconds = length, fails_at, seconds
        self.begun = self.given = 0

    def __iter__(self):
        self.begun += 1
        for number in range(self.length):
            if number == self.fails_at:
                raise OSError("planted")
            time.sleep(self.seconds)
            self.given += 1
            yield batch(number)


def numbers(batches):
    return [int(x[0, 0]) for x, _ in batches]


def test_an_iterable_is_fetched_ahead_but_not_far():
    source = Counted(50)
    data = adapt(source)
    batches = data.batches()
    assert numbers(next(batches) for _ in range(4)) == [0, 1, 2, 3]
    deadline = time.monotonic() + 5
    while source.given < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert source.given == 6  # four are used, two wait
    assert numbers(batches) == list(range(4, 50))
    data.close()


def test_no_thread_fetches_what_is_fast():
    source = Counted(50, seconds=0)
    data = adapt(source)
    for count, _ in enumerate(data.batches(), start=1):
        assert source.given == count


def test_large_batches_wait_one_at_a_time(monkeypatch):
    monkeypatch.setattr("cornu.data.prefetch.BYTE_LIMIT", 100)
    fetched = []

    def items():
        for number in range(10):
            fetched.append(number)
            yield np.zeros(1000)

    found = Prefetch(items(), 5, threading.Event())
    deadline = time.monotonic() + 5
    while not fetched and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert fetched == [0]
    assert len(list(found)) == 10


def test_a_generator_is_advanced_no_further_than_its_batches_are_used():
    seen = []

    def generate():
        for number in range(100):
            seen.append(number)
            yield batch(number)

    source = generate()
    model().fit(source, steps_per_epoch=3, epochs=2, verbose=0)
    assert seen == list(range(6))
    model().fit(source, steps_per_epoch=2, verbose=0)
    assert seen == list(range(8))
    assert int(next(source)[0][0, 0]) == 8


def test_peeking_begins_an_iterable_once():
    source = Counted(3)
    data = adapt(source)
    assert [None if a is None else a.shape for a in data.peek()] == [(2, 1), (2, 1)]
    assert numbers(data.batches()) == [0, 1, 2]
    assert (source.begun, source.given) == (1, 3)
    data.peek()
    assert numbers(data.batches()) == [0, 1, 2]
    assert source.begun == 2


def test_a_seed_set_after_peeking_counts():
    class Shuffled:
        def __iter__(self):
            for number in np.random.permutation(20):
                yield batch(number)

    orders = []
    for peeks in (False, True):
        data = adapt(Shuffled())
        if peeks:
            data.peek()
        np.random.seed(3)
        orders.append(numbers(data.batches()))
    assert orders[0] == orders[1]


def test_an_exception_comes_after_the_batches_before_it():
    source = Counted(10, fails_at=4)
    data, seen = adapt(source), []
    with pytest.raises(OSError, match="planted") as caught:
        for x, _ in data.batches():
            seen.append(int(x[0, 0]))
    assert seen == [0, 1, 2, 3]
    assert any(entry.name == "__iter__" for entry in caught.traceback)


def test_no_thread_outlives_a_fit():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        model().fit(Counted(10**6), verbose=0, callbacks=[Stop()])
    assert caught.value is not None
    model().fit(Counted(10**6), steps_per_epoch=2, verbose=0)
    model().predict(Counted(10**6), steps=2, verbose=0)
    assert not [each for each in threading.enumerate() if each.name.startswith("cornu-data")]


def test_the_wait_for_data_is_measured():
    data = adapt(Counted(5, seconds=0.02))
    assert data.wait_seconds == 0
    for _ in data.batches():
        pass
    assert 0.08 < data.wait_seconds < 2
    waited = data.wait_seconds
    for _ in data.batches():
        time.sleep(0.06)  # so long that the next batch is there
    assert data.wait_seconds - waited < 0.09
    arrays = adapt(np.ones((8, 1)), batch_size=2)
    assert len(list(arrays.batches())) == 4 and 0 < arrays.wait_seconds < 1


def test_counted_steps_go_on_with_an_iterable_and_begin_it_anew():
    source = Counted(5)
    with pytest.warns(UserWarning, match="ended after 1 of 2 steps"):
        history = model().fit(source, steps_per_epoch=2, epochs=4, verbose=0)
    assert len(history.epoch) == 4
    assert source.begun == 2


def test_a_generator_that_is_used_up_ends_the_training():
    def generate():
        for number in range(3):
            yield batch(number)

    with pytest.warns(UserWarning, match="epoch 2 had no batch.*Training ends here"):
        history = model().fit(generate(), epochs=4, verbose=0)
    assert history.epoch == [0]


@pytest.mark.parametrize("length", [3, 7])
def test_a_length_that_is_wrong_loses_no_batch(length):
    source = Counted(5, seconds=0)
    type_with_length = type("Sized", (Counted,), {"__len__": lambda self: length})
    source.__class__ = type_with_length
    made = model()
    made.fit(source, epochs=2, verbose=0)
    assert int(made.optimizer.iterations) == 10


def test_batches_may_differ_in_form():
    for form in (tuple, list):
        data = adapt(iter([form(batch(1)), form([*batch(2), np.ones(2)])]))
        assert [len(found) for found in data.batches()] == [2, 3]
    (found,) = adapt(iter([{"a": [1.0, 2.0], "b": np.zeros((2, 3))}])).batches()
    assert found[0]["a"].tolist() == [1.0, 2.0]


def test_a_batch_hook_is_called_only_for_batches_that_are_there():
    events = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            events.append(("begin", batch))

        def on_train_batch_end(self, batch, logs=None):
            events.append(("end", batch))

    with pytest.warns(UserWarning, match="ended after 2 of 3"):
        model().fit(Counted(2), steps_per_epoch=3, verbose=0, callbacks=[Recorder()])
    assert events == [("begin", 0), ("end", 0), ("begin", 1), ("end", 1)]


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}])
def test_counted_steps_of_arrays_use_all_samples(options):
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    x = np.arange(10, dtype="float32")[:, None]
    made.compile(keras.optimizers.SGD(0.0), "mae", weighted_metrics=[], **options)
    with pytest.warns(UserWarning, match="ended after 2 of 3 steps"):
        history = made.fit(
            x, 0 * x, batch_size=2, steps_per_epoch=3, epochs=3, shuffle=False, verbose=0
        ).history
    weight = abs(float(made.get_weights()[0][0, 0]))
    means = np.array(history["loss"]) / weight
    np.testing.assert_allclose(means, [2.5, 7.5, 2.5], rtol=1e-5)
