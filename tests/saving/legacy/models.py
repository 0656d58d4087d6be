"""Models that tf.keras 2 and Keras 3 build from the same lines, for the files in `data/`.

Each function returns a model and, as arrays or lists of them, its inputs and targets.
"""

import numpy as np


def numbers(*shape, seed=0):
    """Normally distributed numbers, the same in every run."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def words(*shape, count=7, seed=1):
    """Random whole numbers below `count`."""
    return np.random.default_rng(seed).integers(0, count, shape).astype("int32")


def dense(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(
                5,
                activation="relu",
                kernel_regularizer=keras.regularizers.L1L2(0.001, 0.002),
                kernel_constraint=keras.constraints.MaxNorm(2.0),
                bias_initializer=keras.initializers.Constant(0.1),
            ),
            layers.Dense(
                3,
                activation="softmax",
                kernel_regularizer="l2",
                bias_constraint=keras.constraints.NonNeg(),
                kernel_initializer=keras.initializers.VarianceScaling(2.0, distribution="uniform"),
            ),
        ],
        name="perceptron",
    )
    return model, numbers(8, 4), np.eye(3, dtype="float32")[words(8, count=3)]


def convolution(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(3, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(max_value=6.0),
            layers.MaxPooling2D(2),
            layers.Conv2D(4, (3, 2), strides=(1, 1), dilation_rate=2, padding="same"),
            layers.PReLU(shared_axes=[1, 2]),
            layers.AveragePooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return model, numbers(6, 8, 8, 2), numbers(6, 1, seed=2)


def separable(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.SeparableConv2D(3, 3, depth_multiplier=2, activation="tanh"),
            layers.DepthwiseConv2D(3, padding="same", activation="elu"),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
            layers.ZeroPadding2D(((1, 0), (0, 1))),
            layers.Cropping2D(1),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    return model, numbers(5, 6, 6, 2), numbers(5, 2, seed=2)


def one_and_three(keras):
    layers = keras.layers
    inputs = layers.Input((6, 4))
    x = layers.Conv1D(3, 3, padding="causal", activation="relu")(inputs)
    x = layers.SeparableConv1D(4, 2)(x)
    x = layers.MaxPooling1D(2, padding="same")(x)
    y = layers.Reshape((3, 2, 2, 2))(layers.Flatten()(inputs))
    y = layers.Conv3D(2, 2)(y)
    y = layers.GlobalMaxPooling3D()(y)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), y])
    model = keras.Model(inputs, layers.Dense(1)(x))
    return model, numbers(5, 6, 4), numbers(5, 1, seed=2)


def recurrent(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((5, 3)),
            layers.SimpleRNN(4, return_sequences=True),
            layers.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid"),
            layers.GRU(3, return_sequences=True),
            layers.GRU(2, reset_after=False, go_backwards=True),
            layers.Dense(1),
        ]
    )
    return model, numbers(4, 5, 3), numbers(4, 1, seed=2)


def bidirectional(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(7, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="sum"),
            layers.Bidirectional(layers.GRU(2)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    return model, words(6, 5), words(6, 1, count=2).astype("float32")


def cells(keras):
    layers = keras.layers
    stack = [layers.LSTMCell(2), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    inputs = layers.Input((4, 3))
    x = layers.RNN(stack, return_sequences=True)(inputs)
    x = layers.TimeDistributed(layers.Dense(3, activation="relu"))(x)
    model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x)))
    return model, numbers(4, 4, 3), numbers(4, 1, seed=2)


def conv_lstm(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((3, 5, 5, 1)),
            layers.ConvLSTM2D(2, 3, padding="same", recurrent_activation="hard_sigmoid"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return model, numbers(3, 3, 5, 5, 1), numbers(3, 1, seed=2)


def states(keras):
    layers = keras.layers
    first, second = layers.Input((4, 3)), layers.Input((2, 3))
    _, *state = layers.LSTM(3, return_state=True, name="encoder")(first)
    x = layers.LSTM(3, return_sequences=True, name="decoder")(second, initial_state=state)
    model = keras.Model([first, second], layers.Dense(2, activation="softmax")(x))
    targets = np.eye(2, dtype="float32")[words(4, 2, count=2)]
    return model, [numbers(4, 4, 3), numbers(4, 2, 3, seed=3)], targets


def attention(keras):
    layers = keras.layers
    inputs = layers.Input((4, 6))
    x = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([inputs, x]))
    y = layers.Attention(use_scale=True)([x, inputs])
    z = layers.AdditiveAttention()([x, y])
    x = layers.GlobalAveragePooling1D()(layers.Concatenate()([y, z]))
    model = keras.Model(inputs, layers.Dense(1)(x))
    return model, numbers(4, 4, 6), numbers(4, 1, seed=2)


def several(keras):
    layers = keras.layers
    text = layers.Input((3,), dtype="int32", name="text")
    values = layers.Input((4,), name="values")
    shared = layers.Dense(3, activation="relu", name="shared")
    embedded = layers.Flatten()(layers.Embedding(7, 4, name="table")(text))
    left, right = shared(layers.Dense(4, name="project")(embedded)), shared(values)
    joined = layers.Concatenate(name="joined")([left, right])
    outputs = [
        layers.Dense(2, name="first")(joined),
        layers.Dense(1, name="second")(layers.Add()([left, right])),
    ]
    model = keras.Model([text, values], outputs, name="several")
    targets = [numbers(5, 2, seed=2), numbers(5, 1, seed=3)]
    return model, [words(5, 3), numbers(5, 4)], targets


def nested(keras):
    layers = keras.layers
    inside = layers.Input((3,), name="inside")
    frozen = layers.Dense(3, name="frozen", trainable=False)
    normal = layers.BatchNormalization(name="normal")
    inner = keras.Model(inside, normal(layers.Dense(3, name="free")(frozen(inside))), name="inner")
    row = keras.Sequential([layers.Input((3,)), layers.Dense(3, name="d")], name="row")
    inputs = layers.Input((3,))
    x = row(inner(inner(inputs)))
    y = row(inputs)
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([x, y])))
    return model, numbers(5, 3), numbers(5, 1, seed=2)


def ends_nested(keras):
    layers = keras.layers
    inner_inputs = layers.Input((2,))
    inner = keras.Model(inner_inputs, layers.Dense(2, name="d")(inner_inputs), name="inner")
    inputs = layers.Input((2,))
    return keras.Model(inputs, [inner(inner(inputs)), inner(inputs)]), numbers(3, 2), None


def in_rows(keras):
    layers = keras.layers
    inner = keras.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(2)], name="inner")
    model = keras.Sequential([layers.Input((4,)), inner, layers.Dense(1)], name="outer")
    return model, numbers(5, 4), numbers(5, 1, seed=2)


def merging(keras):
    layers = keras.layers
    first, second = layers.Input((3,)), layers.Input((3,))
    pair = [first, layers.Dense(3)(second)]
    merged = [
        layers.Add()(pair),
        layers.Subtract()(pair),
        layers.Multiply()(pair),
        layers.Average()(pair),
        layers.Maximum()(pair),
        layers.Minimum()(pair),
        layers.Dot(axes=1, normalize=True)(pair),
    ]
    model = keras.Model([first, second], layers.Dense(1)(layers.Concatenate(axis=-1)(merged)))
    return model, [numbers(5, 3), numbers(5, 3, seed=4)], numbers(5, 1, seed=2)


def activations(keras):
    layers = keras.layers
    names = ("hard_sigmoid", "swish", "gelu", "selu", "softplus", "softsign", "exponential", "elu")
    inputs = layers.Input((3,))
    x = [layers.Dense(3, activation=name)(inputs) for name in names]
    x = layers.Concatenate()(x)
    x = layers.LeakyReLU()(x)
    x = layers.ELU(alpha=0.5)(x)
    x = layers.ReLU(max_value=4.0, negative_slope=0.1, threshold=0.05)(x)
    x = layers.Activation("hard_sigmoid")(x)
    x = layers.Softmax(axis=-1)(x)
    return keras.Model(inputs, layers.Dense(1)(x)), numbers(5, 3), numbers(5, 1, seed=2)


def noise(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4, 3)),
            layers.GaussianNoise(0.1),
            layers.Masking(),
            layers.SpatialDropout1D(0.2),
            layers.GaussianDropout(0.3),
            layers.AlphaDropout(0.1),
            layers.Permute((2, 1)),
            layers.Flatten(),
            layers.RepeatVector(2),
            layers.Dropout(0.5, noise_shape=(None, 1, 12), seed=3),
            layers.ActivityRegularization(l2=0.01),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1),
        ]
    )
    return model, numbers(5, 4, 3), None


def small(keras):
    layers = keras.layers
    inputs = layers.Input((3,))
    x = layers.BatchNormalization()(layers.Dense(3, activation="tanh")(inputs))
    return keras.Model(inputs, layers.Dense(1)(x)), numbers(6, 3), numbers(6, 1, seed=2)


# Name -> (function, optimizer and its arguments, loss, metrics).
MODELS = {
    "dense": (
        dense,
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
        "categorical_crossentropy",
        ["accuracy"],
    ),
    "convolution": (convolution, ("Adam", {}), "mean_squared_error", ["mae"]),
    "separable": (separable, ("RMSprop", {}), "mean_squared_error", None),
    "one_and_three": (one_and_three, None, None, None),
    "recurrent": (recurrent, ("Adam", {"clipnorm": 1.0}), "mean_squared_error", None),
    "bidirectional": (bidirectional, ("Adam", {}), "binary_crossentropy", ["accuracy"]),
    "cells": (cells, None, None, None),
    "conv_lstm": (conv_lstm, None, None, None),
    "states": (states, ("Adam", {}), "categorical_crossentropy", None),
    "attention": (attention, None, None, None),
    "several": (several, ("Adam", {}), ["mean_squared_error", "mean_absolute_error"], None),
    "nested": (nested, ("SGD", {"momentum": 0.5}), "mean_squared_error", None),
    "ends_nested": (ends_nested, None, None, None),
    "in_rows": (in_rows, ("Adam", {}), "mean_squared_error", None),
    "merging": (merging, None, None, None),
    "activations": (activations, None, None, None),
    "noise": (noise, None, None, None),
    "sgd": (small, ("SGD", {}), "mean_squared_error", None),
    "rmsprop": (
        small,
        ("RMSprop", {"momentum": 0.9, "centered": True}),
        "mean_squared_error",
        None,
    ),
    "adagrad": (small, ("Adagrad", {"learning_rate": 0.1}), "mean_squared_error", None),
    "adadelta": (small, ("Adadelta", {"learning_rate": 1.0}), "mean_squared_error", None),
    "adamax": (small, ("Adamax", {"learning_rate": 0.01}), "mean_squared_error", None),
    "nadam": (small, ("Nadam", {"learning_rate": 0.01}), "mean_squared_error", None),
    "ftrl": (small, ("Ftrl", {"learning_rate": 0.1}), "mean_squared_error", None),
    "adamw": (small, ("AdamW", {"learning_rate": 0.01}), "mean_squared_error", None),
}
# The same small model with the optimizers that tf.keras had before 2.11.
OLD_OPTIMIZERS = {
    "old_sgd": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "decay": 0.01}),
    "old_adam": ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    "old_rmsprop": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8}),
    "old_adagrad": ("Adagrad", {"learning_rate": 0.1}),
    "old_adadelta": ("Adadelta", {"learning_rate": 1.0}),
    "old_adamax": ("Adamax", {"learning_rate": 0.01}),
    "old_nadam": ("Nadam", {"learning_rate": 0.01}),
    "old_ftrl": ("Ftrl", {"learning_rate": 0.1}),
}


def outputs_of(model, inputs):
    """What a model predicts, as a list of arrays."""
    outputs = model.predict(inputs, verbose=0)
    return [np.asarray(output) for output in (outputs if isinstance(outputs, list) else [outputs])]
