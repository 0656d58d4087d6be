"""Arguments, methods and properties of Keras 1 and 2: read through the alias, told of once, and
refused without it."""

import warnings

import numpy as np
import pytest

import cornu
from cornu import layers
from cornu.compat import finder, spellings

K = cornu.backend
SHAPE = (None, 8, 8, 3)
# A class, old arguments, and those of today: both make layers of one config.
LAYERS = [
    ("Dense", (), {"output_dim": 3, "init": "uniform", "bias": False},
     {"units": 3, "kernel_initializer": "uniform", "use_bias": False}),
    ("Dense", (4,), {"W_regularizer": "l2", "b_constraint": "unit_norm", "b_regularizer": "l1"},
     {"units": 4, "kernel_regularizer": "l2", "bias_constraint": "unit_norm",
      "bias_regularizer": "l1"}),
    ("Dense", (4,), {"implementation": 2, "dynamic": False}, {"units": 4}),
    ("Dropout", (), {"p": 0.3}, {"rate": 0.3}),
    ("GaussianNoise", (), {"sigma": 0.3}, {"stddev": 0.3}),
    ("Convolution2D", (5, 3, 2), {"border_mode": "same", "subsample": (2, 1)},
     {"filters": 5, "kernel_size": (3, 2), "padding": "same", "strides": (2, 1)}),
    ("Conv2D", (), {"nb_filter": 5, "nb_row": 3, "nb_col": 2, "dim_ordering": "th"},
     {"filters": 5, "kernel_size": (3, 2), "data_format": "channels_first"}),
    ("Convolution2D", (5, (3, 3), (2, 2)), {},
     {"filters": 5, "kernel_size": (3, 3), "strides": (2, 2)}),
    ("Convolution3D", (5, 1, 2, 3), {}, {"filters": 5, "kernel_size": (1, 2, 3)}),
    ("AtrousConvolution2D", (5, 3, 3), {"atrous_rate": (2, 2)},
     {"filters": 5, "kernel_size": (3, 3), "dilation_rate": (2, 2)}),
    ("Deconvolution2D", (5, 3, 3), {"output_shape": (None, 9, 9, 5), "subsample": (2, 2)},
     {"filters": 5, "kernel_size": (3, 3), "strides": (2, 2)}),
    ("Convolution1D", (), {"nb_filter": 5, "filter_length": 3, "subsample_length": 2},
     {"filters": 5, "kernel_size": 3, "strides": 2}),
    ("MaxPooling1D", (), {"pool_length": 3, "stride": 2}, {"pool_size": 3, "strides": 2}),
    ("AveragePooling2D", ((2, 2),), {"border_mode": "same", "dim_ordering": "tf"},
     {"pool_size": (2, 2), "padding": "same", "data_format": "channels_last"}),
    ("UpSampling1D", (), {"length": 3}, {"size": 3}),
    ("LSTM", (), {"output_dim": 4, "inner_activation": "relu", "inner_init": "zeros",
                  "U_regularizer": "l2", "dropout_W": 0.1, "dropout_U": 0.2,
                  "consume_less": "gpu", "forget_bias_init": "one"},
     {"units": 4, "recurrent_activation": "relu", "recurrent_initializer": "zeros",
      "recurrent_regularizer": "l2", "dropout": 0.1, "recurrent_dropout": 0.2}),
    ("GRU", (4,), {"time_major": False, "implementation": 1}, {"units": 4}),
    ("BatchNormalization", (), {"mode": 0, "gamma_init": "zeros", "fused": True},
     {"gamma_initializer": "zeros"}),
    ("Embedding", (9, 4), {"init": "normal", "W_constraint": "non_neg"},
     {"input_dim": 9, "output_dim": 4, "embeddings_initializer": "normal",
      "embeddings_constraint": "non_neg"}),
    ("PReLU", (), {"init": "ones"}, {"alpha_initializer": "ones"}),
    ("LocallyConnected1D", (), {"nb_filter": 2, "filter_length": 3},
     {"filters": 2, "kernel_size": 3}),
]  # fmt: skip
TODAY = {
    "AtrousConvolution2D": "Conv2D", "Convolution1D": "Conv1D", "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D", "Deconvolution2D": "Conv2DTranspose",
}  # fmt: skip


@pytest.fixture
def installed():
    """The alias, for the time of a test."""
    finder.install()
    yield
    finder.uninstall()


