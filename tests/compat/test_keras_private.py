"""Names inside of Keras that packages built on it use, and what these packages found missing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu as keras
from cornu import ops
from cornu.compat import check, finder


@pytest.fixture(autouse=True)
def installed():
    """The alias, for the time of a test."""
    finder.install()
    yield
    finder.uninstall()


def test_star_import_brings_what_is_there():
    names = {}
    exec("from keras.src.ops import *", names)
    assert names["matmul"] is keras.ops.matmul and names["KerasTensor"] is keras.KerasTensor


def test_store_of_arrays(tmp_path):
    from keras.src.saving.saving_lib import H5IOStore

    store = H5IOStore(tmp_path / "x.lora.h5", mode="w")
    store.make("lora")["rank"] = 4
    store.make("lora/0")["a"] = keras.Variable(np.ones((2, 3)))
    store.close()
    store = H5IOStore(tmp_path / "x.lora.h5", mode="r")
    assert int(store.get("lora")["rank"][()]) == 4
    np.testing.assert_array_equal(store.get("lora/0")["a"], np.ones((2, 3)))
    assert list(store.get("nothing")) == []
    store.close()
    with pytest.raises(ValueError, match="`mode` must be 'r' or 'w'"):
        H5IOStore(tmp_path / "x.lora.h5", mode="a")


def test_safe_mode_is_that_of_the_loading_call():
    from keras.src.saving.serialization_lib import in_safe_mode

    seen = []

    @keras.saving.register_keras_serializable("private_tests")
    class Looks:
        def get_config(self):
            return {}

        @classmethod
        def from_config(cls, config):
            seen.append(in_safe_mode())
            return cls()

    config = keras.saving.serialize_keras_object(Looks())
    keras.saving.deserialize_keras_object(config)
    keras.saving.deserialize_keras_object(config, safe_mode=False)
    assert seen == [True, False]


def test_class_weights():
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    assert class_weight_to_sample_weights(np.array([0, 1, 1]), {0: 1, 1: 5}).tolist() == [1, 5, 5]


def test_attributes_that_are_not_tracked():
    from keras.src.utils.tracking import no_automatic_dependency_tracking

    class Holder(keras.layers.Layer):
        @no_automatic_dependency_tracking
        def keep(self, layer):
            self.again(layer)
            self.kept = [layer]

        @no_automatic_dependency_tracking
        def again(self, layer):
            self.other = layer

        def own(self, layer):
            self.owned = layer

    holder, dense = Holder(), keras.layers.Dense(1)
    holder.keep(dense)
    assert holder._flatten_layers(include_self=False) == [] and type(holder.kept) is list
    holder.own(dense)
    assert holder._flatten_layers(include_self=False) == [dense]


def test_devices():
    from keras.src.distribution import distribution_lib

    names = keras.distribution.list_devices("cpu")
    assert names[0] == "cpu:0" and len(names) == keras.distribution.get_device_count("CPU")
    assert keras.distribution.list_devices() and distribution_lib.distribution() is None
    with pytest.raises(RuntimeError, match="abacus"):
        keras.distribution.list_devices("abacus")


def test_a_name_alone_in_module_objects_is_an_object():
    """keras_hub finds its samplers so."""

    class Greedy:
        pass

    known = {"greedy": Greedy, "square": np.square}
    found = keras.saving.deserialize_keras_object("greedy", module_objects=known)
    assert type(found) is Greedy
    assert keras.saving.deserialize_keras_object("square", module_objects=known) is np.square
    custom = keras.saving.deserialize_keras_object("greedy", custom_objects=known)
    assert custom is Greedy


@pytest.mark.parametrize("starts", [lambda i: [i, 0], lambda i: (np.int64(2), i - 2)])
def test_slice_update_takes_numbers_and_tensors_together(starts):
    """keras_hub writes into the cache of an attention so."""
    x, block = jnp.zeros((4, 3)), jnp.ones((2, 2))
    want = np.zeros((4, 3))
    want[2:, :2] = 1
    for run in (lambda f: f(jnp.asarray(2)), lambda f: jax.jit(f)(2)):
        found = run(lambda i: ops.slice_update(x, starts(i), block))
        np.testing.assert_array_equal(found, want)
    symbolic = ops.slice_update(x, starts(keras.KerasTensor((), dtype="int32")), block)
    assert symbolic.shape == (4, 3)


class Doubled(keras.Model):
    """Its steps take whatever they are given, as bayesflow's do."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    def train_step(self, *args, **kwargs):
        return self.stateless_train_step(*args, **kwargs)

    def stateless_train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return {"double": 2 * logs["loss"], **logs}, state


def test_steps_of_any_number_of_arguments_are_stateless():
    model = Doubled()
    model.compile("sgd", "mse")
    history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0] and "double" in history


def test_variables_by_path():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="d")], name="s")
    assert sorted(model._get_variable_map()) == ["s/d/bias", "s/d/kernel"]
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    found = model._get_variable_map()
    assert found["s/d/kernel"] is model.layers[0].kernel
    assert {"adam/iteration", "adam/s_d_kernel_momentum", "loss/total"} <= set(found)


def test_losses_of_outputs_without_names_are_called_as_they_were_given():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return [self.dense(x), 2 * self.dense(x)]

    model = Two()
    model.compile("sgd", ["mse", lambda y, p: ops.mean(ops.abs(y - p))])
    logs = model.train_on_batch(np.ones((4, 3)), [np.ones((4, 1))] * 2, return_dict=True)
    assert list(logs) == ["loss", "mse_loss", "lambda_loss"]
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((4, 3)), [np.ones((4, 1))] * 2)
    assert [metric.name for metric in model._compile_loss.metrics] == ["mse_loss"] * 2
    assert len(model._compile_loss.variables) == 4


def test_rescaling():
    x = np.array([[[[0, 255], [51, 102]]]], "uint8")
    layer = keras.layers.Rescaling([1 / 255, 2], offset=[0, 1])
    found = layer(x)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, x * [1 / 255, 2] + [0, 1], rtol=1e-6)
    again = keras.layers.Rescaling.from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), found)
    config = keras.layers.Rescaling(np.array([1.0, 2.0]), dtype="float16").get_config()
    assert (config["scale"], config["offset"]) == ([1.0, 2.0], 0.0)
    assert keras.layers.Rescaling(2, dtype="float16")(x).dtype == "float16"
    assert keras.layers.Rescaling(2)(keras.Input((3,), dtype="int32")).dtype == "float32"
    keras.config.set_image_data_format("channels_first")
    found = layer(np.ones((1, 2, 3, 3)))
    np.testing.assert_allclose(found[0, :, 0, 0], [1 / 255, 3], rtol=1e-6)


def test_networks_that_are_not_written_can_be_listed_not_called():
    """keras_tuner makes a table of them when it is imported."""
    from keras.applications import VGG16, efficientnet
    from keras.applications.resnet50 import preprocess_input

    assert {"EfficientNetB0", "preprocess_input"} <= set(dir(efficientnet))
    for pending in (VGG16, efficientnet.EfficientNetB0, preprocess_input):
        with pytest.raises(NotImplementedError, match="is not part of cornu.*`.keras` file"):
            pending(weights=None)
    with pytest.raises(ImportError, match="VGG17"):
        exec("from keras.applications import VGG17")
    found = check.missing_names("import keras\nkeras.applications.VGG16(weights=None)")
    assert len(found) == 1 and "keras.applications.VGG16 is not there" in found[0]
    names = {}
    exec("from keras import *", names)
    assert names["applications"] is keras.applications
    finder.uninstall()
    assert "applications" not in keras.__all__ and "applications" not in vars(keras)
