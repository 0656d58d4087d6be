"""Files and functions of the package stay small."""

import ast

from structure.source import sources

FILE_LINES = 500
FUNCTION_LINES = 60


def test_no_file_is_too_long():
    lengths = {source.at(1): len(source.text.splitlines()) for source in sources()}
    found = [f"{at} has {length} lines" for at, length in lengths.items() if length > FILE_LINES]
    assert not found, f"over {FILE_LINES}:\n" + "\n".join(found)


def test_no_function_is_too_long():
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES:
                    found.append(f"{source.at(node)}: {node.name} has {length} lines")
    assert not found, f"over {FUNCTION_LINES}:\n" + "\n".join(found)
