"""Recurrent layers over whole sequences, for cells whose arithmetic is known here.

All steps' inputs are projected in one product before the loop, and a step is one product with the
recurrent kernel and elementwise arithmetic. A step's derivative is elementwise factors, which the
loop notes where they are needed; the derivative of the whole is then a linear recurrence, from
which the change of the kernel is taken out: one product over all steps. Turned round, it is
backpropagation through time (Werbos 1990) with the kernel's gradient as one product after the loop.
"""

from cornu.backend import engine, kernels
from cornu.core import tree
from cornu.ops._recurrent_fused import BySteps, as_a_whole, obstacle
from cornu.ops._recurrent_native import natively
from cornu.ops._recurrent_steps import by_gates


def _recur(
    inputs,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    recurrent_bias=None,
    mask=None,
    inputs_dropped=None,
    dropped=None,
    *,
    cell,
    reverse=False,
    unroll=False,
    keep_all=True,
    zero_output=False,
    cudnn=False,
):
    """Run a cell along the time axis.

    Args:
        inputs: (batch, time, ...).
        states: list of tensors (batch, ...), the output first.
        kernel, recurrent_kernel: what inputs and outputs are multiplied by, as `cell` does it.
        bias, recurrent_bias: added to the two products, or None.
        mask: booleans (batch, time). Where it is false, the states stay, and so does the output,
            which is zeros before the first step.
        inputs_dropped, dropped: factors (batch, ...) of the inputs, and of the output before, in
            their products: a list of one for each gate, or of one for all; or None. They are
            constant for gradients.
        cell: one of `_recurrent_steps`.
        reverse: whether to begin at the end; outputs come in the order of the steps.
        unroll: whether to write out all steps instead of looping.
        keep_all: whether to return the outputs of all steps, else None.
        zero_output: whether the output is zeros where the mask is false.
        cudnn: whether cuDNN is to run the cell where the engine has it: True, False or "auto". True
            is to demand it.

    Returns:
        The last output (batch, ...), the outputs (batch, time, ...), and the list of last states.

    Raises:
        ValueError: if cuDNN is demanded and cannot run the cell.
    """
    options = {
        "cell": cell,
        "reverse": reverse,
        "unroll": unroll,
        "keep_all": keep_all,
        "zero_output": zero_output,
    }
    given = inputs, states, kernel, recurrent_kernel, bias, recurrent_bias, mask
    if cudnn:
        tensors = [inputs, *states, kernel, recurrent_kernel, bias]
        drops = inputs_dropped is not None or dropped is not None
        why = obstacle(cell, tensors, drops, unroll)
        if why is None:
            by_steps = BySteps(_by_steps, tuple(options.items()))
            if mask is not None:
                mask = kernels.reshape(engine.cast(mask, "bool"), inputs.shape[:2])
            return as_a_whole(by_steps, tensors, mask, reverse, keep_all, zero_output)
        if cudnn is True:
            raise ValueError(
                f"`use_cudnn=True`, but cuDNN is not supported here: {why}. Use"
                " `use_cudnn='auto'` to have it where it is."
            )
    return _by_steps(*given, inputs_dropped, dropped, **options)


def _by_steps(
    inputs,
    states,
    kernel,
    recurrent_kernel,
    bias,
    recurrent_bias,
    mask,
    inputs_dropped=None,
    dropped=None,
    *,
    cell,
    reverse,
    unroll,
    keep_all,
    zero_output,
):
    """`_recur` by a loop."""
    projected = by_gates(
        _over_time(cell.project),
        kernels.swapaxes(inputs, 0, 1),
        kernel,
        inputs_dropped,
        cell.axis,
    )
    kept = None if mask is None else _kept(mask, states[0].ndim)
    run = _recurrence(cell, reverse, unroll, keep_all)
    outputs, last = run(
        projected, list(states), recurrent_kernel, bias, recurrent_bias, kept, dropped
    )
    output = last[0]
    if kept is not None:
        shown = kept if zero_output else _seen(kept, reverse)
        nothing = output.dtype.type(0)
        output = kernels.where(shown[0 if reverse else -1], output, nothing)
        outputs = None if outputs is None else kernels.where(shown, outputs, nothing)
    if outputs is not None:
        outputs = kernels.swapaxes(kernels.flip(outputs, 0) if reverse else outputs, 0, 1)
    return output, outputs, last


recur = engine.fuse(_recur, ["cell", "reverse", "unroll", "keep_all", "zero_output", "cudnn"])


