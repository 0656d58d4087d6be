"""Pipelines of tf.data: generators, maps, padded batches, windows, TFRecords; and fit on them."""

import os
import tempfile

import numpy as np
import tensorflow as tf

AUTOTUNE = tf.data.experimental.AUTOTUNE
tf.random.set_seed(3)

# images: decode, resize, augment, batch, train
with tempfile.TemporaryDirectory() as folder:
    rng = np.random.RandomState(0)
    for index in range(60):
        label = index % 2
        image = rng.randint(0, 80, (12, 10, 3)) + 150 * label * (np.arange(10) < 5)[None, :, None]
        png = tf.io.encode_png(tf.cast(image, tf.uint8))
        os.makedirs(os.path.join(folder, str(label)), exist_ok=True)
        tf.io.write_file(os.path.join(folder, str(label), f"{index}.png"), png)

    def process_path(path):
        parts = tf.strings.split(path, os.path.sep)
        label = tf.strings.to_number(parts[-2], tf.int32)
        image = tf.image.decode_png(tf.io.read_file(path), channels=3)
        image = tf.image.convert_image_dtype(image, tf.float32)
        return tf.image.resize(image, [8, 8]), label

    def augment(image, label):
        image = tf.image.random_flip_up_down(image)
        return tf.image.random_brightness(image, max_delta=0.05), label

    files = tf.data.Dataset.list_files(os.path.join(folder, "*", "*.png"), seed=1)
    assert files.cardinality().numpy() == 60
    images = files.map(process_path, num_parallel_calls=AUTOTUNE).cache()
    train = images.take(50).map(augment).shuffle(50).batch(10).prefetch(AUTOTUNE)
    test = images.skip(50).batch(10)
    for image_batch, label_batch in train.take(1):
        assert image_batch.shape == (10, 8, 8, 3) and label_batch.dtype == tf.int32
    model = tf.keras.Sequential(
        [tf.keras.layers.Flatten(input_shape=(8, 8, 3)), tf.keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(tf.keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    model.fit(train, validation_data=test, epochs=15, verbose=0)
    assert model.evaluate(test, verbose=0)[1] > 0.9
    assert model.predict(test, verbose=0).shape == (10, 1)

    # records
    path = os.path.join(folder, "data.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for number in range(10):
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=[number, number / 2])),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[number - 5])),
                "name": tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[f"no {number}".encode()])
                ),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    description = {
        "x": tf.io.FixedLenFeature([2], tf.float32),
        "y": tf.io.FixedLenFeature([], tf.int64),
        "name": tf.io.FixedLenFeature([], tf.string),
    }
    records = tf.data.TFRecordDataset(path).map(
        lambda record: tf.io.parse_single_example(record, description)
    )
    found = list(records.as_numpy_iterator())
    assert len(found) == 10 and found[3]["name"] == b"no 3" and found[3]["y"] == -2
    np.testing.assert_allclose(found[9]["x"], [9.0, 4.5])


# sequences of different lengths
def sequences():
    for length in (3, 1, 4, 2):
        yield list(range(1, length + 1)), length % 2


dataset = tf.data.Dataset.from_generator(
    sequences,
    output_signature=(tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)),
)
(first, labels), (second, _) = dataset.padded_batch(2).as_numpy_iterator()
np.testing.assert_array_equal(first, [[1, 2, 3], [1, 0, 0]])
np.testing.assert_array_equal(second, [[1, 2, 3, 4], [1, 2, 0, 0]])

# windows of a time series, as forecasts use them
WINDOW = 6
series = np.sin(np.arange(200) * 0.3).astype("float32")
windows = tf.data.Dataset.from_tensor_slices(series)
windows = windows.window(WINDOW + 1, shift=1, drop_remainder=True)
windows = windows.flat_map(lambda window: window.batch(WINDOW + 1))
windows = windows.shuffle(100).map(lambda window: (window[:-1], window[-1])).batch(32)
inputs, targets = next(iter(windows))
assert inputs.shape == (32, WINDOW) and targets.shape == (32,)
forecast = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=[WINDOW])])
forecast.compile(loss="mse", optimizer=tf.keras.optimizers.Adam(0.05))
losses = forecast.fit(windows.cache(), epochs=15, verbose=0).history["loss"]
assert losses[-1] < 0.01 < losses[0]

total = (
    tf.data.Dataset.range(10).filter(lambda x: x % 2 == 1).reduce(np.int64(0), lambda a, x: a + x)
)
assert total.numpy() == 25
