"""`python -m cornu SCRIPT [args]`: run a program in which `import keras` and `import tensorflow`
mean this package."""

import argparse
import code
import runpy
import sys
from pathlib import Path

from cornu.compat import check, finder, notebook

DESCRIPTION = """\
Run a program in which `import keras`, `import tf_keras` and `import tensorflow` mean cornu.
Without a program: a prompt."""


def arguments(words):
    """What the command line asks for. Words after the program are the program's own.

    Args:
        words: the command line without the interpreter and `-m cornu`.
    """
    parser = argparse.ArgumentParser(
        "python -m cornu",
        usage="python -m cornu [--tensorflow {cornu,real}] [--check] "
        "[SCRIPT | NOTEBOOK.ipynb | -m MODULE | -c CODE] [ARGUMENTS]",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--tensorflow",
        choices=("cornu", "real"),
        default="cornu",
        help="what `import tensorflow` means: cornu's stand-in, or an installed TensorFlow",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="do not run the script; list the names of `tf` and `keras` in it that are missing",
    )
    parser.add_argument("-m", dest="module", metavar="MODULE", help="run a module as a program")
    parser.add_argument("-c", dest="code", metavar="CODE", help="run a program given as text")
    parser.add_argument("program", nargs="?", help=argparse.SUPPRESS)
    own, rest = _split(words)
    found = parser.parse_args(own)
    found.rest = rest
    if found.check and not found.program:
        parser.error("--check needs a SCRIPT")
    return found


def _split(words):
    """Our own words, and those of the program, which begin after its name."""
    index = 0
    while index < len(words):
        word = words[index]
        if word in ("-m", "-c"):
            return words[: index + 2], words[index + 2 :]
        if word == "--tensorflow":
            index += 1
        elif not word.startswith("-"):
            return words[: index + 1], words[index + 1 :]
        index += 1
    return words, []


def main():
    """Run what the command line names as `__main__`.

    Returns:
        The exit status.
    """
    asked = arguments(sys.argv[1:])
    if asked.program and not Path(asked.program).is_file():
        print(f"python -m cornu: no such file: {asked.program}", file=sys.stderr)
        return 2
    finder.install(asked.tensorflow)
    if asked.check:
        return _check(asked.program)
    if asked.program:
        _run_file(asked.program, asked.rest)
    elif asked.module:
        sys.argv = [asked.module, *asked.rest]
        sys.path[0] = str(Path.cwd())
        runpy.run_module(asked.module, run_name="__main__", alter_sys=True)
    elif asked.code is not None:
        sys.argv = ["-c", *asked.rest]
        sys.path[0] = ""
        notebook.run_cells([asked.code], "<string>")
    else:
        code.interact("cornu: `import keras` and `import tensorflow` mean this package.", local={})
    return 0


def _run_file(name, rest):
    sys.argv = [name, *rest]
    sys.path[0] = str(Path(name).resolve().parent)
    if name.endswith(".ipynb"):
        notebook.run(name)
    else:
        runpy.run_path(name, run_name="__main__")


def _check(name):
    missing = check.missing_names(Path(name).read_text(encoding="utf-8"), name)
    for line in missing:
        print(line)
    if missing:
        print(f"{len(missing)} names of {name} are not there.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
