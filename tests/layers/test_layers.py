"""One table of all layers, and one runner for what holds of each."""

import json
import os
from contextlib import nullcontext
from pathlib import Path

import jax
import numpy as np
import pytest
from layers.case import set_weights
from layers.layer_cases import CASES, FAMILIES

import cornu
from cornu import KerasTensor, Layer, tree
from cornu.core.masks import get_mask, set_mask

DATA = Path(__file__).parent / "data"
RECORDED, VALUES = {}, {}
for _family in FAMILIES:
    RECORDED |= json.loads((DATA / f"{_family}.json").read_text())
    VALUES |= np.load(DATA / f"{_family}.npz")
# In `test_layer.py`, `test_input.py`, `test_wrapping.py` and `test_rnn.py`.
TESTED_ALONE = {"Layer", "InputLayer", "JaxLayer", "FlaxLayer", "NnxLayer", "TFSMLayer"}
TESTED_ALONE |= {"TorchModuleWrapper", "Wrapper", "Normalization"}
TESTED_ALONE |= {"CategoryEncoding", "Discretization", "HashedCrossing", "Hashing"}
TESTED_ALONE |= {"IntegerLookup", "RandomContrast", "RandomRotation", "Rescaling", "StringLookup"}
TESTED_ALONE |= {"CenterCrop", "RandomBrightness", "RandomCrop", "RandomFlip", "RandomTranslation"}
TESTED_ALONE |= {"RandomZoom", "Resizing", "TextVectorization"}
TESTED_ALONE |= {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}
each_layer = pytest.mark.parametrize("name", CASES)
# What hardly depends on a layer's options is checked with the first case of each class alone,
# unless this asks for all: CI has only so much time.
EVERY_ROW = bool(os.environ.get("CORNU_EVERY_ROW"))


def first_of_each_class():
    """Names of the first case of each class, in order."""
    found = {}
    for name, case in CASES.items():
        found.setdefault(type(case.make(cornu)), name)
    cornu.utils.clear_session()
    return list(found.values())


FIRST = set(CASES) if EVERY_ROW else set(first_of_each_class())
each_class = pytest.mark.parametrize("name", [name for name in CASES if name in FIRST])


def test_every_layer_has_a_case():
    classes = {
        cls
        for cls in map(cornu.layers.__dict__.get, cornu.layers.__all__)
        if isinstance(cls, type) and issubclass(cls, Layer) and cls.__name__ not in TESTED_ALONE
    }
    missing = classes - {type(case.make(cornu)) for case in CASES.values()}
    assert not missing, f"no cases: {sorted(cls.__name__ for cls in missing)}"


def built(name, **policy):
    """The layer of a case, built and with weights of its own, and its inputs."""
    layer, inputs = CASES[name].make(cornu), CASES[name].values()
    if policy:
        layer.dtype_policy = policy["dtype"]
    CASES[name].call(layer, inputs)
    set_weights(layer)
    return layer, inputs


def tensors(inputs):
    """A nest of arrays as tensors."""
    return tree.map_structure(jax.numpy.asarray, inputs)


def call(name, layer, inputs, *first, **more):
    """Call a layer, or one of its methods, as its case says."""
    return CASES[name].call(layer, inputs, *first, **more)


def in_training(name, layer, inputs):
    """The outputs in training."""
    training = {"training": True} if layer._plan.takes_training else {}
    return call(name, layer, inputs, **training)


def assert_recorded(name, what, values, tolerance=1e-5):
    """Fail unless the leaves of a nest are what Keras gave."""
    values = tree.flatten(values)
    keys = [key for key in VALUES if key.startswith(f"{name}/{what}/")]
    assert len(keys) == len(values)
    for i, value in enumerate(values):
        want = VALUES[f"{name}/{what}/{i}"]
        assert value.shape == want.shape
        assert value.dtype == want.dtype
        np.testing.assert_allclose(value, want, rtol=tolerance, atol=tolerance)


@each_layer
def test_outputs_and_losses_are_those_of_keras(name):
    layer, inputs = built(name)
    assert_recorded(name, "inference", call(name, layer, inputs))
    np.testing.assert_allclose(
        [float(loss) for loss in layer.losses], RECORDED[name]["losses"], rtol=1e-5
    )


@each_layer
def test_training_does_what_it_does_in_keras(name):
    if CASES[name].random:
        layer, inputs = built(name)
        first, second = (np.asarray(in_training(name, layer, inputs)) for _ in range(2))
        assert first.shape == inputs.shape
        assert getattr(layer, "rate", 0) == 1 or not np.array_equal(first, second)
        return
    layer, inputs = built(name)
    assert_recorded(name, "training", in_training(name, layer, inputs))
    assert_recorded(name, "weights", layer.get_weights())


MASKED = [name for name in CASES if CASES[name].mask]


