"""Objects that both libraries make from the same lines: `keras` is Keras 3 or this package."""

import collections

import numpy as np


def plain_cases(keras):
    """Values and objects of every kind that does not need a layer."""
    Point = collections.namedtuple("Point", "a b")
    return {
        "none": None,
        "int": 3,
        "float": 2.5,
        "str": "s",
        "bool": True,
        "list": [1, "a", None],
        "tuple": (1, (2, [3])),
        "dict": {"a": (1,), "b": {"c": 2}},
        "ordered_dict": collections.OrderedDict(a=1),
        "named_tuple": Point(1, 2),
        "bytes": b"ab",
        "ellipsis": Ellipsis,
        "slice": slice(1, None, 2),
        "numpy_float": np.float32(1.5),
        "numpy_int": np.int64(4),
        "numpy_bool": np.bool_(True),
        "array": np.arange(6, dtype="float32").reshape(2, 3),
        "array_of_bool": np.array([True, False]),
        "array_without_axes": np.array(3),
        "tensor": keras.ops.convert_to_tensor([1.0, 2.0]),
        "tensor_bfloat16": keras.ops.convert_to_tensor([1.5], dtype="bfloat16"),
        "tensor_int": keras.ops.convert_to_tensor([1, 2], dtype="int32"),
        "symbol": keras.Input((3,), name="symbol"),
        "policy": keras.dtype_policies.DTypePolicy("mixed_float16"),
        "public_function": keras.activations.relu,
        "loss_function": keras.losses.mean_squared_error,
        "initializer": keras.initializers.GlorotUniform(seed=1),
        "constant": keras.initializers.Constant(2.0),
        "regularizer": keras.regularizers.L2(0.5),
        "optimizer": keras.optimizers.Adam(0.25, name="adam"),
        "sgd": keras.optimizers.SGD(0.5, momentum=0.5, name="sgd"),
        "loss": keras.losses.MeanSquaredError(),
        "metric": keras.metrics.Mean(name="mean"),
        "objects_in_a_list": [keras.regularizers.L1(0.5), {"x": keras.initializers.Zeros()}],
    }


def layer_cases(keras):
    """Layers and models."""
    layers = keras.layers
    built = layers.Dense(3, name="dense", activation="relu", kernel_regularizer="l2")
    built.build((None, 4))
    inputs = layers.Input((2,), name="inputs")
    model = keras.Model(inputs, layers.Dense(1, name="d")(inputs), name="model")
    return {
        "dense": layers.Dense(3, name="dense"),
        "dense_built": built,
        "dropout": layers.Dropout(0.5, name="dropout", seed=3),
        "flatten": layers.Flatten(name="flatten"),
        "reshape": layers.Reshape((2, 3), name="reshape"),
        "activation": layers.Activation("gelu", name="activation"),
        "conv2d": layers.Conv2D(2, 3, name="conv", padding="same"),
        "max_pooling": layers.MaxPooling2D(2, name="pool"),
        "average_pooling": layers.GlobalAveragePooling2D(name="pool"),
        "batch_normalization": layers.BatchNormalization(name="norm"),
        "embedding": layers.Embedding(3, 2, name="embedding"),
        "add": layers.Add(name="add"),
        "concatenate": layers.Concatenate(name="concatenate"),
        "identity": layers.Identity(name="identity"),
        "input": layers.InputLayer((3,), name="input"),
        "sequential": keras.Sequential(
            [layers.Input((4,), name="x"), layers.Dense(2, name="q")], name="chain"
        ),
        "unbuilt": keras.Sequential([layers.Dense(2, name="q")], name="chain"),
        "functional": model,
    }


def custom_cases(keras):
    """Objects of a user's classes and functions, and the custom objects that loading needs."""
    layers = keras.layers

    @keras.saving.register_keras_serializable("zoo")
    class Registered(layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Unregistered(Registered):
        pass

    class Automatic(layers.Layer):
        def __init__(self, units, sizes=(1, 2), **kwargs):
            super().__init__(**kwargs)

    class Plain:
        def get_config(self):
            return {"pair": (1, 2), "start": keras.initializers.Zeros()}

        @classmethod
        def from_config(cls, config):
            return cls()

    @keras.saving.register_keras_serializable("zoo", name="twice")
    def double(x):
        return 2 * x

    def triple(x):
        return 3 * x

    for own in (Registered, Unregistered, Automatic, Plain):
        own.__module__ = "zoo_module"
    objects = {
        "registered": Registered(4, name="registered"),
        "unregistered": Unregistered(4, name="unregistered"),
        "automatic": Automatic(4, name="automatic"),
        "plain_object": Plain(),
        "registered_function": double,
        "unregistered_function": triple,
        "custom_activation": layers.Dense(1, activation=triple, name="dense"),
    }
    names = [Unregistered, Automatic, Plain, triple]
    return objects, {own.__name__: own for own in names}
