"""Flash attention: where it is to be had, and what the errors say where it is not."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from backend import pretended_gpu
from backend.pretended_gpu import lowered

import cornu
from cornu import layers, ops

RANDOM = np.random.default_rng(5)


@pytest.fixture
def gpu(monkeypatch):
    pretended_gpu.pretend_attention(monkeypatch)


def tensors(queries=6, keys=10, heads=4, groups=4, size=16, dtype="bfloat16"):
    """Query, key and value. Programs are told apart by shapes: no other test may have these."""
    shapes = (3, queries, heads, size), *((3, keys, groups, size),) * 2
    return [jnp.asarray(RANDOM.normal(size=shape), dtype) for shape in shapes]


MASK, BIAS = np.tril(np.ones((6, 10), bool), 3), np.linspace(-1, 1, 60).reshape(6, 10)
POSSIBLE = {
    "plain": ({}, {}),
    "float16": ({"dtype": "float16"}, {}),
    "causal": ({}, {"is_causal": True, "scale": 0.5}),
    "groups": ({"groups": 2}, {}),
    "mask": ({}, {"mask": MASK}),
    "bias": ({}, {"bias": BIAS.astype("float32")}),
    "both": ({}, {"mask": MASK[None], "bias": BIAS.astype("bfloat16")[None]}),
}


@pytest.mark.parametrize("name", POSSIBLE)
def test_what_cudnn_can_do_it_does(name, gpu):
    shape, options = POSSIBLE[name]
    given = tensors(**shape)
    attend = functools.partial(ops.dot_product_attention, flash_attention=True, **options)
    program = lowered(attend, *given)
    assert "__cudnn$fmha" in program
    assert ("ScaleBias" in program) == ("mask" in options or "bias" in options)
    slope = jax.grad(lambda *x: ops.sum(attend(*x)), (0, 1, 2))
    assert "SoftmaxBackward" in lowered(slope, *given)
    for platform in ("cpu", "tpu"):
        assert "__cudnn" not in lowered(slope, *given, platform=platform)


@pytest.mark.parametrize("name", ["groups", "both"])
def test_programs_for_the_processor_compute_the_same(name, gpu):
    shape, options = POSSIBLE[name]
    given = tensors(**shape, size=24)

    def run(flash):
        def total(*x):
            found = ops.dot_product_attention(*x, flash_attention=flash, **options)
            return jnp.sum(found.astype("float32") ** 2), found

        return jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(*given)

    jax.tree.map(np.testing.assert_array_equal, run(True), run(False))


def test_the_setting_decides_where_the_argument_does_not(gpu):
    given = tensors(size=32)

    def found(flash):
        attend = functools.partial(ops.dot_product_attention, flash_attention=flash)
        return "__cudnn$fmha" in lowered(attend, *given)

    assert found(None)
    assert found(True)
    assert not found(False)
    try:
        cornu.config.disable_flash_attention()
        assert not found(None)
        assert found(True)
        cornu.config.enable_flash_attention()
        assert found(None)
    finally:
        cornu.config.enable_flash_attention()


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
def test_layers_attend_by_it(name, gpu):
    sizes = (2, 40) if name == "MultiHeadAttention" else (40, 2, 1)
    layer = getattr(layers, name)(*sizes, flash_attention=True, dtype="bfloat16")
    x = RANDOM.normal(size=(3, 6, 16)).astype("float32")
    layer.build(x.shape, x.shape)
    for options in ({}, {"use_causal_mask": True}, {"attention_mask": np.ones((3, 6, 6), bool)}):
        found = lowered(functools.partial(layer, **options), x, x)
        assert "__cudnn$fmha" in found
        assert ("ScaleBias" in found) == ("attention_mask" in options)
    assert layer(cornu.Input((None, 16)), cornu.Input((None, 16))).shape == (None, None, 16)


IMPOSSIBLE = {
    "float32": ({"dtype": "float32"}, {}, "float16 and bfloat16 only, not in float32"),
    "size": ({"size": 20}, {}, "multiple of 8 up to 256 on this GPU"),
    "large": ({"size": 264}, {}, "multiple of 8 up to 256 on this GPU"),
    "cap": ({}, {"attn_logits_soft_cap": 3.0}, "`attn_logits_soft_cap` is given"),
    "odd": ({"queries": 7}, {}, "cuDNN refuses: Unsupported sequence length"),
    "none": ({"keys": 0}, {}, "at least one query"),
    "cudnn": ({"size": 136}, {}, "cuDNN refuses: The head dim must be"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_it_cannot_do_is_said(name, gpu):
    shape, options, message = IMPOSSIBLE[name]
    given = tensors(**shape)
    with pytest.raises(ValueError, match=message) as error:
        ops.dot_product_attention(*given, flash_attention=True, **options)
    assert "Pass `flash_attention=None`" in str(error.value)
    assert len(str(error.value)) < 2000
    attend = functools.partial(ops.dot_product_attention, **options)
    if name != "none":
        assert "__cudnn" not in lowered(attend, *given)


def test_on_the_processor_there_is_none():
    given = tensors()
    for make in (lambda: given, lambda: [cornu.KerasTensor(x.shape, "bfloat16") for x in given]):
        with pytest.raises(ValueError, match="on GPUs only, and runs on 'cpu'"):
            ops.dot_product_attention(*make(), flash_attention=True)


@pytest.mark.skipif(jax.default_backend() != "gpu", reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("name", POSSIBLE)
def test_on_a_gpu_it_gives_what_attention_gives(name):
    shape, options = POSSIBLE[name]
    given = tensors(**shape)

    def run(flash):
        def total(*x):
            found = ops.dot_product_attention(*x, flash_attention=flash, **options)
            return jnp.sum(jnp.sin(found.astype("float32"))), found

        return jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(*given)

    for found, expected in zip(*map(jax.tree.leaves, (run(True), run(False))), strict=True):
        found, expected = (np.asarray(x, "float32") for x in (found, expected))
        np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.05)
