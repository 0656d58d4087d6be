"""Keras 2's loops and choices: `rnn`, `foldl`, `foldr`, `map_fn`, `switch`."""

from cornu import ops
from cornu.backend import engine
from cornu.compat._k_graph import lifted
from cornu.core import tree
from cornu.state.variable import value_of
from cornu.symbolic.tensor import KerasTensor


@lifted
def foldl(fn, elems, initializer=None, name=None):
    """`fn(so far, element)` over the elements along the first axis, from the first to the last.

    Args:
        elems: nest of tensors.
        initializer: what is so far at the beginning; by default the first element.
    """
    return _fold(fn, elems, initializer, reverse=False)


@lifted
def foldr(fn, elems, initializer=None, name=None):
    """As `foldl`, from the last element to the first."""
    return _fold(fn, elems, initializer, reverse=True)


def _fold(fn, elems, initializer, reverse):
    elems = tree.map_structure(ops.convert_to_tensor, elems)
    if initializer is None:
        start, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
        initializer = tree.map_structure(lambda x: x[start], elems)
        elems = tree.map_structure(lambda x: x[rest], elems)
    initializer = tree.map_structure(ops.convert_to_tensor, initializer)
    return ops.scan(lambda so_far, x: (fn(so_far, x), None), initializer, elems, reverse=reverse)[0]


@lifted
def map_fn(fn, elems, name=None, dtype=None):
    """`fn` of each element along the first axis, stacked.

    Args:
        elems: tensor, or nest of tensors, of which `fn` gets a slice each.
        dtype: dtype of the result (or nest of dtypes), by default that of what `fn` returns.
    """
    elems = tree.map_structure(ops.convert_to_tensor, elems)
    found = ops.scan(lambda _, x: (None, fn(x)), None, elems)[1]
    if dtype is None:
        return found
    if isinstance(dtype, str):
        return tree.map_structure(lambda x: ops.cast(x, dtype), found)
    return tree.map_structure(ops.cast, found, dtype)


def switch(condition, then_expression, else_expression):
    """One of two tensors where `condition` is a scalar, else elements of both.

    Args:
        condition: bool or number; its axes are the first axes of the two tensors.
        then_expression, else_expression: tensors, or functions without arguments, of which only the
            one chosen is called where the condition is a known scalar.

    Raises:
        ValueError: if the condition has more axes than the tensors.
    """
    condition = value_of(condition)
    rank = len(getattr(condition, "shape", ()))
    if rank == 0 and not isinstance(condition, KerasTensor):
        return ops.cond(condition, _delayed(then_expression), _delayed(else_expression))
    first, second = (_delayed(each)() for each in (then_expression, else_expression))
    axes = len(ops.shape(first))
    if rank > axes:
        raise ValueError(
            "Rank of `condition` should be less than or equal to rank of `then_expression` and"
            f" `else_expression`. ndim(condition)={rank}, ndim(then_expression)={axes}"
        )
    condition = ops.cast(condition, "bool")
    if 0 < rank < axes:
        condition = ops.expand_dims(condition, tuple(range(rank, axes)))
    return ops.where(condition, first, second)


def _delayed(expression):
    if callable(expression):
        return expression
    expression = ops.convert_to_tensor(expression)
    return lambda: expression


@lifted
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
    """Call `step_function(inputs of one step, states) -> (output, new states)` for each time step.

    Args:
        inputs: tensor (batch, time, ...), or nest of such.
        initial_states: list of tensors (batch, ...).
        go_backwards: whether to begin at the last step.
        mask: bools (batch, time) or (batch, time, 1); at steps that are masked out the states stay,
            and the output is that of the step before (0 at first).
        constants: list of tensors that `step_function` gets after the states.
        unroll: whether to repeat the computation for each step rather than loop.
        input_length: number of steps, where it isn't known from the shape; not needed here.
        time_major: whether the first axis of `inputs` (and of the outputs) is the time.
        zero_output_for_mask: whether the output at masked steps is 0.
        return_all_outputs: whether to return the outputs of all steps or of the last.

    Returns:
        The last output, the outputs (batch, time, ...), the list of the last states.
    """
    del input_length
    inputs, states = tree.map_structure(ops.convert_to_tensor, (inputs, list(initial_states)))
    constants = list(constants or ())
    if not time_major:
        inputs = tree.map_structure(_swapped, inputs)
    if mask is not None:
        mask = _time_major_mask(mask, time_major)
    items = (inputs, mask)
    if go_backwards:
        items = tree.map_structure(lambda x: None if x is None else ops.flip(x, 0), items)

    def step(carry, item):
        before, states = carry
        output, new = step_function(item[0], [*states, *constants])
        new = list(new)
        if mask is not None:
            kept = tree.map_structure(ops.zeros_like, output) if zero_output_for_mask else before
            output = _chosen(item[1], output, kept)
            new = _chosen(item[1], new, states)
        # Without a mask nobody asks for the output before: the carry then has none.
        return (None if mask is None else output, new), (output if return_all_outputs else None)

    carry = None if mask is None else _first_output(step_function, inputs, states, constants)
    count = tree.flatten(inputs)[0].shape[0]
    if not return_all_outputs:
        head = tree.map_structure(lambda x: None if x is None else x[: count - 1], items)
        tail = tree.map_structure(lambda x: None if x is None else x[count - 1 :], items)
        carried, _ = ops.scan(step, (carry, states), head, unroll=bool(unroll))
        return_all_outputs = True
        (_, states), outputs = ops.scan(step, carried, tail)
    else:
        (_, states), outputs = ops.scan(step, (carry, states), items, unroll=bool(unroll))
    last = tree.map_structure(lambda x: x[-1], outputs)
    if not time_major:
        outputs = tree.map_structure(_swapped, outputs)
    return last, outputs, states


def _swapped(x):
    return ops.swapaxes(x, 0, 1)


def _time_major_mask(mask, time_major):
    mask = ops.cast(mask, "bool")
    if len(mask.shape) == 2:
        mask = ops.expand_dims(mask, -1)
    return mask if time_major else _swapped(mask)


def _chosen(mask, first, second):
    """Elements of the first nest where the mask (batch, 1) is true, else of the second."""

    def pick(a, b):
        return ops.where(ops.reshape(mask, mask.shape[:1] + (1,) * (len(a.shape) - 1)), a, b)

    return tree.map_structure(pick, first, second)


def _first_output(step_function, inputs, states, constants):
    """Zeros shaped as the output of a step."""
    first = tree.map_structure(lambda x: x[0], inputs)
    return engine.zeros_like_result(lambda: step_function(first, [*states, *constants])[0])