def config_of(layer):
    return {name: value for name, value in layer.get_config().items() if name != "name"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "name,args,old,new", LAYERS, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(LAYERS)]
)
def test_arguments_of_layers(name, args, old, new, installed):
    layer = getattr(layers, name)(*args, **old)
    wanted = getattr(layers, TODAY.get(name, name))(**new)
    assert config_of(layer) == config_of(wanted) and type(layer) is type(wanted)
    assert config_of(type(layer).from_config(layer.get_config())) == config_of(wanted)


@pytest.mark.parametrize("name,args,old", [row[:3] for row in LAYERS if row[2]])
def test_without_the_alias_they_are_refused(name, args, old):
    with pytest.raises((TypeError, ValueError)):
        getattr(layers, TODAY.get(name, name))(*args, **old)


def test_uninstall_puts_everything_back(installed):
    finder.uninstall()
    assert not spellings._patched
    assert layers.Convolution2D is layers.Conv2D
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.Dense(3, init="uniform")
    with pytest.raises(ValueError, match="Did you mean 'learning_rate'"):
        cornu.optimizers.Adam(lr=0.1)
    with pytest.raises(ImportError):
        cornu.optimizers.legacy.Adam()
    assert not hasattr(cornu.Model, "fit_generator") and not hasattr(cornu.Layer, "output_shape")


def test_told_of_once(installed):
    with pytest.warns(
        DeprecationWarning, match="`p` of `Dropout`: it is called `rate` now"
    ) as told:
        layers.Dropout(p=0.1)
    assert len(told) == 1 and told[0].filename == __file__
    layers.Dropout(p=0.1)  # a second warning would be an error here


