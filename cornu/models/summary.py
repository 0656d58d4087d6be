"""`model.summary()`: a table of layers, shapes and weights, through rich."""

import io
import math
import re

from cornu.core import tree
from cornu.core.lazy import lazy_module
from cornu.layers.core.input_layer import InputLayer

rich_console = lazy_module("rich.console")
rich_table = lazy_module("rich.table")
rich_markup = lazy_module("rich.markup")
rich_box = lazy_module("rich.box")

BITS = {
    "bool": 8,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    "bfloat16": 16,
    "complex64": 64,
    "complex128": 128,
}


def print_summary(
    model,
    line_length=None,
    positions=None,
    print_fn=None,
    expand_nested=False,
    show_trainable=False,
    layer_range=None,
):
    """Print the table; arguments as of `Model.summary`."""
    connected = _has_branches(model)
    headers, widths, aligned = _columns(connected, show_trainable, line_length, positions)
    table = rich_table.Table(show_lines=True, box=rich_box.HEAVY_HEAD)
    for title, width, align in zip(headers, widths, aligned, strict=True):
        table.add_column(title, justify=align, width=width)
    width = max(sum(widths) + 3 * len(widths) + 1, 80)
    layers = _in_range(_layers_of(model), layer_range)
    for layer in layers:
        _add_rows(table, model, layer, connected, show_trainable, expand_nested, 0)
    _print(model, table, width, print_fn)


# Widths of the columns in a line of 80 characters, by what is shown.
WIDTHS = {
    (False, False): (31, 22, 13),
    (True, False): (19, 17, 10, 17),
    (False, True): (27, 21, 10, 5),
    (True, True): (17, 15, 8, 13, 5),
}


