"""`tf.data`: what the recorded table does not show."""

import base64
import itertools

import numpy as np
import pytest

from cornu.compat import tensorflow_api as tf

Dataset = tf.data.Dataset
# Three examples that TensorFlow 2.21 wrote: x = [i, -i / 2], y = [i - 1, 7], s = "n<i>"; the last y
# is [1, 2**40].
RECORDS = base64.b64decode(
    "OAAAAAAAAACjeX1XCjYKFAoBeRIPGg0KC////////////wEHCgsKAXMSBgoECgJuMAoRCgF4EgwSCgoIAAAAAAAAAACr"
    "pR1xLwAAAAAAAABtXR1QCi0KCwoBeRIGGgQKAgAHCgsKAXMSBgoECgJuMQoRCgF4EgwSCgoIAACAPwAAAL9dTEfJNAAA"
    "AAAAAABeMxdcCjIKEAoBeRILGgkKBwGAgICAgCAKCwoBcxIGCgQKAm4yChEKAXgSDBIKCggAAABAAACAv2ltpK8="
)
DESCRIPTION = {
    "x": tf.io.FixedLenFeature([2], tf.float32),
    "y": tf.io.FixedLenFeature([2], tf.int64),
    "s": tf.io.FixedLenFeature([], tf.string),
    "z": tf.io.FixedLenFeature([1], tf.float32, default_value=5.0),
    "v": tf.io.VarLenFeature(tf.float32),
}


def listed(dataset):
    """The elements, on the host."""
    return list(dataset.as_numpy_iterator())


def test_shuffle_draws_from_its_buffer():
    order = listed(Dataset.range(1000).shuffle(10, seed=1))
    assert sorted(order) == list(range(1000)) and order != sorted(order)
    assert all(place >= value - 10 for place, value in enumerate(order))


def test_shuffle_repeats_with_a_seed_and_differs_between_epochs():
    first, second = (Dataset.range(50).shuffle(50, seed=4) for _ in range(2))
    epochs = [listed(first), listed(first)]
    assert epochs == [listed(second), listed(second)] and epochs[0] != epochs[1]
    fixed = Dataset.range(50).shuffle(50, reshuffle_each_iteration=False)
    assert listed(fixed) == listed(fixed)
    tf.random.set_seed(1)
    before = listed(Dataset.range(50).shuffle(50))
    tf.random.set_seed(1)
    assert listed(Dataset.range(50).shuffle(50)) == before


def test_batches_of_shuffled_rows_keep_rows_together():
    x = np.arange(40, dtype="float32").reshape(20, 2)
    for xs, ys in Dataset.from_tensor_slices((x, x.sum(1))).shuffle(20).repeat(2).batch(6):
        np.testing.assert_array_equal(xs.numpy().sum(1), ys.numpy())


def test_functions_are_traced_once():
    traced = []

    def double(x):
        traced.append(1)
        return x * 2

    dataset = Dataset.range(20).map(double)
    assert listed(dataset) == listed(dataset) == list(range(0, 40, 2))
    assert len(traced) == 1


def test_functions_that_need_values_run_as_python():
    with pytest.warns(UserWarning, match="runs as plain Python"):
        found = listed(Dataset.range(4).map(lambda x: x if float(x) > 1 else -x))
    assert found == [0, -1, 2, 3]
    with pytest.warns(UserWarning, match="calls `tf.py_function`"):
        dataset = Dataset.range(3).map(
            lambda x: tf.py_function(lambda n: n.numpy() + 1, [x], tf.int32)
        )
        assert listed(dataset) == [1, 2, 3]


def test_random_functions_differ_from_element_to_element():
    found = listed(Dataset.range(8).map(lambda _: tf.random.uniform([])))
    assert len(set(map(float, found))) == 8


def test_iterators():
    iterator = iter(Dataset.range(2))
    assert int(iterator.get_next()) == 0 and int(next(iterator)) == 1
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        iterator.get_next()
    assert iterator.element_spec == tf.TensorSpec([], tf.int32)
    numbers = iter(Dataset.random(seed=1))
    assert next(numbers) != next(numbers)


def test_lengths():
    assert len(Dataset.range(10).shuffle(3).batch(4).prefetch(1)) == 3
    assert len(Dataset.range(10).skip(3).take(100)) == 7
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(3).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(Dataset.range(3).filter(lambda x: x > 1))
    assert bool(Dataset.range(0)) and listed(Dataset.range(0).repeat()) == []
    known = Dataset.range(4).filter(lambda x: x > 1)
    assert len(known.apply(tf.data.experimental.assert_cardinality(2))) == 2


