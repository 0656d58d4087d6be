"""Models whose attributes hold layers in every way: how files name them is recorded from Keras."""

import collections

import numpy as np


def attributes(keras):
    """A layer with layers in attributes, lists, tuples and dictionaries, weights and helpers."""
    layers = keras.layers

    def dense():
        return layers.Dense(2)

    class Attributes(layers.Layer):
        def __init__(self):
            super().__init__(name="attributes")
            self.first = dense()
            self.alias = self.first
            self._private = dense()
            self.Upper = dense()
            self.items = [dense(), layers.Dense(3), [layers.Dense(4)], layers.Dropout(0.5), 7, "x"]
            self.again = [self.first, layers.Dense(9)]
            self.by_name = {"z": dense(), "a": dense(), "more": {"m": dense()}, "list": [dense()]}
            self.pair = (dense(), dense())
            self.empty = []
            self.named = collections.namedtuple("Named", "left right")(dense(), dense())
            self.seeds = keras.random.SeedGenerator(3)
            self.metric = keras.metrics.Mean()
            self.metric.inside = dense()
            self.optimizer_of_its_own = keras.optimizers.SGD(0.1)
            self.variable = keras.Variable(np.ones(3, "float32"))
            self.variables_in_a_list = [keras.Variable(np.ones(1, "float32"))]
            self.initializer = keras.initializers.GlorotUniform(seed=1)
            self.function = len

        def build(self, shape):
            self.scale = self.add_weight(shape=(1,), name="scale")
            self.count = self.add_weight(
                shape=(2,), trainable=False, dtype="int32", initializer="zeros", name="count"
            )
            self.shift = self.add_weight(shape=(4,), name="shift")
            for layer in (self.first, self._private, self.Upper, *self.items[:2], *self.pair):
                layer.build((None, 1))
            self.built = True

        def call(self, x):
            return x

    return keras.Sequential([layers.Input((2,)), Attributes()])


def order(keras):
    """Layers that are reachable under several names: which one counts."""
    layers = keras.layers

    class Order(layers.Layer):
        def __init__(self):
            super().__init__(name="order")
            for names in "d10 d2", "b B", "_z a_z", "q_1 q1 q", "_y Z":
                layer = layers.Dense(1)
                for name in names.split():
                    setattr(self, name, layer)
            self.layer_1, self.layer_10, self.layer_2 = (layers.Dense(1) for _ in range(3))
            self.nested = [[layers.Dense(1)], [], [[layers.Dense(1)]], {"a": layers.Dense(1)}]
            self.mixed = [1, "a", layers.Dense(1), None, len]
            self.ordered = collections.OrderedDict(k=layers.Dense(1))

        @property
        def a_property(self):
            return [self.layer_1]

        @property
        def without_value(self):
            raise RuntimeError("not now")

        def call(self, x):
            return x

    return keras.Sequential([layers.Input((2,)), Order()])


def subclassed(keras):
    """A subclassed model with private layers, a list, a loss that has a layer, and models."""
    layers = keras.layers

    class Loss(keras.losses.Loss):
        def __init__(self):
            super().__init__()
            self.inside = layers.Dense(1)

        def call(self, y_true, y_pred):
            return y_pred

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__(name="subclassed")
            self.zeta = layers.Dense(1)
            self.Alpha = layers.Dense(1)
            self.foo = layers.Dense(1)
            self.middle = [layers.Dense(1), layers.Dense(1)]
            self.measure = Loss()
            self.mean = keras.metrics.Mean()
            self.extra = keras.Variable(np.ones(2, "float32"))
            self._hidden = layers.Dense(1)
            self.chain = keras.Sequential([layers.Dense(1), layers.Dropout(0.1)])

        def call(self, x):
            return self.chain(self.foo(x))

    model = Subclassed()
    model(np.ones((2, 2), "float32"))
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def functional_with_attributes(keras):
    """A subclass of a functional model that has further layers of its own."""
    layers = keras.layers

    class Named(keras.Model):
        def __init__(self):
            inputs = layers.Input((2,))
            head = layers.Dense(1)
            super().__init__(inputs, head(inputs), name="named")
            self.head = head
            self.zeta = layers.Dense(1)
            self.Alpha = layers.Dense(1)

    return Named()


def sequential_with_attributes(keras):
    """A subclass of a sequential model that has further layers of its own."""
    layers = keras.layers

    class Chain(keras.Sequential):
        def __init__(self):
            super().__init__([layers.Input((2,)), layers.Dense(1)], name="chain")
            self.zeta = layers.Dense(1)
            self.Alpha = layers.Dense(1)

    return Chain()


def nested(keras):
    """Models in models, and a layer with models and an attribute called `layers`."""
    layers = keras.layers

    class Holder(layers.Layer):
        def __init__(self):
            super().__init__(name="holder")
            self.model = keras.Sequential([layers.Dense(1)])
            self.layers = [layers.Dense(1), layers.Dense(1)]

        def call(self, x):
            return x

    return keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            keras.Sequential([layers.Conv2D(2, 3), layers.BatchNormalization()]),
            layers.Conv2D(2, 3),
            layers.Flatten(),
            Holder(),
            layers.Dense(2, name="named_otherwise"),
        ]
    )


def half(keras):
    """Weights in bfloat16 and float16."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(2, dtype="bfloat16"),
            layers.Dense(2, dtype="float16"),
            layers.Dense(1, dtype="mixed_bfloat16"),
        ]
    )


def unbuilt(keras):
    """A model without weights yet."""
    return keras.Sequential([keras.layers.Dense(3)])


def own_format(keras):
    """A layer that decides itself what is saved of it."""
    layers = keras.layers

    class Own(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(2,), name="scale")
            self.built = True

        def call(self, x):
            return x * self.scale

        def save_own_variables(self, store):
            store["the scale"] = self.scale
            store["steps"] = np.arange(3, dtype="int32")
            store["on"] = np.array(True)

        def load_own_variables(self, store):
            self.scale.assign(store["the scale"])

    return keras.Sequential([layers.Input((2,)), Own()])


LAYOUTS = {
    build.__name__: build
    for build in (
        attributes,
        order,
        subclassed,
        functional_with_attributes,
        sequential_with_attributes,
        nested,
        half,
        unbuilt,
        own_format,
    )
}


def describe(h5py, file):
    """What an HDF5 file holds: path -> attributes of a group, or shape and dtype of an array."""
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Group):
            found[path] = "group"
        else:
            raw = item.attrs.get("dtype")
            found[path] = [list(item.shape), raw or str(item.dtype)]

    file.visititems(visit)
    return found
