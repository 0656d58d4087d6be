"""Control flow: branches, which are functions that return nests of tensors.

They may read variables, and assign them. Where the condition is known, the branch that is taken
runs as ordinary code. Else JAX traces all of them instead of running them, and the variables that
any of them assigns are assigned afterwards. Whatever a function does to other Python objects
happens when it is traced.
"""

import numpy as np

from cornu.backend import engine
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.core.scopes import SYMBOLIC, setting
from cornu.ops._elementwise import where
from cornu.state.assigned import Assigned, Restart
from cornu.state.functional import discarding
from cornu.state.variable import Variable, value_of
from cornu.symbolic.graph import Node
from cornu.symbolic.higher_order import HigherOrderCall, higher_order
from cornu.symbolic.nests import Nest, check_scalar, outcome
from cornu.symbolic.operation import has_symbolic
from cornu.symbolic.tensor import KerasTensor


class _Condition(HigherOrderCall):
    """`cond` on a symbolic predicate."""

    def symbolic_call(self, pred, true_fn, false_fn):
        with discarding(), setting(SYMBOLIC, True):
            returned = outcome(true_fn()), outcome(false_fn())
        if tree.structure_of(returned[0]) != tree.structure_of(returned[1]):
            raise _unlike("cond", BRANCHES, shorten(returned[0]), shorten(returned[1]))
        if has_symbolic(returned, {}):
            # The branches use symbolic tensors from outside: the graph computes both, and picks.
            return tree.map_structure(lambda a, b: _pick(pred, a, b), *returned)
        taken = [Nest(each, name) for each, name in zip(returned, BRANCHES, strict=True)]
        _same_dtypes("cond", *taken, BRANCHES)
        outputs = taken[0].fill(
            [KerasTensor(tuple(x.shape), str(x.dtype)) for x in taken[0].tensors]
        )
        Node(self, (pred, true_fn, false_fn), {}, outputs)
        return outputs


BRANCHES = ("`true_fn`", "`false_fn`")


def _pick(pred, a, b):
    if a is None and b is None:
        return None
    if a is None or b is None or tuple(a.shape) != tuple(b.shape) or str(a.dtype) != str(b.dtype):
        raise _unlike("cond", BRANCHES, shorten(a), shorten(b))
    return where(pred, a, b)


@higher_order(base=_Condition)
def cond(pred, true_fn, false_fn):
    """What `true_fn()` returns if `pred` is true, else what `false_fn()` returns.

    Args:
        pred: a scalar: bool or number, array, tensor or variable. Where its value is known, only
            the function that is called for runs, as ordinary code. Else both are traced, and what
            they return must have the same structure, shapes and dtypes.
        true_fn, false_fn: functions without arguments, which return a nest of tensors. They may
            assign variables.

    Raises:
        ValueError: if `pred` is no scalar, or what the functions return is not alike.

    Example:
        >>> import cornu
        >>> x = cornu.ops.ones((2,))
        >>> cornu.ops.cond(cornu.ops.sum(x) > 1, lambda: x + 1, lambda: x - 1).tolist()
        [2.0, 2.0]
    """
    pred = value_of(pred)
    check_scalar(pred, "cond", "pred")
    if not engine.is_traced(pred):
        return outcome(true_fn() if pred else false_fn())
    index = engine.cast(engine.cast(pred, "bool"), "int32")
    return _choose("cond", index, (false_fn, true_fn), (), BRANCHES[::-1])


@higher_order()
def switch(index, branches, *operands):
    """What `branches[index](*operands)` returns.

    Args:
        index: a scalar int; one that is out of range means the first or last branch.
        branches: a sequence of functions that return nests of tensors. As with `cond`, only one
            runs where the index is known, else what all return must be alike.
        *operands: what the functions are called with: nests of tensors and variables.

    Raises:
        TypeError: if `index` is no int.
        ValueError: if it is no scalar, there is no branch, or what the functions return is not
            alike.

    Example:
        >>> import cornu
        >>> cornu.ops.switch(1, [lambda x: x, lambda x: -x], cornu.ops.ones((2,))).tolist()
        [-1.0, -1.0]
    """
    branches = list(branches)
    if not branches:
        raise ValueError("`switch` needs at least one function in `branches`.")
    index = value_of(index)
    check_scalar(index, "switch", "index")
    kind = np.dtype(type(index) if isinstance(index, (bool, int, float)) else index.dtype).kind
    if kind not in "iu" and not SYMBOLIC.get():  # a `KerasTensor` is float32 by default
        raise TypeError(f"`switch`: `index` must be an integer. Received: {shorten(index)}")
    operands = tree.map_structure(
        lambda leaf: leaf if isinstance(leaf, Variable) else outcome(leaf), operands
    )
    if not engine.is_traced(index):
        chosen = branches[min(max(int(index), 0), len(branches) - 1)]
        return outcome(chosen(*operands))
    names = [f"`branches[{place}]`" for place in range(len(branches))]
    return _choose("switch", engine.asarray(index, "int32"), branches, operands, names)


def _choose(op, index, functions, operands, names):
    """What `functions[index](*operands)` returns, all of them being traced."""
    assigned = Assigned(op)
    dtypes = {}  # by place, for the numbers among what the functions return

    def attempt():
        returned = []
        before = assigned.values()

        def branch(function, name):
            def run():
                result, after = assigned.run(before, function, *operands)
                nest = Nest(result, f"`{op}`: what {name} returns")
                for place, dtype in dtypes.items():
                    if nest.weak[place]:
                        nest.cast(place, dtype)
                if returned:
                    _same_dtypes(op, returned[0], nest, (names[0], name), dtypes)
                else:
                    returned.append(nest)
                return [*nest.tensors, *after]

            return run

        pairs = zip(functions, names, strict=True)
        tensors = engine.switch(index, [branch(*pair) for pair in pairs])
        count = len(returned[0].tensors)
        assigned.assign(tensors[count:])
        return returned[0].fill(tensors[:count])

    return assigned.settle(attempt)


def _same_dtypes(op, first, other, names, dtypes=None):
    """Check that two branches return the same, numbers taking the dtype of what the other has.

    Args:
        dtypes: dtypes that were found for numbers are put in here, before all starts again.
    """
    if not first.same_shapes(other):
        raise _unlike(op, names, first, other)
    for place, (a, b) in enumerate(zip(first.tensors, other.tensors, strict=True)):
        if a.dtype == b.dtype:
            continue
        if other.weak[place]:
            other.cast(place, a.dtype)
        elif first.weak[place] and dtypes is not None:
            dtypes[place] = b.dtype
            raise Restart
        else:
            raise _unlike(op, names, first, other)


def _unlike(op, names, first, other):
    return ValueError(
        f"`{op}`: {names[0]} and {names[1]} should return outputs of the same kind: the same"
        f" structure, shapes and dtypes. Received: {first} and {other}"
    )
