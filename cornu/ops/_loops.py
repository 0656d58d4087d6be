"""Control flow: loops and maps over functions of nests of tensors.

JAX traces the functions instead of running them. They may read variables, and assign them: the
values are then carried from one call to the next, and assigned at the end. Whatever a function does
to other Python objects happens when it is traced.
"""

import numbers

import numpy as np

from cornu.backend import engine
from cornu.core.scopes import SYMBOLIC, TAPES
from cornu.core.shapes import canonicalize_axis
from cornu.state.assigned import Assigned, Restart
from cornu.state.variable import value_of
from cornu.symbolic.higher_order import higher_order
from cornu.symbolic.nests import Nest, check_function, check_scalar


@higher_order("length", "reverse", "unroll")
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Call `f` for each slice along the first axis of `xs`, carrying something along.

    Args:
        f: `f(carry, x) -> (carry, y)`, nests of tensors. The carry returned has the structure,
            shapes and dtypes of the one taken; `f` may assign variables.
        init: the first carry.
        xs: nest of tensors with first axes of one size, or None.
        length: number of calls; needed if `xs` is None.
        reverse: whether to begin at the end of `xs` (and of the ys).
        unroll: how many calls make up one round of the compiled loop; True for all.

    Returns:
        The last carry, and the ys stacked along a new first axis.

    Raises:
        TypeError: if `f` can't be called.
        ValueError: for a wrong `unroll` or `length`, sizes that differ, and a carry that changes.

    Example:
        >>> import cornu
        >>> total, sums = cornu.ops.scan(lambda c, x: (c + x, c + x), 0.0, cornu.ops.ones((3,)))
        >>> float(total), sums.tolist()
        (3.0, [1.0, 2.0, 3.0])
    """
    check_function("scan", f=f)
    if not isinstance(unroll, bool) and (not isinstance(unroll, numbers.Integral) or unroll < 1):
        raise ValueError(
            f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}"
        )
    return _scan("scan", f, init, xs, length, reverse, unroll)


def _scan(op, f, init, xs, length, reverse=False, unroll=1):
    carry, items = Nest(init, f"`{op}`: `init`"), Nest(xs, f"`{op}`: `xs`")
    length = _length(op, items, length)
    assigned = Assigned(op)
    count = len(carry.tensors)
    made = {}

    def step(tensors, slices):
        arguments = carry.fill(tensors[:count]), items.fill(slices)
        result, after = assigned.run(tensors[count:], f, *arguments)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise ValueError(f"`{op}`: `f` must return a pair (carry, y). Received: {type(result)}")
        new, made["y"] = Nest(result[0], f"`{op}`: the carry"), Nest(result[1], f"`{op}`: `y`")
        carry.follow(new, f"`{op}`: `f` must return a carry like the one it takes.")
        return [*new.tensors, *after], made["y"].tensors

    def attempt():
        start = [*carry.ready(), *assigned.values()]
        return engine.scan(step, start, items.tensors, length, reverse, unroll)

    tensors, ys = assigned.settle(attempt)
    assigned.assign(tensors[count:])
    return carry.fill(tensors[:count]), made["y"].fill(ys)


def _length(op, items, length=None):
    """The size of the first axis of all items, or `length` if there are none."""
    shapes = [tuple(tensor.shape) for tensor in items.tensors]
    if not shapes and length is None:
        raise ValueError(f"Got no `xs` to {op} over and `length` not provided.")
    if () in shapes:
        raise ValueError(f"`{op}` needs tensors with a first axis. Received: {items}")
    sizes = [shape[0] for shape in shapes] + ([] if length is None else [int(length)])
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            f"`{op}` got different leading axis sizes: {items}"
            + ("." if length is None else f", with `length`={length}.")
        )
    if length is not None and length < 0:
        raise ValueError(f"`length` must not be negative. Received: length={length}")
    return sizes[0]


@higher_order()
def map(f, xs):
    """`f(x)` for each slice `x` along the first axis of `xs`, one after the other, stacked.

    Args:
        f: a function from a nest of tensors to a nest of tensors. It may assign variables.
        xs: nest of tensors with first axes of one size.

    Raises:
        TypeError: if `f` can't be called.
        ValueError: if sizes differ, or there is nothing with a first axis.

    Example:
        >>> import cornu
        >>> cornu.ops.map(lambda x: x * 2, cornu.ops.ones((3,))).tolist()
        [2.0, 2.0, 2.0]
    """
    check_function("map", f=f)
    return _scan("map", lambda carry, x: (carry, f(x)), (), xs, None)[1]


@higher_order("function")
def vectorized_map(function, elements):
    """`function(element)` for each slice along the first axis of `elements`, all at once.

    Args:
        function: from a nest of tensors to a nest of tensors.
        elements: nest of tensors with first axes of one size.

    Raises:
        ValueError: if sizes differ, or there is nothing with a first axis.
        RuntimeError: if `function` assigns to a variable what depends on the element.

    Example:
        >>> import cornu
        >>> cornu.ops.vectorized_map(lambda x: x * 2, cornu.ops.ones((3,))).tolist()
        [2.0, 2.0, 2.0]
    """
    check_function("vectorized_map", function=function)
    items = Nest(elements, "`vectorized_map`: `elements`")
    _length("vectorized_map", items)
    assigned = Assigned("vectorized_map")
    made = {}

    def each(slices, before):
        result, after = assigned.run(before, function, items.fill(slices))
        made["y"] = Nest(result, "`vectorized_map`: what `function` returns")
        return made["y"].tensors, after

    try:
        ys, after = assigned.settle(
            lambda: engine.vectorize(each, items.tensors, assigned.values())
        )
    except RuntimeError as error:
        if not assigned.variables:
            raise
        raise RuntimeError(
            f"A function given to `vectorized_map` assigns the variable"
            f" '{assigned.variables[0].path}' a value that depends on the element, so there is one"
            " for each of them. Use `map`, which calls it for one after the other."
        ) from error
    assigned.assign(after)
    return made["y"].fill(ys)


@higher_order("reverse", "axis")
def associative_scan(f, elems, reverse=False, axis=0):
    """Running results of an associative function: `x0, f(x0, x1), f(f(x0, x1), x2), ...`.

    The calls number in the logarithm of the axis, each for many elements at once.

    Args:
        f: `f(a, b)` on nests like `elems`, with axes of any size; associative and elementwise along
            `axis`.
        elems: nest of tensors that have the same size along `axis`.
        reverse: whether to begin at the end.
        axis: the axis.

    Raises:
        TypeError: if `f` can't be called.
        ValueError: if there is no such axis, sizes differ, or `f` returns something else.

    Example:
        >>> import cornu
        >>> cornu.ops.associative_scan(lambda a, b: a * b, cornu.ops.arange(1, 5)).tolist()
        [1, 2, 6, 24]
    """
    check_function("associative_scan", f=f)
    items = Nest(elems, "`associative_scan`: `elems`")
    if not items.tensors:
        raise ValueError("`associative_scan` needs at least one tensor in `elems`.")
    axes = [canonicalize_axis(axis, tensor.ndim) for tensor in items.tensors]
    if len(set(axes)) > 1:
        raise ValueError(f"axis={axis} is another axis in each of `elems`: count from the front.")
    sizes = [tensor.shape[axes[0]] for tensor in items.tensors]
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            "Array inputs to associative_scan must have the same first dimension (along `axis`)."
            f" Received: {items} with axis={axis}"
        )

    def combine(a, b):
        found = Nest(f(items.fill(a), items.fill(b)), "`associative_scan`: what `f` returns")
        taken = Nest(items.fill(a), "`associative_scan`: `elems`")
        taken.follow(found, "`associative_scan`: `f` must return what it takes.")
        return found.tensors

    return items.fill(engine.associative_scan(combine, items.tensors, reverse, axes[0]))


@higher_order("cond", "body", "maximum_iterations")
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Call `body` on the loop variables as long as `cond` is true of them.

    Args:
        cond: `cond(*loop_vars)` -> a scalar bool.
        body: `body(*loop_vars)` -> the new ones, of the same structure, shapes and dtypes. It may
            assign variables.
        loop_vars: a list or tuple of nests of tensors; or one nest, the functions' only argument.
        maximum_iterations: stop after so many calls.

    Returns:
        The last loop variables: a tuple for a list or tuple. Inside a gradient tape the loop runs
        as ordinary code where it can. Compiled, its gradient takes bounded memory: it computes most
        rounds again.

    Raises:
        TypeError: if `cond` or `body` can't be called.
        ValueError: if `cond` returns no scalar, or `body` something else than it takes.

    Example:
        >>> import cornu
        >>> x, = cornu.ops.while_loop(lambda x: x < 100, lambda x: (x * 3,), (1.0,))
        >>> float(x)
        243.0
    """
    check_function("while_loop", cond=cond, body=body)
    single = not isinstance(loop_vars, (list, tuple))
    loop = _While(cond, body, (loop_vars,) if single else tuple(loop_vars))
    if TAPES.get() and not engine.is_tracing():
        final = loop.run_as_code(maximum_iterations)
    else:
        final = loop.run(maximum_iterations)
    return final[0] if single else final


