"""Files and functions of the package stay small.

A function's size is that of its code: the signature is Keras's, and a public docstring is as long
as its arguments need.
"""

import ast

from structure.source import sources

FILE_LINES = 500
FUNCTION_LINES = 60


def code_lines(function):
    """Lines of a function's body, without its docstring."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_docstring else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long():
    lengths = {source.at(1): len(source.text.splitlines()) for source in sources()}
    found = [f"{at} has {length} lines" for at, length in lengths.items() if length > FILE_LINES]
    assert not found, f"over {FILE_LINES}:\n" + "\n".join(found)


def test_no_function_is_too_long():
    found = [
        f"{source.at(node)}: {node.name} has {code_lines(node)} lines"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and code_lines(node) > FUNCTION_LINES
    ]
    assert not found, f"over {FUNCTION_LINES}:\n" + "\n".join(found)


def test_code_lines():
    text = 'def f(\n    x,\n):\n    """One.\n\n    Two.\n    """\n    y = x\n    return y\n'
    assert code_lines(ast.parse(text).body[0]) == 2
