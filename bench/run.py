"""Measure cornu beside its peers, in one run on one machine.

    python -m bench.run                          # every row (`make bench`)
    python -m bench.run --rows mlp_fit import    # some of them
    python -m bench.run --only cornu jax         # some of the contenders
    python -m bench.run --quick                  # small and rough, to see that it runs

Prints Markdown tables and, unless contenders are left out by --only, writes the medians, all
rounds, versions and the kind of machine to bench/results/DATE-MACHINE.json. A contender that cannot
run here is left out and named.
Runs on the accelerator that JAX finds; set JAX_PLATFORMS=cpu for the processor.
"""

import argparse
import datetime
import importlib
import json
import os
import pkgutil
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import bench.rows
from bench.harness import ENGINES, show

RESULTS = Path(__file__).parent / "results"
# A contender so slow that it has used this much sits out the rounds that are left.
ENOUGH_ROUNDS, ENOUGH_SECONDS = 3, 20
# Engines whose threads go on spinning for a while after the work is done, and how long that is let
# pass, so that it does not slow down who comes next.
SPINNING, REST = ("torch", "tensorflow"), 0.4
PACKAGES = (
    "cornu", "jax", "jaxlib", "numpy", "keras", "tensorflow", "tensorflow-cpu", "torch",
)  # fmt: skip


