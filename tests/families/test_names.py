"""What `get` finds by name, configs there and back, and names that don't exist, in every family."""

import json
from pathlib import Path

import pytest
from families.config_cases import objects, spellings

import cornu

RECORDED = json.loads((Path(__file__).parent / "data" / "configs.json").read_text())
NAMES = [(family, name) for family, names in spellings().items() for name in names]
MISSPELT = {
    "activations": ("reluu", "relu"),
    "initializers": ("glorot_unifrom", "glorot_uniform"),
    "regularizers": ("l22", "l2"),
    "constraints": ("max_nrom", "max_norm"),
    "losses": ("mean_squared_eror", "mean_squared_error"),
    "metrics": ("acuracy", "accuracy"),
    "optimizers": ("adma", "adam"),
}


@pytest.mark.parametrize(("family", "name"), NAMES, ids="-".join)
def test_get_by_name(family, name):
    found = getattr(cornu, family).get(name)
    assert getattr(found, "__name__", type(found).__name__) == RECORDED["names"][family][name]


@pytest.mark.parametrize("case", RECORDED["configs"])
def test_config_is_that_of_keras(case):
    obj = objects(cornu)[case]
    described = json.loads(json.dumps(cornu.saving.serialize_keras_object(obj)))
    assert described == RECORDED["configs"][case]


@pytest.mark.parametrize("case", RECORDED["configs"])
def test_config_of_keras_makes_the_same_object(case):
    described = RECORDED["configs"][case]
    obj = cornu.saving.deserialize_keras_object(described)
    assert type(obj) is type(objects(cornu)[case])
    assert json.loads(json.dumps(cornu.saving.serialize_keras_object(obj))) == described
    family = getattr(cornu, described["module"].split(".")[1])
    assert type(family.get(described) if family is not cornu.optimizers else obj) is type(obj)


@pytest.mark.parametrize("family", MISSPELT)
def test_misspelt_names(family):
    wrong, right = MISSPELT[family]
    with pytest.raises(ValueError, match=f"identifier: {wrong}. Did you mean '{right}'") as caught:
        getattr(cornu, family).get(wrong)
    assert len(str(caught.value)) < 2000
    with pytest.raises(ValueError, match="Could not interpret"):
        getattr(cornu, family).get(3.5)


@pytest.mark.parametrize("family", MISSPELT)
def test_what_is_given_is_returned(family):
    space = getattr(cornu, family)
    if family == "activations":
        assert space.get(space.relu) is space.relu
        return
    assert space.get(None) is None
    _, right = MISSPELT[family]
    obj = space.get(right)
    assert space.get(obj) is obj
    assert space.get(RECORDED["names"][family].get(right, right)) is not None


def test_own_names_in_a_scope():
    class Mine(cornu.regularizers.L2):
        pass

    with cornu.saving.custom_object_scope({"mine": Mine}):
        assert type(cornu.regularizers.get("mine")) is Mine
    with pytest.raises(ValueError, match="identifier: mine"):
        cornu.regularizers.get("mine")
