"""Functions of a vector `w` whose control flow depends on its values, as people write them.

All of them are the rows of `PATTERNS`, called on `HIGH` and `LOW`; of those in `GRADIENTS` the
gradients are compared, too.
"""

# ruff: noqa: SIM102, SIM108 - the code under test is written as it comes

import functools
import itertools

import numpy as np

from cornu import ops

HIGH, LOW = [3.1, 4.2, 0.53], [-1.1, -2.2, 0.33]


def while_norm(w):
    while ops.norm(w) > 1:
        w = w / 2
    return w


def if_else(w):
    if ops.sum(w) > 0:
        y = w * 3
    else:
        y = -w
    return y


def if_alone(w):
    if ops.sum(w) > 0:
        w = w * w
    return w


def elif_chain(w):
    total = ops.sum(w)
    if total > 5:
        scale = 1.0
    elif total > 0:
        scale = 2.0
    elif total > -1:
        scale = 3
    else:
        scale = total
    return w * scale


def early_return(w):
    if ops.sum(w) > 0:
        return w * 2
    w = w - 1
    return w * 10


def early_returns_in_nests(w):
    if ops.sum(w) > 0:
        if ops.max(w) > 3:
            return w, ops.sum(w)
        return -w, ops.sum(w) * 2
    return w * w, ops.sum(w) * 3


def while_true_break(w):
    count = 0
    while True:
        w = w / 2
        count += 1
        if ops.norm(w) < 1:
            break
    return w * count


def two_conditions(w):
    i = 0
    while i < 5 and ops.norm(w) > 1:
        w = w / 2
        i = i + 1
    return w, i * 1.0


def traced_range(w):
    total = 0.0
    for i in range(ops.cast(ops.abs(w[0] * 3), "int32")):
        if i % 2 == 0:
            total = total + i * w[1]
    return total


def range_with_bounds(w):
    count = ops.cast(ops.abs(w[0]), "int32")
    total = ops.zeros_like(w)
    for i in range(count + 4, 1, -2):
        total = total + w / i
    return total


def rows_of_an_array(w):
    total = 0.0
    for v in ops.outer(ops.arange(3.0), w):
        if ops.sum(v) > 1:
            total += ops.sum(v)
    return total


def many_rows(w):
    total = ops.zeros(())
    for v in ops.linspace(0.0, 1.0, 66):
        if v > w[2]:
            total = total + v * w[0]
    return total


def conditional_expression(w):
    return w * 2 if ops.sum(w) > 0 else ops.exp(w)


def helper(w):
    return w if ops.max(w) > 2 else -w


def nested_helpers(w):
    return helper(helper(w) * 0.7) + 1


def continue_statement(w):
    i, total = 0, 0.0
    while i < 6 and total < 5:
        i += 1
        if ops.cast(w[0] * i, "int32") % 2 == 0:
            continue
        total = total + w[1] * i
    return total + i


def not_and_or(w):
    total = ops.sum(w)
    if not (total > 0) or (total > 5 and not total > 100):
        return w + 1
    return w * w


def chained_comparison(w):
    if 0 < ops.sum(w) < 5:
        w = w * 2
    return w


def comprehension(w):
    while ops.sum(w * w) < 50:
        parts = [w * (i + 1) for i in range(3)]
        w = parts[0] + parts[1] + parts[2]
    return w


def return_in_a_loop(w):
    for i in range(20):
        w = w * 1.5
        if ops.sum(w * w) > 30:
            return w, i * 1.0
    return w * 0.1, -1.0


def return_in_a_while(w):
    n = 0
    while n < 10:
        w = w * 1.2 + 0.01
        n += 1
        if ops.max(w) > 3:
            return w * n
    return w


def break_from_a_long_range(w):
    total = ops.zeros(())
    for i in range(200):
        total = total + ops.sum(w * w) / (i + 1)
        if total > 3:
            break
    return total


def break_from_a_count(w):
    for i in itertools.count(2, 3):
        w = w * 1.1
        if ops.sum(w * w) > 30 + i:
            break
    return w * i


def list_of_many_rows(w):
    found = []
    for v in ops.linspace(0.0, 1.0, 66):
        if ops.sum(w) > 0:
            v = v * w[0]
        found.append(v)
    return found[3] + found[-1]


def nested_loops(w):
    total = 0.0
    outer = 0
    while outer < 3:
        inner = 0
        while total < ops.abs(w[0]) * (outer + 1):
            total = total + 0.5 + 0.1 * w[1] * w[1]
            inner += 1
            if inner > 4:
                break
        outer += 1
    return total * w


def inner_function(w):
    def step(v, factor=2.0):
        if ops.sum(v) > 1:
            return v / factor
        return v

    for _ in range(3):
        w = step(w, factor=3.0)
    return w


def inner_lambda(w):
    choose = lambda v: v * 2 if ops.sum(v) > 0 else v  # noqa: E731
    return choose(choose(w))


def pairs(w):
    a, b = w, w * 0.5
    while ops.sum(b * b) < 100:
        a, b = b, a + b
    return a, b


def dictionary(w):
    state = {"x": w, "n": 0}
    while ops.sum(state["x"] ** 2) < 100:
        state = {"x": state["x"] * 1.7, "n": state["n"] + 1}
    return state["x"] * state["n"]


def integer_that_becomes_a_float(w):
    total = 0
    while total < 3:
        total = total + ops.sum(w * w)
    return total


def greatest(w):
    return max(ops.sum(w), w[0], 0.5) * min(w[1], 2.0)


def any_and_all(w):
    if any([w[0] > 1, w[1] > 100]) and all([w[2] > -1, w[0] > 2]):
        return w * 5
    return w


def partial_of_a_helper(w):
    def scaled(factor, v):
        return v * factor if ops.sum(v) > 0 else v

    return functools.partial(scaled, 4.0)(w)


def none_until_known(w):
    best = None
    for v in (w[0], w[1], w[2]):
        if best is None or v > best:
            best = v
    return best


def newton(w):
    """A root of a number, to a precision: as many steps as that takes."""
    target = ops.sum(w * w) + 1
    root = target
    while ops.abs(root * root - target) > 1e-3 * target:
        root = 0.5 * (root + target / root)
    return root


def unused_name_in_one_branch(w):
    if ops.sum(w) > 0:
        unused = w * 2
        w = unused + 1
    return w


def truth_of_one_element(w):
    if w[:1] > 0:
        return w
    return -w


class Chain:
    """An object with methods and attributes."""

    factor = 2.0

    def __init__(self):
        self.limit = 2.0

    @property
    def half(self):
        return self.limit / 2

    @staticmethod
    def shrunk(v, by):
        return v / by if ops.sum(v) > -100 else v

    def step(self, v):
        while ops.norm(v) > self.limit:
            v = self.shrunk(v, self.factor)
        return v

    def __call__(self, v):
        return self.step(v) * self.half


class Longer(Chain):
    def step(self, v):
        if ops.sum(v) > 0:
            return super().step(v) + 1
        return super().step(v)


def methods(w):
    return Longer()(w)


def numbers_of_numpy(w):
    scale = np.float32(2.0)
    if ops.sum(w) > 0:
        scale = np.float32(0.5)
    return w * scale


PATTERNS = [
    value
    for name, value in list(globals().items())
    if callable(value)
    and getattr(value, "__module__", None) == __name__
    and not isinstance(value, type)
    and name != "helper"
]

GRADIENTS = [
    early_returns_in_nests,
    traced_range,
    nested_loops,
    methods,
]
