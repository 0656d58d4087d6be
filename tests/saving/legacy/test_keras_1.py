"""Models and weights in the words and layouts of Keras 1 and early Keras 2."""

import numpy as np
import pytest
from saving.legacy.files import layer, node, write
from saving.legacy.models import numbers, words

import cornu
from cornu import layers


def hard_sigmoid(x):
    """What Keras 1 and 2 called so."""
    return cornu.ops.clip(0.2 * x + 0.5, 0, 1)


def gates(kernel, recurrent, bias, order):
    """A kernel, recurrent kernel and bias for each gate, as Keras 1 kept them."""
    parts = [np.split(np.asarray(a), len(order), axis=-1) for a in (kernel, recurrent, bias)]
    names = ("W", "U", "b")
    return {
        f"{name}_{gate}": parts[which][gate] for gate in order for which, name in enumerate(names)
    }


def test_layers_and_arguments_of_keras_1(tmp_path):
    inputs = layers.Input((7, 6, 2))
    x = layers.Conv2D(3, (3, 2), strides=2, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization(epsilon=1e-4)(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(layers.ZeroPadding2D(1)(x)))
    expected = cornu.Model(inputs, layers.Dense(4, activation="tanh")(layers.Dropout(0.5)(x)))
    arrays = [numbers(*w.shape, seed=n) for n, w in enumerate(expected.weights)]
    arrays[5] = np.abs(arrays[5])
    config = [
        layer(
            "Convolution2D",
            "convolution2d_1",
            batch_input_shape=[None, 7, 6, 2],
            input_dtype="float32",
            nb_filter=3,
            nb_row=3,
            nb_col=2,
            border_mode="same",
            subsample=[2, 2],
            dim_ordering="tf",
            init="glorot_uniform",
            activation="relu",
            bias=True,
            W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5},
            b_regularizer=None,
            activity_regularizer=None,
            W_constraint={"name": "MaxNorm", "m": 2, "axis": 0},
            b_constraint=None,
        ),
        layer(
            "BatchNormalization",
            "batchnormalization_1",
            mode=0,
            axis=-1,
            epsilon=1e-4,
            momentum=0.99,
            gamma_init="one",
            beta_init="zero",
            gamma_regularizer=None,
        ),
        layer("ZeroPadding2D", "zeropadding2d_1", padding=[1, 1], dim_ordering="tf"),
        layer(
            "MaxPooling2D",
            "maxpooling2d_1",
            pool_size=[2, 2],
            strides=[2, 2],
            border_mode="valid",
            dim_ordering="tf",
        ),
        layer("Flatten", "flatten_1"),
        layer("Dropout", "dropout_1", p=0.5),
        layer(
            "Dense",
            "dense_1",
            output_dim=4,
            input_dim=None,
            init="uniform",
            activation="tanh",
            bias=True,
            W_regularizer=None,
        ),
    ]
    stored = {item["config"]["name"]: {} for item in config}
    stored["convolution2d_1"] = {"c_W:0": arrays[0], "c_b:0": arrays[1]}
    names = ("n_gamma:0", "n_beta:0", "n_running_mean:0", "n_running_std:0")
    stored["batchnormalization_1"] = dict(zip(names, arrays[2:6], strict=True))
    stored["dense_1"] = {"d_W:0": arrays[6], "d_b:0": arrays[7]}
    order = {"gamma": 2, "beta": 3, "moving_mean": 4, "moving_variance": 5}
    for weight in expected.weights:
        if weight.name in order:
            weight.assign(arrays[order[weight.name]])
    expected.layers[1].set_weights(arrays[:2])
    expected.layers[-1].set_weights(arrays[6:])
    training = {
        "loss": "mse",
        "metrics": ["acc"],
        "sample_weight_mode": None,
        "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.0}},
    }
    sequential = {"class_name": "Sequential", "config": config}
    path = write(tmp_path / "model.h5", sequential, stored, training)
    model = cornu.models.load_model(path)
    data = numbers(3, 7, 6, 2)
    np.testing.assert_allclose(
        model.predict(data, verbose=0), expected.predict(data, verbose=0), atol=1e-5
    )
    assert isinstance(model.optimizer, cornu.optimizers.SGD)
    assert float(model.optimizer.learning_rate) == 0.5
    assert model.layers[0].kernel_regularizer.l2 == 0.5
    assert model.layers[0].kernel_constraint.max_value == 2


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_recurrent_layers_of_keras_1(kind, tmp_path):
    options = {
        "LSTM": {"recurrent_activation": hard_sigmoid},
        "GRU": {"recurrent_activation": hard_sigmoid, "reset_after": False},
        "SimpleRNN": {},
    }[kind]
    source = getattr(layers, kind)(3, return_sequences=True, **options)
    inputs = layers.Input((5, 2))
    expected = cornu.Model(inputs, source(inputs))
    arrays = [numbers(*w.shape, seed=n) for n, w in enumerate(source.weights)]
    source.set_weights(arrays)
    order = {"LSTM": (0, 2, 1, 3), "GRU": (0, 1, 2), "SimpleRNN": (0,)}[kind]
    described = layer(
        kind,
        "layer_1",
        batch_input_shape=[None, 5, 2],
        output_dim=3,
        init="glorot_uniform",
        inner_init="orthogonal",
        activation="tanh",
        return_sequences=True,
        go_backwards=False,
        stateful=False,
        unroll=False,
        consume_less="cpu",
        input_dim=2,
        input_length=5,
        W_regularizer=None,
        U_regularizer=None,
        b_regularizer=None,
        dropout_W=0.0,
        dropout_U=0.0,
    )
    if kind != "SimpleRNN":
        described["config"]["inner_activation"] = "hard_sigmoid"
    if kind == "LSTM":
        described["config"]["forget_bias_init"] = "one"
    config = {"class_name": "Sequential", "config": [described]}
    path = write(tmp_path / "model.h5", config, {"layer_1": gates(*arrays, order)}, version=None)
    data = numbers(2, 5, 2, seed=9)
    model = cornu.models.load_model(path)
    np.testing.assert_allclose(
        model.predict(data, verbose=0), expected.predict(data, verbose=0), atol=1e-5
    )


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_kernels_of_theano_and_channels_first(backend, tmp_path):
    """Keras 1 kept kernels as (filters, channels, rows, columns); Theano turns them round."""
    inputs = layers.Input((2, 5, 4))
    convolution = layers.Conv2D(3, (3, 2), data_format="channels_first")
    expected = cornu.Model(inputs, convolution(inputs))
    kernel, bias = numbers(3, 2, 3, 2), numbers(3, seed=1)
    turned = kernel[:, :, ::-1, ::-1] if backend == "theano" else kernel
    convolution.set_weights([turned.transpose(2, 3, 1, 0), bias])
    described = layer(
        "Convolution2D",
        "c",
        batch_input_shape=[None, 2, 5, 4],
        nb_filter=3,
        nb_row=3,
        nb_col=2,
        border_mode="valid",
        subsample=[1, 1],
        dim_ordering="th",
        activation="linear",
        init="glorot_uniform",
    )
    config = {"class_name": "Sequential", "config": [described]}
    stored = {"c": {"param_0": kernel, "param_1": bias}}
    path = write(tmp_path / "model.h5", config, stored, backend=backend)
    data = numbers(2, 2, 5, 4, seed=5)
    np.testing.assert_allclose(
        cornu.models.load_model(path).predict(data, verbose=0),
        expected.predict(data, verbose=0),
        atol=1e-5,
    )


