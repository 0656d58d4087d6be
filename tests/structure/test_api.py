"""The public API is Keras 3.15.1's: names, parameters, members.

`keras-3.15.1.json` records each public path with its kind, its signature and, for a class, the
names of its public members. What cornu does not have yet stands in `todo.txt`, which only shrinks
(`*.name` there is a member that some class does not have yet). Everything else has to match: each
recorded parameter is accepted by name, in the recorded order, and each recorded member exists. That
is a floor: what a name does is for the other tests.

    python tests/structure/test_api.py --update     # take out of todo.txt what is there by now
"""

import functools
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


@functools.cache
def record():
    """What Keras has: {path: {"kind", "signature", "members"}}."""
    return json.loads((HERE / "keras-3.15.1.json").read_text())


def todo():
    """What is known to be absent, in the order of the file."""
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


def lacking_members(found, wanted):
    """Recorded members that a class does not have."""
    members = set(wanted.get("members", ())) - OF_ONE_ENGINE
    return sorted(name for name in members if not hasattr(found, name))


def is_absent(entry):
    """Whether a line of todo.txt is still true."""
    if not entry.startswith("*."):
        return find(entry) is ABSENT
    classes = ((find(path), wanted) for path, wanted in record().items() if "members" in wanted)
    return any(
        entry[2:] in lacking_members(found, wanted)
        for found, wanted in classes
        if found is not ABSENT
    )


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
    lacking = [name for name in lacking_members(found, wanted) if f"*.{name}" not in todo()]
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
    entries = todo()
    assert entries == sorted(set(entries)), "todo.txt is sorted and names each entry once"
    unknown = {entry for entry in entries if not entry.startswith("*.")} - set(record())
    assert not unknown, f"Keras has no {', '.join(unknown)}"
    done = [entry for entry in entries if not is_absent(entry)]
    assert not done, f"run `python {Path(__file__).name} --update`: done are {', '.join(done)}"


def test_split_parameters():
    text = "(x, /, axis=(0, [1, 2]), *args, name=',', scale: float = {}, **kwargs)"
    assert split_parameters(text) == ["x", "axis", "*args", "name", "scale", "**kwargs"]
    assert split_parameters("()") == []


def update():
    """Shrink todo.txt to what is still absent (or, where there is none, write it)."""
    listed = todo() if TODO.is_file() else sorted(record())
    absent = [entry for entry in listed if is_absent(entry)]
    TODO.write_text("".join(f"{entry}\n" for entry in absent))
    print(f"todo.txt: {len(absent)} lines, {len(listed) - len(absent)} fewer")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        raise SystemExit(__doc__)
    sys.path.insert(0, str(HERE.parents[1]))
    update()
