"""Weights to and from files: fits, misfits, and models that stay as they were."""

import copy
import os
import pickle
import warnings

import numpy as np
import pytest

import cornu
from cornu.saving import ModelFileError


def chain(hidden=5, outputs=2, extra=False, optimizer=None):
    layers = [cornu.layers.Input((4,)), cornu.layers.Dense(hidden, name="first")]
    if extra:
        layers.append(cornu.layers.Dense(hidden, name="extra"))
    model = cornu.Sequential([*layers, cornu.layers.Dense(outputs, name="last")], name="chain")
    if optimizer:
        model.compile(optimizer, "mse")
    return model


def trained(optimizer="adam"):
    model = chain(optimizer=optimizer)
    model.fit(np.ones((4, 4), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return model


def state(model):
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    return [np.array(cornu.ops.convert_to_numpy(variable)) for variable in variables]


def same(left, right):
    return len(left) == len(right) and all(map(np.array_equal, left, right))


@pytest.mark.parametrize("kind", ["model.weights.h5", "model.keras"])
@pytest.mark.parametrize("optimizer", [None, "adam", "sgd"])
def test_round_trip(tmp_path, kind, optimizer):
    model = trained(optimizer) if optimizer else chain()
    path = tmp_path / kind
    model.save(path) if kind == "model.keras" else model.save_weights(path)
    again = chain(optimizer=optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again.load_weights(path)
    assert same(state(model), state(again))
    if kind == "model.keras":
        assert same(state(model), state(cornu.saving.load_model(path)))
        assert not cornu.saving.load_model(path, compile=False).compiled


def test_pickle_and_copy():
    model = trained()
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert same(state(model), state(again))


MISFITS = {
    "other width": ({"hidden": 6}, ["first/kernel", "float32(4, 6)", "float32(4, 5)"]),
    "one layer more": ({"extra": True}, ["extra/kernel", "last/kernel", "is not in the file"]),
    "other outputs": ({"outputs": 3}, ["last/bias", "float32(3,)", "float32(2,)"]),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, name):
    path = tmp_path / "model.weights.h5"
    chain().save_weights(path)
    arguments, words = MISFITS[name]
    model = chain(**arguments)
    before = state(model)
    with pytest.raises(ModelFileError) as error:
        model.load_weights(path)
    text = str(error.value)
    assert [word for word in (*words, str(path)) if word not in text] == []
    assert len(text) < 2000
    assert same(before, state(model))


def test_layers_that_do_not_fit_can_be_left_out(tmp_path):
    path = tmp_path / "model.weights.h5"
    source = chain()
    source.save_weights(path)
    model = chain(outputs=3)
    last = [np.array(array) for array in model.layers[-1].get_weights()]
    with pytest.warns(UserWarning, match="last/kernel is float32") as caught:
        model.load_weights(path, skip_mismatch=True)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert same(model.layers[0].get_weights(), source.layers[0].get_weights())
    assert same(model.layers[-1].get_weights(), last)


def test_what_a_model_has_no_place_for_is_one_warning(tmp_path):
    path = tmp_path / "model.weights.h5"
    chain(hidden=2, extra=True).save_weights(path)
    model = chain(hidden=2)
    with pytest.warns(UserWarning, match="2 arrays that this model has no place for") as caught:
        model.load_weights(path)
    assert len(caught) == 1


def test_an_optimizer_that_nobody_wants_is_no_warning(tmp_path):
    path = tmp_path / "model.weights.h5"
    trained().save_weights(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chain().load_weights(path)


def test_objects_to_skip(tmp_path):
    path = tmp_path / "model.weights.h5"
    source, model = chain(), chain()
    source.save_weights(path)
    before = model.layers[0].get_weights()
    model.load_weights(path, objects_to_skip=[model.layers[0]])
    assert same(before, model.layers[0].get_weights())
    assert same(source.layers[1].get_weights(), model.layers[1].get_weights())


class Strict(cornu.layers.Layer):
    """Refuses to load, after having loaded half."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(4,), name="scale", initializer="ones")
        self.shift = self.add_weight(shape=(4,), name="shift")
        self.built = True

    def call(self, x):
        return x * self.scale + self.shift

    def load_own_variables(self, store):
        self.scale.assign(store["0"])
        raise self.error


@pytest.mark.parametrize(
    "error", [ValueError("no"), KeyError("x"), RuntimeError("no"), KeyboardInterrupt()]
)
def test_a_layer_that_fails_halfway_changes_nothing(tmp_path, error):
    path = tmp_path / "model.weights.h5"
    first, second = (cornu.layers.Dense(4), Strict())
    model = cornu.Sequential([cornu.layers.Input((4,)), first, second])
    model.save_weights(path)
    for variable in model.variables:
        variable.assign(variable + 1.0)
    before = state(model)
    second.error = error
    expected = ModelFileError if isinstance(error, (ValueError, KeyError)) else type(error)
    with pytest.raises(expected):
        model.load_weights(path)
    assert same(before, state(model))


def test_float_types_are_converted(tmp_path):
    path = tmp_path / "model.weights.h5"
    full = cornu.Sequential([cornu.layers.Input((4,)), cornu.layers.Dense(2)])
    half = cornu.Sequential([cornu.layers.Input((4,)), cornu.layers.Dense(2, dtype="bfloat16")])
    full.save_weights(path)
    half.load_weights(path)
    assert half.layers[0].kernel.dtype == "bfloat16"
    np.testing.assert_allclose(
        np.asarray(half.layers[0].kernel, "float32"), full.layers[0].get_weights()[0], rtol=1e-2
    )


def test_unbuilt_models(tmp_path):
    path = tmp_path / "model.weights.h5"
    chain().save_weights(path)
    model = cornu.Sequential([cornu.layers.Dense(2)])
    for call in (model.save_weights, model.load_weights):
        with pytest.raises(ValueError, match="not yet been built"):
            call(path)
    with pytest.warns(UserWarning, match="not yet been built"):
        model.save(tmp_path / "model.keras")
    assert not cornu.saving.load_model(tmp_path / "model.keras").built


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("a", {}),
        ("a.h5", {}),
        ("a.keras", {}),
        ("a.weights.json", {}),
        ("a.weights.h5", {"max_shard_size": 0}),
        ("a.h5", {"max_shard_size": 1}),
    ],
)
def test_names_and_arguments_of_save_weights(tmp_path, name, kwargs):
    with pytest.raises(ValueError, match="weights.h5|Invalid keyword|max_shard_size"):
        chain().save_weights(tmp_path / name, **kwargs)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("a.txt", {}),
        ("a.weights.h5", {"by_name": True}),
        ("a.keras", {"foo": 1}),
        ("a.keras", {"strict": True, "skip_mismatch": True}),
    ],
)
def test_names_and_arguments_of_load_weights(tmp_path, name, kwargs):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="weights.h5|Invalid keyword|exclude each other"):
        chain().load_weights(tmp_path / name, **kwargs)


def test_an_optimizer_that_did_not_train_yet(tmp_path):
    path = tmp_path / "model.keras"
    model = chain(optimizer="adam")
    model.save(path)
    again = cornu.saving.load_model(path)
    assert same(state(again)[:4], state(model)[:4])
    again.fit(np.ones((4, 4), "float32"), np.ones((4, 2), "float32"), verbose=0)
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        again.load_weights(path)


def test_another_optimizer_keeps_its_state(tmp_path):
    path = tmp_path / "model.weights.h5"
    trained("adam").save_weights(path)
    model = trained("sgd")
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        model.load_weights(path)
    assert int(model.optimizer.iterations) == 1


def test_the_optimizer_can_be_left_out(tmp_path):
    path = tmp_path / "model.keras"
    trained().save(path, include_optimizer=False)
    assert not cornu.saving.load_model(path).compiled


def test_frozen_layers_stay_frozen(tmp_path):
    inputs = cornu.Input((3,))
    frozen = cornu.layers.Dense(2, trainable=False)
    model = cornu.Model(inputs, cornu.layers.Dense(1)(frozen(inputs)))
    model.save(tmp_path / "model.keras")
    loaded = cornu.saving.load_model(tmp_path / "model.keras")
    for again in (loaded, cornu.Model.from_config(model.get_config())):
        assert [layer.trainable for layer in again.layers] == [True, False, True]
    model.trainable = False
    model.save(tmp_path / "model.keras")
    assert cornu.saving.load_model(tmp_path / "model.keras").trainable_variables == []
