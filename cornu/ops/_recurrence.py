"""The loop of recurrent layers: one step function along the time axis, with a mask."""

import functools

from cornu.backend import engine, kernels
from cornu.control_flow.retry import Conversions
from cornu.core import tree
from cornu.ops._loops import scan
from cornu.state.functional import discarding
from cornu.state.variable import value_of


def rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    """Run a step function along the time axis.

    Args:
        step_function: `(inputs, states) -> (output, new_states)`: inputs (batch, ...) of one step,
            states a list of tensors (batch, ...), followed by the constants if there are any.
        inputs: nest of tensors (batch, time, ...).
        initial_states: list of tensors (batch, ...), or of nests of them.
        go_backwards: whether to begin at the end; outputs come in the order of the steps.
        mask: booleans (batch, time), or with a last axis of size 1. Where it is false, the states
            stay, and so does the output, which is zeros before the first step.
        constants: list of tensors that each step gets with the states.
        unroll: whether to write out all steps instead of looping.
        input_length: ignored: the number of steps is that of `inputs`.
        time_major: whether time is the first axis of inputs, mask and outputs, and batch the
            second.
        zero_output_for_mask: whether the output is zeros where the mask is false.
        return_all_outputs: if False, `outputs` has a time axis of size 1, with the last one.

    Returns:
        The last output (batch, ...), the outputs (batch, time, ...), and the list of last states.

    Raises:
        ValueError: if there is no step, or the mask is of another shape.
    """
    inputs = tree.map_structure(lambda x: engine.asarray(value_of(x)), inputs)
    mask = None if mask is None else _column(engine.asarray(value_of(mask)))
    if not time_major:
        inputs, mask = tree.map_structure(
            lambda x: None if x is None else kernels.swapaxes(x, 0, 1), (inputs, mask)
        )
    steps, batch = tree.flatten(inputs)[0].shape[:2]
    if mask is not None and tuple(mask.shape[:2]) != (steps, batch):
        raise ValueError(
            "`mask` must have an element for each step of each example. Received: mask.shape="
            f"{tuple(mask.shape[:2])} for {steps} steps and batch size {batch} (time first)"
        )
    if isinstance(steps, int) and steps < 1:
        raise ValueError("There must be at least one step. Received: inputs with 0 steps.")
    states = tree.map_structure(lambda x: engine.asarray(value_of(x)), list(initial_states))
    constants = [value_of(constant) for constant in constants or ()]

    conversions = Conversions()

    def call(x, states):
        with conversions:
            output, new = step_function(x, [*states, *constants])
        return output, tree.map_structure(value_of, list(new))

    run = _loop if mask is None else functools.partial(_masked_loop, zero_output_for_mask, mask)
    options = go_backwards, unroll, return_all_outputs
    last, outputs, states = conversions.retried(run, call, inputs, states, *options)
    if not return_all_outputs:
        outputs = tree.map_structure(lambda x: kernels.expand_dims(x, 0), last)
    elif go_backwards:
        outputs = tree.map_structure(lambda x: kernels.flip(x, 0), outputs)
    if not time_major:
        outputs = tree.map_structure(lambda x: kernels.swapaxes(x, 0, 1), outputs)
    return last, outputs, states


def _column(mask):
    """A mask as booleans (batch, time, 1), whatever order its axes are in."""
    mask = engine.cast(mask, "bool")
    return kernels.expand_dims(mask, -1) if mask.ndim == 2 else mask


def _loop(call, inputs, states, reverse, unroll, keep_all):
    """`(last output, outputs, last states)` of all steps, time being the first axis of inputs.

    Args:
        call: `(x, states) -> (output, new states)`.
        reverse: whether to begin at the end; outputs stay in the order of the inputs.
        keep_all: whether to return the outputs of all steps, else None.
    """
    unroll = bool(unroll) or 1
    if not keep_all:
        start = _blank(call, inputs, states), states
        (last, states), _ = scan(
            lambda carry, x: (call(x, carry[1]), None), start, inputs, None, reverse, unroll
        )
        return last, None, states

    def step(states, x):
        output, new = call(x, states)
        return new, output

    states, outputs = scan(step, states, inputs, None, reverse, unroll)
    return tree.map_structure(lambda x: x[0 if reverse else -1], outputs), outputs, states


def _masked_loop(zero_output, mask, call, inputs, states, reverse, unroll, keep_all):
    """`_loop` where the mask (time, batch, 1) lets some steps change nothing."""

    def step(carry, x):
        before, states = carry
        x, kept = x
        output, new = call(x, states)
        output = _choose(kept, output, _zeros_like(output) if zero_output else before)
        return (output, _choose(kept, new, list(states))), output if keep_all else None

    start = _blank(call, inputs, states), states
    unroll = bool(unroll) or 1
    (last, states), outputs = scan(step, start, (inputs, mask), None, reverse, unroll)
    return last, outputs, states


def _blank(call, inputs, states):
    """Zeros like the output of a step."""
    first = tree.map_structure(lambda x: x[0], inputs)
    with discarding():
        return engine.zeros_like_result(lambda: call(first, states)[0])


def _zeros_like(nest):
    return tree.map_structure(lambda x: kernels.zeros(x.shape, x.dtype), nest)


def _choose(kept, new, old):
    """Of two nests of tensors (batch, ...), the new where `kept` (batch, 1) is true."""

    def pick(a, b):
        shape = (a.shape[0],) + (1,) * (a.ndim - 1)
        return kernels.where(kernels.reshape(kept, shape), a, b)

    return tree.map_structure(pick, new, old)
