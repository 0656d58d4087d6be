"""Keras 2's loops and choices: `rnn`, `foldl`, `foldr`, `map_fn`, `switch`."""

from cornu import ops
from cornu.compat._k_graph import lifted
from cornu.core import tree
from cornu.ops._recurrence import rnn as _rnn
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


rnn = lifted(_rnn)
