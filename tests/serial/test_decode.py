"""What a config may name, and what is said of one that cannot be built."""

import sys

import numpy as np
import pytest

import cornu
from cornu.saving import ModelFileError

deserialize = cornu.saving.deserialize_keras_object


def named(class_name, module=None, config=None, **more):
    return {"module": module, "class_name": class_name, "config": config or {}, **more}


class Custom(cornu.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Dense(Custom):
    pass


@pytest.mark.parametrize(
    ("config", "value"),
    [
        (None, None),
        (1, 1),
        ("relu", "relu"),
        ("Dense", "Dense"),
        ([1, "a"], [1, "a"]),
        ((1, 2), [1, 2]),
        ({"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"class_name": "Adam"}, {"class_name": "Adam"}),
        ({"class_name": "__tuple__", "items": [1, [2]]}, (1, [2])),
        ({"class_name": "__bytes__", "config": {"value": "ab"}}, b"ab"),
        ({"class_name": "__ellipsis__", "config": {}}, Ellipsis),
    ],
    ids=lambda value: str(value)[:40].partition(" at 0x")[0],
)
def test_plain(config, value):
    assert deserialize(config) == value


@pytest.mark.parametrize(
    ("module", "class_name"),
    [
        ("keras.layers", "Dense"),
        ("keras.src.layers.core.dense", "Dense"),
        ("keras.layers.core.dense", "Dense"),
        (None, "Dense"),
        (None, "Adam"),
        ("keras.optimizers", "Adam"),
        ("keras", "Sequential"),
        ("keras.models", "Sequential"),
        (None, "GlorotUniform"),
        ("keras", "DTypePolicy"),
    ],
)
def test_own_classes_by_path(module, class_name):
    needed = {"Dense": {"units": 2}, "DTypePolicy": {"name": "float32"}}
    needed["Sequential"] = {"name": "model", "layers": []}
    config = needed.get(class_name)
    found = deserialize(named(class_name, module, config))
    assert type(found).__name__ == class_name


@pytest.mark.parametrize(
    ("name", "found"),
    [("relu", "activations.relu"), ("mean_squared_error", "losses.mean_squared_error")],
)
def test_own_functions(name, found):
    family, _, name = found.partition(".")
    expected = getattr(getattr(cornu, family), name)
    config = named("function", "builtins", registered_name="function")
    assert deserialize({**config, "config": name}) is expected
    assert deserialize(named(name, f"keras.{family}")) is expected


@pytest.mark.parametrize(
    "config",
    [
        named("Custom", None, registered_name="Custom"),
        named("Custom", "any_module", registered_name="Custom"),
        named("Custom", "any_module", registered_name="zoo>Custom"),
        named("Custom", "any_module"),
        {"class_name": "Custom", "config": {}},
    ],
    ids=lambda value: str(value)[:40].partition(" at 0x")[0],
)
def test_custom_objects(config):
    assert type(deserialize(config, custom_objects={"Custom": Custom})) is Custom
    with cornu.saving.CustomObjectScope({"Custom": Custom}):
        assert type(deserialize(config)) is Custom
    with pytest.raises(ModelFileError, match="Could not locate class 'Custom'"):
        deserialize(config)


def test_a_custom_name_does_not_take_the_place_of_a_built_in():
    config = named("Dense", "keras.layers", {"units": 2})
    assert type(deserialize(config, custom_objects={"Dense": Dense})) is cornu.layers.Dense
    both = {**config, "registered_name": "Dense"}
    assert type(deserialize(both, custom_objects={"Dense": Dense})) is cornu.layers.Dense
    with pytest.raises(ModelFileError, match="cannot mean both"):
        deserialize({**config, "registered_name": "zoo>Dense"}, custom_objects={"zoo>Dense": Dense})


def test_a_missing_class_of_keras_can_be_supplied():
    config = named("NotWrittenYet", "keras.layers")
    assert type(deserialize(config, custom_objects={"NotWrittenYet": Custom})) is Custom


REFUSED = [
    named("system", "os"),
    named("get_file", "keras.utils"),
    named("load_model", "keras.saving"),
    named("load_model", "keras.models"),
    named("set_floatx", "keras.config"),
    named("enable_unsafe_deserialization", "keras.config"),
    named("deserialize", "keras.layers"),
    named("get", "keras.losses"),
    named("clone_model", "keras.models"),
    named("relu", "os"),
    named("__init__", "keras.layers.Dense"),
    named("Dense.__init__", "keras.layers", registered_name="Dense.__init__"),
    named("CustomObjectScope", "keras.saving"),
    named("CustomObjectScope", "keras.utils"),
    {"module": "builtins", "class_name": "function", "config": "eval"},
    {"module": "builtins", "class_name": "function", "config": "clear_session"},
    {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"},
    {"class_name": ["Dense"], "config": {}},
    {"class_name": "Dense", "config": {}, "module": 3},
    {"class_name": "Dense", "module": "keras.layers", "config": 3},
    {"class_name": "__numpy__", "config": {"value": [None], "dtype": "object"}},
    {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "float32"}},
    {"class_name": "__numpy__", "config": {}},
    {"class_name": "__bytes__", "config": {"value": 3}},
    {"class_name": "__slice__", "config": {}},
    {"class_name": "__typespec__", "config": {}},
    {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}},
    {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}},
    object(),
]


@pytest.mark.parametrize("config", REFUSED, ids=lambda config: str(config)[:70].split(" at 0x")[0])
@pytest.mark.parametrize("deep", [False, True], ids=["alone", "in a layer"])
def test_refused(config, deep):
    if deep:
        config = named("Dense", "keras.layers", {"units": 1, "kernel_initializer": config})
    modules = set(sys.modules)
    with pytest.raises((ModelFileError, ValueError, TypeError)) as error:
        deserialize(config)
    assert len(str(error.value)) < 2000
    if not deep:
        assert isinstance(error.value, ModelFileError)
    assert set(sys.modules) == modules


def test_an_unknown_class_is_explained():
    with pytest.raises(ModelFileError) as error:
        deserialize(named("Densee", "keras.layers", {"big": [0] * 100_000}))
    text = str(error.value)
    assert "Could not locate class 'Densee' of module 'keras.layers'" in text
    assert "Did you mean 'Dense'?" in text
    assert "custom_objects={'Densee': ...}" in text
    assert len(text) < 2000
    assert isinstance(error.value, TypeError)


def test_the_pointer_leads_to_the_entry():
    layer = named("Densee", "keras.layers")
    good = named("Flatten", "keras.layers")
    model = named(
        "Sequential",
        "keras",
        {
            "name": "outer",
            "layers": [
                good,
                named("Sequential", "keras", {"name": "inner", "layers": [good, layer]}),
            ],
        },
    )
    with pytest.raises(ModelFileError) as error:
        deserialize({"models": [model]})
    assert error.value.pointer == "$.models[0].config.layers[1].config.layers[1]"


def test_wrong_arguments_are_explained():
    with pytest.raises(ModelFileError, match="Did you mean 'units'") as error:
        deserialize(named("Dense", "keras.layers", {"unit": 3}))
    assert isinstance(error.value.__cause__, TypeError)


def test_build_config_builds():
    config = named("Dense", "keras.layers", {"units": 3}, build_config={"input_shape": [None, 4]})
    assert deserialize(config).kernel.shape == (4, 3)


def test_objects_that_occur_twice_stay_one():
    dense = named("Dense", "keras.layers", {"units": 3}, shared_object_id=17)
    other = named("Dense", "keras.layers", {"units": 3}, shared_object_id=18)
    first, second, third = deserialize([dense, dict(dense), other])
    assert first is second
    assert third is not first
    assert deserialize(dense) is not first


def test_a_user_class_gets_its_config_as_it_is():
    class Nested(Custom):
        pass

    inner = named("Zeros", "keras.initializers")
    made = deserialize(named("Nested", None, {"units": inner}), custom_objects={"Nested": Nested})
    assert made.units == inner


def test_safe_mode_reaches_into_a_users_from_config():
    class Holder(Custom):
        @classmethod
        def from_config(cls, config):
            return cls(units=deserialize(config["units"]))

    with pytest.warns(UserWarning, match="lambda"):
        inner = cornu.saving.serialize_keras_object(lambda x: x + 1)
    config = named("Holder", None, {"units": inner})
    names = {"Holder": Holder}
    assert deserialize(config, custom_objects=names, safe_mode=False).units(1) == 2
    with pytest.raises(ModelFileError, match="safe_mode=False") as error:
        deserialize(config, custom_objects=names)
    assert error.value.pointer == "$.config.units"


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="unexpected arguments"):
        deserialize(1, foo=2)


def test_arrays_keep_their_type():
    config = {"class_name": "__numpy__", "config": {"value": [1.5], "dtype": "bfloat16"}}
    found = deserialize(config)
    assert isinstance(found, np.ndarray)
    assert found.dtype.name == "bfloat16"
