"""Measure cornu beside its peers, in one run on one machine.

    python -m bench.run                          # every row (`make bench`)
    python -m bench.run --rows networks import   # some of them, by name or by file of bench/rows/
    python -m bench.run --only cornu jax         # some of the contenders
    python -m bench.run --quick                  # small and rough, to see that it runs

Prints Markdown tables and, unless contenders are left out by --only, writes the medians, all
rounds, versions, the machine's peak and its kind to bench/results/DATE-MACHINE.json after each row,
and in the end the tables of bench/README.md. A contender that cannot run here is left out and
named. Runs on the accelerator that JAX finds; set JAX_PLATFORMS=cpu for the processor.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

from bench import table
from bench.harness import PORTABLE, environment, show
from bench.sections import sections

# A contender so slow that it has used this much sits out the rounds that are left.
ENOUGH_ROUNDS, ENOUGH_SECONDS = 3, 10
# Engines whose threads go on spinning for a while after the work is done, and how long that is let
# pass, so that it does not slow down who comes next.
SPINNING, REST = ("torch", "tensorflow"), 0.4
AT_ONCE = 2  # contenders that prepare themselves side by side; nothing is measured meanwhile
PACKAGES = (
    "cornu", "cornu-native", "jax", "jaxlib", "numpy", "flax", "optax", "keras", "tensorflow",
    "tensorflow-cpu", "torch",
)  # fmt: skip


class Worker:
    """The process of one contender."""

    def __init__(self, row, contender, quick):
        self.contender = contender
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (outlives this function)
        command = [sys.executable, "-m", "bench.worker", row.setup.__module__, row.name, contender]
        self.process = subprocess.Popen(
            command + ["--quick"] * quick,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            bufsize=1,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment(contender)},
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
    """Prepare the contenders; return those that can run, and why others cannot."""
    ready, absent = [], {}
    for first in range(0, len(wanted), AT_ONCE):
        beside = [Worker(row, contender, quick) for contender in wanted[first : first + AT_ONCE]]
        for worker in beside:
            if worker.answer():
                ready.append(worker)
            else:
                absent[worker.contender] = worker.last_words()
                worker.close()
    return ready, absent


def run_row(row, wanted, quick):
    """Ask every contender in turn, round after round."""
    start_time = time.perf_counter()
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
    return {
        "name": row.name,
        "title": row.title,
        "medians": {contender: statistics.median(values) for contender, values in rounds.items()},
        "rounds": rounds,
        "unit": row.unit,
        "absent": absent,
        "took": round(time.perf_counter() - start_time, 1),
    }


def unsteady(results):
    """Contenders whose slowest round took half as long again as their median, or more."""
    for result in results:
        for contender, rounds in result["rounds"].items():
            low, median, high = min(rounds), result["medians"][contender], max(rounds)
            if high > 1.5 * median:
                spread = " .. ".join(show(value, result["unit"]) for value in (low, median, high))
                yield f"unsteady: {result['name']}, {contender}: {spread}"


def probe(quick):
    """What the device is, and its peak now."""
    command = [sys.executable, "-m", "bench.peak"] + ["--quick"] * quick
    output = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    return json.loads(output.splitlines()[-1])


def machine(device):
    """The kind of machine, without anything that names this one."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.M)
    wide = {"cpu_vectors": "AVX-512"} if re.search(r"\bavx512f\b", text) else {}
    return {
        "device": device,
        "cpu_count": os.cpu_count(),
        "cpu_model": model.group(1) if model else platform.processor(),
        **wide,  # models of one name may have it or not
        "system": platform.system(),
    }


def versions(device):
    """Versions of what is measured on a device, as far as installed and used."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    if device != "cpu" or os.environ.get("CORNU_NATIVE") == "0":
        found.pop("cornu-native", None)
    return found


def file_of(kind, date):
    """Where the results of a day on a machine are kept."""
    words = (kind["device"], kind["cpu_count"], kind.get("cpu_vectors"))
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(str(word) for word in words if word).lower())
    return table.RESULTS / f"{date}-{slug}.json"


def merged(kept, results, kind, run):
    """The record of a day with the results of a run in the place of those of the same rows.

    Args:
        kept: the record as it was before the run, or None.
    """
    new = {result["name"] for result in results}
    rows = [row for row in kept["rows"] if row["name"] not in new] if kept else []
    runs = [*(kept["runs"] if kept else []), run]
    # The reasons of those that are absent may name paths of this machine.
    rows += [{**r, "absent": sorted(r["absent"]), "run": len(runs) - 1} for r in results]
    used = sorted({row["run"] for row in rows})
    return {
        "machine": kind,
        "runs": [runs[place] for place in used],
        "rows": [{**row, "run": used.index(row["run"])} for row in rows],
    }


def arguments(parts):
    """What the command line says; `rows` become those that it names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="only these rows, or files")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these contenders")
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    options = parser.parse_args()
    asked = set(options.rows or (part.name for part in parts))
    names = {name for part in parts for name in (part.name, *(row.name for row in part.rows))}
    if stray := asked - names:
        parser.error(f"no row {', '.join(stray)}; there are {', '.join(sorted(names))}")
    options.rows = [row for p in parts for row in p.rows if {p.name, row.name} & asked]
    contenders = {name for part in parts for row in part.rows for name in row.contenders}
    if stray := set(options.only or ()) - contenders:
        parser.error(f"nobody called {', '.join(stray)}; there are {', '.join(sorted(contenders))}")
    return options


def report(rows, results, run):
    """Print the tables of a run."""
    by_name = {result["name"]: {**result, "run": run} for result in results}
    print("\n" + table.times(rows, by_name))
    if judged := table.judge(rows, by_name):
        print("\n" + table.targets(judged), table.summary(judged), sep="\n\n")
    for result in results:
        for contender, reason in result["absent"].items():
            print(f"\n{result['name']}: {contender} could not run ({reason})")
    print("", *unsteady(results), sep="\n")


def main():
    options = arguments(sections())
    found = probe(options.quick)
    kind = machine(found["device"])
    run = {
        "date": str(datetime.date.today()),
        "versions": versions(kind["device"]),
        "peak": {dtype: [value] for dtype, value in found["peak"].items()},
    }
    file, results = file_of(kind, run["date"]), []
    kept = json.loads(file.read_text()) if file.exists() else None
    keeps = not (options.quick or options.only)

    def keep():
        if keeps:
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(merged(kept, results, kind, run), indent=1) + "\n")

    for row in options.rows:
        wanted = [name for name in row.contenders if name in (options.only or row.contenders)]
        if kind["device"] != "cpu":  # the kernels of `cornu-native` are for processors
            wanted = [name for name in wanted if name != PORTABLE]
        result = run_row(row, wanted, options.quick)
        results.append(result)
        medians = (f"{k} {show(v, row.unit)}" for k, v in result["medians"].items())
        head = f"... {row.name} ({result['took']:.0f} s):"
        print(head, *medians, sep="  ", file=sys.stderr, flush=True)
        keep()
    for dtype, value in probe(options.quick)["peak"].items():
        run["peak"][dtype].append(value)
    keep()
    print(f"\n{table.description(kind)}")
    report(options.rows, results, run)
    if keeps:
        table.update()
        print(f"\nwritten: bench/results/{file.name}, bench/{table.README.name}")


if __name__ == "__main__":
    main()
