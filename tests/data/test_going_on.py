"""Going on in the middle of an epoch: the batches are those that were left."""

import json

import numpy as np
import pytest
from data.datasets import Numbered, numbers

from cornu.data import adapt

X = np.arange(20, dtype="float32")[:, None]


def batch(number):
    return np.full((2, 1), float(number), "float32"), np.ones((2, 1), "float32")


class Shuffled:
    """Has an order that it draws from NumPy's global generator."""

    def __iter__(self):
        for number in np.random.permutation(10):
            yield batch(number)


class Stateful:
    """Iterates as Grain's datasets do: the iterator tells where it is.

    Args:
        as_bytes: whether its state is bytes.
    """

    def __init__(self, as_bytes=False):
        self.as_bytes, self.given = as_bytes, []

    def __iter__(self):
        return StatefulIterator(self)


class StatefulIterator:
    def __init__(self, source):
        self.source, self.place = source, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place == 10:
            raise StopIteration
        self.source.given.append(self.place)
        self.place += 1
        return batch(self.place - 1)

    def get_state(self):
        state = {"place": self.place}
        return json.dumps(state).encode() if self.source.as_bytes else state

    def set_state(self, state):
        self.place = (json.loads(state) if self.source.as_bytes else state)["place"]


class StatefulLoader:
    """Tells itself where it is, as stateful loaders for PyTorch do."""

    def __init__(self):
        self.place, self.given = 0, []

    def __iter__(self):
        while self.place < 10:
            self.place += 1
            self.given.append(self.place - 1)
            yield batch(self.place - 1)
        self.place = 0

    def state_dict(self):
        return {"place": self.place}

    def load_state_dict(self, state):
        self.place = state["place"]


def interrupted(make, count, shuffle=True):
    """What was left of an epoch after `count` batches, what it gives when it is gone on with, and
    the source of that."""
    data = adapt(make(), shuffle=shuffle)
    batches = data.batches_from(0)
    loader = data.loader_state()
    for _ in range(count):
        next(batches)
    loader = {**loader, "own": list(loader["own"])}
    expected = numbers(batches)
    np.random.seed(99)
    before = np.random.get_state()
    source = make()
    again = adapt(source, shuffle=shuffle)
    found = numbers(again.batches_from(count, loader))
    assert all(map(np.array_equal, np.random.get_state(), before))
    return expected, found, source


@pytest.mark.parametrize("count", [1, 4, 9, 10])
@pytest.mark.parametrize("options", [{}, {"workers": 0}, {"workers": 3}])
def test_a_dataset_goes_on_without_making_batches_again(count, options):
    expected, found, source = interrupted(lambda: Numbered(10, **options), count)
    assert found == expected and len(found) == 10 - count
    assert sorted(event for event in source.events if isinstance(event, int)) == sorted(found)


@pytest.mark.parametrize("make", [Stateful, lambda: Stateful(as_bytes=True), StatefulLoader])
def test_a_source_with_a_state_of_its_own_goes_on_without_making_batches_again(make):
    expected, found, source = interrupted(make, 4)
    assert found == expected == source.given == [4, 5, 6, 7, 8, 9]


def test_others_are_fetched_again_with_one_warning():
    with pytest.warns(UserWarning, match="Shuffled can't be told.*first 4 batches") as told:
        expected, found, _ = interrupted(Shuffled, 4)
    assert found == expected and len(found) == 6
    assert len(told) == 1


def test_a_generator_goes_on_over_epochs():
    def make():
        return (batch(number) for number in range(20))

    data = adapt(make())
    batches = data.batches_from(0)
    data.loader_state()
    for _ in range(5):
        next(batches)
    assert data.goes_on()
    loader = data.loader_state()
    next(batches)
    with pytest.warns(UserWarning, match="first 6 batches"):
        assert numbers(adapt(make()).batches_from(1, loader)) == numbers(batches)


@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_arrays_go_on_in_the_same_order(shuffle):
    data = adapt(X, batch_size=3, shuffle=shuffle)
    expected = [x.tolist() for (x,) in data.batches_from(0)]
    loader = data.loader_state()
    order = data.draw_order(loader["order_state"])
    np.random.seed(99)
    before = np.random.get_state()
    again = adapt(X, batch_size=3, shuffle=shuffle)
    assert [x.tolist() for (x,) in again.batches_from(2, loader)] == expected[2:]
    np.testing.assert_array_equal(again.draw_order(loader["order_state"]), order)
    assert all(map(np.array_equal, np.random.get_state(), before))


def test_a_state_that_is_not_plain_is_not_used():
    class Odd(StatefulLoader):
        def state_dict(self):
            return {"place": object()}

    with pytest.warns(UserWarning, match="Odd can't be told"):
        expected, found, _ = interrupted(Odd, 3)
    assert found == expected == [3, 4, 5, 6, 7, 8, 9]


def grain_dataset():
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source(range(10)).shuffle(seed=3).map(batch)


def grain_loader():
    grain = pytest.importorskip("grain")
    sampler = grain.samplers.SequentialSampler(20, grain.sharding.NoSharding())
    source = [(np.full(1, float(number // 2), "float32"), np.ones(1)) for number in range(20)]
    operations = [grain.transforms.Batch(2)]
    return grain.DataLoader(data_source=source, sampler=sampler, operations=operations)


@pytest.mark.parametrize(
    "make", [grain_dataset, lambda: grain_dataset().to_iter_dataset(), grain_loader]
)
def test_grain_goes_on_where_it_was(make):
    expected, found, _ = interrupted(make, 4)
    assert found == expected and len(found) == 6
