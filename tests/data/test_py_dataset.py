"""`PyDataset`: the same batches in the same order, whoever makes them."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from data.datasets import Numbered, OddError, Unsendable, numbers

import cornu as keras
from cornu.data import adapt


def model():
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def data_threads():
    return [each for each in threading.enumerate() if each.name.startswith("cornu-data")]


@pytest.fixture
def nothing_left():
    yield
    assert not multiprocessing.active_children()
    assert not data_threads()


WAYS = {
    "in the main thread": {"workers": 0},
    "one worker, fast": {},
    "one worker, slow": {"seconds": 1e-3},
    "threads": {"workers": 3},
    "threads, short queue": {"workers": 3, "max_queue_size": 1},
    "processes": {"workers": 2, "use_multiprocessing": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_batches_come_in_order_and_epochs_change_the_dataset(way, nothing_left):
    data = adapt(Numbered(**WAYS[way]))
    assert numbers(data.batches()) == [0, 1, 2, 3, 4, 5]
    assert numbers(data.batches()) == [100, 101, 102, 103, 104, 105]
    left = data.batches()
    assert numbers(next(left) for _ in range(2)) == [200, 201]
    assert numbers(data.batches()) == [200, 201, 202, 203, 204, 205]
    data.close()


def test_shuffled_order_is_the_same_in_threads_and_can_be_drawn_again(nothing_left):
    orders = []
    for options in ({"workers": 0}, {"seconds": 1e-3}, {"workers": 3}):
        np.random.seed(5)
        data = adapt(Numbered(20, **options), shuffle=True)
        orders.append(numbers(data.batches()))
        data.close()
    assert orders[0] == orders[1] == orders[2]
    assert sorted(orders[0]) == list(range(20)) != orders[0]
    assert np.random.get_state()[2] != 0


def test_hooks_are_called_once_an_epoch_around_the_batches():
    dataset = Numbered(3, workers=0)
    model().fit(dataset, epochs=2, shuffle=False, verbose=0)
    assert dataset.events == [0, "begin", 0, 1, 2, "end", "begin", 0, 1, 2, "end"]


def test_steps_that_are_counted_go_on_where_the_last_epoch_stopped():
    dataset = Numbered(5, workers=0)
    with pytest.warns(UserWarning, match="ended after 2 of 3 steps"):
        model().fit(dataset, steps_per_epoch=3, epochs=3, shuffle=False, verbose=0)
    batches = [event for event in dataset.events[1:] if isinstance(event, int)]
    assert batches == [0, 1, 2, 3, 4, 0, 1, 2]


def test_exactly_as_many_batches_as_steps_begin_anew():
    dataset = Numbered(4, workers=0)
    model().fit(dataset, steps_per_epoch=2, epochs=4, shuffle=False, verbose=0)
    batches = [event for event in dataset.events[1:] if isinstance(event, int)]
    assert batches == [0, 1, 2, 3, 0, 1, 2, 3]


def test_a_dataset_without_end():
    dataset = Numbered(None)
    assert dataset.num_batches is None
    model().fit(dataset, steps_per_epoch=3, epochs=2, verbose=0)
    assert dataset.events == [0, "begin", 0, 1, 2, "end", "begin", 3, 4, 5, "end"]


def test_threads_make_batches_at_the_same_time():
    data = adapt(Numbered(8, seconds=0.05, workers=4))
    assert numbers(data.batches()) == list(range(8))
    data.close()
    assert data.wait_seconds < 0.3  # one after the other they take 0.4


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_comes_as_itself_after_the_batches_before_it(way, nothing_left):
    data = adapt(Numbered(trouble="fails", **WAYS[way]))
    seen = []
    with pytest.raises(KeyError, match="planted") as caught:
        seen.extend(data.batches())
        raise AssertionError("no exception")
    data.close()
    if "processes" in way:
        assert "in __getitem__" in "".join(caught.value.__notes__)


def test_batches_before_an_exception_are_given_out(nothing_left):
    data = adapt(Numbered(trouble="fails", workers=2))
    batches = data.batches()
    assert numbers(next(batches) for _ in range(3)) == [0, 1, 2]
    with pytest.raises(KeyError):
        next(batches)
    data.close()


def test_an_exception_that_can_not_travel_comes_as_its_text(nothing_left):
    data = adapt(Numbered(trouble="fails_oddly", use_multiprocessing=True))
    with pytest.raises(RuntimeError, match=f"{OddError.__name__}: this and that"):
        list(data.batches())
    data.close()


def test_a_dead_process_is_named_with_its_exit_code(nothing_left):
    started = time.monotonic()
    dataset = Numbered(trouble="dies", use_multiprocessing=True)
    with pytest.raises(RuntimeError, match=r"Numbered.*exit code 7.*batch 3") as caught:
        model().fit(dataset, shuffle=False, verbose=0)
    assert time.monotonic() - started < 10
    assert caught.value.__traceback__ is not None and not multiprocessing.active_children()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_no_process_outlives_a_fit_that_is_broken_off(error, nothing_left):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise error

    dataset = Numbered(use_multiprocessing=True)
    with pytest.raises(error) as caught:
        model().fit(dataset, verbose=0, callbacks=[Stop()])
    # The traceback, with all that `fit` held, is still there.
    assert caught.value.__traceback__ is not None and not multiprocessing.active_children()


def test_ctrl_c_ends_all_processes():
    program = Path(__file__).parent / "interrupted_program.py"
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "error", program]
    path = os.pathsep.join([str(Path(keras.__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=environment, start_new_session=True
    ) as running:
        try:
            assert running.stdout.readline() == "running\n", running.stderr.read()
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to all processes
            output, errors = running.communicate(timeout=20)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
    assert (output, errors, running.returncode) == ("left [] [] KeyboardInterrupt\n", "", 0)


def test_what_can_not_be_sent_is_an_error(nothing_left):
    data = adapt(Unsendable(use_multiprocessing=True))
    with pytest.raises(ValueError, match="Unsendable can't be sent.*lock"):
        list(data.batches())
    data.close()


@pytest.mark.parametrize(
    "options, match",
    [
        ({"workers": -1}, "workers=-1"),
        ({"workers": 1.5}, "workers=1.5"),
        ({"max_queue_size": 0}, "at least 1.*max_queue_size=0"),
    ],
)
def test_wrong_options(options, match):
    with pytest.raises(ValueError, match=match):
        keras.utils.PyDataset(**options)


def test_a_subclass_need_not_call_the_constructor():
    class Plain(keras.utils.Sequence):
        def __init__(self):
            self.batch_size, self.dataset = 2, [1, 2, 3]

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return np.full((2, 1), index, "float32"), np.ones((2, 1), "float32")

    assert numbers(adapt(Plain()).batches()) == [0, 1]
    assert Plain().num_batches == len(list(Plain())) == 2
    assert (Plain().workers, Plain().max_queue_size) == (1, 10)


def test_iterating_over_a_dataset_of_unknown_length_has_no_end():
    class Unknown(keras.utils.PyDataset):
        def __getitem__(self, index):
            return index

    assert [index for index, _ in zip(Unknown(), range(5), strict=False)] == [0, 1, 2, 3, 4]
    assert len(list(zip(Numbered(None), range(7), strict=False))) == 7
    assert len(list(Numbered(3))) == 3


def test_no_batches_is_an_error():
    with pytest.raises(ValueError, match="Numbered has no batches"):
        model().fit(Numbered(0), verbose=0)


def test_a_dataset_without_batches_by_number_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="__getitem__"):
        keras.utils.PyDataset()[0]
    with pytest.raises(NotImplementedError, match="PyDataset needs a method `__len__"):
        model().fit(keras.utils.PyDataset())
