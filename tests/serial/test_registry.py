"""Names: public paths, registered names, custom object scopes."""

import threading

import pytest

import cornu
from cornu.serial.registry import EXPORTS, export, path_of, public_class


class Thing:
    def get_config(self):
        return {}


def fresh(name="Fresh"):
    return type(name, (Thing,), {})


@pytest.fixture(autouse=True)
def clean_names():
    names = cornu.saving.get_custom_objects()
    before = dict(names)
    yield
    names.clear()
    names.update(before)


def test_registered_names():
    register = cornu.saving.register_keras_serializable
    named = register("zoo")(fresh("Lion"))
    renamed = register("zoo", name="cat")(fresh("Tiger"))
    default = register()(fresh("Bear"))

    @register("zoo")
    def roar(x):
        return x

    name_of = cornu.saving.get_registered_name
    found = {obj: name_of(obj) for obj in (named, renamed, default, roar)}
    assert list(found.values()) == ["zoo>Lion", "zoo>cat", "Custom>Bear", "zoo>roar"]
    for obj, name in found.items():
        assert cornu.saving.get_registered_object(name) is obj
        assert cornu.saving.get_custom_objects()[name] is obj


def test_what_is_not_registered_goes_by_its_own_name():
    assert cornu.saving.get_registered_name(Thing) == "Thing"
    assert cornu.saving.get_registered_name(cornu.layers.Dense) == "Dense"
    assert cornu.saving.get_registered_object("Thing") is None


def test_registering_again_replaces():
    first, second = fresh("Again"), fresh("Again")
    register = cornu.saving.register_keras_serializable("zoo")
    register(first)
    register(second)
    assert cornu.saving.get_registered_object("zoo>Again") is second


def test_a_class_needs_get_config():
    with pytest.raises(ValueError, match="does not have a get_config"):
        cornu.saving.register_keras_serializable()(type("Empty", (), {}))
    with pytest.raises(TypeError, match="Only classes and functions"):
        cornu.saving.register_keras_serializable()(3)


def test_scopes_nest_and_close():
    find = cornu.saving.get_registered_object
    with cornu.saving.CustomObjectScope({"a": 1, "b": 2}) as outer:
        assert outer.custom_objects == {"a": 1, "b": 2}
        with cornu.saving.custom_object_scope({"a": 3}):
            assert (find("a"), find("b")) == (3, 2)
        assert find("a") == 1
        assert "a" not in cornu.saving.get_custom_objects()
    assert find("a") is None
    with cornu.saving.CustomObjectScope(None):
        assert find("a") is None


def test_a_scope_is_not_seen_by_other_threads():
    seen = []
    with cornu.saving.CustomObjectScope({"a": 1}):
        thread = threading.Thread(
            target=lambda: seen.append(cornu.saving.get_registered_object("a"))
        )
        thread.start()
        thread.join()
    assert seen == [None]


def test_order_of_the_dictionaries():
    find = cornu.saving.get_registered_object
    cornu.saving.get_custom_objects()["q"] = "registered"
    given = {"custom_objects": {"q": "custom", "c": "custom"}, "module_objects": {"c": 0, "m": 1}}
    assert [find(name, **given) for name in "qcmx"] == ["registered", "custom", 1, None]
    with cornu.saving.CustomObjectScope({"q": "scope"}):
        assert find("q", **given) == "scope"


def test_exported_paths():
    assert path_of(cornu.layers.Dense) == "keras.layers.Dense"
    assert path_of(cornu.Sequential) == "keras.Sequential"
    assert path_of(cornu.dtype_policies.DTypePolicy) == "keras.DTypePolicy"
    assert path_of([]) is None
    child = type("Child", (cornu.layers.Dense,), {})
    assert path_of(child) is None
    assert public_class(child) is cornu.layers.Dense
    with pytest.raises(ValueError, match="already the public path"):
        export("keras.layers.Dense")(child)
    assert EXPORTS["keras.layers.Dense"] is cornu.layers.Dense
