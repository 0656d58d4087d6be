"""A diagram as a picture: by Graphviz, by `graphviz-pure`, or drawn here with matplotlib."""

import shutil
import subprocess
import sysconfig

from cornu.core.lazy import lazy_module
from cornu.saving.atomic import atomic_write
from cornu.utils._diagram import Cell
from cornu.utils._layout import place_boxes

figures = lazy_module("matplotlib.figure", extra="plot")
patches = lazy_module("matplotlib.patches", extra="plot")

TEXT = ("dot", "gv")
# What can draw which formats; `dot` can draw all that it was built for.
PURE = ("svg", "png", "jpg", "jpeg")
MATPLOTLIB = ("svg", "png", "jpg", "jpeg", "pdf", "ps", "eps")
MISSING = (
    "Drawing a model as {format!r} needs a program that draws graphs, and there is none: pip"
    " install 'cornu[plot]' (for png, svg and jpg), or install Graphviz, so that `dot` is on the"
    " path. A file with the ending '.dot' needs neither: it holds the graph as text."
)
# Sizes in points; the font has one width, 0.602 of its size.
FONT, ADVANCE, PADDING = 10, 0.602, 8
ROW, GAP, RANK_GAP, MARGIN = 24, 24, 30, 12
MOST_PIXELS = 2**16 - 1


def painter(file_format):
    """What draws a format here: the path of a program, `"matplotlib"`, `"text"`, or None."""
    if file_format in TEXT:
        return "text"
    found = shutil.which("dot")
    if found is None and file_format in PURE:
        found = shutil.which("graphviz-pure") or shutil.which(
            "graphviz-pure", path=sysconfig.get_path("scripts")
        )
    if found is None and file_format in MATPLOTLIB and _has_matplotlib():
        found = "matplotlib"
    return found


def _has_matplotlib():
    return lazy_module("matplotlib").available


def write_picture(diagram, path, file_format, found):
    """Write a diagram to a file, whole or not at all.

    Args:
        diagram: a `Diagram`.
        path: the file.
        file_format: `"png"`, `"svg"`, ...
        found: what `painter` gave for the format.

    Raises:
        RuntimeError: if the program that draws fails.
    """
    with atomic_write(path, fsync=False) as temporary:
        if found == "matplotlib":
            _draw(diagram, temporary, file_format)
            return
        content = diagram.to_dot().encode()
        if found != "text":
            content = _run(found, file_format, content)
        with open(temporary, "wb") as file:
            file.write(content)


def _run(program, file_format, text):
    done = subprocess.run([program, f"-T{file_format}"], input=text, capture_output=True)
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError(
            f"`{program} -T{file_format}` could not draw the model (exit status"
            f" {done.returncode}): {done.stderr.decode(errors='replace')[:500]}"
        )
    return done.stdout


def _draw(diagram, path, file_format):
    """Draw with matplotlib: boxes, frames around nested models, arrows."""
    boxes = {box.key: box for box in diagram.all_boxes()}
    edges = diagram.edges
    turned = diagram.rankdir in ("LR", "RL")
    sizes = {key: _box_size(box) for key, box in boxes.items()}
    along = {key: size[::-1] for key, size in sizes.items()} if turned else sizes
    centers, bends = place_boxes(along, edges, GAP, RANK_GAP + ROW * bool(diagram.parts))
    turn = _turning(diagram.rankdir)
    centers = {key: turn(point) for key, point in centers.items()}
    bends = {edge: [turn(point) for point in points] for edge, points in bends.items()}
    rectangles = {key: _around(centers[key], sizes[key]) for key in boxes}
    frames = []
    _frames(diagram, rectangles, frames)
    passed = [(*point, *point) for points in bends.values() for point in points]
    canvas = _canvas([*rectangles.values(), *passed, *(frame for _, frame in frames)], diagram.dpi)
    for label, frame in reversed(frames):
        _draw_frame(canvas, label, frame)
    for edge in edges:
        _draw_edge(canvas, edge, rectangles, bends[edge], diagram)
    for key, box in boxes.items():
        _draw_box(canvas, box, rectangles[key])
    dpi = min(diagram.dpi, MOST_PIXELS / max(canvas.figure.get_size_inches()))
    canvas.figure.savefig(path, format=file_format, dpi=dpi)


def _box_size(box):
    rows = [sum(map(_cell_width, row)) for row in box.rows]
    return max([_cell_width(box.title), *rows]), (1 + len(rows)) * ROW


