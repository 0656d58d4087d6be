"""Rows of the reductions by segment."""

import numpy as np
from ops.rows import row

IDS = np.array([3, 0, 0, 3, 1, 0, 1], "int32")
SORTED = np.sort(IDS)


def unsorted(r, n):
    return r.distinct(n, 2), IDS[:n]


def in_order(r, n):
    return r.distinct(n, 2), SORTED[:n]


def line(r, n):
    return r.distinct(n), IDS[:n]


def integers(r, n):
    return r.integers(-9, 9, n, 2), IDS[:n]


def left_out(r, n):
    return r.distinct(n, 2), np.where(IDS == 0, -1, IDS)[:n].astype("int32")


def zeros(r, n):
    """Products with one zero and with several."""
    data = np.array([2.0, 0.0, 3.0, 0.5, 0.0, 4.0, 0.0], "float32")
    return data[:n], np.array([0, 0, 0, 1, 2, 1, 2], "int32")[:n]


def nothing(r, n):
    return np.zeros((0, 2), "float32"), np.zeros(0, "int32")


def by_segment(function, empty):
    """An oracle: `function` of the rows of each segment, `empty` where there are none."""

    def oracle(data, segment_ids, num_segments=None, sorted=False):
        count = segment_ids.max(initial=-1) + 1 if num_segments is None else num_segments
        result = np.full((count, *data.shape[1:]), empty(data), data.dtype)
        for segment in range(count):
            if (segment_ids == segment).any():
                result[segment] = function(data[segment_ids == segment], axis=0)
        return result

    return oracle


def lowest(data):
    return -np.inf if data.dtype.kind == "f" else np.iinfo(data.dtype).min


def highest(data):
    return np.inf if data.dtype.kind == "f" else np.iinfo(data.dtype).max


ORACLES = {
    "segment_sum": by_segment(np.sum, lambda data: 0),
    "segment_prod": by_segment(np.prod, lambda data: 1),
    "segment_max": by_segment(np.max, lowest),
    "segment_min": by_segment(np.min, highest),
}
SAMPLES = [
    (unsorted, {"num_segments": 5}, {}),
    (in_order, {"num_segments": 4, "sorted": True}, {}),
    (line, {"num_segments": 4}, {}),
    (line, {}, {"compiled": False}),
    (integers, {"num_segments": 5}, {}),
    (left_out, {"num_segments": 4}, {}),
    (nothing, {"num_segments": 2}, {"gradient": False}),
]
# Where a segment has no rows its result is infinite, of which finite differences make no sense.
FINITE = {"segment_sum": True, "segment_prod": True, "segment_max": False, "segment_min": False}


def gradient(name, kwargs, options):
    """Whether the gradient of a row is to be checked."""
    return options.get("gradient", FINITE[name] or "num_segments" not in kwargs)


ROWS = [
    row(name, sample, ORACLES[name], kwargs,
        **{**options, "gradient": gradient(name, kwargs, options), "terms": 7})
    for name in ORACLES
    for sample, kwargs, options in SAMPLES
] + [
    row("segment_prod", zeros, ORACLES["segment_prod"], {"num_segments": 3}),
    row("segment_max", lambda r, n: (r.distinct(n), IDS[:n] % 2), ORACLES["segment_max"],
        {"num_segments": 2}),
    row("segment_min", lambda r, n: (r.distinct(n), IDS[:n] % 2), ORACLES["segment_min"],
        {"num_segments": 2}),
]  # fmt: skip