class _While:
    """A loop: its functions, and its variables as they are so far."""

    def __init__(self, test, body, loop_vars):
        self.test_function, self.body_function = test, body
        self.carry = Nest(loop_vars, "`while_loop`: `loop_vars`")
        self.assigned = Assigned("while_loop")

    def _next(self, arguments):
        """What the body makes of the loop variables, as a tuple."""
        result = self.body_function(*arguments)
        if len(arguments) == 1 and not (isinstance(result, (list, tuple)) and len(result) == 1):
            return (result,)
        return tuple(result) if isinstance(result, (list, tuple)) else result

    def _holds(self, arguments):
        found = value_of(self.test_function(*arguments))
        if SYMBOLIC.get():  # only the specs of the loop variables are asked for
            return np.False_
        if np.shape(found) != ():
            raise ValueError(
                "`while_loop`: `cond` must return a scalar boolean. Received: "
                f"shape={np.shape(found)}"
            )
        return found

    def _follow(self, result):
        new = Nest(result, "`while_loop`: what `body` returns")
        self.carry.follow(new, "`while_loop`: `body` must return loop variables like its own.")
        return new.tensors

    def run(self, limit):
        """The loop, traced."""
        count = len(self.carry.tensors)
        bounded = limit is not None
        limit = engine.asarray(value_of(limit), "int32") if bounded else None

        def test(tensors):
            arguments = self.carry.fill(tensors[:count])
            values = tensors[count + bounded :]
            found = self.assigned.read(values, self._holds, arguments)
            found = engine.cast(found, "bool")
            return found & (tensors[count] < limit) if bounded else found

        def step(tensors):
            arguments = self.carry.fill(tensors[:count])
            result, after = self.assigned.run(tensors[count + bounded :], self._next, arguments)
            rounds = [tensors[count] + 1] if bounded else []
            return [*self._follow(result), *rounds, *after]

        def attempt():
            rounds = [engine.asarray(0)] if bounded else []
            start = [*self.carry.ready(), *rounds, *self.assigned.values()]
            return engine.while_loop(test, step, start)

        tensors = self.assigned.settle(attempt)
        self.assigned.assign(tensors[count + bounded :])
        return self.carry.fill(tensors[:count])

    def run_as_code(self, limit):
        """The loop as ordinary code, traced only if the condition is not known."""
        done = 0
        while limit is None or done < limit:
            arguments = self.carry.fill(self.carry.ready())
            holds = self._holds(arguments)
            if engine.is_traced(holds):
                return self.run(None if limit is None else limit - done)
            if not holds:
                break
            try:
                self.carry.tensors = self._follow(self._next(arguments))
            except Restart:  # numbers among the variables took another dtype: the same call again
                continue
            done += 1
        return self.carry.fill(self.carry.tensors)


