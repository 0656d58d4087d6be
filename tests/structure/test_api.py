"""The public API is Keras 3.15.1's: names, parameters, members.

`keras-3.15.1.json` records each public path with its kind, its signature and, for a class, the
names of its public members. What cornu does not have yet stands in `todo.txt`, which only shrinks;
everything else has to match: each recorded parameter is accepted by name, in the recorded order,
and each recorded member exists. That is a floor: what a name does is for the other tests.

    python tests/structure/test_api.py --update     # take out of todo.txt what is there by now
"""

import inspect
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TODO = HERE / "todo.txt"
ABSENT = object()
# Members that exist only on Keras's classes for one of its own engines.
OF_ONE_ENGINE = {"jax_state_sync", "torch_params", "named_parameters", "tf_fn"}


def record():
    """What Keras has: {path: {"kind", "signature", "members"}}."""
    return json.loads((HERE / "keras-3.15.1.json").read_text())


def todo():
    """Paths that are known to be absent, in the order of the file."""
    return TODO.read_text().split()


def find(path):
    """The object at a public path of cornu, or ABSENT."""
    import cornu

    found = cornu
    for name in path.split("."):
        found = getattr(found, name, ABSENT)
        if found is ABSENT:
            return ABSENT
    return found


def split_parameters(signature):
    """Parameter names in a signature given as text; variadic ones keep their stars.

    >>> split_parameters("(x, axis=(0, 1), *, name=None, **kwargs)")
    ['x', 'axis', 'name', '**kwargs']
    """
    text = re.sub(r"'[^']*'", "", signature[1 : signature.rindex(")")])
    while (shorter := re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "", text)) != text:
        text = shorter  # without the defaults that hold commas
    names = (part.split("=")[0].split(":")[0].strip() for part in text.split(","))
    return [name for name in names if name not in ("", "*", "/")]


def own_parameters(found):
    """Names of the parameters that an object can be called with; whether it takes any keyword."""
    try:
        signature = inspect.signature(found.__init__ if inspect.isclass(found) else found)
    except (TypeError, ValueError):  # a builtin that does not tell
        return None, True
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    names = [each.name for each in parameters if each.kind not in variadic]
    return names, any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)


def differences(found, wanted):
    """How an object falls short of its record, a phrase each."""
    if wanted["kind"] == "class" and not inspect.isclass(found):
        yield "is not a class"
        return
    names, takes_any = own_parameters(found)
    if names is not None and wanted["signature"]:
        expected = [name for name in split_parameters(wanted["signature"]) if name[0] != "*"]
        missing = [name for name in expected if name not in names]
        if missing and not takes_any:
            yield f"does not take {', '.join(missing)}"
        if [name for name in names if name in expected] != [n for n in expected if n in names]:
            yield "takes its parameters in another order"
    members = set(wanted.get("members", ())) - OF_ONE_ENGINE
    lacking = sorted(name for name in members if not hasattr(found, name))
    if lacking:
        yield f"lacks {', '.join(lacking)}"


def test_what_exists_matches():
    wrong = []
    for path, wanted in record().items():
        found = find(path)
        if found is not ABSENT:
            wrong += [f"{path} {difference}" for difference in differences(found, wanted)]
    assert not wrong, f"{len(wrong)} differences from Keras:\n" + "\n".join(wrong)


def test_nothing_is_lost():
    lost = [path for path in record() if find(path) is ABSENT and path not in set(todo())]
    assert not lost, "no longer there, or never written: " + ", ".join(lost)


def test_todo_only_holds_what_is_absent():
    paths = todo()
    assert paths == sorted(set(paths)), "todo.txt is sorted and names each path once"
    assert not set(paths) - set(record()), "todo.txt names paths that Keras does not have"
    done = [path for path in paths if find(path) is not ABSENT]
    assert not done, (
        f"run `python {Path(__file__).name} --update`: there by now are {', '.join(done)}"
    )


def test_split_parameters():
    text = "(x, /, axis=(0, [1, 2]), *args, name=',', scale: float = {}, **kwargs)"
    assert split_parameters(text) == ["x", "axis", "*args", "name", "scale", "**kwargs"]
    assert split_parameters("()") == []


def update():
    """Shrink todo.txt to what is still absent (or, where there is none, write it)."""
    listed = todo() if TODO.is_file() else sorted(record())
    absent = [path for path in listed if find(path) is ABSENT]
    TODO.write_text("".join(f"{path}\n" for path in absent))
    print(f"todo.txt: {len(absent)} paths of {len(record())}, {len(listed) - len(absent)} fewer")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        raise SystemExit(__doc__)
    sys.path.insert(0, str(HERE.parents[1]))
    update()
