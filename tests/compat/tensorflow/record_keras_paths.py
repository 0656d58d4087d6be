"""Write `cornu/compat/keras_paths.json`: where Keras 3.15.1 keeps its public names.

    python tests/compat/tensorflow/record_keras_paths.py

Run by a Python that has Keras, never by the tests. It imports every module of Keras and notes which
public objects are found in it, in packages all of them, elsewhere those that are defined there.
"""

import contextlib
import importlib
import io
import json
import os
import pkgutil
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import keras  # noqa: E402

HERE = Path(__file__).resolve().parent
PUBLIC = json.loads((HERE.parents[1] / "structure" / "keras-3.15.1.json").read_text())
TARGET = HERE.parents[2] / "cornu" / "compat" / "keras_paths.json"
SKIPPED = ("_test", "testing", ".backend.tensorflow", ".backend.torch", ".backend.openvino")


def import_all():
    """Import the modules of Keras that can be imported here."""
    for found in pkgutil.walk_packages(keras.src.__path__, "keras.src."):
        if not any(part in found.name for part in SKIPPED):
            with contextlib.suppress(ImportError), contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(found.name)


def public_objects():
    """From the id of a public object to the object and its first path."""
    found = {}
    for path, record in PUBLIC.items():
        value = keras
        for part in path.split("."):
            value = getattr(value, part, None)
        if value is not None and record["kind"] != "module":
            found.setdefault(id(value), (value, path))
    return found


def main():
    """Write the table, a module of Keras a line."""
    assert keras.__version__ == "3.15.1", keras.__version__
    import_all()
    public, table = public_objects(), {}
    for name, module in sorted(sys.modules.items()):
        if not name.startswith("keras.src"):
            continue
        for attribute, value in sorted(vars(module).items()):
            own, path = public.get(id(value), (None, None))
            is_there = hasattr(module, "__path__") or getattr(own, "__module__", None) == name
            if path and is_there and callable(value) and not attribute.startswith("_"):
                table.setdefault(name, {})[attribute] = path
    rows = [f"{json.dumps(name)}: {json.dumps(names)}" for name, names in table.items()]
    TARGET.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