def test_what_means_something_else_stays_an_error(installed):
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.Dense(3, kernel="ones")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.BatchNormalization(mode=1)
    with pytest.raises(TypeError, match="both `p` and `rate`"):
        layers.Dropout(0.1, p=0.2, rate=0.1)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.GRU(3, time_major=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_shapes_of_the_first_layer(installed):
    for layer, shape in (
        (layers.Dense(2, input_dim=3), (None, 3)),
        (layers.Dense(2, input_shape=(3,)), (None, 3)),
        (layers.Dense(2, batch_input_shape=(5, 3)), (5, 3)),
        (layers.Dense(2, input_shape=(3,), batch_size=5), (5, 3)),
        (layers.LSTM(2, input_dim=3), (None, None, 3)),
        (layers.LSTM(2, input_dim=3, input_length=7), (None, 7, 3)),
        (layers.Conv1D(2, 2, input_dim=3, input_length=7), (None, 7, 3)),
        (layers.Embedding(9, 4, input_length=7), (None, 7)),
        (layers.TimeDistributed(layers.Dense(2), input_shape=(7, 3)), (None, 7, 3)),
    ):
        assert cornu.Sequential([layer]).input_shape == shape


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_first_weights(installed):
    kernel, bias = np.ones((3, 2), "float32"), np.arange(2, dtype="float32")
    model = cornu.Sequential([layers.Dense(2, weights=[kernel, bias], input_dim=3)])
    np.testing.assert_array_equal(model.get_weights()[1], bias)
    layer = layers.Dense(2, weights=[kernel, bias])
    np.testing.assert_array_equal(layer(np.ones((1, 3), "float32")), [[3.0, 4.0]])
    assert "_post_build" not in vars(layer)
    table = np.arange(8, dtype="float32").reshape(4, 2)
    np.testing.assert_array_equal(layers.Embedding(4, 2, weights=[table])(np.array([3])), table[3:])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_optimizers(installed):
    from tensorflow.keras.optimizers import SGD, Adam

    optimizer = SGD(lr=0.5, decay=0.1)
    variable = cornu.Variable(0.0)
    steps = []
    for _ in range(3):
        before = float(variable)
        optimizer.apply([np.float32(1.0)], [variable])
        steps.append(before - float(variable))
    np.testing.assert_allclose(steps, [0.5, 0.5 / 1.1, 0.5 / 1.2], rtol=1e-5)
    adam = Adam(lr=0.1, epsilon=None, decay=0.0, clipnorm=1.0)
    assert float(adam.lr) == pytest.approx(0.1) and adam.epsilon == 1e-7 and adam.clipnorm == 1.0
    adam.lr = 0.2
    K.set_value(adam.lr, K.get_value(adam.lr) / 2)
    assert float(adam.learning_rate) == pytest.approx(0.1)
    assert len(optimizer.get_weights()) == len(optimizer.variables)
    optimizer.set_weights(optimizer.get_weights())
    with pytest.raises(ValueError, match="Received: 0 arrays"):
        optimizer.set_weights([])
    nadam = cornu.optimizers.Nadam(lr=0.1, schedule_decay=0.004)
    assert float(nadam.learning_rate) == pytest.approx(0.1)
    assert type(cornu.optimizers.legacy.Adam(lr=0.1)) is cornu.optimizers.Adam


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_small_objects(installed):
    assert cornu.regularizers.l2(l=0.5).l2 == 0.5
    assert cornu.regularizers.l1l2(l1=0.5).l1 == 0.5
    assert cornu.constraints.maxnorm(m=3).max_value == 3
    assert cornu.losses.MeanSquaredError(reduction="auto").reduction == "sum_over_batch_size"
    assert cornu.callbacks.ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5
    assert cornu.callbacks.ModelCheckpoint("x.hdf5", period=1).filepath == "x.hdf5"
    saved = []
    every_other = cornu.callbacks.ModelCheckpoint("x.hdf5", period=2)
    every_other._save = lambda epoch, batch, logs: saved.append(epoch)
    for epoch in range(4):
        every_other.on_epoch_end(epoch, {})
    assert saved == [1, 3]
    assert cornu.callbacks.ModelCheckpoint("x", save_weights_only=True).filepath == "x.weights.h5"


def small_model():
    model = cornu.Sequential([layers.Dense(4, input_dim=3), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    return model


X = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)
Y = np.arange(20) % 2


def endless():
    while True:
        yield X[:5], Y[:5]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fit_and_its_kin(installed):
    model = small_model()
    history = model.fit(X, Y, nb_epoch=2, verbose=0, workers=2, validation_data=(X, Y)).history
    assert (
        history["acc"] == history["accuracy"] and "val_acc" in history and "recall" not in history
    )
    with pytest.raises(KeyError, match="recall"):
        history["recall"]
    first = model.fit_generator(endless(), samples_per_epoch=20, nb_epoch=3, nb_val_samples=10,
                                validation_data=endless(), verbose=0)  # fmt: skip
    assert len(first.epoch) == 3 and int(model.optimizer.iterations) == 2 + 3 * 4
    assert len(model.evaluate_generator(endless(), val_samples=20)) == 2
    assert model.predict_generator(endless(), steps=2).shape == (10, 2)
    assert model.predict_classes(X).tolist() == model.predict_proba(X).argmax(-1).tolist()
    loss = model.train_on_batch(X, Y, reset_metrics=True)
    assert len(loss) == 2
    model._make_predict_function()
    model.reset_states()
    with pytest.raises(RuntimeError, match="to_yaml"):
        model.to_yaml()
    binary = cornu.Sequential([layers.Dense(1, activation="sigmoid", input_dim=3)])
    classes = binary.predict_classes(X)
    assert classes.shape == (20, 1) and classes.dtype == "int32"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_callbacks_that_watch_acc(installed, tmp_path):
    model = small_model()
    path = str(tmp_path / "{epoch:02d}-{val_acc:.1f}.hdf5")
    saved = cornu.callbacks.ModelCheckpoint(path, monitor="val_acc", save_weights_only=True)
    stopping = cornu.callbacks.EarlyStopping(monitor="val_acc", patience=0, mode="min")
    model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0, callbacks=[saved, stopping])
    assert stopping.monitor == saved.monitor == "val_accuracy"
    (file, *_) = sorted(tmp_path.iterdir())
    assert file.name.startswith("01-0.") and file.suffix == ".hdf5"
    small_model().load_weights(file)


@pytest.mark.filterwarnings("ignore:.*(HDF5|metric|file now|comes after|input_dim)")
def test_files(installed, tmp_path):
    from keras.models import load_model

    model = small_model()
    model.save(tmp_path / "model")
    assert (tmp_path / "model.keras").is_file()
    restored = load_model(tmp_path / "model")
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    for name in ("weights.h5", "weights.hdf5", "checkpoint"):
        model.save_weights(str(tmp_path / name))
        other = small_model()
        other.load_weights(str(tmp_path / name))
        np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    assert (tmp_path / "checkpoint.weights.h5").is_file()
    model.save(tmp_path / "old", save_format="h5")
    assert (tmp_path / "old.h5").is_file()
    with pytest.raises(ValueError, match="should be built|not been built|not built|built"):
        cornu.Sequential([layers.Dense(2)]).save_weights(str(tmp_path / "new.h5"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_loss_of_ones_own_in_an_old_file(tmp_path):
    def half(y_true, y_pred):
        return cornu.ops.mean(cornu.ops.abs(y_true - y_pred)) / 2

    model = cornu.Sequential([cornu.Input((3,)), layers.Dense(1)])
    model.compile("sgd", half)
    with pytest.warns(UserWarning, match="HDF5"):
        model.save(tmp_path / "model.h5")
    restored = cornu.models.load_model(tmp_path / "model.h5", custom_objects={"half": half})
    y = np.ones((20, 1), "float32")
    assert restored.evaluate(X, y, verbose=0) == pytest.approx(model.evaluate(X, y, verbose=0))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_models_and_tensors(installed):
    x = cornu.Input((3,))
    shared = layers.Dense(4, name="a/b")
    first, second = shared(x), shared(layers.Dense(3)(x))
    assert shared.name == "a_b" and x._keras_shape == (None, 3)
    assert shared.get_output_at(0) is first and shared.get_output_at(1) is second
    assert shared.get_input_at(0) is x and shared.get_input_shape_at(1) == (None, 3)
    assert shared.output_shape == shared.get_output_shape_at(1) == (None, 4)
    assert len(shared.inbound_nodes) == 2 and shared.outbound_nodes == []
    with pytest.raises(ValueError, match="was called 2 times"):
        shared.get_output_at(2)
    with pytest.raises(AttributeError, match="has never been called"):
        _ = layers.Dense(3).output_shape
    model = cornu.Model(input=x, output=[first, second])
    assert model.output_shape == [(None, 4), (None, 4)]
    einsum = layers.EinsumDense("ab,bc->ac", output_shape=4)
    assert einsum.get_config()["output_shape"] == (4,)
    assert layers.EinsumDense.from_config(einsum.get_config()).get_config() == einsum.get_config()


def test_code_of_today_is_read_as_it_stands(installed):
    class Own(cornu.Layer):
        def __init__(self, p=1, **kwargs):
            super().__init__(**kwargs)
            self.p, self.output_shape = p, "mine"  # a name that Keras 2 had a property for

    layer = Own(p=3, name="own", input_shape=(2,))
    assert layer.p == 3 and layer.output_shape == "mine" and layer._input_shape_arg == (None, 2)
    assert layers.Conv2D(4, 3, 2).strides == (2, 2)
    assert cornu.Sequential([cornu.Input((3,)), layers.Dense(2)]).output_shape == (None, 2)
    model = cornu.Sequential([cornu.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse", None, ["mae"])
    model.compile(loss="mse", metrics=["mae"], loss_weights=[1.0])
    assert not model._overrides("compile") and not model._overrides("fit")
    assert len(model.fit(X, X[:, :2], epochs=1, verbose=0).epoch) == 1


class Counting(cornu.Layer):
    """Adds up its inputs' means, with Keras 2's calls."""

    def build(self, input_shape):
        self.total = self.add_weight("total", (1,), None, "zeros", trainable=False)

    def call(self, inputs):
        self.add_loss(K.mean(inputs), inputs=inputs)
        self.add_update([(self.total, self.total + 1.0)], inputs)
        self.add_update(K.update_add(self.total, K.ones((1,))))
        return inputs


def test_weights_that_are_set_as_keras_1_wanted(installed):
    class Product(cornu.Layer):
        def build(self, input_shape):
            self.W = K.variable(np.ones((input_shape[-1], 2)))
            scale = K.variable(2.0)
            self.scale = [scale]
            self.trainable_weights = [self.W, scale]

        def call(self, x, mask=None):
            return K.dot(x, self.W) * self.scale[0]

    layer = Product()
    np.testing.assert_array_equal(layer(np.ones((1, 3), "float32")), [[6.0, 6.0]])
    assert len(layer.trainable_weights) == 2
    model = cornu.Sequential([cornu.Input((3,)), layer])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    assert float(layer.scale[0]) != 2.0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_layers_call(installed):
    layer = Counting()
    layer(np.ones((2, 3), "float32"))
    assert layer.total.name == "total" and float(layer.total[0]) == 2.0
    assert float(layer.losses[0]) == 1.0


def test_losses_of_activity_in_evaluation():
    """Losses of layers stayed from one tracing of a step to the next, and raised."""
    inputs = cornu.Input((3,))
    hidden = layers.Dense(3, activity_regularizer="l2")(inputs)
    model = cornu.Model(inputs, layers.Dense(3)(hidden))
    model.compile("sgd", "mse")
    whole = model.evaluate(X, X, batch_size=4, verbose=0)
    assert model.evaluate(X, X, batch_size=8, verbose=0) == pytest.approx(whole, rel=0.2)
    assert len(model.fit(X, X, validation_data=(X[:7], X[:7]), batch_size=4, verbose=0).epoch) == 1


def test_no_warning_for_code_of_today(installed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers.Dense(2, kernel_initializer="uniform", activation="relu")
        cornu.optimizers.Adam(1e-3, beta_1=0.8)
