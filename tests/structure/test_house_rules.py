"""Rules of the house that a syntax tree shows."""

import ast
import re
import tomllib

from structure.source import PACKAGE, ROOT, sources

DEPENDENCIES = {"jax", "numpy", "ml_dtypes", "h5py", "optree", "rich", "packaging"}


def places(wrong, skip=()):
    """Where `wrong(node)` holds, as `file:line`, outside the packages in `skip`."""
    return [
        source.at(node)
        for source in sources()
        if not source.module.startswith(skip)
        for node in ast.walk(source.tree)
        if wrong(node)
    ]


def asks_for_backend(node):
    """Whether a node compares the name of the backend with something."""
    if not isinstance(node, ast.Compare):
        return False
    sides = (node.left, *node.comparators)
    calls = [
        ast.unparse(part.func)
        for side in sides
        for part in ast.walk(side)
        if isinstance(part, ast.Call)
    ]
    return any(re.search(r"(^|\.)backend(\.name|\.backend)?$", call) for call in calls)


def swallows(node):
    """Whether a node is a handler of all errors that says nothing of them."""
    return (
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(line, ast.Pass) for line in node.body)
    )


def test_only_the_backend_asks_which_backend_runs():
    found = places(asks_for_backend, skip=("cornu.backend",))
    assert not found, "asks for the backend's name: " + ", ".join(found)


def test_no_error_is_swallowed():
    found = places(swallows)
    assert not found, "catches everything and says nothing: " + ", ".join(found)


def test_nothing_is_marked_as_unfinished():
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b")
    found = [
        source.at(number)
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), start=1)
        if marks.search(line)
    ]
    assert not found, "unfinished: " + ", ".join(found)


def test_the_rules_find_what_they_look_for():
    def tree(text):
        return list(ast.walk(ast.parse(text)))

    assert any(map(asks_for_backend, tree("if backend.name() == 'jax': f()")))
    assert any(map(asks_for_backend, tree("keras.backend.backend() in ('jax', 'torch')")))
    assert not any(map(asks_for_backend, tree("backend.matmul(x, y) if name == 'jax' else 0")))
    assert any(map(swallows, tree("try:\n    f()\nexcept Exception:\n    pass")))
    assert not any(map(swallows, tree("try:\n    f()\nexcept KeyError:\n    pass")))


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_core_dependencies_are_exactly_the_seven():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.match(r"[\w.-]+", line).group() for line in project["dependencies"]}
    assert names == DEPENDENCIES
    capped = [line for line in project["dependencies"] if "<" in line or "==" in line]
    assert not capped, f"no upper bounds: {capped}"
