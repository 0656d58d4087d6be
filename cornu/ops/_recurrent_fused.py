"""Recurrent layers by one kernel for the whole, inputs' products included, where the engine has
such: cuDNN's LSTM."""

from collections.abc import Callable
from dataclasses import dataclass

from cornu.backend import kernels


@dataclass(frozen=True)
class BySteps:
    """A recurrence from a flat list of tensors to one; equal to others of the same.

    Attributes:
        function: from inputs, states, kernel, recurrent kernel, bias, recurrent bias and mask to
            the last output, the outputs of all steps (or None), and the last states.
        options: its other arguments, as pairs.
    """

    function: Callable
    options: tuple

    def __call__(self, inputs, output, carry, kernel, recurrent_kernel, bias, mask=None):
        states = [output, carry]
        last, outputs, states = self.function(
            inputs, states, kernel, recurrent_kernel, bias, None, mask, **dict(self.options)
        )
        return [last, *([] if outputs is None else [outputs]), *states]


def obstacle(cell, tensors, dropped, unroll):
    """Why no kernel of the engine runs a cell over whole sequences, or None.

    Args:
        tensors: inputs, states, kernel, recurrent kernel and bias, flat.
        dropped: whether anything is dropped.
        unroll: whether all steps are to be written out.
    """
    if cell.kernel != "cornu_lstm":
        return (
            "the engine has cuDNN's LSTM only, with `activation='tanh'` and"
            " `recurrent_activation='sigmoid'`"
        )
    if any(x is None for x in tensors):
        return "it needs `use_bias=True`"
    if dropped:
        return "it drops nothing inside: `dropout` and `recurrent_dropout` must be 0 in training"
    if unroll:
        return "it needs `unroll=False`"
    return kernels.whole_lstm_obstacle(*tensors)


def as_a_whole(by_steps, tensors, mask, reverse, keep_all, zero_output):
    """What `by_steps` returns, nested as there, where nothing is in the way."""
    tensors = tensors if mask is None else [*tensors, mask]
    found = kernels.whole_lstm(by_steps, tensors, reverse, keep_all, zero_output)
    return found[0], found[1] if keep_all else None, found[-2:]
