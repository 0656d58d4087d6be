"""LSTM by cuDNN: what it is given, and where."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from backend import pretended_gpu
from backend.pretended_gpu import lowered
from jax.experimental import rnn

import cornu
from cornu import layers
from cornu.backend.jax import recurrent
from cornu.ops._activation import sigmoid
from cornu.ops._elementwise import tanh
from cornu.ops._recurrent import _by_steps
from cornu.ops._recurrent_fused import BySteps
from cornu.ops._recurrent_steps import LSTMStep

RANDOM = np.random.default_rng(4)
BATCH, STEPS, SIZE, UNITS = 4, 6, 3, 5
MASKS = {
    "none": None,
    "right": np.arange(STEPS) < np.array([[6], [2], [0], [4]]),
    "left": np.arange(STEPS) >= np.array([[0], [2], [6], [5]]),
    "holes": RANDOM.random((BATCH, STEPS)) < 0.5,
}


class Reference:
    """JAX's own plain LSTM, called as cuDNN's is."""

    @staticmethod
    def lstm(x, h, c, weights, lengths, size, units, count, dropout, bidirectional, precision):
        assert precision == jax.lax.Precision.HIGH
        parts = rnn.unpack_lstm_weights(weights, size, units, count, bidirectional)
        options = size, units, count, dropout, bidirectional
        return rnn.lstm_ref(x, h, c, *parts, lengths, *options)


def some(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), "float32") / 2


@pytest.mark.parametrize(
    ("mask", "reverse", "keep_all", "zero_output"),
    [
        ("none", True, True, False),
        ("right", True, True, False),
        ("left", False, False, False),
        ("holes", False, True, True),
    ],
)
def test_cudnn_is_told_the_same_lstm(mask, reverse, keep_all, zero_output, monkeypatch):
    monkeypatch.setattr(recurrent, "_rnn", Reference)
    options = {"reverse": reverse, "keep_all": keep_all, "zero_output": zero_output}
    fast = recurrent._ByCudnn(**options, exact=False)
    cell = LSTMStep(tanh, sigmoid)
    slow = BySteps(_by_steps, tuple({"cell": cell, "unroll": False, **options}.items()))
    tensors = [some(BATCH, STEPS, SIZE), some(BATCH, UNITS), some(BATCH, UNITS)]
    tensors += [some(SIZE, 4 * UNITS), some(UNITS, 4 * UNITS), some(4 * UNITS)]
    mask = [] if MASKS[mask] is None else [jnp.asarray(MASKS[mask])]

    def run(function):
        def total(*tensors):
            found = function(*tensors, *mask)
            return sum(jnp.sum(jnp.sin(3 * x)) for x in found), found

        return jax.jit(jax.grad(total, range(6), has_aux=True))(*tensors)

    for found, expected in zip(*map(jax.tree.leaves, (run(fast), run(slow))), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.fixture
def gpu(monkeypatch):
    pretended_gpu.pretend_lstm(monkeypatch)


def program(layer, platform="cuda", slope=False, x=None, **options):
    """The program of a layer's call, or of a gradient, as text."""
    x = some(BATCH, STEPS, SIZE) if x is None else x
    layer.build(x.shape)

    def run(x):
        found, _ = layer.stateless_call(
            [v.value for v in layer.trainable_variables],
            [v.value for v in layer.non_trainable_variables],
            x,
            **options,
        )
        return sum(map(jnp.sum, jax.tree.leaves(found)))

    return lowered(jax.grad(run) if slope else run, x, platform=platform)


POSSIBLE = {
    "plain": ({}, {}),
    "states": ({"return_sequences": True, "return_state": True}, {}),
    "demanded": ({"use_cudnn": True, "go_backwards": True}, {}),
    "right": ({"return_sequences": True}, {"mask": MASKS["right"]}),
    "holes": ({"go_backwards": True}, {"mask": MASKS["holes"]}),
    "dropout": ({"dropout": 0.5, "recurrent_dropout": 0.5}, {}),
}


