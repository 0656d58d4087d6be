"""What JAX asks of an NVIDIA GPU while it traces and lowers programs, for machines without one."""

import functools

import jax
from jax._src.interpreters.mlir import _platform_specific_lowerings
from jax._src.lib import gpu_rnn
from jax.experimental import rnn
from jax.interpreters import mlir

from cornu.backend.jax import engine, fused

VERSION = 91300


def lowered(function, *arguments, platform="cuda"):
    """The program of a function for a platform, as text."""
    traced = jax.jit(lambda *values: function(*values)).trace(*arguments)
    return traced.lower(lowering_platforms=(platform,)).as_text()


def pretend(monkeypatch):
    """Have programs be traced as where there is a Hopper GPU."""
    monkeypatch.setattr(engine, "platform", lambda: "gpu")
    monkeypatch.setattr(fused, "cudnn_version", lambda: VERSION)
    monkeypatch.setattr(fused, "compute_capability", lambda: (9, 0))


def pretend_attention(monkeypatch):
    """`pretend`, and have JAX find cuDNN's attention."""
    pretend(monkeypatch)
    module = "jax._src.cudnn.fused_attention_stablehlo"
    monkeypatch.setattr(f"{module}.check_cudnn_version", lambda: VERSION)


class _Descriptions:
    """In the place of JAX's module that asks cuDNN."""

    @staticmethod
    def build_rnn_descriptor(*_):
        return b"what cuDNN is to do"


def pretend_lstm(monkeypatch):
    """`pretend`, and have JAX find cuDNN's LSTM."""
    pretend(monkeypatch)
    sizes = "compute_rnn_workspace_reserve_space_sizes"
    monkeypatch.setattr(gpu_rnn, sizes, lambda *_: (8, 24), raising=False)
    for primitive, name in ((rnn.rnn_fwd_p, "_rnn_fwd"), (rnn.rnn_bwd_p, "_rnn_bwd")):
        rule = functools.partial(getattr(gpu_rnn, f"{name}_lowering"), _Descriptions, "cu")
        _lower_as(monkeypatch, primitive, rule)


def _lower_as(monkeypatch, primitive, rule):
    table = _platform_specific_lowerings["cuda"]
    monkeypatch.setitem(table, primitive, table.get(primitive))  # as it is to be again
    mlir.register_lowering(primitive, rule, platform="cuda")
