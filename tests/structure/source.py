"""The package's source files as the structure tests see them."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cornu"


@dataclass(frozen=True)
class Source:
    """One module of the package."""

    path: Path

    @cached_property
    def text(self):
        """Its content."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self):
        """Its syntax tree."""
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def module(self):
        """Its dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, node):
        """Where a node stands, as `file:line`."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', node)}"


def sources():
    """All modules of the package, sorted by path."""
    return [Source(path) for path in sorted(PACKAGE.rglob("*.py"))]
