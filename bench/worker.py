"""One contender of one row, in a process of its own: a JSON line in, a JSON line out.

    python -m bench.worker MODULE ROW CONTENDER [--quick]

Prepares the measurement, answers `{"ready": true}`, then answers each line read from standard input
with `{"seconds": ...}`. Ends when its input does. What libraries print goes to standard error.
"""

import importlib
import json
import os
import sys


def main():
    module, name, contender, *flags = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    row = next(row for row in importlib.import_module(module).ROWS if row.name == name)
    measure = row.setup(contender, "--quick" in flags)
    print(json.dumps({"ready": True}), file=answers)
    for _ in sys.stdin:
        print(json.dumps({"seconds": measure()}), file=answers)


if __name__ == "__main__":
    main()
