"""Images and labels through a TFRecord file into `fit`, and a model saved and served."""
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow import keras

AUTOTUNE = tf.data.AUTOTUNE
rng = np.random.default_rng(0)
path = os.path.join(tempfile.mkdtemp(), "blobs.tfrecord")


def _bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


with tf.io.TFRecordWriter(path) as writer:
    for i in range(300):
        label = i % 2
        image = rng.integers(0, 90, (8, 8), dtype="uint8")
        half = slice(0, 4) if label else slice(4, 8)
        image[half] += 120
        feature = {"image": _bytes_feature(image.tobytes()), "label": _int64_feature(label)}
        example = tf.train.Example(features=tf.train.Features(feature=feature))
        writer.write(example.SerializeToString())

feature_description = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "label": tf.io.FixedLenFeature([], tf.int64),
}


def parse(serialized):
    example = tf.io.parse_single_example(serialized, feature_description)
    image = tf.io.decode_raw(example["image"], tf.uint8)
    image = tf.reshape(tf.cast(image, tf.float32) / 255.0, (8, 8, 1))
    return image, example["label"]


dataset = tf.data.TFRecordDataset(path).map(parse, num_parallel_calls=AUTOTUNE)
train = dataset.take(240).shuffle(240, seed=1).batch(24).prefetch(AUTOTUNE)
test = dataset.skip(240).batch(30)
for images, labels in train.take(1):
    assert images.shape == (24, 8, 8, 1) and labels.numpy().max() <= 1

model = keras.Sequential([
    keras.layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
    keras.layers.Flatten(),
    keras.layers.Dense(1),
])
model.compile(keras.optimizers.Adam(5e-3), keras.losses.BinaryCrossentropy(from_logits=True),
              [keras.metrics.BinaryAccuracy(threshold=0.0)])
model.fit(train, epochs=6, validation_data=test, verbose=0)
loss, accuracy = model.evaluate(test, verbose=0)
print("accuracy", accuracy)
assert accuracy > 0.95
