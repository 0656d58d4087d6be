"""Every class and function that a file may name, given arguments that lead elsewhere."""

import contextlib
import inspect
import os
import warnings

import cornu
from cornu.serial.configurable import constructor_fields
from cornu.serial.lookup import may_be_named
from cornu.serial.registry import ALIASES, EXPORTS


def paths():
    """The paths of all that a file may name, one of each."""
    first = {}
    for path, obj in sorted({**EXPORTS, **ALIASES}.items()):
        if may_be_named(obj):
            first.setdefault(id(obj), path)
    return list(first.values())


def configs(found, canary):
    """Configs that are empty, or in which arguments are the path of the canary."""
    yield {}
    if inspect.isclass(found):
        fields = [name.lstrip("*") for name in constructor_fields(found)]
    else:
        fields = list(inspect.signature(found).parameters) if callable(found) else ["name"]
    for name in fields:
        yield {name: canary}
    yield dict.fromkeys(fields, canary)


def try_all(canary, watch, settings):
    """Build everything nameable with every config; what happened that must not."""
    before, bad, tried = settings(), [], 0
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
        for path in paths():
            found = EXPORTS.get(path, ALIASES.get(path))
            module, _, class_name = path.rpartition(".")
            for config in configs(found, canary):
                tried += 1
                watch.events, watch.on = [], True
                build(module, class_name, config)
                watch.on = False
                bad += [f"{path}: {event}" for event in watch.events]
            if settings() != before:
                bad.append(f"{path} changed settings: {settings()}")
                before = settings()
    return {"tried": tried, "bad": bad[:20], "paths": len(paths())}


def build(module, class_name, config):
    """Have the loader build it; most fail, which is fine."""
    entry = {"module": module, "class_name": class_name, "config": config}
    if module.startswith("keras.src."):
        entry["registered_name"] = class_name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            cornu.saving.deserialize_keras_object(entry)
