"""A model as boxes and arrows, and these in the language of Graphviz."""

import html
from dataclasses import dataclass, field

FONT = "Helvetica"


@dataclass
class Cell:
    """A field of a box: a label (or none) and a text on a colour; white text if that is dark."""

    label: str
    text: str
    color: str = "white"

    @property
    def ink(self):
        """The colour of the text."""
        return "black" if self.color == "white" else "white"

    def __str__(self):
        return f"{self.label}: {self.text}" if self.label else self.text

    def to_dot(self, span):
        """The cell as it stands in Graphviz's HTML, `span` columns wide."""
        label = f"{html.escape(self.label)}: " if self.label else ""
        return (
            f'<td bgcolor="{self.color}" colspan="{span}"><font point-size="14"'
            f' color="{self.ink}">{label}<b>{html.escape(self.text)}</b></font></td>'
        )


@dataclass
class Box:
    """A layer: its name (or none) and class, and rows of cells below."""

    key: str
    name: str
    kind: str
    rows: list = field(default_factory=list)

    @property
    def title(self):
        """What stands above the rows."""
        return f"{self.name} ({self.kind})" if self.name else self.kind

    def to_dot(self):
        """The line of a node, as a table in Graphviz's HTML."""
        count = max(map(len, self.rows), default=1)
        name, kind = html.escape(self.name), html.escape(self.kind)
        title = f"<b>{name}</b> ({kind})" if name else f"<b>{kind}</b>"
        lines = [
            f'<tr><td colspan="{count}" bgcolor="black">'
            f'<font point-size="16" color="white">{title}</font></td></tr>'
        ]
        for row in self.rows:
            spans = [1] * (len(row) - 1) + [count - len(row) + 1]
            cells = (cell.to_dot(span) for cell, span in zip(row, spans, strict=True))
            lines.append(f"<tr>{''.join(cells)}</tr>")
        table = (
            '<table border="0" cellborder="1" bgcolor="black" cellpadding="10">'
            f"{''.join(lines)}</table>"
        )
        return f"{self.key} [label=<{table}>];"


@dataclass
class Diagram:
    """Boxes, arrows between them (pairs of keys), and diagrams of nested models within."""

    label: str
    rankdir: str
    dpi: float
    splines: str
    boxes: list = field(default_factory=list)
    edges: list = field(default_factory=list)
    parts: list = field(default_factory=list)

    def all_boxes(self):
        """The boxes of this diagram and of those within."""
        return [*self.boxes, *(box for part in self.parts for box in part.all_boxes())]

    def to_dot(self, framed=False):
        """The text for Graphviz.

        Args:
            framed: whether all is in a frame with the model's name.
        """
        edges = [f"{start} -> {end} [penwidth=2];" for start, end in self.edges]
        body = [*self._framed(edges)] if framed else [*self._body(), *edges]
        lines = [
            "digraph G {",
            f"rankdir={self.rankdir}; concentrate=true; dpi={self.dpi}; splines={self.splines};",
            f"node [shape=plaintext, margin=0, fontname={FONT}];",
            *body,
            "}",
        ]
        return "\n".join(lines)

    def _body(self):
        for box in self.boxes:
            yield box.to_dot()
        for part in self.parts:
            yield from part._framed()

    def _framed(self, edges=()):
        """The lines of a frame around all boxes."""
        yield f"subgraph {_quoted(f'cluster_{self.label}')} {{"
        yield f"style=dashed; label={_quoted(self.label)}; labeljust=l; fontname={FONT};"
        yield from self._body()
        yield from edges
        yield "}"


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
