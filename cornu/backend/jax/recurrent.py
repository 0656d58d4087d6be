"""The LSTM by cuDNN, on NVIDIA's GPUs.

It is the only recurrent layer of cuDNN that JAX hands on, in float32. JAX calls it experimental: if
`jax.experimental.rnn` goes one day, XLA runs the LSTM on GPUs as well.
"""

import dataclasses

import jax
import jax.numpy as jnp

from cornu.backend.jax import engine, fused
from cornu.core.lazy import lazy_module

__all__ = ["whole_lstm", "whole_lstm_obstacle"]

_rnn = lazy_module("jax.experimental.rnn", package="jax")

FULL_PRECISION = ("highest", "float32")


def whole_lstm_obstacle(*tensors):
    """Why cuDNN does not run an LSTM with these tensors, the inputs first, or None.

    Sizes that are unknown are no obstacle.
    """
    if engine.platform() != "gpu":
        return f"the engine has it on GPUs only, and runs on {engine.platform()!r}"
    if fused.cudnn_version() is None or not _rnn.available:
        return "the engine finds no cuDNN"
    others = {str(x.dtype) for x in tensors} - {"float32"}
    if others:
        return f"it computes in float32 only, not in {', '.join(sorted(others))}"
    if 0 in tensors[0].shape:
        return f"the inputs must not be empty, but are of the shape {tuple(tensors[0].shape)}"
    return None


def whole_lstm(portable, tensors, reverse, keep_all, zero_output):
    """An LSTM over whole sequences.

    Args:
        portable: the same by other means, for programs that run elsewhere.
        tensors: inputs (batch, time, size), output and carry before (batch, units), kernel
            (size, 4 * units), recurrent kernel (units, 4 * units), bias (4 * units,), and the mask
            (batch, time) if there is one.
        reverse: whether to begin at the end.
        keep_all: whether to return the outputs of all steps.
        zero_output: whether the output is zeros where the mask is false.

    Returns:
        A list: the last output, the outputs of all steps (in their order) if wanted, the last
        states.
    """
    if not all(isinstance(size, int) for size in tensors[0].shape):
        return portable(*tensors)
    exact = jax.config.jax_default_matmul_precision in FULL_PRECISION
    return fused.Forms(_ByCudnn(reverse, keep_all, zero_output, exact), portable, 6)(*tensors)


@dataclasses.dataclass(frozen=True)
class _ByCudnn:
    """See `whole_lstm`.

    Attributes:
        exact: whether products are in float32, else in TF32 where the GPU has it.
    """

    reverse: bool
    keep_all: bool
    zero_output: bool
    exact: bool

    def __call__(self, inputs, output, carry, kernel, recurrent_kernel, bias, mask=None):
        if self.reverse:
            inputs = jnp.flip(inputs, 1)
            mask = None if mask is None else jnp.flip(mask, 1)
        # Each matrix as (4 * units, ...), the gates in our order; the second bias is not needed.
        weights = [kernel.T.ravel(), recurrent_kernel.T.ravel(), bias, jnp.zeros_like(bias)]
        run = _masked if mask is not None else _unmasked
        last, outputs, states = run(self, inputs, (output, carry), jnp.concatenate(weights), mask)
        return [last, *([outputs] if self.keep_all else []), *states]


def _unmasked(options, inputs, states, weights, _):
    lengths = jnp.full(inputs.shape[:1], inputs.shape[1], "int32")
    outputs, states = _run(inputs, states, weights, lengths, options.exact)
    return states[0], outputs, states


def _masked(options, inputs, states, weights, mask):
    """A masked step changes nothing, so that cuDNN gets the other steps alone, and after them what
    it leaves out."""
    counts = jnp.sum(mask, 1, dtype="int32")
    order = jnp.argsort(~mask, axis=1, stable=True)
    shorter = jnp.take_along_axis(inputs, order[..., None], 1)
    found, new = _run(shorter, states, weights, jnp.maximum(counts, 1), options.exact)
    some = counts[:, None] > 0
    new = [jnp.where(some, a, b) for a, b in zip(new, states, strict=True)]
    done = jnp.cumsum(mask, 1, dtype="int32")  # steps up to each one
    shown = (mask if options.zero_output else done > 0)[..., None]
    outputs = jnp.take_along_axis(found, jnp.maximum(done - 1, 0)[..., None], 1)
    last = jnp.where(shown[:, -1], new[0], 0)
    return last, jnp.where(shown, outputs, 0), new


def _run(inputs, states, weights, lengths, exact):
    """Outputs of all steps, and the last states."""
    precision = jax.lax.Precision.HIGHEST if exact else jax.lax.Precision.HIGH
    outputs, *states = _rnn.lstm(
        inputs,
        *(state[None] for state in states),
        weights,
        lengths,
        inputs.shape[-1],
        states[0].shape[-1],
        1,
        0.0,
        False,
        precision,
    )
    return outputs, [state[0] for state in states]