def test_mistakes_are_errors():
    with pytest.raises(ValueError, match="not compatible"):
        Dataset.from_tensor_slices(([1, 2], [1, 2, 3]))
    with pytest.raises(ValueError, match="rank >= 1"):
        Dataset.from_tensor_slices(3)
    uneven = Dataset.from_generator(
        lambda: ([0] * n for n in (1, 2)), output_signature=tf.TensorSpec([None], tf.int32)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="different shapes"):
        listed(uneven.batch(2))
    wrong = Dataset.from_generator(lambda: iter([[1, 2]]), output_signature=tf.TensorSpec([3]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"shape \(2,\)"):
        listed(wrong)
    with pytest.raises(TypeError, match="must be a Python callable"):
        Dataset.from_generator(iter([1]), output_types=tf.int32)
    with pytest.raises(TypeError, match="must return a `Dataset`"):
        listed(Dataset.range(2).flat_map(lambda x: x))
    with pytest.raises(tf.errors.InvalidArgumentError, match="index must be in"):
        Dataset.range(4).shard(2, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched"):
        Dataset.list_files("/no/such/*.png")


def test_caches_read_their_source_once():
    begun = []

    def numbers():
        begun.append(1)
        yield from range(5)

    dataset = Dataset.from_generator(numbers, output_types=tf.int32).cache()
    assert [listed(dataset.take(5)) for _ in range(3)] == [[0, 1, 2, 3, 4]] * 3
    assert len(begun) == 3  # `take` stops before the end, so that nothing is kept
    assert [listed(dataset) for _ in range(3)] == [[0, 1, 2, 3, 4]] * 3
    assert len(begun) == 4


def test_nested_structures_and_windows_of_them():
    pairs = Dataset.from_tensor_slices(({"a": [1, 2, 3]}, [4, 5, 6]))
    for inputs, targets in pairs.window(2, drop_remainder=True):
        assert [int(x) for x in inputs["a"]] == [1, 2] and [int(y) for y in targets] == [4, 5]
    zipped = Dataset.zip({"x": Dataset.range(2), "y": Dataset.range(5)})
    assert listed(zipped) == [{"x": 0, "y": 0}, {"x": 1, "y": 1}]


def test_samples_of_datasets():
    even, odd = Dataset.range(0, 100, 2), Dataset.range(1, 100, 2)
    both = Dataset.sample_from_datasets([even, odd], weights=[0.8, 0.2], seed=0).take(40)
    assert sum(x % 2 for x in listed(both)) < 20


def test_training_takes_datasets():
    x = np.random.default_rng(0).normal(size=(96, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    train = Dataset.from_tensor_slices((x, y)).shuffle(96).batch(16)
    history = model.fit(train, validation_data=train.take(2), epochs=8, verbose=0).history
    assert history["loss"][-1] < 0.05 and history["val_loss"][-1] < 0.05
    assert np.isclose(
        model.evaluate(train, verbose=0)[0], model.evaluate(x, y, verbose=0)[0], rtol=1e-3
    )
    predicted = model.predict(Dataset.from_tensor_slices(x).batch(10), verbose=0)
    np.testing.assert_allclose(predicted, model.predict(x, verbose=0), rtol=1e-5)
    endless = train.repeat()
    assert len(model.fit(endless, steps_per_epoch=4, epochs=2, verbose=0).history["loss"]) == 2


def test_records(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(RECORDS)
    records = tf.data.TFRecordDataset(str(path))
    found = listed(records.take(2).map(lambda r: tf.io.parse_single_example(r, DESCRIPTION)))
    assert [each["s"] for each in found] == [b"n0", b"n1"]
    assert found[0]["y"].tolist() == [-1, 7] and found[1]["x"].tolist() == [1.0, -0.5]
    assert found[0]["z"].tolist() == [5.0] and found[0]["v"].shape == (0,)
    last = listed(records)[2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="1099511627776 does not fit"):
        tf.io.parse_single_example(last, DESCRIPTION)
    assert tf.train.Example.FromString(last).features.feature["y"].int64_list.value == [1, 2**40]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Feature: w"):
        tf.io.parse_single_example(last, {"w": tf.io.FixedLenFeature([], tf.float32)})
    copy = str(tmp_path / "b.tfrecord")
    for options in (None, "GZIP"):
        with tf.io.TFRecordWriter(copy, options) as writer:
            for record in records:
                writer.write(record.numpy())
        assert listed(tf.data.TFRecordDataset(copy, compression_type=options)) == listed(records)
    path.write_bytes(RECORDS[:-7])
    with pytest.raises(ValueError, match="ends in the middle"):
        listed(records)


def test_endless_datasets_are_lazy():
    numbers = Dataset.range(1).repeat().scan(np.int64(0), lambda n, _: (n + 1, n)).batch(3)
    assert [x.tolist() for x in itertools.islice(numbers.as_numpy_iterator(), 2)] == [
        [0, 1, 2],
        [3, 4, 5],
    ]


def test_blocks_of_rows_give_what_single_rows_give():
    x = np.random.default_rng(0).normal(size=(300, 5)).astype("float32")
    calls = []

    def scaled(row, number):
        calls.append(1)
        return {"x": tf.maximum(row * 0.1 - 0.3, -0.3) / 7.0, "n": tf.one_hot(number % 3, 3)}

    rows = Dataset.from_tensor_slices((x, np.arange(300)))
    found = listed(rows.shuffle(300, seed=1).map(scaled).batch(64))
    assert len(calls) == 1 and [len(each["x"]) for each in found] == [64, 64, 64, 64, 44]
    one_by_one = listed(rows.shuffle(300, seed=1).enumerate().map(lambda _, row: scaled(*row)))
    for name in ("x", "n"):
        together = np.concatenate([each[name] for each in found])
        assert together.tobytes() == np.stack([each[name] for each in one_by_one]).tobytes()


def test_functions_that_blocks_could_change_run_row_by_row():
    rows = Dataset.from_tensor_slices(np.ones((20, 4), "float32"))
    offset = tf.Variable(0.0)

    def counted(row):
        return row + offset.assign_add(1.0)

    assert [float(x[0]) for x in listed(rows.map(counted))] == list(range(2, 22))
    assert len({float(x) for x in listed(rows.map(lambda row: tf.random.uniform([])))}) == 20
    assert [float(x) for x in listed(rows.map(tf.reduce_sum))] == [4.0] * 20
    assert listed(rows.map(lambda row: ("word", row)))[0][0] == b"word"
