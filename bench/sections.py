"""All rows, by the file of `bench/rows/` that holds them."""

import importlib
import pkgutil
import re
from dataclasses import dataclass

import bench.rows
from bench.harness import Row


@dataclass(frozen=True)
class Section:
    """The rows of one file, and the first sentence of what it says of itself."""

    name: str
    title: str
    rows: tuple[Row, ...]


def sections():
    """All of them, by name."""
    found = []
    for name in sorted(module.name for module in pkgutil.iter_modules(bench.rows.__path__)):
        module = importlib.import_module(f"bench.rows.{name}")
        title = re.match(r"(.+?)(\.\s|\.?$)", " ".join(module.__doc__.split("\n\n")[0].split()))
        found.append(Section(name, title.group(1), tuple(module.ROWS)))
    return found
