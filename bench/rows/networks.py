"""`fit` of networks of the usual kinds, as their users write them: the time of one step."""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.harness import BOTH, ENGINES, PORTABLE, Row, Target, against_fastest, library, quotient
from bench.peers.sizes import (
    BLOCKS,
    CLASSES,
    HEADS,
    RESIDUAL_WIDTHS,
    UNITS,
    VOCABULARY,
    WIDENED,
    WIDTH,
)

# Contenders that write the network and the loop themselves, and where they do.
PEERS = {
    "jax": "bench.peers.by_jax",
    "flax": "bench.peers.by_flax",
    "torch": "bench.peers.by_torch",
}


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
            layers.Dense(CLASSES, activation="softmax"),
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
    for width in RESIDUAL_WIDTHS:
        stride = 1 if width == x.shape[-1] else 2
        shortcut = x if stride == 1 else convolved(x, width, 1, stride, False)
        x = convolved(convolved(x, width, 3, stride, True), width, 3, 1, False)
        x = layers.ReLU()(layers.Add()([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def lstm(keras):
    """An LSTM over 200 words, its last output classified."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((200,), dtype="int32"),
            layers.Embedding(VOCABULARY, UNITS),
            layers.LSTM(UNITS),
            layers.Dense(2, activation="softmax"),
        ]
    )


def transformer(keras):
    """Four blocks of attention and two dense layers (Vaswani et al. 2017) over 128 words."""
    layers = keras.layers
    inputs = keras.Input((128,), dtype="int32")
    x = layers.Embedding(VOCABULARY, WIDTH)(inputs)
    for _ in range(BLOCKS):
        attended = layers.MultiHeadAttention(num_heads=HEADS, key_dim=WIDTH // HEADS)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        widened = layers.Dense(WIDENED, activation="relu")(x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(WIDTH)(widened)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def residual_products():
    """Multiplications of the residual blocks, forward, for one image."""
    count, side, before = 0, 32, RESIDUAL_WIDTHS[0]
    for width in RESIDUAL_WIDTHS:
        if width != before:
            side //= 2
            count += side**2 * width * before  # of the shortcut
        count += side**2 * width * 9 * (before + width)
        before = width
    return count


@dataclass(frozen=True)
class Network:
    """A network and how it is measured.

    Attributes:
        build: makes it, given a module that is used as `keras`.
        shape, classes: of a sample.
        steps: of a measurement.
        products: multiplications of the matrix products of a sample, forward.
        first: those of the first layer where it takes the data, which need no gradient.
        least: speed against Keras on JAX that is to be reached, with `cornu-native` and without.
    """

    build: Callable
    batch: int
    shape: tuple
    classes: int
    steps: int
    products: int
    first: int
    least: tuple

    def operations(self):
        """Floating-point operations of a training step: a product is multiplied and added, and has
        two gradients."""
        return 2 * self.batch * (3 * self.products - self.first)


CNN_FIRST, RESNET_FIRST = 26**2 * 32 * 9, 32**2 * 64 * 9 * 3
NETWORKS = {
    "cnn": Network(
        build=cnn,
        batch=128,
        shape=(28, 28, 1),
        classes=CLASSES,
        steps=8,
        products=CNN_FIRST + 11**2 * 64 * 9 * 32 + 5**2 * 64 * CLASSES,
        first=CNN_FIRST,
        least=(3.0, 2.0),
    ),
    "resnet": Network(
        build=resnet,
        batch=32,
        shape=(32, 32, 3),
        classes=CLASSES,
        steps=3,
        products=RESNET_FIRST + residual_products() + RESIDUAL_WIDTHS[-1] * CLASSES,
        first=RESNET_FIRST,
        least=(1.7, 1.2),
    ),
    "lstm": Network(
        build=lstm,
        batch=64,
        shape=(200,),
        classes=2,
        steps=4,
        products=200 * (UNITS + UNITS) * 4 * UNITS + UNITS * 2,
        first=0,
        least=(1.4, 1.2),
    ),
    "transformer": Network(
        build=transformer,
        batch=16,
        shape=(128,),
        classes=2,
        steps=3,
        # Projections, feed-forward, and scores and sums of attention.
        products=128 * BLOCKS * (4 * WIDTH**2 + 2 * WIDTH * WIDENED + 2 * 128 * WIDTH) + WIDTH * 2,
        first=0,
        least=(1.4, 1.2),
    ),
}


def samples(network, count):
    """Inputs and class numbers."""
    generator = np.random.default_rng(0)
    if network.build in (lstm, transformer):
        x = generator.integers(0, VOCABULARY, (count, *network.shape)).astype("int32")
    else:
        x = generator.normal(size=(count, *network.shape)).astype("float32")
    return x, generator.integers(0, network.classes, count).astype("int32")


def setup(name, contender, quick):
    """Seconds of one training step."""
    network = NETWORKS[name]
    steps = 2 if quick else network.steps
    x, y = samples(network, steps * network.batch)
    if contender in PEERS:
        train = importlib.import_module(PEERS[contender]).trainer(name, x, y, network.batch)
    else:
        keras = library(contender)
        model = network.build(keras)
        model.compile("adam", "sparse_categorical_crossentropy")

        def train():
            model.fit(x, y, batch_size=network.batch, shuffle=False, verbose=0)

    def measure():
        start = time.perf_counter()
        train()
        return (time.perf_counter() - start) / steps

    measure()
    return measure


def row(name):
    """The row of a network."""
    network = NETWORKS[name]

    def prepare(contender, quick):
        return setup(name, contender, quick)

    return Row(
        name=name,
        title=f"{name}, batch {network.batch} of {'x'.join(map(str, network.shape))}",
        setup=prepare,
        contenders=(*BOTH, *ENGINES, *PEERS),
        targets=tuple(targets(name, *network.least)),
        rounds=5,
        operations=network.operations(),
    )


def targets(name, least_native, least_portable):
    """With `cornu-native` at least as fast as any of Keras's engines; speed against Keras on JAX
    with it and without."""
    against = f"{name}: speed against"
    yield Target(
        f"{against} Keras on JAX, with cornu-native",
        quotient("keras-jax", "cornu"),
        at_least=least_native,
        native=True,
    )
    yield Target(
        f"{against} Keras's fastest engine, with cornu-native",
        against_fastest("cornu"),
        at_least=1.0,
        native=True,
    )
    yield Target(
        f"{against} Keras on JAX, portable",
        quotient("keras-jax", PORTABLE),
        at_least=least_portable,
    )


ROWS = [row(name) for name in NETWORKS]
