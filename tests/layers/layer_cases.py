"""Layers under test and their inputs; for cornu and for Keras alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """One layer as constructed, and what it is called on.

    Args:
        make: from the package (`cornu` or `keras`) to the layer.
        inputs: from a `numpy.random.Generator` to an array or a nest of arrays.
        random: whether the layer draws random numbers in training.
    """

    make: Callable
    inputs: Callable
    random: bool = False

    def values(self):
        """The inputs."""
        return self.inputs(np.random.default_rng(5))


def floats(*shape):
    """A sampler of floats."""
    return lambda r: r.normal(size=shape).astype("float32")


def integers(high, *shape):
    """A sampler of integers in [0, high)."""
    return lambda r: r.integers(0, high, shape).astype("int32")


def several(*samplers):
    """A sampler of a list."""
    return lambda r: [sampler(r) for sampler in samplers]


SEQUENCE, IMAGE = floats(2, 7, 4), floats(2, 6, 5, 4)
FIRST = "channels_first"

DENSE = {
    "dense": Case(lambda k: k.layers.Dense(3), floats(4, 5)),
    "dense_relu": Case(lambda k: k.layers.Dense(3, "relu"), floats(4, 5)),
    "dense_steps": Case(lambda k: k.layers.Dense(3, activation="softmax"), floats(2, 6, 5)),
    "dense_no_bias": Case(lambda k: k.layers.Dense(3, use_bias=False), floats(4, 5)),
    "dense_penalties": Case(
        lambda k: k.layers.Dense(
            3,
            kernel_regularizer="l2",
            bias_regularizer=k.regularizers.L1(0.3),
            activity_regularizer=k.regularizers.L2(0.1),
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
            kernel_initializer=k.initializers.RandomNormal(stddev=0.2, seed=3),
            bias_initializer="ones",
            name="penalised",
        ),
        floats(4, 5),
    ),
}
CONV = {
    "conv1d": Case(lambda k: k.layers.Conv1D(6, 3), SEQUENCE),
    "conv1d_same": Case(lambda k: k.layers.Conv1D(6, 3, 2, "same", activation="tanh"), SEQUENCE),
    "conv1d_causal": Case(
        lambda k: k.layers.Conv1D(6, 3, padding="causal", dilation_rate=2), SEQUENCE
    ),
    "conv1d_first": Case(lambda k: k.layers.Conv1D(6, 3, data_format=FIRST), SEQUENCE),
    "conv1d_groups": Case(lambda k: k.layers.Conv1D(6, 2, groups=2), SEQUENCE),
    "conv2d": Case(lambda k: k.layers.Conv2D(6, 3, activation="relu"), IMAGE),
    "conv2d_same": Case(
        lambda k: k.layers.Conv2D(6, (3, 2), strides=(2, 1), padding="same", use_bias=False), IMAGE
    ),
    "conv2d_dilated": Case(lambda k: k.layers.Conv2D(6, 2, dilation_rate=(2, 1)), IMAGE),
    "conv2d_first": Case(
        lambda k: k.layers.Conv2D(6, 2, padding="same", data_format=FIRST, groups=3),
        floats(2, 3, 5, 4),
    ),
    "conv2d_penalties": Case(
        lambda k: k.layers.Conv2D(
            2, 2, kernel_regularizer="l1", bias_constraint="unit_norm", activity_regularizer="l2"
        ),
        IMAGE,
    ),
}
POOLING = {
    "max_pooling2d": Case(lambda k: k.layers.MaxPooling2D(), IMAGE),
    "max_pooling2d_same": Case(lambda k: k.layers.MaxPooling2D(2, padding="same"), IMAGE),
    "max_pooling2d_strides": Case(
        lambda k: k.layers.MaxPooling2D((3, 2), strides=(1, 2), data_format=FIRST), IMAGE
    ),
    "global_average_pooling2d": Case(lambda k: k.layers.GlobalAveragePooling2D(), IMAGE),
    "global_average_pooling2d_first": Case(
        lambda k: k.layers.GlobalAveragePooling2D(FIRST, keepdims=True), IMAGE
    ),
}
NORMALIZATION = {
    "batch_normalization": Case(lambda k: k.layers.BatchNormalization(), floats(8, 3)),
    "batch_normalization_axis": Case(
        lambda k: k.layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-2), floats(3, 4, 5)
    ),
    "batch_normalization_plain": Case(
        lambda k: k.layers.BatchNormalization(center=False, scale=False), IMAGE
    ),
    "batch_normalization_starts": Case(
        lambda k: k.layers.BatchNormalization(
            beta_initializer="ones",
            gamma_initializer=k.initializers.Constant(0.5),
            gamma_regularizer="l2",
            beta_constraint="non_neg",
        ),
        floats(8, 3),
    ),
}
SHAPES = {
    "flatten": Case(lambda k: k.layers.Flatten(), IMAGE),
    "flatten_first": Case(lambda k: k.layers.Flatten(data_format=FIRST), IMAGE),
    "flatten_vector": Case(lambda k: k.layers.Flatten(), floats(4)),
    "reshape": Case(lambda k: k.layers.Reshape((3, 4)), floats(2, 12)),
    "reshape_rest": Case(lambda k: k.layers.Reshape([-1, 2, 2]), floats(2, 3, 4)),
}
REGULARIZATION = {
    "dropout": Case(lambda k: k.layers.Dropout(0.5, seed=1), floats(4, 5), random=True),
    "dropout_shape": Case(
        lambda k: k.layers.Dropout(0.3, noise_shape=(None, 1)), floats(4, 5), random=True
    ),
    "dropout_none": Case(lambda k: k.layers.Dropout(0), floats(4, 5)),
    "dropout_all": Case(lambda k: k.layers.Dropout(1.0), floats(4, 5), random=True),
}
MERGING = {
    "add": Case(lambda k: k.layers.Add(), several(floats(2, 3), floats(2, 3), floats(2, 3))),
    "add_broadcast": Case(lambda k: k.layers.Add(), several(floats(2, 1, 4), floats(2, 3, 4))),
    "subtract": Case(lambda k: k.layers.Subtract(), several(floats(2, 3), floats(2, 3))),
    "concatenate": Case(lambda k: k.layers.Concatenate(), several(floats(2, 3), floats(2, 5))),
    "concatenate_steps": Case(
        lambda k: k.layers.Concatenate(axis=1), several(floats(2, 3, 4), floats(2, 1, 4))
    ),
}
OTHERS = {
    "activation": Case(lambda k: k.layers.Activation("softmax"), floats(4, 5)),
    "activation_function": Case(lambda k: k.layers.Activation(k.activations.gelu), floats(4, 5)),
    "embedding": Case(lambda k: k.layers.Embedding(7, 3), integers(7, 4, 5)),
    "embedding_mask": Case(
        lambda k: k.layers.Embedding(7, 3, mask_zero=True, embeddings_regularizer="l2"),
        integers(7, 4, 5),
    ),
    "identity": Case(lambda k: k.layers.Identity(), floats(4, 5)),
    "identity_nest": Case(
        lambda k: k.layers.Identity(), lambda r: {"a": floats(2)(r), "b": [floats(2, 3)(r)]}
    ),
    "lambda": Case(lambda k: k.layers.Lambda(lambda x: x * 2 + 1), floats(4, 5)),
    "lambda_function": Case(
        lambda k: k.layers.Lambda(
            k.activations.leaky_relu, output_shape=(5,), arguments={"negative_slope": 0.1}
        ),
        floats(4, 5),
    ),
}
CASES = {
    **DENSE,
    **CONV,
    **POOLING,
    **NORMALIZATION,
    **SHAPES,
    **REGULARIZATION,
    **MERGING,
    **OTHERS,
}


def set_weights(layer):
    """Give every weight of a layer other values than it started with, by its place and name."""
    values = []
    for place, weight in enumerate(layer.weights):
        value = np.random.default_rng(place).normal(size=tuple(weight.shape)) * 0.5
        values.append(np.abs(value) + 0.5 if "variance" in weight.name else value)
    layer.set_weights([value.astype("float32") for value in values])
