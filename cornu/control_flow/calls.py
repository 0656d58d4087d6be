"""Calls in converted code: of what is a user's, the conversion is called instead."""

import functools
import inspect
import types

from cornu.backend import engine
from cornu.control_flow.branches import and_, if_exp, or_
from cornu.control_flow.loops import Range
from cornu.core import source
from cornu.state.variable import value_of

FUNCTIONS = (types.FunctionType, types.MethodType)
# Packages whose functions may call those that they are given while they are traced.
HOSTS = ("cornu", "jax")
# Attribute of functions that stay as they are.
LEFT_ALONE = "_cornu_left_alone"


def left_alone(function):
    """`function`, which is never converted."""
    setattr(getattr(function, "__func__", function), LEFT_ALONE, True)
    return function


def is_convertible(function):
    """Whether a function is a user's own, and plain code."""
    plain = getattr(function, "__func__", function)
    if not isinstance(plain, types.FunctionType) or getattr(plain, LEFT_ALONE, False):
        return False
    code = plain.__code__
    special = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return not code.co_flags & special and source.is_users(code.co_filename)


class Calls:
    """Calls functions as converted code does.

    Args:
        convert: from a user's function to its conversion, or to the function itself where there is
            none.
    """

    def __init__(self, convert):
        self.convert = convert

    def __call__(self, function, args, kwargs=None, scope=None):
        kwargs = kwargs or {}
        if isinstance(function, functools.partial):
            return self(function.func, (*function.args, *args), {**function.keywords, **kwargs})
        on_traced = _on_traced(function)
        if on_traced is not None and _any_traced((*args, *kwargs.values())):
            return on_traced(*args, **kwargs)
        target = self._target(function)
        if target is function and _is_host(function):
            args = [self._argument(value) for value in args]
            kwargs = {name: self._argument(value) for name, value in kwargs.items()}
        return target(*args, **kwargs)

    def _target(self, function):
        if isinstance(function, FUNCTIONS):
            return self._argument(function)
        if not isinstance(function, type):  # an object, whose class may be a user's
            call = type(function).__call__
            if isinstance(call, types.FunctionType) and is_convertible(call):
                return self.convert(types.MethodType(call, function))
        return function

    def _argument(self, value):
        if isinstance(value, FUNCTIONS) and is_convertible(value):
            return self.convert(value)
        return value


def _is_host(function):
    module = getattr(function, "__module__", None) or ""
    return module.partition(".")[0] in HOSTS and not isinstance(function, type)


def _any_traced(args):
    return any(
        engine.is_traced(value_of(leaf))
        for value in args
        for leaf in (value if isinstance(value, (list, tuple)) else (value,))
    )


def _extreme(plain, is_better):
    def extreme(*values, **options):
        if options:
            return plain(*values, **options)
        first, *rest = values[0] if len(values) == 1 else values
        for value in rest:
            first = if_exp(is_better(value, first), lambda v=value: v, lambda f=first: f)
        return first

    return extreme


def _all(values):
    return functools.reduce(lambda so_far, value: and_(lambda: so_far, lambda: value), values, True)


def _any(values):
    return functools.reduce(lambda so_far, value: or_(lambda: so_far, lambda: value), values, False)


# From a function to what is called instead where an argument is traced.
ON_TRACED = {
    range: Range,
    max: _extreme(max, lambda value, best: value > best),
    min: _extreme(min, lambda value, best: value < best),
    all: _all,
    any: _any,
}


def _on_traced(function):
    try:
        return ON_TRACED.get(function)
    except TypeError:  # without a hash
        return None