def _kept(mask, rank):
    """A mask (batch, time) as booleans (time, batch, 1, ...) that fit states of `rank` axes."""
    mask = kernels.swapaxes(engine.cast(mask, "bool"), 0, 1)
    return kernels.reshape(mask, (*mask.shape[:2], *(1,) * (rank - 1)))


def _seen(kept, reverse):
    """Whether any step up to this one was kept."""
    counts = kernels.flip(kept, 0) if reverse else kept
    seen = kernels.cumsum(engine.cast(counts, "int32"), 0) > 0
    return kernels.flip(seen, 0) if reverse else seen


def _over_time(product):
    """`product` of (batch, ...) and a kernel, for (time, batch, ...)."""

    def at_once(x, kernel):
        outputs = product(kernels.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:])), kernel)
        return kernels.reshape(outputs, (*x.shape[:2], *outputs.shape[1:]))

    return at_once


def _recurrence(cell, reverse, unroll, keep_all):
    """A function from `projected`, states, kernel, biases, `kept` and `dropped` to the outputs of
    all steps (or None) and the last states."""

    def loop(body, states, xs):
        """`states, ys = body(states, *x)`, where `body` gets None for xs that are None."""
        filled = [x is not None for x in xs]

        def step(states, x):
            x = iter(x)
            return body(states, *(next(x) if there else None for there in filled))

        xs = [x for x in xs if x is not None]
        return engine.scan(step, states, xs, None, reverse, unroll or 1)

    def values(projected, states, kernel, bias, recurrent_bias, kept, dropped):
        def body(states, x, keep):
            inner = cell.inner(cell.product, states[0], kernel, dropped)
            inner = _add(inner, recurrent_bias)
            new = cell.step(_add(x, bias), inner, states, kernel, dropped)
            new = _choose(keep, new, states)
            return new, [new[0]] if keep_all else []

        last, outputs = loop(body, states, [projected, kept])
        return (outputs[0] if keep_all else None), last

    def with_factors(projected, states, kernel, bias, recurrent_bias, kept, dropped):
        def body(states, x, keep):
            inner = cell.inner(cell.product, states[0], kernel, dropped)
            inner = _add(inner, recurrent_bias)
            new, factors = cell.linearize(_add(x, bias), inner, states, kernel, dropped)
            new = _choose(keep, new, states)
            return new, [new[0], *factors]

        last, (outputs, *factors) = loop(body, states, [projected, kept])
        return outputs, last, factors

    def change(source, states, kernel, kept, factors, dropped):
        def body(states, x, keep, *factors):
            inner = cell.inner(cell.product, states[0], kernel, dropped)
            new = cell.tangent(factors, x, inner, states, kernel)
            new = _choose(keep, new, states)
            return new, [new[0]] if keep_all else []

        last, outputs = loop(body, states, [source, kept, *factors])
        return (outputs[0] if keep_all else None), last

    parts = values, with_factors, change
    if cell.kernel and kernels.has_native():
        parts = natively(cell.kernel, reverse, keep_all, *parts)
    return _differentiable(cell, reverse, keep_all, *parts)


def _differentiable(cell, reverse, keep_all, values, with_factors, change):
    """`values` with the derivative that the two others give."""

    def linearized(projected, states, kernel, bias, recurrent_bias, kept, dropped):
        outputs, last, factors = with_factors(
            projected, states, kernel, bias, recurrent_bias, kept, dropped
        )
        before = _shifted(states[0], outputs, reverse)

        def linear(projected, states, kernel_change, bias, recurrent_bias, *_):
            product = _over_time(cell.product)
            inner = cell.changed_inner(product, before, kernel_change, factors, dropped)
            inner = _add(inner, recurrent_bias)
            source = cell.source(_add(projected, bias), inner)
            return change(source, states, kernel, kept, factors, dropped)

        return ((outputs if keep_all else None), last), linear

    return engine.custom_derivative(values, linearized)


def _add(x, other):
    if other is None:
        return x
    if x.dtype != "bfloat16":
        return x + other
    # The gradient by a bias sums over all steps and examples: in half precision it loses too much.
    total = engine.cast(x, "float32") + engine.cast(other, "float32")
    return engine.cast(total, x.dtype.name)


def _choose(kept, new, old):
    if kept is None:
        return new
    return tree.map_structure(lambda a, b: kernels.where(kept, a, b), new, list(old))


def _shifted(first, outputs, reverse):
    """What came before each of the outputs: `first`, then all but the last."""
    first = kernels.expand_dims(first, 0)
    if reverse:
        return kernels.concatenate([outputs[1:], first], 0)
    return kernels.concatenate([first, outputs[:-1]], 0)
