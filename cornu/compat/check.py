"""Which names of `tf` and `keras` in a script are missing, found without running it."""

import ast
import importlib
import types

from cornu.compat.pending import Pending

ROOTS = ("keras", "tf_keras", "tensorflow")


def missing_names(text, file="<script>"):
    """A line for each name of `tf` or `keras` that a program uses and that is not there.

    Names are looked up where the program says them, as in `tf.nn.relu`, or imports them; what it
    reaches in another way (`getattr`, methods of objects) is not seen.

    Args:
        text: the program.
        file: what to call it in the lines.

    Raises:
        SyntaxError: if it is no Python.

    Example:
        >>> from cornu.compat import finder
        >>> from cornu.compat.check import missing_names
        >>> finder.install()
        >>> print(*missing_names("import keras; keras.layers.Dense(3); keras.layers.Dens(3)"))
        <script>:1: keras.layers.Dens is not there: ...
        >>> finder.uninstall()
    """
    tree = ast.parse(text, file)
    names, missing = {}, {}
    for node in ast.walk(tree):
        for name, path in _imported(node):
            if _look_up(path, node.lineno, missing):
                names[name] = path
    for node in ast.walk(tree):
        path = _path(node, names)
        if path is not None:
            _look_up(path, node.lineno, missing)
    found = sorted((number, path, why) for path, (number, why) in missing.items())
    return [f"{file}:{number}: {path} is not there: {why}" for number, path, why in found]


def _imported(node):
    """Pairs of a name of the program and the path of ours that an import binds to it."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            if root in ROOTS:
                yield alias.asname or alias.name, alias.name
                if not alias.asname:
                    yield root, root
    elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ROOTS:
        for alias in node.names:
            if alias.name != "*" and node.level == 0:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _path(node, names):
    """`tf.nn.relu` as `"tensorflow.nn.relu"`; None if it does not begin with a name of ours."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not parts or not isinstance(node, ast.Name) or node.id not in names:
        return None
    return ".".join([names[node.id], *reversed(parts)])


def _look_up(path, number, missing):
    """Whether all of `path` is there; if not, note the part that is not."""
    owner, here = None, ""
    for part in path.split("."):
        here = f"{here}.{part}" if here else part
        if here in missing:
            return False
        try:
            owner = _step(owner, here, part)
            if isinstance(owner, Pending):
                raise AttributeError(owner.message)
        except (ImportError, AttributeError) as error:
            missing[here] = number, str(error).partition("\n")[0]
            return False
        if not isinstance(owner, (types.ModuleType, type)):
            break  # what an object has is not known from its name
    return True


def _step(owner, path, part):
    """What stands at `path`, as an attribute of `owner` or a module of its own."""
    if owner is None:
        return importlib.import_module(path)
    if hasattr(owner, part) or not isinstance(owner, types.ModuleType):
        return getattr(owner, part)
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        return getattr(owner, part)  # for its error, which says what to do
