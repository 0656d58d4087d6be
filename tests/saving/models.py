"""Models that both libraries build from the same lines: `keras` is Keras 3 or this package."""

import numpy as np


def mlp(keras):
    """A perceptron for four features and three classes."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(5, activation="relu", kernel_regularizer="l2", name="hidden"),
            layers.Dropout(0.25),
            layers.Dense(3, activation="softmax", bias_initializer=keras.initializers.Ones()),
        ],
        name="mlp",
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


def cnn(keras):
    """A convolutional network for 8x8 images."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2, seed=7),
            layers.Conv2D(3, (3, 3), activation="gelu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="cnn",
    )
    model.compile("adam", "binary_crossentropy")
    return model


def graph(keras):
    """Two inputs, two outputs, a shared layer, a nested model and an embedding."""
    layers = keras.layers
    inside = layers.Input((6,), name="inside")
    inner = keras.Model(inside, layers.Dense(2, name="inner_dense")(inside), name="inner")
    words = layers.Input((3,), dtype="int32", name="words")
    numbers = layers.Input((4,), name="numbers")
    shared = layers.Dense(3, activation="relu", name="shared")
    embedded = layers.Flatten()(layers.Embedding(7, 4, name="embedding")(words))
    left = shared(layers.Dense(4, name="project")(embedded))
    right = shared(numbers)
    joined = layers.Concatenate()([left, right])
    first = inner(joined)
    second = layers.Dense(1, name="second")(layers.Add()([left, right]))
    model = keras.Model({"words": words, "numbers": numbers}, [first, second], name="graph")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), ["mse", "mse"])
    return model


def inputs_and_targets(name):
    """Training data for one of the models, the same in every run."""
    random = np.random.default_rng(len(name))
    if name == "mlp":
        return random.normal(size=(32, 4)).astype("float32"), random.integers(0, 3, 32)
    if name == "cnn":
        images = random.normal(size=(16, 8, 8, 1)).astype("float32")
        return images, random.integers(0, 2, (16, 1)).astype("float32")
    inputs = {
        "words": random.integers(0, 7, (16, 3)).astype("int32"),
        "numbers": random.normal(size=(16, 4)).astype("float32"),
    }
    targets = [random.normal(size=(16, n)).astype("float32") for n in (2, 1)]
    return inputs, targets


MODELS = {"mlp": mlp, "cnn": cnn, "graph": graph}


def outputs_of(model, inputs):
    """What a model predicts, as a list of arrays."""
    outputs = model.predict(inputs, verbose=0)
    return [np.asarray(output) for output in (outputs if isinstance(outputs, list) else [outputs])]