def _cell_width(cell):
    return ADVANCE * FONT * len(str(cell)) + 2 * PADDING


def _turning(rankdir):
    """From (across, along) to (x, y), y downwards."""
    sign = -1 if rankdir in ("BT", "RL") else 1
    if rankdir in ("LR", "RL"):
        return lambda point: (sign * point[1], point[0])
    return lambda point: (point[0], sign * point[1])


def _around(center, size):
    """`(left, top, right, bottom)`."""
    x, y, width, height = *center, size[0] / 2, size[1] / 2
    return x - width, y - height, x + width, y + height


def _union(rectangles, margin=0, top=0):
    left, upper, right, lower = zip(*rectangles, strict=True)
    return (
        min(left) - margin, min(upper) - margin - top, max(right) + margin, max(lower) + margin
    )  # fmt: skip


def _frames(diagram, rectangles, found):
    """Frames around the boxes of nested models, inner ones first; returns what is inside."""
    inside = [rectangles[box.key] for box in diagram.boxes]
    for part in diagram.parts:
        own = _frames(part, rectangles, found)
        if own:
            frame = _union(own, margin=PADDING, top=ROW / 2)
            found.append((part.label, frame))
            inside.append(frame)
    return inside


def _canvas(rectangles, dpi):
    """Axes whose units are points, y downwards, as large as what will be drawn."""
    left, upper, right, lower = _union(rectangles or [(0, 0, 1, 1)], margin=MARGIN)
    size = (right - left) / 72, (lower - upper) / 72
    figure = figures.Figure(figsize=size, dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, right), ylim=(lower, upper))
    axes.set_axis_off()
    return axes


def _draw_frame(canvas, label, frame):
    left, upper, right, lower = frame
    canvas.add_patch(
        patches.Rectangle(
            (left, upper), right - left, lower - upper, facecolor="0.93", edgecolor="black"
        )
    )
    canvas.text(left + PADDING, upper + ROW / 2, label, **_font(), va="center")


def _draw_box(canvas, box, rectangle):
    left, upper, right, _ = rectangle
    _draw_row(canvas, [Cell("", box.title, "black")], (left, upper, right, upper + ROW))
    for number, row in enumerate(box.rows, start=1):
        top = upper + number * ROW
        _draw_row(canvas, row, (left, top, right, top + ROW))


def _draw_row(canvas, row, rectangle):
    left, upper, right, lower = rectangle
    scale = (right - left) / sum(map(_cell_width, row))
    for cell in row:
        width = _cell_width(cell) * scale
        canvas.add_patch(
            patches.Rectangle((left, upper), width, lower - upper, fc=cell.color, ec="black")
        )
        canvas.text(
            left + width / 2, (upper + lower) / 2, str(cell), **_font(), color=cell.ink,
            ha="center", va="center",
        )  # fmt: skip
        left += width


def _font():
    return {"family": "DejaVu Sans Mono", "size": FONT, "parse_math": False}


def _draw_edge(canvas, edge, rectangles, bends, diagram):
    start = _port(rectangles[edge[0]], diagram.rankdir, leaves=True)
    end = _port(rectangles[edge[1]], diagram.rankdir, leaves=False)
    points = [start, *bends, end]
    if diagram.splines == "ortho":
        points = _squared(points, diagram.rankdir in ("LR", "RL"))
    if len(points) > 2:
        canvas.plot(*zip(*points[:-1], strict=True), color="black", linewidth=0.8)
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    canvas.annotate("", xy=points[-1], xytext=points[-2], arrowprops=arrow)


def _port(rectangle, rankdir, leaves):
    """Where edges leave a box, or come to it."""
    left, upper, right, lower = rectangle
    x, y = (left + right) / 2, (upper + lower) / 2
    far = leaves == (rankdir in ("TB", "LR"))
    if rankdir in ("LR", "RL"):
        return (right if far else left), y
    return x, (lower if far else upper)


def _squared(points, turned):
    """The same way, along the axes only."""
    found = [points[0]]
    for (x, y), (to_x, to_y) in zip(points, points[1:], strict=False):
        if turned and y != to_y:
            found += [((x + to_x) / 2, y), ((x + to_x) / 2, to_y)]
        elif not turned and x != to_x:
            found += [(x, (y + to_y) / 2), (to_x, (y + to_y) / 2)]
        found.append((to_x, to_y))
    return found
