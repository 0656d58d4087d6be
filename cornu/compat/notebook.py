"""Running the code cells of a Jupyter notebook as a program."""

import json
import linecache
import sys
import types
from pathlib import Path


def run(name):
    """Run the code cells of a notebook file, in order, in one namespace.

    Lines that only IPython understands (`%matplotlib inline`, `!pip install x`) are left out with a
    note, and so are cells that begin with `%%`.

    Args:
        name: path of the file.

    Raises:
        ValueError: if it is no notebook.
    """
    try:
        cells = json.loads(Path(name).read_text(encoding="utf-8"))["cells"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{name} is not a notebook of format 4: {error!r}") from error
    sources = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    run_cells([plain(source) for source in sources], name)


def plain(source):
    """A cell without the lines that only IPython understands; each is told of on stderr."""
    if source.lstrip().startswith("%%") and not source.lstrip().startswith("%%time"):
        print(f"cornu: left out the cell {source.splitlines()[0]!r}", file=sys.stderr)
        return ""
    lines = []
    for line in source.splitlines():
        word = line.lstrip()
        if word.startswith(("%", "!")):
            print(f"cornu: left out {word!r}", file=sys.stderr)
            line = line[: len(line) - len(word)] + "pass"
        lines.append(line)
    return "\n".join(lines)


def run_cells(sources, name):
    """Run pieces of code one after the other as `__main__`, in one namespace.

    Args:
        sources: list of programs.
        name: what tracebacks call them.
    """
    module = types.ModuleType("__main__")
    before, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        for number, source in enumerate(sources, start=1):
            file = name if len(sources) == 1 else f"{name}, cell {number}"
            lines = source.splitlines(keepends=True)
            linecache.cache[file] = len(source), None, lines, file  # for tracebacks
            exec(compile(source, file, "exec"), vars(module))
    finally:
        sys.modules["__main__"] = before
