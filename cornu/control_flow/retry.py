"""Trace once more, with the functions converted that asked for the value of a tensor.

Nothing is looked at before that happens. Then the function that did it is found by the error's
frames; wherever it is called from, as a method of its class or as an attribute of one of our
objects, its conversion is put in its place while the program is traced, and taken out again.
"""

import contextlib
import os
import types

from cornu.backend import engine
from cornu.core import source
from cornu.core.lazy import lazy_module

convert = lazy_module("cornu.control_flow.convert")  # few programs need it

KINDS = ("truth", "integer")  # of missing values: what conditions and ranges ask for
SWITCH = "CORNU_CONTROL_FLOW"  # set to "0", nothing is converted
_MISSING = object()


class Conversions:
    """The conversions that one program needs. As a context, puts them in place.

    Args:
        allowed: whether there may be any.
    """

    def __init__(self, allowed=True):
        self.allowed = allowed
        self.places = {}  # (id of the owner, attribute): (owner, attribute, conversion)
        self._open = []

    def __enter__(self):
        stack = contextlib.ExitStack()
        for place in self.places.values():
            stack.enter_context(_swapped(*place))
        self._open.append(stack)
        return self

    def __exit__(self, *error):
        self._open.pop().close()

    def retried(self, function, *args):
        """`function(*args)`, which traces inside this context; again as long as that finds
        functions to convert."""
        while True:
            try:
                return function(*args)
            except Exception as error:
                if not self.find(error):
                    raise

    def find(self, error):
        """Whether an error shows functions to convert: they will be in place from now on.

        If they can't be converted, the error says why.
        """
        cause = missing_value(error)
        if not self.allowed or cause is None or os.environ.get(SWITCH) == "0":
            return False
        if getattr(cause, "_cornu_tried", False):  # by a program inside this one
            return False
        cause._cornu_tried = True
        for attempt in _functions_to_convert(error):
            if isinstance(attempt, str):
                return self._give_up(error, cause, attempt)
            try:
                news = [
                    (owner, name, rebuild(convert.conversion_of(function)))
                    for owner, name, function, rebuild in attempt
                    if (id(owner), name) not in self.places
                ]
            except convert.CannotConvert as reason:
                return self._give_up(error, cause, str(reason))
            self.places.update({(id(owner), name): (owner, name, new) for owner, name, new in news})
            return bool(news)
        return False

    @staticmethod
    def _give_up(error, cause, reason):
        cause._cornu_reason = reason
        if error is not cause:
            _tell(error, reason)
        return False


def latest(function):
    """A bound method as its object has it now, with a conversion in place; else the function."""
    if isinstance(function, types.MethodType):
        return getattr(function.__self__, function.__name__, function)
    return function


def reason_of(error):
    """Why the code that raised an error of that kind was not converted, where that is known."""
    return getattr(error, "_cornu_reason", None)


def missing_value(error):
    """The error in the chain of `error` that says that a condition or range has no value yet; None
    if there is none."""
    while error is not None:
        kind = engine.missing_value(error)
        if kind is not None:
            return error if kind in KINDS or _is_range(error) else None
        error = error.__cause__
    return None


def _is_range(error):
    """Whether it was `range` of some kind that wanted the value."""
    return "range(" in (source.of_error(error) or "")


def _tell(error, reason):
    if error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n{reason}", *error.args[1:])
    else:
        error.add_note(reason)


@contextlib.contextmanager
def _swapped(owner, name, conversion):
    """Within, the attribute of a class or object is something else."""
    before = vars(owner).get(name, _MISSING)
    change = type.__setattr__ if isinstance(owner, type) else object.__setattr__
    change(owner, name, conversion)
    try:
        yield
    finally:
        if before is _MISSING:
            delattr(owner, name)
        else:
            change(owner, name, before)


def _functions_to_convert(error):
    """For each user's function on the way to an error that was called by others' code, innermost
    first, the places where it is: `(owner, attribute, function, rebuild)`; or why it can't be
    converted."""
    frames = _frames(error)
    while frames:
        while frames and not _is_users(frames[-1]):
            frames.pop()
        if not frames or frames[-1].f_code.co_filename in source.ORIGINS:
            return  # what is converted already
        while len(frames) > 1 and _is_users(frames[-2]):
            frames.pop()
        entry = frames.pop()
        if entry.f_code in convert.REASONS:
            yield convert.REASONS[entry.f_code]
        places = list(_places(entry, frames[-1] if frames else None))
        if places:
            yield places


def _is_users(frame):
    name = frame.f_code.co_filename
    return name in source.ORIGINS or source.is_users(name)


def _frames(error):
    """The frames of an error and of those that caused it, outermost first."""
    found = []
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            found.append(trace.tb_frame)
            trace = trace.tb_next
        error = error.__cause__
    return found


def _places(frame, caller):
    """Where the function is that runs in a frame: on the class of its first argument or of the
    object whose method called it, or on that object."""
    code = frame.f_code
    owner = None if caller is None else caller.f_locals.get("self")
    for cls in {cls: None for each in (_first_argument(frame), owner) for cls in _classes(each)}:
        for name, value in list(vars(cls).items()):
            function, rebuild = _function_in(value)
            if getattr(function, "__code__", None) is code:
                yield cls, name, function, rebuild
    for name, value in list(getattr(owner, "__dict__", {}).items()):
        if isinstance(value, types.FunctionType) and value.__code__ is code:
            yield owner, name, value, _same
        elif isinstance(value, types.MethodType) and value.__func__.__code__ is code:
            yield owner, name, value.__func__, _bound_to(value.__self__)


def _first_argument(frame):
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


def _classes(value):
    return (value if isinstance(value, type) else type(value)).__mro__


def _same(function):
    return function


def _bound_to(instance):
    return lambda function: types.MethodType(function, instance)


def _function_in(value):
    """The function in an attribute of a class, and the way back."""
    if isinstance(value, (staticmethod, classmethod)):
        return value.__func__, type(value)
    if isinstance(value, property):
        return value.fget, lambda function: property(function, value.fset, value.fdel)
    return value, _same