@higher_order()
def fori_loop(lower, upper, body_fun, init_val):
    """`value = body_fun(i, value)` for each `i` from `lower` to before `upper`.

    Args:
        lower, upper: scalar ints.
        body_fun: returns a nest of the structure, shapes and dtypes that it takes. It may assign
            variables.
        init_val: the first value.

    Raises:
        TypeError: if `body_fun` can't be called.
        ValueError: if it returns something else than it takes, or a bound is no scalar.

    Example:
        >>> import cornu
        >>> int(cornu.ops.fori_loop(0, 5, lambda i, total: total + i, 0))
        10
    """
    check_function("fori_loop", body_fun=body_fun)
    lower, upper = _bound(lower, "lower"), _bound(upper, "upper")
    carry = Nest(init_val, "`fori_loop`: `init_val`")
    assigned = Assigned("fori_loop")
    count = len(carry.tensors)

    def step(index, tensors):
        arguments = index, carry.fill(tensors[:count])
        result, after = assigned.run(tensors[count:], body_fun, *arguments)
        new = Nest(result, "`fori_loop`: what `body_fun` returns")
        carry.follow(new, "`fori_loop`: `body_fun` must return a value like the one it takes.")
        return [*new.tensors, *after]

    def attempt():
        start = [*carry.ready(), *assigned.values()]
        return engine.fori_loop(lower, upper, step, start)

    tensors = assigned.settle(attempt)
    assigned.assign(tensors[count:])
    return carry.fill(tensors[:count])


def _bound(value, name):
    value = value_of(value)
    check_scalar(value, "fori_loop", name)
    if isinstance(value, int):
        return np.int32(value)
    return value