def _columns(connected, show_trainable, line_length, positions):
    """Titles, widths and alignments of the columns."""
    headers, aligned = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    if connected:
        headers.append("Connected to")
        aligned.append("left")
    if show_trainable:
        headers.append("Trainable")
        aligned.append("center")
    widths = WIDTHS[connected, show_trainable]
    if positions:
        line = line_length or 80
        ends = [int(p * line) if p <= 1 else int(p) for p in positions[: len(headers)]]
        widths = [end - start - 3 for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    elif line_length:
        widths = [round(width * line_length / 80) for width in widths]
    return headers, [max(width, 4) for width in widths], aligned


def _layers_of(model):
    graph = getattr(model, "_graph", None)
    return list(model.layers) if graph is None else list(graph.operations)


def _has_branches(model):
    """Whether layers are connected otherwise than in a row."""
    graph = getattr(model, "_graph", None)
    if graph is None:
        return False
    used = {}
    for node in graph.nodes:
        if len(node.input_tensors) > 1 or len(node.outputs) > 1:
            return True
        for tensor in node.input_tensors:
            used[id(tensor)] = used.get(id(tensor), 0) + 1
    calls = [id(node.operation) for node in graph.nodes]
    counts = [calls.count(key) for key in set(calls)]
    return any(count > 1 for count in (*used.values(), *counts))


def _in_range(layers, layer_range):
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(
            "`layer_range` must be a pair of strings: patterns of layer names. Received:"
            f" {layer_range}"
        )
    names = [layer.name for layer in layers]

    def find(pattern, places):
        for index in places:
            if re.match(pattern, names[index]):
                return index
        raise ValueError(
            f"Passed layer_name does not match the layer names that are available: {pattern!r}, not"
            f" in {names}"
        )

    first = find(layer_range[0], range(len(names)))
    last = find(layer_range[1], reversed(range(len(names))))
    return layers[min(first, last) : max(first, last) + 1]


def _add_rows(table, model, layer, connected, show_trainable, expand_nested, depth):
    escape = rich_markup.escape
    prefix = "   " * depth + ("└ " if depth else "")
    title = f"{prefix}{escape(layer.name)} ([bold blue]{escape(type(layer).__name__)}[/])"
    row = [title, _shape_text(layer), _count_text(layer)]
    if connected:
        row.append(escape(_sources(model, layer)))
    if show_trainable:
        row.append(
            ("[bold green]Y[/]" if layer.trainable else "[bold red]N[/]")
            if getattr(layer, "weights", None)
            else "-"
        )
    table.add_row(*row)
    if expand_nested and hasattr(layer, "summary"):
        for inner in _layers_of(layer):
            _add_rows(table, model, inner, connected, show_trainable, expand_nested, depth + 1)


def _shape_text(layer):
    shapes = _output_shapes(layer)
    if not shapes:
        return "?"
    colored = [
        re.sub(r"\d+", lambda m: f"[green]{m.group()}[/]", rich_markup.escape(str(shape)))
        for shape in shapes
    ]
    return ", ".join(f"[cyan]{text}[/]" if "None" in text else text for text in colored)


def _output_shapes(layer):
    if isinstance(layer, InputLayer):
        return [layer.batch_shape]
    nodes = getattr(layer, "_inbound_nodes", [])
    if nodes:
        return list(
            dict.fromkeys(tuple(tensor.shape) for node in nodes[:1] for tensor in node.outputs)
        )
    try:
        shapes = layer.output_shape
    except AttributeError:
        return []
    return (
        [shapes]
        if not tree.is_nested(shapes) or _is_sizes(shapes)
        else [tuple(s) for s in _each_shape(shapes)]
    )


def _is_sizes(shape):
    return all(size is None or isinstance(size, int) for size in shape)


def _each_shape(shapes):
    for item in shapes.values() if isinstance(shapes, dict) else shapes:
        if _is_sizes(item):
            yield item
        else:
            yield from _each_shape(item)


def _count_text(layer):
    if not hasattr(layer, "count_params"):
        return "[green]0[/]"
    if not layer.built:
        return "[green]0[/] (unbuilt)"
    return f"[green]{layer.count_params():,}[/]"


def _sources(model, layer):
    found = []
    for node in model._graph.nodes:
        if node.operation is not layer or isinstance(layer, InputLayer):
            continue
        for tensor in node.input_tensors:
            operation, index, position = tensor._keras_history
            found.append(f"{operation.name}[{index}][{position}]")
    return ", ".join(found) or "-"


def _totals(model):
    trainable, frozen = model.trainable_weights, model.non_trainable_weights
    optimizer = getattr(model, "optimizer", None)
    rows = [("Trainable params", trainable), ("Non-trainable params", frozen)]
    everything = [*trainable, *frozen]
    if optimizer is not None and optimizer.built:
        rows.append(("Optimizer params", optimizer.variables))
        everything += optimizer.variables
    return [("Total params", everything), *rows]


def _print(model, table, width, print_fn):
    lines = [f"[bold]Model: {rich_markup.escape(chr(34) + model.name + chr(34))}[/]", table]
    for title, variables in _totals(model):
        count = sum(variable.size for variable in variables)
        size = sum(variable.size * _bits(variable._dtype) for variable in variables) / 8
        lines.append(f"[bold] {title}: [/][green]{count:,}[/] ({readable_size(size)})")
    if print_fn is None:
        console = rich_console.Console(highlight=False)
        # Wide tables are meant for wide logs: a pipe has no width of its own.
        console.width = max(width, console.width if console.is_terminal else width)
        for line in lines:
            console.print(line)
        return
    out = io.StringIO()
    console = rich_console.Console(
        highlight=False, force_terminal=False, color_system=None, file=out, width=width
    )
    for line in lines:
        console.print(line)
    print_fn(out.getvalue())


def _bits(dtype):
    return BITS.get(dtype) or int(re.sub(r"\D", "", dtype) or 8)


def readable_size(size):
    """A number of bytes in the unit that makes it short.

    Example:
        >>> readable_size(2048)
        '2.00 KB'
    """
    units = ["B", "KB", "MB", "GB", "TB", "PB"]
    power = min(int(math.log(size, 1024)), len(units) - 1) if size >= 1 else 0
    return f"{size / 1024**power:.2f} {units[power]}"
