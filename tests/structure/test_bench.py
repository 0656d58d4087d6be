"""The benchmarks say what was measured."""

import pytest

from bench import run, table
from bench.harness import PORTABLE, Row, Target, quotient
from bench.rows.networks import NETWORKS
from bench.sections import sections

CPU = {"device": "cpu", "cpu_count": 2, "cpu_model": "some", "system": "Linux"}
GPU = {**CPU, "device": "NVIDIA H100"}
TARGETS = (
    Target("portable", quotient("keras-jax", PORTABLE), at_least=1.2),
    Target("native", quotient("keras-jax", "cornu"), at_least=3.0, native=True),
)
ROW = Row("one", "One", print, ("cornu",), TARGETS, operations=5e9)


def record(date, medians, machine=CPU, **versions):
    """A record with one result of `ROW`."""
    result = {"name": "one", "medians": medians, "run": 0}
    return {
        "machine": machine,
        "runs": [{"date": date, "versions": versions, "peak": {"float32": [9e9, 10e9]}}],
        "rows": [result],
    }


def test_tables_are_those_of_the_results():
    text = table.README.read_text()
    assert text == table.written(text, table.load()), "python -m bench.table writes them"


def test_rows_can_be_told_apart():
    parts = sections()
    names = [row.name for part in parts for row in part.rows] + [part.name for part in parts]
    for part in parts:
        assert len({row.title for row in part.rows}) == len(part.rows)
        assert {name for row in part.rows for name in row.contenders} <= set(table.NAMES)
    # A name asks for a row or for all of a file: the same thing, where a file has one row.
    shared = {name for name in names if names.count(name) > 1}
    assert all(len(part.rows) == 1 for part in parts if part.name in shared), shared


def test_newest_result_of_each_machine_counts():
    old, new = record("2026-01-01", {"cornu": 2.0}), record("2026-01-02", {"cornu": 1.0})
    wide = record("2026-01-03", {"cornu": 4.0}, {**CPU, "cpu_vectors": "AVX-512"})
    found = table.newest([old, new, record("2026-01-01", {"cornu": 3.0}, GPU), wide])
    assert {title: each["one"]["medians"] for title, each in found.items()} == {
        "CPU: 2 x some": {"cornu": 1.0},
        "CPU: 2 x some with AVX-512": {"cornu": 4.0},
        "GPU: NVIDIA H100, beside 2 x some": {"cornu": 3.0},
    }
    assert run.file_of(wide["machine"], "D").name == "D-cpu-2-avx-512.json"
    assert run.file_of(CPU, "D").name == "D-cpu-2.json"


@pytest.mark.parametrize(
    "medians, versions, met",
    [
        ({"keras-jax": 3.0, "cornu": 1.0, PORTABLE: 2.0}, {"cornu-native": "1"}, [True, True]),
        ({"keras-jax": 2.0, "cornu": 1.0, PORTABLE: 2.0}, {"cornu-native": "1"}, [False, False]),
        ({"keras-jax": 3.0, "cornu": 1.0, PORTABLE: 1.0}, {}, [True, None]),
        ({"keras-jax": 3.0, "cornu": 1.0}, {"cornu-native": "1"}, [None, True]),
    ],
)
def test_verdicts(medians, versions, met):
    judged = list(table.verdicts(ROW, medians, versions))
    assert [verdict["met"] for verdict in judged] == met
    counts = [f"{met.count(True)} met", f"{met.count(False)} not met"]
    assert table.summary(judged).startswith(f"Targets: {', '.join(counts)}")


def test_line_of_a_row():
    medians = {"cornu": 1.0, PORTABLE: 1.5, "keras-jax": 3.0, "jax": 2.0}
    result = table.newest([record("2026-01-02", medians)])["CPU: 2 x some"]["one"]
    line = table.cells(ROW, result)
    assert line["against Keras on JAX"] == "3.00x"
    assert line["against the best peer"] == "2.00x (JAX by hand)"
    assert line["of the peak"] == "50%"
    assert line["measured"] == "2026-01-02"


def test_without_a_gpu_the_command_is_told():
    assert table.ON_GPU in table.document([])
    assert table.ON_GPU not in table.document([record("2026-01-01", {"cornu": 3.0}, GPU)])


def test_results_replace_those_of_the_same_rows():
    kept = record("2026-01-01", {"cornu": 2.0})
    kept["rows"].append({"name": "two", "medians": {}, "run": 0})
    result = {"name": "one", "medians": {"cornu": 1.0}, "absent": {"torch": "/a/path"}}
    found = run.merged(kept, [result], CPU, {"date": "2026-01-01", "versions": {"jax": "1"}})
    assert [(row["name"], row["run"]) for row in found["rows"]] == [("two", 0), ("one", 1)]
    assert found["rows"][1]["absent"] == ["torch"]
    both = [{**result, "name": name} for name in ("one", "two")]
    found = run.merged(found, both, CPU, {"date": "2026-01-01", "versions": {"jax": "2"}})
    assert [each["versions"] for each in found["runs"]] == [{"jax": "2"}]


def test_operations_of_a_step():
    # Of the CNN: convolutions of 26x26 and 11x11 positions and a product; the first convolution
    # has a gradient less.
    first, rest = 26 * 26 * 32 * 9, 11 * 11 * 64 * 9 * 32 + 1600 * 10
    assert NETWORKS["cnn"].operations() == 2 * 128 * (2 * first + 3 * rest)
    assert round(NETWORKS["transformer"].operations() / 1e9) == 42
