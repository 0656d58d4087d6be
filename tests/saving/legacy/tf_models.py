"""Models that only tf.keras 2 builds, with functions of TensorFlow; for the files in `data/`."""

from saving.legacy.models import numbers, words


def functions(keras, tf):
    """Functions of TensorFlow between the layers of a model."""
    layers = keras.layers
    inputs = layers.Input((4,))
    x = layers.Dense(4)(inputs * 2.0 - 1.0)
    x = tf.nn.relu(x) + tf.math.sigmoid(1.0 - x)
    x = tf.concat([x, tf.square(inputs), -x], axis=-1)
    x = tf.reshape(x, (-1, 3, 4))
    x = tf.transpose(x, (0, 2, 1))[:, 1:, ::2]
    x = tf.clip_by_value(x / 3.0, -0.5, 0.5)
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    spread = tf.math.reduce_variance(x, axis=[1, 2])[:, None, None]
    x = tf.math.subtract(x, mean) * tf.math.rsqrt(spread + 1.0)
    x = tf.squeeze(tf.expand_dims(x, 1), axis=1)
    x = tf.stack([x, tf.maximum(x, 0.1)], axis=1)
    x = tf.where(x > 0.0, x, tf.exp(x))
    x = tf.reduce_sum(x, axis=[1, 3])
    x = tf.nn.softmax(x) + tf.math.pow(x, 2.0) + tf.cast(x > 0.2, "float32")
    x = tf.nn.leaky_relu(x, alpha=0.1) + keras.activations.gelu(x) + tf.nn.l2_normalize(x, axis=-1)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(keras.optimizers.legacy.Adam(0.01), "mean_squared_error")
    return model, numbers(5, 4), numbers(5, 1, seed=2)


def pictures(keras, tf):
    """The same of pictures and of numbers that stand for words."""
    layers = keras.layers
    inputs, text = layers.Input((4, 4, 2)), layers.Input((3,), dtype="int32")
    x = tf.pad(inputs, [[0, 0], [1, 1], [1, 0], [0, 0]])
    x = tf.image.resize(x, (3, 5))
    x = tf.tile(x, [1, 1, 1, 2])
    y = tf.one_hot(text, 7)
    y = tf.reduce_max(y, axis=1)
    x = layers.Concatenate()([layers.Flatten()(x), y])
    return keras.Model([inputs, text], layers.Dense(2)(x)), [numbers(3, 4, 4, 2), words(3, 3)], None


def slashes(keras, tf):
    """Names that Keras 3 does not take, and a policy of mixed precision."""
    layers = keras.layers
    inputs = layers.Input((4,), name="data/in")
    x = layers.Dense(3, name="block/dense")(inputs)
    x = layers.BatchNormalization(name="block/normal")(x)
    return keras.Model(inputs, layers.Dense(1, name="out")(x)), numbers(5, 4), None


def thresholded(keras, tf):
    """Layers that Keras 3 has under other names."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(6),
            layers.ThresholdedReLU(theta=0.2),
            layers.experimental.SyncBatchNormalization(),
            layers.Dense(1),
        ]
    )
    return model, numbers(5, 4), None


def code(keras, tf):
    """A layer of Python code."""
    layers = keras.layers
    row = [layers.Input((3,)), layers.Lambda(lambda x: x * 2), layers.Dense(1)]
    return keras.Sequential(row), numbers(5, 3), None


def compiled(keras, tf):
    """Losses, metrics and a schedule as objects."""
    layers = keras.layers
    model = keras.Sequential([layers.Input((3,)), layers.Dense(1, activation="sigmoid")])
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3, 6], [0.1, 0.2, 0.3])
    model.compile(
        keras.optimizers.legacy.Adam(schedule),
        keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.AUC(name="area"), "binary_crossentropy"],
        weighted_metrics=["mae"],
    )
    return model, numbers(6, 3), words(6, 1, count=2).astype("float32")


def scaled(keras, tf):
    """An optimizer within another, and groups and equations in layers."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4, 4, 2)),
            layers.EinsumDense("abcd,de->abce", output_shape=(4, 4, 4), bias_axes="e"),
            layers.GroupNormalization(2),
            layers.Conv2D(4, 2, groups=2),
            layers.LayerNormalization(axis=[1, 2]),
            layers.GlobalMaxPooling2D(keepdims=True),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile(
        keras.mixed_precision.LossScaleOptimizer(keras.optimizers.Adam(0.01)), keras.losses.Huber()
    )
    return model, numbers(6, 4, 4, 2), numbers(6, 1, seed=2)


TF_MODELS = {
    "functions": functions,
    "pictures": pictures,
    "slashes": slashes,
    "thresholded": thresholded,
    "code": code,
    "compiled": compiled,
    "scaled": scaled,
}