def test_merge_of_sequential_models(tmp_path):
    def branch(number, size):
        dense = layer(
            "Dense", f"dense_{number}", batch_input_shape=[None, size], output_dim=2, init="uniform"
        )
        return {"class_name": "Sequential", "config": [dense]}

    merge = {
        "class_name": "Merge",
        "config": {"name": "merge_1", "mode": "concat", "concat_axis": -1, "dot_axes": -1,
                   "layers": [branch(1, 3), branch(2, 4)]},
    }  # fmt: skip
    config = [merge, layer("Dense", "dense_3", output_dim=1, init="uniform", activation="linear")]
    arrays = [numbers(*shape, seed=n) for n, shape in enumerate([(3, 2), (4, 2), (4, 1)])]
    stored = {
        f"dense_{n + 1}": {f"d{n}_W": array, f"d{n}_b": np.zeros(array.shape[1])}
        for n, array in enumerate(arrays)
    }
    sequential = {"class_name": "Sequential", "config": config}
    path = write(tmp_path / "model.h5", sequential, stored)
    first, second = numbers(2, 3, seed=7), numbers(2, 4, seed=8)
    found = cornu.models.load_model(path).predict([first, second], verbose=0)
    joined = np.concatenate([first @ arrays[0], second @ arrays[1]], axis=1)
    np.testing.assert_allclose(found, joined @ arrays[2], atol=1e-5)