@pytest.mark.parametrize("name", MASKED)
def test_masks_act_and_go_on_as_in_keras(name):
    layer, inputs = built(name)
    mask = CASES[name].mask_values()
    expected = [VALUES[key] for key in VALUES if key.startswith(f"{name}/mask/")]
    computed = expected if CASES[name].named else layer.compute_mask(inputs, mask)
    given = tree.map_structure(jax.numpy.asarray, inputs)
    tree.map_structure(set_mask, given, mask)
    outputs = call(name, layer, given)
    assert_recorded(name, "masked", outputs)
    for found in (computed, tree.map_structure(get_mask, outputs)):
        found = [each for each in tree.flatten(found) if each is not None]
        assert len(found) == len(expected)
        for got, want in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", [n for n in CASES if n in FIRST and not CASES[n].ints])
def test_gradients_are_those_of_finite_differences(name):
    cornu.config.set_floatx("float64")
    layer, inputs = built(name)
    leaves = [np.asarray(x) for x in tree.flatten(inputs)]
    places = [i for i, x in enumerate(leaves) if x.dtype.kind == "f"]
    fixed = [v.value for v in layer.non_trainable_variables]
    rng = np.random.default_rng(3)

    def total(values):
        trained, floats = values
        given = list(leaves)
        for place, value in zip(places, floats, strict=True):
            given[place] = value
        arguments = tree.pack_sequence_as(inputs, given)
        outputs = tree.flatten(call(name, layer.stateless_call, arguments, trained, fixed)[0])
        return sum(
            jax.numpy.sum(x * np.random.default_rng(4).normal(size=x.shape))
            for x in outputs
            if x.dtype == "float64"
        )

    start = (
        [jax.numpy.asarray(v.value) for v in layer.trainable_variables],
        [jax.numpy.asarray(leaves[i], "float64") for i in places],
    )
    if not jax.tree.leaves(start):
        return
    way = jax.tree.map(lambda x: jax.numpy.asarray(rng.normal(size=x.shape)), start)
    total = jax.jit(total)
    slope = sum(map(np.vdot, jax.tree.leaves(jax.grad(total)(start)), jax.tree.leaves(way)))
    step = 1e-6

    def moved(distance):
        return total(jax.tree.map(lambda x, w: x + distance * w, start, way))

    wanted = (moved(step) - moved(-step)) / (2 * step)
    np.testing.assert_allclose(slope, wanted, rtol=1e-5, atol=1e-6)


@each_layer
def test_weights_are_those_of_keras(name):
    layer, _ = built(name)
    described = [[w.path, list(w.shape), w.trainable] for w in layer.weights]
    assert described == RECORDED[name]["weights"]


def serialized(layer):
    """The layer as JSON has it; one that holds a Python lambda warns."""
    is_lambda = type(layer) is cornu.layers.Lambda and layer.function.__name__ == "<lambda>"
    with pytest.warns(UserWarning, match="bytecode") if is_lambda else nullcontext():
        return json.loads(json.dumps(cornu.saving.serialize_keras_object(layer)))


def simplified(config):
    """A config without what is None, and without float32's rounding of Python's numbers."""
    if isinstance(config, dict):
        return {key: simplified(value) for key, value in config.items() if value is not None}
    if isinstance(config, list):
        return [simplified(value) for value in config]
    return float(np.float32(config)) if isinstance(config, float) else config


@pytest.mark.parametrize("name", [name for name in CASES if RECORDED[name]["config"]])
def test_config_is_that_of_keras(name):
    layer, _ = built(name)
    found, expected = serialized(layer), RECORDED[name]["config"]
    assert simplified(found["config"]) == simplified(expected["config"])
    if layer.weights:
        assert found == {**expected, "config": found["config"]}


@each_class
def test_a_layer_is_built_by_its_first_call_alone(name):
    layer, inputs = CASES[name].make(cornu), CASES[name].values()
    assert not layer.built or not layer.weights
    call(name, layer, inputs)
    assert layer.built
    weights = layer.weights
    call(name, layer, inputs)
    assert [id(w) for w in layer.weights] == [id(w) for w in weights]


@each_class
def test_building_for_a_shape_is_as_good_as_a_call(name):
    layer, inputs = CASES[name].make(cornu), CASES[name].values()
    CASES[name].with_shapes(layer.build, tree.map_structure(np.shape, inputs))
    assert layer.built
    set_weights(layer)
    assert_recorded(name, "inference", call(name, layer, inputs))


