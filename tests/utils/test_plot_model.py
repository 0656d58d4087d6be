"""Pictures of models: what is in them, and who draws them."""

import re
import shutil
import subprocess
import sys

import pytest

import cornu
from cornu import layers
from cornu.core.lazy import lazy_module
from cornu.utils import _picture, model_to_dot, plot_model
from cornu.utils.plot_model import _described, _shown

NO_PYDOT = not lazy_module("pydot").available
NO_MATPLOTLIB = not lazy_module("matplotlib").available
PURE = _picture.painter("svg") not in (None, "matplotlib")
FLAGS = ("show_shapes", "show_dtype", "show_layer_activations", "show_trainable")
ALL = dict.fromkeys(FLAGS, True)


def described(model, names=True, rankdir="TB", nested=False, **flags):
    """The `Diagram` of a model."""
    shapes, dtype, activations, trainable = (flags.get(flag, False) for flag in FLAGS)
    shown = _shown(
        shapes, dtype, names, rankdir, nested, 72, activations, trainable, "ortho", {}
    )  # fmt: skip
    return _described(model, shown)


def texts(diagram):
    """`{title: [rows of texts]}` of all boxes, and the edges by titles."""
    titles = {box.key: box.title for box in diagram.all_boxes()}
    boxes = {box.title: [[str(cell) for cell in row] for row in box.rows] for box in
             diagram.all_boxes()}  # fmt: skip
    return boxes, [(titles[start], titles[end]) for start, end in diagram.edges]


def sequential():
    return cornu.Sequential(
        [
            cornu.Input((4,)),
            layers.Dense(3, activation="relu", name="first"),
            layers.Dense(2, activation=lambda x: x, name="last", trainable=False),
        ],
        name="stack",
    )


def branched():
    """Two inputs, a model inside with a dictionary of outputs, a `Sequential` at the end."""
    a, b = cornu.Input((4,), name="a"), cornu.Input((5,), name="b")
    x, y = layers.Dense(3, name="x")(a), layers.Dense(3, name="y")(b)
    total = layers.Add(name="add")([x, y])
    inner = cornu.Model([a, b], {"total": total, "y": y}, name="inner")
    c, d = cornu.Input((4,), name="c"), cornu.Input((5,), name="d")
    found = inner([c, d])
    joined = layers.Concatenate(name="join")([c, found["total"]])
    end = sequential()(layers.Dense(4, name="pre")(joined) * 2)
    return cornu.Model({"c": c, "d": d}, end, name="outer")


def test_sequential_shows_layers_and_all_that_is_asked_for():
    boxes, edges = texts(described(sequential()))
    assert boxes == {"first (Dense)": [], "last (Dense)": []}
    assert edges == [("first (Dense)", "last (Dense)")]
    boxes, _ = texts(described(sequential(), **ALL))
    assert boxes["first (Dense)"] == [
        ["Activation: relu"],
        ["Input shape: (None, 4)", "Output shape: (None, 3)", "Output dtype: float32", "Trainable"],
    ]
    assert boxes["last (Dense)"][0] == ["Activation: <lambda>"]
    assert boxes["last (Dense)"][1][-1] == "Non-trainable"
    assert [box.title for box in described(sequential(), names=False).boxes] == ["Dense"] * 2


def test_functional_shows_nested_models_as_one_box():
    boxes, edges = texts(described(branched(), show_shapes=True, show_trainable=True))
    assert boxes["c (InputLayer)"] == [["Output shape: (None, 4)"]]
    assert boxes["inner (Functional)"] == [
        [
            "Input shape: [(None, 4), (None, 5)]",
            "Output shape: total: (None, 3), y: (None, 3)",
            "Trainable",
        ]
    ]
    assert len(boxes["join (Concatenate)"][0]) == 2
    assert edges == [
        ("c (InputLayer)", "inner (Functional)"),
        ("d (InputLayer)", "inner (Functional)"),
        ("c (InputLayer)", "join (Concatenate)"),
        ("inner (Functional)", "join (Concatenate)"),
        ("join (Concatenate)", "pre (Dense)"),
        ("pre (Dense)", "multiply (Multiply)"),
        ("multiply (Multiply)", "stack (Sequential)"),
    ]


def test_nested_models_are_expanded():
    diagram = described(branched(), nested=True)
    boxes, edges = texts(diagram)
    assert [part.label for part in diagram.parts] == ["inner", "stack"]
    assert not any("inner" in title or "stack" in title for title in boxes)
    assert {("d (InputLayer)", "b (InputLayer)"), ("x (Dense)", "add (Add)")} <= set(edges)
    assert {("add (Add)", "join (Concatenate)"), ("c (InputLayer)", "a (InputLayer)")} <= set(edges)
    assert ("multiply (Multiply)", "first (Dense)") in edges
    assert len(edges) == 12
    text = diagram.to_dot()
    assert text.count("subgraph") == 2 and 'label="inner"' in text


