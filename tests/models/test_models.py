"""Sequential, functional and subclassed models: structure, configs, copies."""

import copy
import json
import pickle

import numpy as np
import pytest

import cornu as keras
from cornu import KerasTensor, layers, ops


def values(*shape):
    return np.random.default_rng(3).normal(size=shape).astype("float32")


def sequential():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "relu", name="first"), layers.Dense(2, name="second")],
        name="stack",
    )
    return model, values(5, 4)


def functional():
    inputs = keras.Input((4,), name="x")
    hidden = layers.Dense(3, "relu", name="hidden")(inputs)
    outputs = layers.Add(name="sum")([hidden, layers.Dense(3, name="side")(inputs)])
    return keras.Model(inputs, outputs, name="graph"), values(5, 4)


def shared():
    encode = layers.Dense(3, name="encode")
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    outputs = {"both": encode(left) * encode(right), "left": ops.tanh(encode(left))}
    model = keras.Model({"left": left, "right": right}, outputs, name="shared")
    return model, {"left": values(5, 4), "right": 2 * values(5, 4)}


def nested():
    inner = keras.Sequential([layers.Dense(3), layers.Dropout(0.2)], name="inner")
    first, second = keras.Input((4,)), keras.Input((3,))
    outputs = [inner(first) + second, layers.Concatenate()([inner(first), second])]
    return keras.Model([first, second], outputs, name="nested"), [values(5, 4), values(5, 3)]


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """A model with its own `call`."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units)
        self.heads = [layers.Dense(2), layers.Dense(1)]

    def call(self, x, training=False):
        x = ops.relu(self.inner(x))
        return [head(x) for head in self.heads]


def subclassed():
    model = Subclassed(name="own")
    model(values(5, 4))
    return model, values(5, 4)


MODELS = {f.__name__: f for f in (sequential, functional, shared, nested, subclassed)}
GRAPHS = [name for name in MODELS if name != "subclassed"]
each_model = pytest.mark.parametrize("name", MODELS)
each_graph = pytest.mark.parametrize("name", GRAPHS)


def assert_same(got, want):
    keras.tree.assert_same_structure(got, want)
    for a, b in zip(keras.tree.flatten(got), keras.tree.flatten(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@each_model
def test_predict_is_the_call(name):
    model, inputs = MODELS[name]()
    assert_same(model.predict(inputs, batch_size=2, verbose=0), model(inputs))


@each_model
def test_a_model_from_its_config_is_the_same_model(name):
    model, inputs = MODELS[name]()
    again = type(model).from_config(json.loads(json.dumps(model.get_config())))
    again(inputs)
    again.set_weights(model.get_weights())
    assert_same(again(inputs), model(inputs))
    assert again.name == model.name


@each_graph
def test_a_model_from_json_is_the_same_model(name):
    model, inputs = MODELS[name]()
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert_same(again(inputs), model(inputs))
    assert again.to_json() == model.to_json()


@each_model
@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
                         ids=["deepcopy", "pickle"])  # fmt: skip
def test_copies_are_equal_and_independent(name, how):
    model, inputs = MODELS[name]()
    before = model(inputs)
    again = how(model)
    assert_same(again(inputs), before)
    again.weights[0].assign(again.weights[0] + 1.0)
    assert_same(model(inputs), before)


@each_graph
def test_a_clone_has_fresh_weights(name):
    model, inputs = MODELS[name]()
    again = keras.models.clone_model(model)
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    assert not np.array_equal(again.get_weights()[0], model.get_weights()[0])
    again.set_weights(model.get_weights())
    assert_same(again(inputs), model(inputs))


def test_a_clone_function_replaces_layers():
    model, _ = functional()

    def double(layer):
        config = layer.get_config()
        if isinstance(layer, layers.Dense):
            config["units"] *= 2
        return type(layer).from_config(config)

    assert keras.models.clone_model(model, clone_function=double).output_shape == (None, 6)


@each_graph
def test_symbolic_outputs_are_shaped_as_eager_ones(name):
    model, inputs = MODELS[name]()
    eager = model(inputs)
    symbolic = model(keras.tree.map_structure(lambda x: KerasTensor((None, *x.shape[1:])), inputs))
    for a, b in zip(keras.tree.flatten(symbolic), keras.tree.flatten(eager), strict=True):
        assert a.shape == (None, *b.shape[1:])


def test_sequential_grows_and_shrinks():
    model = keras.Sequential()
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert not model.built
    model(values(1, 4))
    assert model.output_shape == (1, 2) or model.output_shape == (None, 2)
    popped = model.pop()
    assert popped.units == 2
    assert model(values(1, 4)).shape == (1, 3)
    assert [layer.units for layer in model.layers] == [3]


@pytest.mark.parametrize("wrong", [3, "dense", None])
def test_sequential_takes_layers_only(wrong):
    with pytest.raises(ValueError, match="Layer"):
        keras.Sequential([wrong])


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(ValueError, match="unique"):
        keras.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")])


def test_get_layer_by_name_and_place():
    model, _ = sequential()
    assert model.get_layer("second") is model.layers[1]
    assert model.get_layer(index=0) is model.layers[0]
    with pytest.raises(ValueError, match="first"):
        model.get_layer("frist")
    with pytest.raises(ValueError, match="2"):
        model.get_layer(index=7)


def test_a_model_of_what_lies_between():
    model, inputs = functional()
    middle = keras.Model(model.inputs, model.get_layer("hidden").output)
    expected = ops.relu(inputs @ model.get_layer("hidden").kernel + model.get_layer("hidden").bias)
    assert_same(middle(inputs), expected)
    after = keras.Model(model.get_layer("hidden").output, ops.exp(model.get_layer("hidden").output))
    assert_same(after(values(5, 3)), np.exp(values(5, 3)))


def test_a_disconnected_graph_is_an_error():
    inputs, other = keras.Input((2,)), keras.Input((2,), name="forgotten")
    with pytest.raises(ValueError, match="forgotten"):
        keras.Model(inputs, layers.Add()([inputs, other]))


def test_inputs_are_matched_by_name_and_by_place():
    model, inputs = shared()
    with pytest.warns(UserWarning, match="structure"):
        by_place = model([inputs["left"], inputs["right"]])
    assert_same(by_place, model(inputs))
    with pytest.raises(ValueError, match="right"):
        model({"left": inputs["left"]})


def test_a_wrong_input_shape_is_an_error_with_both_shapes():
    model, _ = functional()
    with pytest.raises(ValueError, match=r"\(5, 7\)") as caught:
        model(values(5, 7))
    assert "4" in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_the_explicit_training_argument_of_a_graph_wins():
    inputs = keras.Input((100,))
    model = keras.Model(inputs, layers.Dropout(0.5)(inputs, training=True))
    assert np.any(np.asarray(model(np.ones((1, 100), "float32"), training=False)) == 0)


def test_training_reaches_the_layers_of_a_graph():
    inputs = keras.Input((100,))
    model = keras.Model(inputs, layers.Dropout(0.5)(inputs))
    x = np.ones((1, 100), "float32")
    assert np.all(np.asarray(model(x)) == 1)
    assert np.any(np.asarray(model(x, training=True)) == 0)


def test_ops_become_layers_of_the_graph():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, ops.concatenate([inputs * 2, 1 - inputs[:, :2]], axis=-1))
    x = values(3, 4)
    assert_same(model(x), np.concatenate([x * 2, 1 - x[:, :2]], -1))
    again = keras.models.model_from_json(model.to_json())
    assert_same(again(x), model(x))


def test_an_unbuilt_model_says_how_to_build_it(tmp_path):
    model = keras.Sequential([layers.Dense(2)])
    lines = []
    model.summary(print_fn=lambda text, line_break=False: lines.append(text))
    assert "(unbuilt)" in "\n".join(lines)
    assert model.weights == []
    with pytest.raises(ValueError, match="buil"):
        model.save_weights(tmp_path / "unbuilt.weights.h5")


SUMMARY = """Model: "stack"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ first (Dense)                   │ (None, 3)              │            15 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ second (Dense)                  │ (None, 2)              │             8 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 23 (92.00 B)
 Trainable params: 23 (92.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def test_summary_looks_like_keras():
    lines = []
    sequential()[0].summary(print_fn=lambda text, line_break=False: lines.append(text))
    text = "\n".join(lines)
    assert [line.rstrip() for line in text.splitlines() if line.strip()] == SUMMARY.splitlines()


def test_summary_of_a_graph_names_connections():
    lines = []
    functional()[0].summary(print_fn=lambda text, line_break=False: lines.append(text))
    text = "\n".join(lines)
    for word in ("Connected to", "hidden[0][0]", "side[0][0]", "Total params: 30"):
        assert word in text


def test_count_params_and_lists_of_weights():
    model, _ = nested()
    assert model.count_params() == 15
    assert len(model.weights) == len(model.trainable_weights) == 2
    model.get_layer("inner").trainable = False
    assert model.trainable_weights == []


def test_a_list_for_named_inputs_is_refused_where_their_order_is_unclear():
    inputs = {name: keras.Input((2,), name=name) for name in ("right", "left")}
    model = keras.Model(inputs, keras.layers.Subtract()([inputs["left"], inputs["right"]]))
    ones, zeros = np.ones((1, 2), "float32"), np.zeros((1, 2), "float32")
    for wrong in ([ones, zeros], (ones, zeros)):
        with pytest.raises(ValueError, match="structure of `inputs`"):
            model(wrong)
    np.testing.assert_array_equal(np.asarray(model({"right": zeros, "left": ones})), ones)
