"""Configs that follow from constructors."""

import timeit

import numpy as np
import pytest

import cornu
from cornu.serial.configurable import Configurable, auto_config, constructor_fields


class Base(Configurable):
    def __init__(self, name=None, trainable=True):
        self.name = name
        self.trainable = trainable


class Child(Base):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = activation


class Grandchild(Child):
    def __init__(self, depth=2, **kwargs):
        super().__init__(units=7, **kwargs)
        self.depth = depth


class Same(Child):
    pass


class Starred(Base):
    def __init__(self, *sizes, name=None):
        super().__init__(name)


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (Base, ["name", "trainable"]),
        (Child, ["units", "activation", "name", "trainable"]),
        (Same, ["units", "activation", "name", "trainable"]),
        (Grandchild, ["depth", "units", "activation", "name", "trainable"]),
        (Starred, ["*sizes", "name"]),
    ],
)
def test_fields_of_a_constructor(cls, fields):
    assert list(constructor_fields(cls)) == fields
    assert constructor_fields(cls) is constructor_fields(cls)


def test_arguments_are_remembered():
    assert Child(3, name="x")._init_args == {
        "units": 3,
        "activation": None,
        "name": "x",
        "trainable": True,
    }


def test_config_shows_what_the_object_has_now():
    child = Child(3)
    child.units = 5
    assert child.get_config()["units"] == 5
    assert Child.from_config(child.get_config()).units == 5


def test_functions_and_objects_in_a_config():
    config = Child(3, cornu.activations.relu, name=cornu.regularizers.L2(0.5)).get_config()
    assert config["activation"] == "relu"
    assert config["name"]["class_name"] == "L2"


def test_a_wrong_argument_is_named():
    with pytest.raises(TypeError, match=r"Did you mean 'units'\? Its constructor takes: units"):
        Child.from_config({"unit": 3})


class Mine(cornu.layers.Layer):
    def __init__(self, units, sizes=(1, 2), extra=None, **kwargs):
        super().__init__(**kwargs)


@cornu.saving.register_keras_serializable("configurable")
def registered(x):
    return x


@pytest.mark.parametrize(
    "value",
    [1, 2.5, "s", True, None, [1, (2, "a")], {"a": {"b": [None]}}, registered],
    ids=lambda value: type(value).__name__,
)
def test_plain_arguments_make_a_config(value):
    layer = Mine(3, extra=value, name="mine")
    config = layer.get_config()
    assert config["units"] == 3
    assert config["sizes"] == (1, 2)
    assert isinstance(Mine.from_config(config), Mine)


def test_library_objects_make_a_config_and_come_back():
    config = Mine(3, extra=[cornu.regularizers.L2(0.5)]).get_config()
    again = Mine.from_config(config)
    assert again._init_args["extra"][0].l2 == 0.5


@pytest.mark.parametrize(
    "value",
    [np.ones(3), object(), len, lambda x: x, [np.ones(3)], {1: 2}, np.float32(3)],
    ids=lambda value: type(value).__name__,
)
def test_other_arguments_need_a_get_config(value):
    with pytest.raises(NotImplementedError, match="get_config") as error:
        Mine(3, extra=value).get_config()
    assert "extra=" in str(error.value)
    assert len(str(error.value)) < 2000


def test_variadic_arguments_need_a_get_config():
    class Variadic(cornu.layers.Layer):
        def __init__(self, *sizes, **kwargs):
            super().__init__(**kwargs)

    with pytest.raises(NotImplementedError, match="positional only or variadic"):
        Variadic(1, 2).get_config()


def test_super_gives_the_config_of_the_library_class():
    class Wider(cornu.layers.Dense):
        def __init__(self, extra, **kwargs):
            super().__init__(units=2, **kwargs)
            self.extra = extra

        def get_config(self):
            config = super().get_config()
            assert config.pop("units") == 2
            return {**config, "extra": self.extra}

    config = Wider(4, name="wider").get_config()
    assert (config["extra"], config["name"], config["use_bias"]) == (4, "wider", True)
    assert Wider.from_config(config).extra == 4


def test_a_subclass_without_get_config_is_rebuilt_too():
    class Fixed(cornu.layers.Dense):
        def __init__(self, extra, **kwargs):
            super().__init__(units=2, **kwargs)
            self.extra = extra

    assert Fixed.from_config(Fixed(4).get_config()).extra == 4


def test_auto_config_only_lists_what_the_class_names_or_was_given():
    assert auto_config(Grandchild(activation="relu")) == {"depth": 2, "activation": "relu"}


def test_remembering_arguments_is_cheap():
    class Bare:
        def __init__(self, units):
            self.units = units

    class Kept(Configurable):
        def __init__(self, units):
            self.units = units

    def seconds(cls):
        return min(timeit.repeat("cls(3)", globals={"cls": cls}, number=2000, repeat=5))

    bare, kept = seconds(Bare), seconds(Kept)
    assert (kept - bare) / 2000 < 3e-6
