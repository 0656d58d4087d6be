"""`python -m cornu SCRIPT [args]`: run a script in which `import keras` means this package."""

import runpy
import sys
from pathlib import Path

from cornu.compat import finder

USAGE = "usage: python -m cornu SCRIPT [ARGUMENTS]"


def main():
    """Run the script named on the command line as `__main__`."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(USAGE)
        return 0 if len(sys.argv) > 1 else 2
    script = sys.argv[1]
    if not Path(script).is_file():
        print(f"python -m cornu: no such file: {script}\n{USAGE}", file=sys.stderr)
        return 2
    finder.install()
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