class Worker:
    """The process of one contender."""

    def __init__(self, row, contender, quick):
        self.contender = contender
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (outlives this function)
        command = [sys.executable, "-m", "bench.worker", row.setup.__module__, row.name, contender]
        engine = {"KERAS_BACKEND": ENGINES[contender]} if contender in ENGINES else {}
        self.process = subprocess.Popen(
            command + ["--quick"] * quick,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            bufsize=1,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **engine},
        )

    def answer(self):
        """The next line of the worker, or None if it died."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def measure(self):
        """One more measurement, or None if the worker died."""
        print("go", file=self.process.stdin)
        answer = self.answer()
        return answer and answer["seconds"]

    def last_words(self):
        """The last line that a dead worker wrote to standard error."""
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        return lines[-1][:200] if lines else "no output"

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()


def start(row, wanted, quick):
    """Prepare the contenders one by one; return those that can run, and why others cannot."""
    ready, absent = [], {}
    for contender in (name for name in row.contenders if name in wanted):
        worker = Worker(row, contender, quick)
        if worker.answer():
            ready.append(worker)
        else:
            absent[contender] = worker.last_words()
            worker.close()
    return ready, absent


def run_row(row, wanted, quick):
    """Ask every contender in turn, round after round."""
    workers, absent = start(row, wanted, quick)
    rounds = {worker.contender: [] for worker in workers}
    try:
        for turn in range(2 if quick else row.rounds):
            # Another one begins each round: who comes after a pause is slower.
            first = turn % max(len(workers), 1)
            for worker in [*workers[first:], *workers[:first]]:
                done = rounds[worker.contender]
                if len(done) >= ENOUGH_ROUNDS and sum(done) > ENOUGH_SECONDS:
                    continue
                seconds = worker.measure()
                if worker.contender.endswith(SPINNING):
                    time.sleep(REST)
                if seconds is None:
                    raise SystemExit(f"{row.name}, {worker.contender}: {worker.last_words()}")
                done.append(seconds)
    finally:
        for worker in workers:
            worker.close()
    medians = {contender: statistics.median(values) for contender, values in rounds.items()}
    targets = []
    for target in row.targets:
        try:
            value = target.value(medians)
        except KeyError:  # a contender that this figure compares with is absent
            continue
        targets.append(
            {
                "label": target.label,
                "value": value,
                "shown": show(value, target.unit),
                "bound": target.bound(),
                "met": target.met(value),
            }
        )
    return {
        "name": row.name,
        "title": row.title,
        "medians": medians,
        "rounds": rounds,
        "unit": row.unit,
        "targets": targets,
        "absent": absent,
    }


def times_table(results):
    """Medians as Markdown; beside each peer, how many times cornu's figure it is."""
    columns = list(dict.fromkeys(["cornu", *(n for r in results for n in r["medians"])]))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for result in results:
        medians = result["medians"]
        cells = []
        for name in columns:
            cell = show(medians[name], result["unit"]) if name in medians else ""
            if cell and name != "cornu" and "cornu" in medians:
                cell += f" ({show(medians[name] / medians['cornu'], 'x')})"
            cells.append(cell)
        lines.append(f"| {result['title']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def unsteady(results):
    """Contenders whose slowest round took half as long again as their median, or more."""
    for result in results:
        for contender, rounds in result["rounds"].items():
            low, median, high = min(rounds), result["medians"][contender], max(rounds)
            if high > 1.5 * median:
                spread = " .. ".join(show(value, result["unit"]) for value in (low, median, high))
                yield f"unsteady: {result['name']}, {contender}: {spread}"


def targets_table(results):
    """Every target: measured, bound, met or not."""
    lines = ["| figure | measured | target | |", "|---|---|---|---|"]
    for result in results:
        for target in result["targets"]:
            verdict = "met" if target["met"] else "**not met**"
            lines.append(
                f"| {target['label']} | {target['shown']} | {target['bound']} | {verdict} |"
            )
    return "\n".join(lines)


def machine():
    """The kind of machine, without anything that names this one."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.M)
    probe = "import jax; print(jax.devices()[0].device_kind)"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    return {
        "device": found.stdout.strip() or "unknown",
        "cpu_count": os.cpu_count(),
        "cpu_model": model.group(1) if model else platform.processor(),
        "system": platform.system(),
    }


def versions():
    """Versions of what was measured, as far as installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def write(results, kind):
    """Write results to the file of the day, in the place of those of the same rows; returns its
    path."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{kind['device']}-{kind['cpu_count']}".lower())
    file = RESULTS / f"{datetime.date.today()}-{slug}.json"
    new = {result["name"] for result in results}
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    rows = [row for row in rows if row["name"] not in new]
    for result in results:
        # The reasons may name paths of this machine.
        result["absent"] = sorted(result["absent"])
    record = {"machine": kind, "versions": versions(), "rows": rows + results}
    RESULTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(record, indent=1) + "\n")
    return file


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="only these rows")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these contenders")
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    options = parser.parse_args()
    names = sorted(module.name for module in pkgutil.iter_modules(bench.rows.__path__))
    rows = [row for name in names for row in importlib.import_module(f"bench.rows.{name}").ROWS]
    unknown = set(options.rows or ()) - {row.name for row in rows}
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(r.name for r in rows)}")
    contenders = {name for row in rows for name in row.contenders}
    if stray := set(options.only or ()) - contenders:
        parser.error(f"nobody called {', '.join(stray)}; there are {', '.join(sorted(contenders))}")
    results = []
    for row in rows:
        if not options.rows or row.name in options.rows:
            result = run_row(row, options.only or row.contenders, options.quick)
            results.append(result)
            medians = (f"{k} {show(v, row.unit)}" for k, v in result["medians"].items())
            print(f"... {row.name}:", *medians, sep="  ", file=sys.stderr, flush=True)
    kind = machine()
    print(f"\n{kind['device']}, {kind['cpu_count']} x {kind['cpu_model']}\n")
    print("Medians; in brackets, how many times cornu's figure that is.\n")
    print(times_table(results), targets_table(results), sep="\n\n")
    for result in results:
        for contender, reason in result["absent"].items():
            print(f"\n{result['name']}: {contender} could not run ({reason})")
    print("", *unsteady(results), sep="\n")
    if not (options.quick or options.only):
        print(f"\nwritten: bench/results/{write(results, kind).name}")


if __name__ == "__main__":
    main()