def test_a_functional_model_of_keras_1(tmp_path):
    entries = [
        node(layer("InputLayer", "in", batch_input_shape=[None, 3], input_dtype="int32")),
        node(
            layer("Embedding", "e", input_dim=5, output_dim=2, init="uniform", input_length=3), "in"
        ),
        node(
            {
                "class_name": "TimeDistributed",
                "config": {
                    "name": "t",
                    "layer": layer("Dense", "d", output_dim=2, init="one", input_dim=2),
                },
            },
            "e",
        ),
        node(layer("Merge", "m", mode="sum", concat_axis=-1, dot_axes=-1), "e", "t"),
    ]
    config = {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": entries,
            "input_layers": [["in", 0, 0]],
            "output_layers": [["m", 0, 0]],
        },
    }
    table, kernel = numbers(5, 2), numbers(2, 2, seed=1)
    stored = {"in": {}, "e": {"W": table}, "t": {"k": kernel, "b": np.ones(2)}, "m": {}}
    model = cornu.models.load_model(write(tmp_path / "model.h5", config, stored))
    data = words(2, 3, count=5)
    vectors = table[data]
    np.testing.assert_allclose(
        model.predict(data, verbose=0), vectors + vectors @ kernel + 1, atol=1e-5
    )


def test_what_is_gone_is_named(tmp_path):
    dense = layer("Dense", "d", output_dim=2, batch_input_shape=[None, 2])
    branch = {"class_name": "Sequential", "config": [dense]}
    for described, word in (
        (layer("MaxoutDense", "x", output_dim=2, batch_input_shape=[None, 2]), "MaxoutDense"),
        (layer("Merge", "x", mode="cos", layers=[branch]), "mode='cos'"),
        (layer("BatchNormalization", "x", mode=2, batch_input_shape=[None, 2]), "mode=0"),
    ):
        config = {"class_name": "Sequential", "config": [described]}
        path = write(tmp_path / "model.h5", config, {"x": {}})
        with pytest.raises(cornu.saving.ModelFileError, match=word):
            cornu.models.load_model(path)


