"""Where the boxes of a picture go."""

import itertools

import numpy as np
import pytest

from cornu.utils._layout import place_boxes, spread


def place(edges, **sizes):
    keys = dict.fromkeys(itertools.chain.from_iterable(edges))
    given = {key: sizes.get(key, (10.0, 4.0)) for key in keys}
    return place_boxes(given, edges, gap=2.0, rank_gap=6.0)


def test_a_chain_is_straight():
    centers, bends = place([("a", "b"), ("b", "c")])
    assert centers == {"a": (0, 2), "b": (0, 12), "c": (0, 22)}
    assert bends == {("a", "b"): [], ("b", "c"): []}


def test_ranks_follow_the_longest_way():
    centers, bends = place([("b", "c"), ("a", "b"), ("a", "c"), ("late", "c")])
    heights = {key: along for key, (_, along) in centers.items()}
    assert heights == {"a": 2, "b": 12, "late": 12, "c": 22}
    ((across, along),) = bends["a", "c"]
    assert along == 12
    assert abs(across - centers["b"][0]) >= 5 + 2  # beside the box that it passes


def test_boxes_do_not_overlap():
    edges = [("root", f"leaf{n}") for n in range(5)] + [(f"leaf{n}", "end") for n in range(5)]
    centers, _ = place(edges, leaf2=(40.0, 9.0))
    found = sorted((across, key) for key, (across, along) in centers.items() if "leaf" in key)
    for (left, a), (right, b) in itertools.pairwise(found):
        widths = [40 if key == "leaf2" else 10 for key in (a, b)]
        assert right - left >= sum(widths) / 2 + 2 - 1e-9
    assert centers["end"][1] - centers["root"][1] == pytest.approx(2 + 6 + 9 + 6 + 2)


def test_crossings_are_undone():
    edges = [("a", "x"), ("b", "y"), ("c", "z"), ("x", "r"), ("z", "p"), ("y", "q")]
    centers, _ = place(edges)
    order = [sorted(row, key=lambda key: centers[key][0]) for row in ("abc", "xyz", "rqp")]
    assert order == [list("abc"), list("xyz"), list("rqp")]


def test_loops_and_edges_back_are_drawn_straight():
    edges = [("a", "b"), ("b", "c"), ("c", "b"), ("b", "b")]
    centers, bends = place(edges)
    assert [along for _, along in centers.values()] == [2, 12, 22]
    assert bends == {edge: [] for edge in edges}


def test_spread_is_the_nearest_without_overlap():
    rng = np.random.default_rng(0)
    for _ in range(20):
        wanted, widths = rng.normal(size=6) * 10, rng.uniform(1, 5, 6)
        found = np.array(spread(list(wanted), list(widths), 1.0))
        least = (widths[1:] + widths[:-1]) / 2 + 1
        assert (np.diff(found) >= least - 1e-9).all()
        # Moving any run of touching boxes brings none nearer.
        best = np.sum((found - wanted) ** 2)
        for start, stop in itertools.combinations(range(7), 2):
            for step in (-1e-3, 1e-3):
                moved = found.copy()
                moved[start:stop] += step
                if (np.diff(moved) >= least - 1e-9).all():
                    assert np.sum((moved - wanted) ** 2) >= best - 1e-9
