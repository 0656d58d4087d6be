"""Dtype policies of quantised layers, by name and by path."""

import pytest

import cornu
from cornu import dtype_policies
from cornu.dtype_policies import (
    AWQDTypePolicy,
    DTypePolicyMap,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)

# name, class, compute dtype, variable dtype, mode, settings
NAMES = [
    ("int8_from_float32", QuantizedDTypePolicy, "float32", "float32", "int8", {}),
    ("int8_from_mixed_bfloat16", QuantizedDTypePolicy, "bfloat16", "float32", "int8", {}),
    ("int4_from_float16", QuantizedDTypePolicy, "float16", "float16", "int4", {}),
    ("int4/64_from_float32", Int4DTypePolicy, "float32", "float32", "int4", {"block_size": 64}),
    ("int4/-1_from_float32", Int4DTypePolicy, "float32", "float32", "int4", {"block_size": -1}),
    (
        "float8_from_mixed_float16",
        QuantizedFloat8DTypePolicy,
        "float16",
        "float32",
        "float8",
        {"amax_history_length": 1024},
    ),
    (
        "gptq/3/-1_from_float32",
        GPTQDTypePolicy,
        "float32",
        "float32",
        "gptq",
        {"weight_bits": 3, "group_size": -1},
    ),
    (
        "awq/4/128_from_mixed_bfloat16",
        AWQDTypePolicy,
        "bfloat16",
        "float32",
        "awq",
        {"weight_bits": 4, "group_size": 128},
    ),
]
WRONG_NAMES = {
    "int8": "int8_from_float32",
    "int8_abc": "int8_from_float32",
    "int8_from_float32_from_float32": "int8_from_float32",
    "int8_from_abc": "Cannot convert 'abc'",
    "int8_from_float16": "doesn't work well with compute_dtype='float16'",
    "int7_from_float32": "Cannot convert 'int7_from_float32'",
    "int4/0_from_float32": "but got 0 from 'int4/0'",
    "int4/x_from_float32": "<block_size> must be an integer",
    "gptq_from_float32": "Expected format 'gptq/<weight_bits>/<group_size>'",
    "gptq/5/128_from_float32": "2, 3, 4, and 8, but got 5",
    "gptq/4/-2_from_float32": "but got -2",
    "awq/8/128_from_float32": "AWQ only supports 4-bit quantization",
}


@pytest.mark.parametrize(("name", "cls", "compute", "variable", "mode", "settings"), NAMES)
def test_names(name, cls, compute, variable, mode, settings):
    policy = dtype_policies.get(name)
    assert type(policy) is cls
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
    assert policy.quantization_mode == mode
    assert {key: getattr(policy, key) for key in settings} == settings
    again = dtype_policies.deserialize(dtype_policies.serialize(policy))
    assert again == policy
    assert hash(again) == hash(policy)
    assert policy != dtype_policies.get("float32")
    assert repr(policy) == f'<{cls.__name__} "{name}">'


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_wrong_names(name):
    with pytest.raises(ValueError) as error:
        dtype_policies.get(name)
    assert WRONG_NAMES[name] in str(error.value)


@pytest.mark.parametrize("mode", ["int7", "", None, 3])
def test_wrong_modes(mode):
    with pytest.raises(ValueError, match="Invalid quantization mode"):
        QuantizedDTypePolicy(mode)


def test_history_length_is_an_int():
    assert QuantizedFloat8DTypePolicy("float8", amax_history_length=3).amax_history_length == 3
    with pytest.raises(TypeError, match="must be an integer"):
        QuantizedFloat8DTypePolicy("float8", amax_history_length=1.5)


def test_the_source_is_the_default_policy():
    cornu.config.set_dtype_policy("mixed_bfloat16")
    assert QuantizedDTypePolicy("int8").name == "int8_from_mixed_bfloat16"
    assert Int4DTypePolicy("int4/8").name == "int4/8_from_mixed_bfloat16"
    cornu.config.set_dtype_policy("int8_from_mixed_bfloat16")
    assert cornu.DTypePolicy().name == "mixed_bfloat16"
    with pytest.raises(ValueError, match="Invalid `policy` argument"):
        cornu.config.set_dtype_policy(3)