# Programs are told apart by shapes: no other test has these units.
@pytest.mark.parametrize("name", POSSIBLE)
def test_a_gpu_runs_it_by_cudnn(name, gpu):
    options, call = POSSIBLE[name]
    layer = layers.LSTM(13, **options)
    assert "cudnn_rnn_ffi" in program(layer, **call)
    found = program(layer, slope=True, **call)
    assert found.count("@cudnn_rnn_ffi") == 1  # the values' notes serve the gradient
    assert found.count("@cudnn_rnn_bwd_ffi") == 1
    assert "stablehlo.while" not in found
    for platform in ("cpu", "tpu"):
        assert "cudnn" not in program(layer, platform, slope=True, **call)


IMPOSSIBLE = {
    "activation": ({"activation": "relu"}, {}, "`activation='tanh'`"),
    "gates": ({"recurrent_activation": "hard_sigmoid"}, {}, "`recurrent_activation='sigmoid'`"),
    "softmax": ({"activation": "softmax"}, {}, "'tanh' and 'sigmoid' only"),
    "bias": ({"use_bias": False}, {}, "`use_bias=True`"),
    "dropout": ({"dropout": 0.5}, {"training": True}, "must be 0 in training"),
    "state": ({"recurrent_dropout": 0.5}, {"training": True}, "must be 0 in training"),
    "unroll": ({"unroll": True}, {}, "`unroll=False`"),
    "half": ({"dtype": "bfloat16"}, {}, "float32 only, not in bfloat16"),
    "mixed": ({"dtype": "mixed_float16"}, {}, "float32 only, not in float16"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cudnn_cannot_do_stays_with_xla(name, gpu):
    options, call, message = IMPOSSIBLE[name]
    assert "cudnn" not in program(layers.LSTM(13, **options), **call)
    with pytest.raises(ValueError, match=message) as error:
        layers.LSTM(13, use_cudnn=True, **options)(some(BATCH, STEPS, SIZE), **call)
    assert "Use `use_cudnn='auto'`" in str(error.value)
    assert len(str(error.value)) < 2000


def test_xla_runs_it_if_asked_to(gpu):
    assert "cudnn" not in program(layers.LSTM(13, use_cudnn=False))
    assert "cudnn" not in program(layers.GRU(13))
    assert "cudnn" not in program(layers.RNN(layers.LSTMCell(13)))
    with pytest.raises(ValueError, match="cuDNN's LSTM only"):
        layers.GRU(13, use_cudnn=True)(some(BATCH, STEPS, SIZE))


def test_bidirectional_and_stateful_layers_run_on_it(gpu):
    layer = layers.Bidirectional(layers.LSTM(13, return_sequences=True))
    assert program(layer).count("@cudnn_rnn_ffi") == 2
    assert "cudnn_rnn_ffi" in program(layers.LSTM(13, stateful=True))


def test_unknown_sizes_are_left_to_xla(gpu):
    outputs = layers.LSTM(13)(cornu.Input((None, 3)))
    assert outputs.shape == (None, 13)


def test_where_there_is_no_gpu_nothing_changes():
    layer = layers.LSTM(17, return_sequences=True)
    found = program(layer, "cpu", slope=True)
    layer.use_cudnn = False
    assert program(layer, "cpu", slope=True) == found
    with pytest.raises(ValueError, match="on GPUs only, and runs on 'cpu'"):
        layers.LSTM(17, use_cudnn=True)(some(BATCH, STEPS, SIZE))


@pytest.mark.skipif(jax.default_backend() != "gpu", reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("backwards", [False, True])
def test_on_a_gpu_it_gives_what_xla_gives(mask, backwards):
    x = some(BATCH, STEPS, SIZE)

    def run(use_cudnn):
        cornu.utils.set_random_seed(3)
        options = {"return_sequences": True, "return_state": True, "go_backwards": backwards}
        layer = layers.LSTM(UNITS, use_cudnn=use_cudnn, **options)
        layer.build(x.shape)

        def total(trained, x):
            fixed = [v.value for v in layer.non_trainable_variables]
            found, _ = layer.stateless_call(trained, fixed, x, mask=MASKS[mask])
            return sum(jnp.sum(jnp.sin(3 * each)) for each in found), found

        trained = [v.value for v in layer.trainable_variables]
        return jax.jit(jax.grad(total, (0, 1), has_aux=True))(trained, x)

    with jax.default_matmul_precision("highest"):
        for found, expected in zip(*map(jax.tree.leaves, (run(True), run(False))), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
