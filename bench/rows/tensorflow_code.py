"""Programs written for TensorFlow: on the stand-in of `cornu.compat`, and on TensorFlow itself."""

import time

import numpy as np

from bench.harness import Row, Target

FEATURES, HIDDEN, CLASSES, BATCH, STEPS = 784, 256, 10, 32, 100
IMAGES, IMAGE_BATCH = 60_000, 128


def framework(contender):
    """What the program imports as `tf`."""
    if contender == "cornu":
        import cornu

        cornu.install_as_keras()
        from cornu.compat import tensorflow_api

        return tensorflow_api
    import tensorflow

    return tensorflow


def tape_loop(contender, quick):
    """Seconds of 100 steps of training written by hand, under `tf.function`."""
    tf = framework(contender)
    model = tf.keras.Sequential(
        [
            tf.keras.Input((FEATURES,)),
            tf.keras.layers.Dense(HIDDEN, activation="relu"),
            tf.keras.layers.Dense(CLASSES),
        ]
    )
    optimizer = tf.keras.optimizers.Adam(1e-3)
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(BATCH, FEATURES)), dtype=tf.float32)
    y = tf.constant(random.integers(0, CLASSES, BATCH), dtype=tf.int32)

    def measure():
        start = time.perf_counter()
        for _ in range(STEPS):
            loss = step(x, y)
        float(loss)
        return time.perf_counter() - start

    measure()
    return measure


def pipeline(contender, quick):
    """Seconds of one pass over shuffled, scaled and batched images."""
    tf = framework(contender)
    count = 6_000 if quick else IMAGES
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 28, 28, 1)).astype("uint8")
    labels = random.integers(0, CLASSES, count).astype("int64")

    def scaled(image, label):
        return tf.cast(image, tf.float32) / 255.0, label

    dataset = (
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(count)
        .map(scaled, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(IMAGE_BATCH)
        .prefetch(tf.data.AUTOTUNE)
    )

    def measure():
        start = time.perf_counter()
        seen = sum(int(labels.shape[0]) for _, labels in dataset)
        if seen != count:
            raise RuntimeError(f"{seen} images of {count}")
        return time.perf_counter() - start

    measure()
    return measure


def against_tensorflow(median):
    """How many times faster than TensorFlow."""
    return median["tensorflow"] / median["cornu"]


ROWS = [
    Row(
        name="tf_tape_loop",
        title="100 steps of a hand-written loop under `tf.function` (784-256-10, batch 32, Adam)",
        setup=tape_loop,
        contenders=("cornu", "tensorflow"),
        targets=(Target("tape loop: speed against TensorFlow", against_tensorflow, at_least=1.0),),
    ),
    Row(
        name="tf_data",
        title="`tf.data`: shuffle, map, batch and prefetch of 60,000 images, one pass",
        setup=pipeline,
        contenders=("cornu", "tensorflow"),
        targets=(
            Target("tf.data pipeline: speed against TensorFlow", against_tensorflow, at_least=1.0),
        ),
    ),
]