# --- maps


def example():
    policies = DTypePolicyMap()
    policies["encoder/dense"] = "mixed_bfloat16"
    policies["encoder/block_.*/dense"] = "int8_from_float32"
    return policies


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("encoder/dense", "mixed_bfloat16"),
        ("encoder/block_1/dense", "int8_from_float32"),
        ("encoder/block_1/sub/dense", "int8_from_float32"),
        ("encoder/block_1/dense/more", "float32"),
        ("decoder/encoder/dense", "float32"),
    ],
)
def test_a_key_fits_whole_paths(path, name):
    assert example()[path].name == name


def test_a_map_is_a_mapping():
    policies = example()
    assert len(policies) == 2
    assert list(policies) == ["encoder/dense", "encoder/block_.*/dense"]
    assert "encoder/block_1/dense" not in policies
    del policies["encoder/dense"]
    assert policies.pop("encoder/block_.*/dense").name == "int8_from_float32"
    assert not policies
    assert policies.name == "map_float32"
    assert policies.quantization_mode is None


def test_errors_of_maps():
    policies = example()
    with pytest.raises(ValueError, match="already exist"):
        policies["encoder/dense"] = "float32"
    with pytest.raises(ValueError, match="Cannot interpret the assigned value"):
        policies["decoder"] = 5
    policies[".*/dense"] = "float16"
    with pytest.raises(ValueError, match="matches multiple"):
        policies["encoder/block_1/dense"]
    with pytest.raises(TypeError, match="must be a dict"):
        DTypePolicyMap(policy_map=[1])


def test_quirk_a_map_without_default_is_saved_without_sources():
    config = example().get_config()
    assert example()["encoder/dense"].name == "mixed_bfloat16"
    cornu.config.set_dtype_policy("bfloat16")
    loaded = DTypePolicyMap.from_config(config)
    assert loaded["encoder/dense"].name == "bfloat16"
    assert loaded["encoder/block_1/dense"].name == "int8_from_bfloat16"


def test_a_map_with_a_default_is_saved_as_it_is():
    policies = DTypePolicyMap("mixed_bfloat16", {"a": "int8_from_float32"})
    loaded = dtype_policies.deserialize(dtype_policies.serialize(policies))
    assert loaded == policies
    assert (loaded["a"].name, loaded["b"].name) == ("int8_from_float32", "mixed_bfloat16")


def test_layers_find_their_policy_when_they_are_built():
    class Block(cornu.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = cornu.layers.Dense(2, name="first", dtype=self.dtype_policy)
            self.last = cornu.layers.Dense(2, name="last", dtype=self.dtype_policy)

        def build(self, input_shape):
            self.first.build(input_shape)
            self.last.build((None, 2))

        def call(self, inputs):
            return self.last(self.first(inputs))

    policies = DTypePolicyMap()
    policies["block/first"] = "int8_from_float32"
    policies["block/last"] = "mixed_bfloat16"
    block = Block(name="block", dtype=policies)
    outputs = block(cornu.ops.ones((1, 3)))
    assert block.first.quantization_mode == "int8"
    assert block.first.kernel.dtype == "int8"
    assert block.last.compute_dtype == outputs.dtype.name == "bfloat16"
    assert block.compute_dtype == "float32"
    assert block.first.dtype_policy is policies


def test_a_policy_set_where_there_is_a_map_goes_into_it():
    """Others that the map serves stay as they are; what was there before is replaced."""
    policies = DTypePolicyMap("float32")
    layer = cornu.layers.Dense(2, dtype=policies, name="here")
    other = cornu.layers.Dense(2, dtype=policies, name="there")
    layer.build((None, 3))
    for name in ("mixed_bfloat16", "float64"):
        named = dtype_policies.DTypePolicy(name)
        layer.dtype_policy = name
        assert layer.dtype_policy is policies and dict(policies) == {layer.path: named}
        assert layer.compute_dtype == named.compute_dtype
        assert other.compute_dtype == "float32"