def test_layers_of_cudnn(tmp_path):
    """cuDNN keeps its matrices column by column, and a bias for each of them."""
    for kind, count in (("LSTM", 4), ("GRU", 3)):
        inputs = layers.Input((4, 2))
        plain = getattr(layers, kind)(3)
        expected = cornu.Model(inputs, plain(inputs))
        kernel, recurrent = numbers(2, 3 * count), numbers(3, 3 * count, seed=1)
        bias = numbers(2, 3 * count, seed=2)
        plain.set_weights([kernel, recurrent, bias.sum(0) if kind == "LSTM" else bias])
        columns = [p.T.ravel().reshape(p.shape) for p in np.split(kernel, count, axis=1)]
        turned = [part.T for part in np.split(recurrent, count, axis=1)]
        stored = {
            "r": {
                "kernel:0": np.concatenate(columns, axis=1),
                "recurrent:0": np.concatenate(turned, axis=1),
                "bias:0": bias.ravel(),
            }
        }
        described = layer(f"CuDNN{kind}", "r", batch_input_shape=[None, 4, 2], units=3)
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": [described]}}
        path = write(tmp_path / "model.h5", config, stored, version="2.2.4")
        data = numbers(3, 4, 2, seed=4)
        want = expected.predict(data, verbose=0)
        model = cornu.models.load_model(path)
        np.testing.assert_allclose(model.predict(data, verbose=0), want, atol=1e-5)
        other = cornu.Model(inputs, getattr(layers, kind)(3)(inputs))
        other.load_weights(path)
        np.testing.assert_allclose(other.predict(data, verbose=0), want, atol=1e-5)


def test_by_name(tmp_path):
    kernel, bias = numbers(3, 2), numbers(2, seed=1)
    stored = {"other": {"k": numbers(5, 5)}, "kept": {"kernel:0": kernel, "bias:0": bias}}
    path = write(tmp_path / "weights.h5", None, stored, version="2.1.0")
    model = cornu.Sequential([layers.Input((3,)), layers.Dense(2, name="kept"), layers.Dense(1)])
    with pytest.raises(cornu.saving.ModelFileError, match="expected 2 layers|shape"):
        model.load_weights(path)
    report = model.load_weights(path, by_name=True)
    assert np.array_equal(model.layers[0].kernel, kernel)
    assert len(report.loaded) == 2
    assert len(report.missing) == 2
    assert report.unused == ["k"]
    with pytest.raises(cornu.saving.ModelFileError, match="do not fit each other"):
        model.load_weights(path, by_name=True, strict=True)
    other = cornu.Sequential([layers.Input((3,)), layers.Dense(2, name="nobody")])
    with pytest.warns(UserWarning, match="No weights were loaded"):
        other.load_weights(path, by_name=True)


def test_slots_of_an_optimizer_by_order(tmp_path):
    """Before 2.1 they had no names of their own, and the order of the names of the weights."""
    first, second = numbers(3, 2), numbers(2, 4, seed=1)
    config = {
        "class_name": "Sequential",
        "config": [
            layer("Dense", "z", units=2, use_bias=False, batch_input_shape=[None, 3]),
            layer("Dense", "a", units=4, use_bias=False),
        ],
    }
    training = {
        "loss": "mse",
        "metrics": [],
        "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1, "momentum": 0.5}},
    }
    slots = [("iterations:0", np.float32(7)), ("Variable_1:0", second), ("Variable_2:0", first)]
    stored = {"z": {"z_1/kernel:0": first}, "a": {"a_1/kernel:0": second}}
    path = write(tmp_path / "m.h5", config, stored, training, version="2.0.5", slots=slots)
    model = cornu.models.load_model(path)
    assert int(model.optimizer.iterations) == 7
    for found, expected in zip(model.optimizer.variables[2:], (first, second), strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_slots_that_cannot_be_mapped_are_named(backend, tmp_path):
    kernel = numbers(3, 3, 2, 2)
    described = layer("Conv2D", "c", filters=2, kernel_size=[3, 3], use_bias=False)
    described["config"]["batch_input_shape"] = [None, 5, 5, 2]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [described]}}
    training = {
        "loss": "mse",
        "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1, "momentum": 0.5}},
    }
    name = "c/kernel/momentum:0" if backend == "theano" else "c/kernel/strange:0"
    slots = [("iterations:0", 7), (f"SGD/{name}", kernel), ("SGD/c/kernel/more:0", kernel)]
    stored = {"c": {"c/kernel:0": kernel}}
    path = write(tmp_path / "m.h5", config, stored, training, "2.2.0", backend, slots)
    with pytest.warns(UserWarning, match="starts anew"):
        model = cornu.models.load_model(path)
    assert int(model.optimizer.iterations) == 0
