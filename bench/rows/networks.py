"""`fit` of networks of the usual kinds, as their users write them: the time of one step."""

import time

import numpy as np

from bench.harness import ENGINES, Row, Target, library

VOCABULARY = 20_000


def cnn(keras):
    """Two convolutions with pooling on 28x28 images."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def resnet(keras):
    """Six residual blocks of width 64 to 256 on 32x32 images (He et al. 2015)."""
    layers = keras.layers

    def convolved(x, width, window, stride, activation):
        x = layers.Conv2D(width, window, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if activation else x

    inputs = keras.Input((32, 32, 3))
    x = convolved(inputs, 64, 3, 1, True)
    for width in (64, 64, 128, 128, 256, 256):
        stride = 1 if width == x.shape[-1] else 2
        shortcut = x if stride == 1 else convolved(x, width, 1, stride, False)
        x = convolved(convolved(x, width, 3, stride, True), width, 3, 1, False)
        x = layers.ReLU()(layers.Add()([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def lstm(keras):
    """An LSTM over 200 words, its last output classified."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((200,), dtype="int32"),
            layers.Embedding(VOCABULARY, 128),
            layers.LSTM(128),
            layers.Dense(2, activation="softmax"),
        ]
    )


def transformer(keras):
    """Four blocks of attention and two dense layers (Vaswani et al. 2017) over 128 words."""
    layers = keras.layers
    inputs = keras.Input((128,), dtype="int32")
    x = layers.Embedding(VOCABULARY, 256)(inputs)
    for _ in range(4):
        attended = layers.MultiHeadAttention(num_heads=4, key_dim=64)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        widened = layers.Dense(1024, activation="relu")(x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(256)(widened)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


# Network, batch size, shape of one sample, classes, least speed against Keras on JAX.
NETWORKS = {
    "cnn": (cnn, 128, (28, 28, 1), 10, 1.3),
    "resnet": (resnet, 32, (32, 32, 3), 10, 1.3),
    "lstm": (lstm, 64, (200,), 2, 1.3),
    "transformer": (transformer, 16, (128,), 2, 1.0),
}


def samples(network, count):
    """Inputs and class numbers."""
    _, _, shape, classes, _ = NETWORKS[network]
    generator = np.random.default_rng(0)
    if network in ("lstm", "transformer"):
        x = generator.integers(0, VOCABULARY, (count, *shape)).astype("int32")
    else:
        x = generator.normal(size=(count, *shape)).astype("float32")
    return x, generator.integers(0, classes, count).astype("int32")


def setup(network, contender, quick):
    """Seconds of one step of `fit`."""
    build, batch, *_ = NETWORKS[network]
    steps = 4 if quick else 8
    keras = library(contender)
    model = build(keras)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = samples(network, steps * batch)
    options = {"batch_size": batch, "shuffle": False, "verbose": 0}
    model.fit(x, y, **options)

    def measure():
        start = time.perf_counter()
        model.fit(x, y, **options)
        return (time.perf_counter() - start) / steps

    return measure


def row(network):
    """The row of a network."""
    _, batch, shape, _, least = NETWORKS[network]

    def prepare(contender, quick):
        return setup(network, contender, quick)

    def against_fastest(median):
        return min(median[name] for name in ENGINES) / median["cornu"]

    def against_jax(median):
        return median["keras-jax"] / median["cornu"]

    return Row(
        name=network,
        title=f"{network}, batch {batch} of {'x'.join(map(str, shape))}: a step of `fit`",
        setup=prepare,
        contenders=("cornu", *ENGINES),
        targets=(
            Target(f"{network}: speed against Keras on JAX", against_jax, at_least=least),
            Target(f"{network}: speed against the fastest engine", against_fastest, at_least=1.0),
        ),
        rounds=5,
    )


ROWS = [row(network) for network in NETWORKS]
