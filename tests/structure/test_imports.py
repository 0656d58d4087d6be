"""Imports point down the layers of the package (RANKS below), never up, and form no cycle.

Every `import` statement counts, also one inside a function or under `TYPE_CHECKING`.
"""

import ast

from structure.source import PACKAGE, sources

# From the bottom up. Packages on one line do not import each other.
RANKS = (
    ("core",),
    ("serial", "backend"),
    ("state",),
    ("control_flow",),
    ("symbolic",),
    ("ops",),
    (
        "activations", "initializers", "regularizers", "constraints", "random", "dtype_policies",
        "quantizers",
    ),
    ("losses", "optimizers"),
    ("metrics",),  # many are means of a loss
    ("data",),
    ("layers", "saving"),
    ("callbacks",),
    ("training",),
    ("models",),
    ("session", "version"),
    (
        "quantize", "distribution", "export", "visualization", "wrappers", "mixed_precision",
        "applications", "datasets", "preprocessing", "utils", "config", "tree", "legacy",
    ),
    ("_api",),  # what only joins public namespaces
    ("__init__",),
    ("compat",),
    ("__main__",),
)  # fmt: skip
# Packages of these lines may import each other (still without cycles between modules).
FRIENDS = {"activations", "utils"}

LINE_OF = {name: line for line, names in enumerate(RANKS) for name in names}
FRIENDLY = {LINE_OF[name] for name in FRIENDS}
SOURCES = sources()
MODULES = {source.module for source in SOURCES}


def imports(source):
    """Pairs of a syntax node and the module of the package that it imports."""
    package = (
        source.module if source.path.name == "__init__.py" else source.module.rpartition(".")[0]
    )
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "cornu":
                    yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(anchor + ([node.module] if node.module else []))
            if base.split(".")[0] == "cornu":
                for alias in node.names:
                    child = f"{base}.{alias.name}"
                    yield node, child if child in MODULES else base


def layer(module):
    """The name in RANKS that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def upward(source):
    """What is wrong with the imports of one module, a line each."""
    own = layer(source.module)
    for node, module in imports(source):
        other = layer(module)
        if other == own:
            continue
        if own not in LINE_OF or other not in LINE_OF:
            nowhere = ", ".join({own, other} - set(LINE_OF))
            yield f"{source.at(node)}: RANKS has no line for {nowhere}"
        elif LINE_OF[other] > LINE_OF[own]:
            yield f"{source.at(node)}: `{own}` imports `{other}`, which stands above it"
        elif LINE_OF[other] == LINE_OF[own] and LINE_OF[own] not in FRIENDLY:
            yield f"{source.at(node)}: `{own}` imports its neighbour `{other}`"


def test_imports_point_down():
    found = [line for source in SOURCES for line in upward(source)]
    assert not found, "\n" + "\n".join(found)


def find_cycle(graph):
    """Some cycle of a graph given as {name: {name, ...}}, as a list of names, or None."""
    state = {}

    def visit(name, trail):
        state[name] = "open"
        for other in sorted(graph.get(name, ())):
            if state.get(other) == "open":
                return [*trail[trail.index(other) :], other]
            if other not in state:
                cycle = visit(other, [*trail, other])
                if cycle:
                    return cycle
        state[name] = "done"
        return None

    for name in sorted(graph):
        if name not in state:
            cycle = visit(name, [name])
            if cycle:
                return cycle
    return None


def test_no_import_cycle():
    graph = {
        source.module: {module for _, module in imports(source)} - {source.module}
        for source in SOURCES
    }
    cycle = find_cycle(graph)
    assert cycle is None, "import cycle: " + " -> ".join(cycle)


def test_find_cycle_finds_one():
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_every_folder_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    missing = [folder for folder in folders if not (folder / "__init__.py").is_file()]
    assert not missing, f"no __init__.py in {', '.join(map(str, missing))}"
