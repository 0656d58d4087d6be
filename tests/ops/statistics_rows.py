"""Rows of averages, order statistics, counts, differences, and reductions that pass over NaNs."""

import warnings
from functools import wraps

import numpy as np
from ops.rows import row

NAN, INF = np.nan, np.inf


def matrix(r, n):
    return (r.normal(n, 4),)


def vector(r, n):
    return (r.normal(n),)


def distinct(r, n):
    return (r.distinct(n, 3, 4),)


def integers(r, n):
    return (r.integers(-9, 9, n, 4),)


def ties(r, n):
    return (r.integers(0, 3, n, 4).astype("float32"),)


def booleans(r, n):
    return (r.booleans(n, 4),)


def just(*values, dtype="float32"):
    """A sampler of one tensor."""
    return lambda r, n: (np.array(values, dtype),)


def holes(r, n):
    """Distinct numbers, of which some are NaN."""
    x = r.distinct(n, 3, 4)
    x[1:, 0, 1] = x[0, 1, :2] = NAN
    return (x,)


def empty_rows(r, n):
    """Rows with NaNs, one of nothing else."""
    x = r.normal(n, 4)
    x[:, 2] = x[1] = NAN
    return (x,)


def silent(function):
    """A function of NumPy without its warnings about empty slices."""

    @wraps(function)
    def call(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return function(*args, **kwargs)

    return call


def reductions(names, sample, ways=({"axis": 1}, {"axis": (0, -1), "keepdims": True}, {}), **more):
    """For each op a row for each set of arguments."""
    return [row(name, sample, silent(getattr(np, name)), way, **more) for name in names
            for way in ways]  # fmt: skip


ROWWISE = ({"axis": -1},)
FLOATS = ["nanmean", "nanstd", "nanvar", "nansum", "nanprod"]
PLACES = ["nanargmax", "nanargmin"]
SCANS = ["nancumsum", "nancumprod"]
NAN_ROWS = [
    *reductions([*FLOATS, "nanmedian"], holes, terms=60),
    *reductions(["nanmax", "nanmin"], holes),
    *reductions([*FLOATS, "nanmedian"], empty_rows, ROWWISE, terms=60, gradient=False),
    *reductions(["nanmax", "nanmin"], empty_rows, ROWWISE, gradient=False),
    *reductions([*FLOATS, "nanmax", "nanmin", "nanmedian"], integers, gradient=False, terms=60),
    *reductions(["nansum", "nanmax", "nanmean"], just(INF, NAN, 1.0), ({},), gradient=False),
    *reductions(["nanmax"], just(-INF, NAN), ({},), gradient=False),
    *reductions(["nansum", "nanprod"], booleans, gradient=False),
    *reductions(["nansum", "nanmean", "nanvar"], lambda r, n: (r.complex(n, 3),), terms=60),
    *reductions(PLACES, holes, ({"axis": 1}, {"axis": -1, "keepdims": True}, {}), gradient=False),
    *reductions(PLACES, integers, ({"axis": 0}, {}), gradient=False),
    *reductions(PLACES, ties, ({"axis": 1},), gradient=False),
    row("nanargmax", just(NAN, -INF), lambda x: np.array(1), gradient=False),
    row("nanargmin", just([NAN, INF, INF], [NAN, NAN, NAN]), lambda x, axis: np.array([1, -1]),
        {"axis": 1}, gradient=False),
    *reductions(SCANS, holes, ({"axis": 1}, {"axis": -1}, {}), terms=60),
    *reductions(SCANS, integers, ({"axis": 0},), gradient=False),
    row("nancumsum", just(1.0, NAN, 3.0), lambda x, dtype: np.array([1, 1, 4]),
        {"dtype": "int32"}, gradient=False),
    *[row(name, just([5.0, NAN, 5.0]), lambda x, axis: np.zeros(1), {"axis": 1}, gradient=False)
      for name in ("nanstd", "nanvar")],
    *[row(name, lambda r, n: (np.full((n, 0), 1.0, "float32"),), getattr(np, name), {"axis": 1},
          gradient=False) for name in ("nansum", "nanprod")],
]  # fmt: skip

Q_WAYS = [
    {"axis": axis, "method": method}
    for axis, method in ((1, "linear"), ((0, 2), "lower"), (None, "higher"), (-1, "midpoint"),
                         (0, "nearest"), (1, "inverted_cdf"))
]  # fmt: skip


def quantiles(name, most, sample, **options):
    """Rows of an op with every method, numbers and vectors of quantiles."""
    oracle = silent(getattr(np, name))
    number = lambda r, n: (*sample(r, n), 0.3 * most)  # noqa: E731
    several = lambda r, n: (*sample(r, n), [0.13 * most, 0.52 * most])  # noqa: E731
    return [
        *[row(name, number, oracle, way, terms=4, **options) for way in Q_WAYS],
        row(name, several, oracle, {"axis": -1}, terms=4, **options),
        row(name, several, oracle, {"axis": (0, 1), "keepdims": True}, terms=4, **options),
        row(name, lambda r, n: (*sample(r, n), np.array([0.31, 0.77], "float32") * most), oracle,
            {"axis": 1}, terms=60, **options),
    ]  # fmt: skip


QUANTILES = [
    *quantiles("quantile", 1, distinct),
    *quantiles("percentile", 100, distinct),
    *quantiles("nanquantile", 1, holes),
    *quantiles("nanpercentile", 100, holes),
    row("quantile", just(4.0, 1.0, 2.0), np.quantile, {"q": 0}, gradient=False),
    row("quantile", just(4.0, 1.0, 2.0), np.quantile, {"q": 1.0}, gradient=False),
    row("quantile", just(1.0, INF), lambda x, q: np.array(INF), {"q": 1.0}, gradient=False),
    row("quantile", just(-INF, 1.0, INF), lambda x, q: np.array(1.0), {"q": 0.5}, gradient=False),
    row("quantile", just(2.0, NAN), np.quantile, {"q": 0.0}, gradient=False),
    row("quantile", lambda r, n: (r.normal(n, 1),), np.quantile, {"q": 0.7, "axis": 1}, terms=2),
    row("quantile", ties, np.quantile, {"q": 0.4, "axis": 1}, gradient=False, terms=2),
    row("percentile", integers, np.percentile, {"q": 40, "axis": 0}, terms=4),
    row("nanquantile", empty_rows, silent(np.nanquantile), {"q": 0.4, "axis": 1}, gradient=False,
        terms=4),
    *reductions(["median"], distinct, terms=4),
    *reductions(["median"], integers, gradient=False),
    *reductions(["median"], holes, gradient=False),
    *reductions(["ptp"], distinct),
    *reductions(["ptp"], integers, gradient=False),
    row("ptp", just(1.0, NAN), np.ptp, gradient=False),
    row("ptp", just(1, 250, dtype="uint8"), np.ptp, gradient=False),
    *[row("argpartition", sample, lambda x, kth, axis: np.argsort(x, axis, kind="stable"),
          {"kth": kth, "axis": axis}, gradient=False)
      for sample in (distinct, ties) for kth, axis in ((2, -1), (-1, 0), (1, 1), (3, None))],
    row("argpartition", just(3.0, NAN, 1.0), lambda x, kth: np.array([2, 0, 1]), {"kth": 1},
        gradient=False),
]  # fmt: skip


def average(x, axis=None, weights=None):
    return np.average(x, axis, weights)


def counts(x, weights=None, minlength=0):
    return np.bincount(x, weights, minlength)


def of_rows(x, weights=None):
    wide = [np.bincount(line, weight) for line, weight in zip(x, weights, strict=True)]
    most = max(map(len, wide))
    return np.stack([np.pad(line, (0, most - len(line))) for line in wide])


COUNTS = [
    row("average", matrix, average, terms=20),
    row("average", matrix, average, {"axis": (0, 1)}, terms=20),
    row("average", integers, average, {"axis": -1}, terms=20),
    row("average", lambda r, n: (r.normal(n, 4), None, r.uniform(0.1, 2.0, n, 4)), average,
        terms=20),
    row("average", lambda r, n: (r.normal(n, 4), -1, r.uniform(0.1, 2.0, 4)), average, terms=20),
    row("average", lambda r, n: (r.normal(n, 4, 3), (2, 1), r.uniform(0.1, 2.0, 3, 4)), average,
        terms=20),
    row("average", lambda r, n: (r.integers(0, 9, n, 4), 0, r.integers(1, 5, n, 4)), average,
        terms=20),
    *[row("bincount", just(*x, dtype=dtype), counts, {"minlength": least}, gradient=False,
          compiled=False)
      for x, dtype in (((1, 1, 3), "int32"), ((0, 2), "uint8"), ((), "int32"), ((True,), "bool"))
      for least in (0, 6)],
    row("bincount", lambda r, n: (r.integers(0, 9, 20), r.normal(20)), counts, terms=20,
        gradient=False, compiled=False),
    row("bincount", lambda r, n: (r.integers(0, 9, 3, 20), r.integers(0, 3, 3, 20)), of_rows,
        gradient=False, compiled=False),
]  # fmt: skip


def histogram(x, bins=10, range=None):
    found, edges = np.histogram(x, bins, range)
    return found.astype("float64"), edges


HISTOGRAMS = [
    row("histogram", sample, histogram, way, terms=2, gradient=False)
    for sample in (lambda r, n: (r.normal(40 + n),), lambda r, n: (r.integers(0, 7, n),),
                   just(2.0, 2.0), just(3.0), just(), just(0.0, 1.0, 2.0, 4.0))
    for way in ({}, {"bins": 4}, {"bins": 2, "range": (0, 4)}, {"bins": 1, "range": (1.0, 1.0)})
]  # fmt: skip


def matrices(x, y):
    return lambda r, n: (r.normal(*x, n), r.normal(*y, n))


VARIABLES = [
    row("corrcoef", lambda r, n: (r.normal(3, n),), np.corrcoef, terms=20),
    row("corrcoef", lambda r, n: (r.normal(n, 6),), np.corrcoef, terms=20),
    row("corrcoef", lambda r, n: (r.integers(0, 9, 3, n),), np.corrcoef, terms=20),
    row("corrcoef", lambda r, n: (r.complex(3, n),), np.corrcoef, terms=20),
    row("corrcoef", vector, lambda x: np.array(1.0), gradient=False, terms=20),
    row("corrcoef", just([1.0, 2.0, 4.0], [3.0, 3.0, 3.0]), silent(np.corrcoef), gradient=False,
        terms=20),
    row("cov", lambda r, n: (r.normal(3, n),), np.cov, terms=20),
    row("cov", lambda r, n: (100 + r.normal(3, n),), np.cov, terms=20, gradient=False),
    row("cov", lambda r, n: (r.normal(n, 3),), np.cov, {"rowvar": False, "bias": True}, terms=20),
    row("cov", lambda r, n: (r.integers(0, 9, 3, n),), np.cov, {"ddof": 2}, terms=20),
    row("cov", vector, np.cov, terms=20),
    row("cov", lambda r, n: (r.complex(3, n),), np.cov, terms=20),
    row("cov", matrices((2,), (3,)), np.cov, terms=20),
    row("cov", lambda r, n: (r.normal(2, n), None, True, False, None, r.integers(1, 4, n)), np.cov,
        terms=20),
    row("cov", lambda r, n: (r.normal(2, n), None, True, False, None, r.integers(1, 4, n),
                             r.uniform(0.5, 2.0, n)), np.cov, terms=20),
    *[row("correlate", lambda r, n, size=size: (r.normal(n + 2), r.normal(size)), np.correlate,
          {"mode": mode}, terms=9)
      for mode in ("valid", "same", "full") for size in (3, 4, 1)],
    row("correlate", lambda r, n: (r.normal(2), r.normal(4)), np.correlate, {"mode": "same"},
        terms=9),
    row("correlate", lambda r, n: (r.complex(n), r.complex(3)), np.correlate, terms=9),
    row("correlate", lambda r, n: (r.integers(0, 9, n), r.integers(0, 9, 3)), np.correlate,
        terms=9),
]  # fmt: skip

NEIGHBOURS = [
    *[row("diff", sample, np.diff, {"n": n, "axis": axis}, terms=4)
      for sample in (matrix, integers) for n, axis in ((1, -1), (2, 0), (0, 0), (3, 1))],
    row("diff", booleans, np.diff, gradient=False),
    row("diff", lambda r, n: (r.normal(n, 1),), np.diff, gradient=False),
    row("diff", just(1.0, 2.0), lambda x, n: np.zeros(0), {"n": 5}, gradient=False),
    row("trapezoid", matrix, np.trapezoid, terms=5),
    row("trapezoid", matrix, np.trapezoid, {"dx": 0.5, "axis": 0}, terms=8),
    row("trapezoid", integers, np.trapezoid, terms=5),
    row("trapezoid", lambda r, n: (r.normal(n, 4), r.normal(4)), np.trapezoid, terms=5),
    row("trapezoid", lambda r, n: (r.normal(n, 4, 2), r.normal(n, 4, 2)), np.trapezoid,
        {"axis": 1}, terms=5),
    row("trapezoid", lambda r, n: (r.normal(n, 1),), np.trapezoid, gradient=False, terms=1),
]  # fmt: skip

ROWS = [*NAN_ROWS, *QUANTILES, *COUNTS, *HISTOGRAMS, *VARIABLES, *NEIGHBOURS]
