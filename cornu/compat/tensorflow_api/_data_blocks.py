"""Functions of elements, applied to many elements at once where nobody can tell.

That is so if the elements are rows of arrays in memory, which may be read ahead, and the function
reads no variables and consists of operations that give each element the same bits whatever is
computed beside it: arithmetic, comparisons, and those that move elements. Others (sums of floats,
products of matrices, random numbers) run element by element.
"""

import itertools

import numpy as np

from cornu.backend import engine
from cornu.compat.tensorflow_api import _data_elements as elements
from cornu.compat.tensorflow_api import _data_steps as steps
from cornu.core import tree

BLOCK = 128
# Names of JAX's primitives.
EXACT = {
    "abs", "add", "and", "argmax", "argmin", "broadcast_in_dim", "ceil", "clamp", "concatenate",
    "convert_element_type", "copy", "div", "eq", "expand_dims", "floor", "ge", "gt", "iota",
    "is_finite", "le", "lt", "max", "min", "mul", "ne", "neg", "not", "or", "pad", "reduce_and",
    "reduce_max", "reduce_min", "reduce_or", "rem", "reshape", "rev", "round", "select_n",
    "shift_left", "shift_right_arithmetic", "shift_right_logical", "sign", "slice", "sqrt",
    "squeeze", "stop_gradient", "sub", "transpose", "xor",
}  # fmt: skip
INNER = ("jaxpr", "call_jaxpr")


def is_exact(jaxpr):
    """Whether a traced function consists of exact operations."""
    for equation in jaxpr.eqns:
        inner = [equation.params[name] for name in INNER if name in equation.params]
        if inner and not all(is_exact(getattr(each, "jaxpr", each)) for each in inner):
            return False
        if not inner and equation.primitive.name not in EXACT:
            return False
    return True


def program_for(call, element):
    """A compiled function of columns of elements like this one; None if there can be none.

    Args:
        call: a `Mapped`.
        element: an element, on the host.
    """
    inputs = elements.tensors(element)
    trace = call.trace(inputs if isinstance(inputs, tuple) else (inputs,))
    if trace is None or trace.reads.variables or trace.written or not is_exact(trace.jaxpr):
        return None
    structure, _, is_tensor = trace.returned
    if not all(is_tensor):
        return None

    def one(tensors, values):
        return trace.program(values, tensors)[0], []

    run = engine.compile(lambda columns, values: engine.vectorize(one, columns, values)[0])

    def program(columns):
        tensors = list(map(engine.asarray, tree.flatten(columns)))
        found = run(tensors, trace.values())
        return structure.unflatten(list(map(np.asarray, found)))

    return program


def mapped(call, source, handles):
    """The elements of handles, through a function.

    Args:
        call: a `Mapped`.
        source: `Rows`.
        handles: iterator.
    """
    handles = iter(handles)
    group = list(itertools.islice(handles, BLOCK))
    if not group:
        return
    first = call(source.get(group[0]))
    yield first
    program = program_for(call, source.get(group[0]))
    if program is None or not _same_first(program, source, group, first):
        for handle in itertools.chain(group[1:], handles):
            yield call(source.get(handle))
        return
    yield from itertools.islice(_rows(program, source, group), 1, None)
    for group in steps.groups(handles, BLOCK):
        yield from _rows(program, source, group)


def _rows(program, source, group):
    """The results for a group, one by one."""
    found = _of_block(program, source, group)
    structure, columns = tree.structure_of(found), tree.flatten(found)
    for index in range(len(group)):
        yield structure.unflatten([column[index] for column in columns])


def _of_block(program, source, group):
    """The results for a group, which is filled up so that there is one program."""
    filled = group + group[-1:] * (BLOCK - len(group))
    return program(source.gather(filled))


def _same_first(program, source, group, first):
    """Whether the first element comes out the same, to the bit."""
    found = tree.flatten(_of_block(program, source, group))
    pairs = zip(found, tree.flatten(first), strict=True)
    return all(a[0].dtype == b.dtype and a[0].tobytes() == b.tobytes() for a, b in pairs)