def test_a_shared_layer_is_one_box():
    x = cornu.Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    diagram = described(cornu.Model(x, shared(shared(x))))
    boxes, edges = texts(diagram)
    assert list(boxes) == ["x (InputLayer)", "shared (Dense)"]
    assert edges == [("x (InputLayer)", "shared (Dense)"), ("shared (Dense)",) * 2]


def test_a_model_with_a_call_of_its_own_is_one_box():
    class Own(cornu.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    with pytest.raises(ValueError, match="not yet been built"):
        plot_model(model)
    model(cornu.ops.ones((1, 3)))
    boxes, edges = texts(described(model, show_shapes=True, nested=True))
    assert boxes == {"own (Own)": [["Input shape: ?", "Output shape: ?"]]} and not edges


def test_mistakes():
    with pytest.raises(ValueError, match="not yet been built"):
        plot_model(cornu.Sequential([layers.Dense(2)]))
    with pytest.raises(ValueError, match="`rankdir` must be one of"):
        plot_model(sequential(), rankdir="down")
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments: \['colour'\]"):
        plot_model(sequential(), colour="red")
    with pytest.raises(ValueError, match="`layer_range` is no longer supported"):
        plot_model(sequential(), layer_range=["first", "last"])


def test_text_for_graphviz(tmp_path):
    model = branched()
    path = tmp_path / "model.dot"
    assert plot_model(model, path, rankdir="LR", dpi=50, show_layer_names=True) is None
    text = path.read_text()
    assert "rankdir=LR" in text and "dpi=50" in text and "splines=ortho" in text
    assert f"{id(model.get_layer('join'))} -> {id(model.get_layer('pre'))}" in text
    assert "&lt;lambda&gt;" in described(sequential(), **ALL).to_dot()
    if shutil.which("dot") or PURE:
        program = _picture.painter("svg")
        done = subprocess.run([program, "-Tplain", path], capture_output=True, text=True)
        assert len(re.findall("^node", done.stdout, re.M)) == 7, done.stderr


@pytest.mark.skipif(NO_MATPLOTLIB, reason="matplotlib is not installed")
@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
def test_matplotlib_draws(tmp_path, rankdir, monkeypatch):
    monkeypatch.setattr(_picture.shutil, "which", lambda *names, **options: None)
    assert _picture.painter("png") == "matplotlib"
    names = {"show_layer_names": True, "expand_nested": True, "rankdir": rankdir}
    plot_model(branched(), tmp_path / "model.png", dpi=40, **names)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    plot_model(branched(), tmp_path / "model.svg", splines="line", **names)
    assert "<svg" in (tmp_path / "model.svg").read_text()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(not PURE, reason="neither Graphviz nor graphviz-pure is installed")
def test_a_program_draws(tmp_path):
    plot_model(branched(), tmp_path / "model", show_shapes=True, expand_nested=True, dpi=40)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    plot_model(branched(), tmp_path / "model.svg", show_layer_names=True)
    assert {"join", "inner"} <= set(re.findall(r"\w+", (tmp_path / "model.svg").read_text()))


def test_a_program_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(_picture.shutil, "which", lambda *names, **options: sys.executable)
    with pytest.raises(RuntimeError, match="could not draw the model"):
        plot_model(sequential(), path)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_nothing_that_draws_is_an_import_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_picture.shutil, "which", lambda *names, **options: None)
    monkeypatch.setattr(_picture, "_has_matplotlib", lambda: False)
    with pytest.raises(ImportError, match=r"pip install 'cornu\[plot\]'"):
        plot_model(sequential(), tmp_path / "model.png")
    for name in ("IPython", "ipykernel"):  # in a notebook it is only printed
        monkeypatch.setitem(sys.modules, name, object())
    assert plot_model(sequential(), tmp_path / "model.png") is None
    assert "cornu[plot]" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_model_to_dot_without_pydot(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match=r"pip install 'cornu\[plot\]'"):
        model_to_dot(sequential())


@pytest.mark.skipif(NO_PYDOT, reason="pydot is not installed")
@pytest.mark.filterwarnings("ignore:.* deprecated - use")  # pydot's use of pyparsing
def test_model_to_dot():
    import pydot

    model = sequential()
    graph = model_to_dot(model, show_shapes=True, rankdir="LR")
    assert type(graph) is pydot.Dot and graph.get_rankdir() == "LR"
    first, last = (str(id(layer)) for layer in model.layers)
    assert [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()] == [
        (first, last)
    ]
    assert "(None, 3)" in graph.get_node(first)[0].get_label()
    cluster = model_to_dot(model, subgraph=True)
    assert type(cluster) is pydot.Cluster and "stack" in cluster.get_name()
    whole = pydot.Dot()
    whole.add_subgraph(cluster)
    assert first in whole.to_string()
