"""The tables in bench/README.md, made from the results that are kept in bench/results/.

    python -m bench.table            # writes them
    python -m bench.table --check    # fails if the file has others

Of each row the newest result counts, for each kind of machine. Whether a target is met is worked
out from the medians and the targets as the rows have them today.
"""

import argparse
import json
import sys
from pathlib import Path

from bench.harness import show
from bench.sections import sections

FOLDER = Path(__file__).parent
README, RESULTS = FOLDER / "README.md", FOLDER / "results"
MARK = "<!-- What follows is written by `python -m bench.table`: do not edit it. -->"
NAMES = {
    "cornu": "cornu",
    "cornu-portable": "cornu, portable",
    "cornu-alone": "cornu, outside of a loop",
    "cornu-fsync": "cornu, with fsync",
    "keras-jax": "Keras on JAX",
    "keras-tensorflow": "Keras on TensorFlow",
    "keras-torch": "Keras on PyTorch",
    "jax": "JAX by hand",
    "flax": "Flax nnx",
    "optax": "optax",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
}
ON_GPU = "python -m bench.run --rows networks mlp"
NO_GPU = f"""\
## GPU

No results yet. On a machine with a GPU, in an environment where JAX and PyTorch find it,
`{ON_GPU}` adds them."""


def load(folder=RESULTS):
    """What is kept, the oldest first."""
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


def newest(records):
    """For each kind of machine, by its description: the newest result of each row, by name, with
    the run that it is of."""
    machines = {}
    for record in records:
        machine = record["machine"]
        results = machines.setdefault(description(machine), {})
        for result in record["rows"]:
            results[result["name"]] = {**result, "run": record["runs"][result["run"]]}
    return machines


def description(machine):
    """A kind of machine in words."""
    device, processor = machine["device"], f"{machine['cpu_count']} x {machine['cpu_model']}"
    processor += f" with {machine['cpu_vectors']}" if "cpu_vectors" in machine else ""
    return f"CPU: {processor}" if device == "cpu" else f"GPU: {device}, beside {processor}"


def against(medians, others):
    """How many times slower than cornu the fastest of `others` is, and which that is; or None."""
    measured = [name for name in others if name in medians]
    if "cornu" not in medians or not measured:
        return None
    best = min(measured, key=medians.get)
    return medians[best] / medians["cornu"], best


def share_of_peak(row, medians, peak):
    """Which part of the machine's peak cornu reaches, in words."""
    if row.operations is None or "cornu" not in medians or not peak:
        return ""
    return f"{row.operations / medians['cornu'] / max(peak['float32']):.0%}"


def cells(row, result):
    """What stands in the line of a row, by column."""
    medians, run = result["medians"], result["run"]
    found = {NAMES[name]: show(median, row.unit) for name, median in medians.items()}
    engine = against(medians, ["keras-jax"])
    peer = against(medians, [name for name in medians if not name.startswith("cornu")])
    if engine:
        found["against Keras on JAX"] = show(engine[0], "x")
    if peer:
        found["against the best peer"] = f"{show(peer[0], 'x')} ({NAMES[peer[1]]})"
    found["of the peak"] = share_of_peak(row, medians, run.get("peak"))
    found["measured"] = run["date"]
    return {column: text for column, text in found.items() if text}


def times(rows, results):
    """The medians as Markdown, one line a row."""
    lines = {row.title: cells(row, results[row.name]) for row in rows}
    order = [*NAMES.values(), "against Keras on JAX", "against the best peer", "of the peak"]
    used = {column for line in lines.values() for column in line}
    columns = [column for column in (*order, "measured") if column in used]
    return markdown(
        ["", *columns],
        [[title, *(line.get(column, "") for column in columns)] for title, line in lines.items()],
    )


def verdicts(row, medians, versions):
    """Of each target of a row: label, value, value in words, bound in words, and whether it is met;
    None where it is not measured."""
    for target in row.targets:
        value = None
        if not target.native or "cornu-native" in versions:
            try:
                value = target.value(medians)
            except KeyError:  # a contender that this figure compares with is absent
                value = None
        yield {
            "label": target.label,
            "value": value,
            "shown": None if value is None else show(value, target.unit),
            "bound": target.bound(),
            "met": None if value is None else target.met(value),
        }


def judge(rows, results):
    """The verdicts on all targets of these rows."""
    found = []
    for row in rows:
        result = results[row.name]
        found += verdicts(row, result["medians"], result["run"]["versions"])
    return found


def targets(judged):
    """Every target as Markdown."""
    words = {True: "met", False: "**not met**", None: "not measured"}
    lines = [[v["label"], v["shown"] or "", v["bound"], words[v["met"]]] for v in judged]
    return markdown(["figure", "measured", "target", ""], lines)


def markdown(head, lines):
    """A table in Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def summary(judged):
    """How many targets are met, and which are not."""
    met = [verdict["met"] for verdict in judged]
    words = f"Targets: {met.count(True)} met, {met.count(False)} not met"
    words += f", {met.count(None)} not measured." if None in met else "."
    missed = [f"{v['label']} ({v['shown']}, {v['bound']})" for v in judged if v["met"] is False]
    return words + "".join(f"\n- not met: {each}" for each in missed)


def measured_with(results):
    """The versions and the peak of each run that has rows here, the newest first."""
    runs = {json.dumps(result["run"]): result["run"] for result in results.values()}
    for run in sorted(runs.values(), key=lambda run: run["date"], reverse=True):
        versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        peaks = [
            f"{dtype} {min(both) / 1e9:.0f} to {max(both) / 1e9:.0f} GFLOP/s"
            for dtype, both in run.get("peak", {}).items()
        ]
        yield f"- {run['date']}: {'; '.join([versions, *peaks])}"


def of_machine(title, results, parts):
    """The section of one machine."""
    parts = [(part, [row for row in part.rows if row.name in results]) for part in parts]
    judged = judge([row for _, rows in parts for row in rows], results)
    yield f"## {title}"
    yield summary(judged)
    yield "Measured with:\n\n" + "\n".join(measured_with(results))
    for part, rows in parts:
        if not rows:
            continue
        yield f"### {part.title}"
        yield times(rows, results)
        if judged := judge(rows, results):
            yield targets(judged)
    absent = [row.name for part, _ in parts for row in part.rows if row.name not in results]
    if absent:
        yield "Not measured on this machine: " + ", ".join(absent) + "."


def document(records):
    """Everything below the mark."""
    machines, parts = newest(records), sections()
    blocks = []
    for title in sorted(machines):
        blocks += of_machine(title, machines[title], parts)
    if not any(title.startswith("GPU") for title in machines):
        blocks.append(NO_GPU)
    return "\n\n".join(blocks) + "\n"


def written(text, records):
    """The text of the README with the tables of these records."""
    if MARK not in text:
        raise ValueError(f"expected the line {MARK!r} in {README.name}, found none: put it back")
    return text[: text.index(MARK)] + MARK + "\n\n" + document(records)


def update():
    """Write the tables."""
    README.write_text(written(README.read_text(), load()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail if the file has others")
    if parser.parse_args().check:
        text = README.read_text()
        sys.exit(0 if text == written(text, load()) else "out of date: python -m bench.table")
    update()


if __name__ == "__main__":
    main()