@each_class
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_compiled_is_eager(name, training):
    layer, inputs = built(name)
    flag = {"training": training} if layer._plan.takes_training else {}
    before = [variable.value for variable in layer.variables]

    @jax.jit
    def compiled(trainable, fixed, inputs):
        return call(name, layer.stateless_call, inputs, trainable, fixed, **flag)

    outputs, fixed = compiled(
        [v.value for v in layer.trainable_variables],
        [v.value for v in layer.non_trainable_variables],
        tensors(inputs),
    )
    # Nothing of the layer itself has changed; an eager call changes the same variables to the same
    # values.
    assert all(a is v.value for a, v in zip(before, layer.variables, strict=True))
    expected = call(name, layer, inputs, **flag)
    for got, want in zip(tree.flatten(outputs), tree.flatten(expected), strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    for got, variable in zip(fixed, layer.non_trainable_variables, strict=True):
        np.testing.assert_allclose(got, variable.value, rtol=1e-5)


@each_class
@pytest.mark.parametrize("batch", ["known", "unknown"])
def test_symbolic_outputs_are_shaped_as_eager_ones(name, batch):
    layer, inputs = built(name)
    outputs = call(name, layer, inputs)

    def size(n):
        return n if batch == "known" else None

    symbolic = tree.map_structure(
        lambda x: KerasTensor((size(x.shape[0]), *x.shape[1:]), str(x.dtype)), inputs
    )
    for found in (call(name, CASES[name].make(cornu), symbolic), call(name, layer, symbolic)):
        tree.assert_same_structure(found, outputs)
        for got, want in zip(tree.flatten(found), tree.flatten(outputs), strict=True):
            assert isinstance(got, KerasTensor)
            assert got.shape == (size(want.shape[0]), *want.shape[1:])
            assert got.dtype == want.dtype


@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name].options])
def test_compute_output_shape_is_the_shape_of_the_outputs(name):
    layer, inputs = built(name)
    outputs = call(name, layer, inputs)
    shapes = tree.map_structure(np.shape, inputs)
    shape = CASES[name].with_shapes(layer.compute_output_shape, shapes)
    assert shape == tree.map_structure(lambda x: tuple(x.shape), outputs)


@each_layer
def test_a_layer_from_its_config_is_the_same_layer(name):
    layer, inputs = built(name)
    config = serialized(layer)
    copy = cornu.saving.deserialize_keras_object(config, safe_mode=name != "lambda")
    assert type(copy) is type(layer)
    assert copy.name == layer.name
    assert copy.built or not layer.weights
    copy.set_weights(layer.get_weights())
    assert_recorded(name, "inference", call(name, copy, inputs))
    again = serialized(copy)
    if name == "lambda":  # equal functions need not have equal bytecode
        for described in (again, config):
            del described["config"]["function"]
    assert again == config


@each_class
def test_mixed_precision_computes_in_half_precision(name):
    layer, inputs = built(name, dtype="mixed_bfloat16")
    exact = call(name, built(name)[0], inputs)
    outputs = call(name, layer, inputs)
    assert all(weight.dtype == "float32" for weight in layer.weights)
    for got, want in zip(tree.flatten(outputs), tree.flatten(exact), strict=True):
        assert got.dtype == "bfloat16"
        np.testing.assert_allclose(np.asarray(got, "float32"), want, rtol=0.1, atol=0.1)
    symbolic = tree.map_structure(lambda x: KerasTensor(x.shape, str(x.dtype)), inputs)
    symbolic = call(name, layer, symbolic)
    assert all(x.dtype == "bfloat16" for x in tree.flatten(symbolic))


@each_class
def test_double_precision_computes_in_double_precision(name):
    cornu.config.set_floatx("float64")
    layer, inputs = built(name)
    assert all(x.dtype == "float64" for x in tree.flatten(call(name, layer, inputs)))
    assert all(weight.dtype == "float64" for weight in layer.weights)


TRAINED = [
    name for name in CASES if name in FIRST and RECORDED[name]["weights"] and "plain" not in name
]


@pytest.mark.parametrize("name", TRAINED)
def test_one_step_changes_every_trained_weight(name):
    layer, inputs = built(name)
    before = [np.asarray(v.value) for v in layer.trainable_variables]
    assert before
    with cornu.GradientTape() as tape:
        loss = 0.0
        for output in tree.flatten(in_training(name, layer, inputs)):
            slope = np.random.default_rng(1).normal(size=output.shape)
            loss += cornu.ops.sum(output * slope.astype("float32"))
    gradients = tape.gradient(loss, layer.trainable_variables)
    optimizer = cornu.optimizers.SGD(0.1)
    optimizer.apply_gradients(zip(gradients, layer.trainable_variables, strict=True))
    for old, variable in zip(before, layer.trainable_variables, strict=True):
        # A bias of keys adds the same to all scores of a query, which changes no weight.
        if not variable.path.endswith("/key/bias"):
            assert not np.array_equal(old, variable.value), variable.path


@pytest.mark.parametrize("name", TRAINED)
def test_a_frozen_layer_has_nothing_to_train(name):
    layer, _ = built(name)
    count = len(layer.weights)
    layer.trainable = False
    assert layer.trainable_variables == []
    assert len(layer.non_trainable_weights) == count
    layer.trainable = True
    assert len(layer.trainable_variables) == sum(w[2] for w in RECORDED[name]["weights"])
