"""Users' functions converted by `malt`, so that their control flow calls our operators."""

import ast
import functools
import types
import weakref

from cornu.control_flow.branches import and_, if_exp, if_stmt, not_, or_
from cornu.control_flow.calls import Calls, is_convertible
from cornu.control_flow.loops import for_stmt, while_stmt
from cornu.control_flow.values import NotReturned, Undefined
from cornu.core import source
from cornu.core.lazy import lazy_module

EXTRA = "control-flow"
malt = lazy_module("malt", EXTRA, "diastatic-malt")
malt_api = lazy_module("malt.impl.api", EXTRA, "diastatic-malt")
malt_converter = lazy_module("malt.core.converter", EXTRA, "diastatic-malt")


# Why functions that converted code calls are not converted, by their code.
REASONS = weakref.WeakKeyDictionary()


class CannotConvert(Exception):
    """Says why a function can't be converted."""


def conversion_of(function):
    """A function like a user's function, made from its source, whose control flow can be traced.

    Args:
        function: a plain function, or a bound method.

    Raises:
        CannotConvert: if it is not to be converted, has no source or holds what can't be converted,
            or the package for it is not installed.
    """
    if isinstance(function, types.MethodType):
        return types.MethodType(conversion_of(function.__func__), function.__self__)
    name = f"`{getattr(function, '__qualname__', function)}`"
    if not is_convertible(function):
        raise CannotConvert(f"{name} is not converted: it is no plain function, or marked so.")
    if not malt.available:
        raise CannotConvert(
            f"With the package of `pip install cornu[{EXTRA}]` most such code is converted to what"
            " can be compiled."
        )
    try:
        converted, module, lines = _transpiler().transform(function, _context())
    except Exception as error:  # of many kinds: whatever the source holds that it can't read
        raise CannotConvert(f"{name} could not be converted: {_first_line(error)}") from error
    if module.__file__ not in source.ORIGINS:
        source.ORIGINS[module.__file__] = _original_lines(module.__file__, lines)
    converted.__wrapped__ = function
    return converted


def _first_line(error):
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def _original_lines(file, lines):
    """From a line of a generated file to the file and line that it was made of."""
    return {
        place.lineno: (origin.loc.filename, origin.loc.lineno)
        for place, origin in lines.items()
        if place.filename == file
    }


def _or_itself(function):
    """The conversion of a function, or the function where there is none."""
    try:
        return conversion_of(function)
    except CannotConvert as reason:
        REASONS[getattr(function, "__func__", function).__code__] = str(reason)
        return function


class FunctionScope:
    """What a converted function opens around its body.

    Args:
        name: name of the function.
        scope_name, options: of no use here.
    """

    def __init__(self, name, scope_name, options):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def ret(self, value, did_return):
        """What the function returns."""
        return None if isinstance(value, NotReturned) else value


def _in_scope(function, scope_name, options):
    return function(FunctionScope("lambda", scope_name, options))


def _load(value):
    return value.read() if isinstance(value, Undefined) else value


def _load_or_undefined(load, name):
    try:
        return load()
    except (NameError, AttributeError, KeyError, IndexError):
        return Undefined(name)


# What converted code calls.
OPERATORS = types.SimpleNamespace(
    ConversionOptions=lambda **options: None,
    FunctionScope=FunctionScope,
    STD=None,
    Undefined=Undefined,
    UndefinedReturnValue=NotReturned,
    and_=and_,
    autograph_artifact=lambda function: function,
    converted_call=Calls(_or_itself),
    for_stmt=for_stmt,
    if_exp=if_exp,
    if_stmt=if_stmt,
    ld=_load,
    ldu=_load_or_undefined,
    not_=not_,
    or_=or_,
    while_stmt=while_stmt,
    with_function_scope=_in_scope,
)


def _context():
    converter = malt_converter
    options = converter.ConversionOptions(
        recursive=True, user_requested=True, optional_features=None
    )
    return converter.ProgramContext(options=options)


@functools.cache
def _transpiler():
    class Transpiler(malt_api.PyToPy):
        def get_extra_locals(self):
            return {"ag__": OPERATORS}

        def transform_ast(self, node, ctx):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef):
                    _prepare(inner)
            return super().transform_ast(node, ctx)

    return Transpiler()


def _prepare(function):
    """Write out what Python does by itself: arguments of `super`, and `return` at the end."""
    inside = list(_own_nodes(function))
    for node in inside:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
            and not node.args
            and function.args.args
        ):
            node.args = [_name("__class__"), _name(function.args.args[0].arg)]
    returns = any(isinstance(node, ast.Return) and node.value is not None for node in inside)
    if returns and _may_end(function.body):
        nothing = ast.Constant(value=None)
        last = function.body[-1]
        function.body.append(ast.copy_location(ast.Return(value=nothing), last))


def _name(identifier):
    return ast.Name(id=identifier, ctx=ast.Load())


def _own_nodes(function):
    """The nodes in a function that are not in a function inside it."""
    waiting = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def _may_end(body):
    """Whether a function may come to the end of a body, rather than return in it."""
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _may_end(last.body) or _may_end(last.orelse)
    if isinstance(last, ast.With):
        return _may_end(last.body)
    if isinstance(last, ast.While):
        for_good = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return not for_good or any(isinstance(node, ast.Break) for node in ast.walk(last))
    return True
