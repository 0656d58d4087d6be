"""Runs all probes, and tries all names that a file may use, in one process under watch.

    python child.py FOLDER [NAME ...]

Prints a line of JSON for each probe: how it ended, how long it took, by how much the memory grew,
and what happened that must not. What the interpreter announces to audit hooks is watched; what
libhdf5 opens by itself is not seen, so probes with HDF5 files must be refused before a value is
read.
"""

import contextlib
import gc
import importlib
import json
import marshal
import os
import pickle
import shutil
import socket
import sys
import time
import warnings

import h5py
from saving.hostile import nameable, workshop
from saving.hostile.probes import PROBES

import cornu

FORBIDDEN = {
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
    "socket.getaddrinfo",
    "urllib.Request",
}
FOREIGN = (workshop.CANARY_MODULE, "torch", "tensorflow", "yaml", "cloudpickle")


class Watch:
    """Notes what must not happen while it is on."""

    def __init__(self, outside):
        self.events, self.on = [], False
        self._outside = outside
        sys.addaudithook(self._hook)

    def _hook(self, event, arguments):
        if not self.on:
            return
        if event in FORBIDDEN:
            if not str(arguments[0]).startswith("file://"):  # which a user asked `get_file` for
                self.events.append(event)
        elif event == "marshal.loads":
            if "importlib" not in sys._getframe(1).f_code.co_filename:
                self.events.append(event)
        elif event == "open" and self._is_outside(arguments[0]):
            self.events.append(f"open {arguments[0]}")

    def _is_outside(self, path):
        return isinstance(path, (str, bytes)) and os.path.realpath(os.fsdecode(path)).startswith(
            self._outside
        )


def peak_memory(reset=False):
    """Peak of this process's memory since the last reset, in bytes; None if unknown."""
    try:
        if reset:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
        with open("/proc/self/status") as file:
            fields = dict(line.split(":", 1) for line in file)
    except OSError:
        return None
    return int(fields["VmHWM"].split()[0]) * 1024


def settings():
    """Everything global that a file might set."""
    config = cornu.config
    return [
        config.floatx(),
        config.epsilon(),
        config.image_data_format(),
        config.dtype_policy().name,
        config.is_interactive_logging_enabled(),
        sorted(cornu.saving.get_custom_objects()),
        sorted(os.environ.items()),
        os.getcwd(),
        [name for name in FOREIGN if name in sys.modules],
    ]


def run(name, work, watch):
    """One probe; returns the line that is printed of it."""
    custom = dict(cornu.saving.get_custom_objects())
    call = PROBES[name](work)
    before, files = settings(), everything_below(work.outside)
    gc.collect()
    base = peak_memory(reset=True)
    watch.events, watch.on = [], True
    begun = time.process_time()
    error = None
    try:
        with warnings.catch_warnings(), open(os.devnull, "w") as null:
            warnings.simplefilter("ignore")
            with contextlib.redirect_stdout(null):
                call()
    except BaseException as found:
        error = found
    seconds = time.process_time() - begun
    watch.on = False
    grown = None if base is None else peak_memory() - base
    pairs = zip(before, settings(), strict=True)
    changed = [f"setting {old!r} -> {new!r}" for old, new in pairs if old != new]
    written = sorted(set(everything_below(work.outside)) - set(files))
    cornu.saving.get_custom_objects().clear()
    cornu.saving.get_custom_objects().update(custom)
    return {
        "name": name,
        "error": None if error is None else [c.__name__ for c in type(error).__mro__],
        "message": "" if error is None else str(error),
        "seconds": seconds,
        "memory": grown,
        "events": watch.events + changed + [f"wrote {path}" for path in written],
    }


def everything_below(folder):
    return [
        os.path.join(root, name) for root, folders, files in os.walk(folder)
        for name in (*folders, *files)
    ]  # fmt: skip


def prepare(folder):
    """The canaries, outside of all workshops."""
    outside = os.path.realpath(os.path.join(folder, "outside"))
    os.mkdir(outside)
    with open(os.path.join(outside, "CANARY.txt"), "w") as file:
        file.write(workshop.SECRET)
    with h5py.File(os.path.join(outside, "CANARY.h5"), "w") as file:
        file["x"] = workshop.NUMBERS
    with open(os.path.join(outside, f"{workshop.CANARY_MODULE}.py"), "w") as file:
        file.write(f"open({os.path.join(outside, 'MARKER')!r}, 'w').close()\n")
    sys.path.insert(0, outside)
    return outside


def warm_up(work):
    """Everything that a first load imports and compiles."""
    model = workshop.plain()
    model.compile("adam", "mse", metrics=["AUC"])
    path = work.path("warm.keras")
    model.save(path)
    cornu.saving.load_model(path)
    for ending in (".weights.h5", ".npz", ".safetensors", ".weights.json"):
        sharded = {"max_shard_size": 1} if ending == ".weights.json" else {}
        model.save_weights(work.path(f"warm{ending}"), **sharded)
        model.load_weights(work.path(f"warm{ending}"))
    origin = shutil.make_archive(work.path("warm"), "gztar", work.folder, "warm.keras")
    cornu.utils.get_file("w.tar.gz", origin, cache_dir=work.folder, extract=True)
    layers = [cornu.layers.Input((5, 4)), cornu.layers.LSTM(2), cornu.layers.Activation("relu")]
    cornu.Sequential(layers)


def what_the_watch_sees(outside, watch):
    """What is noted when everything forbidden is done."""
    watch.on = True
    with contextlib.suppress(OSError):
        os.close(os.open(os.path.join(outside, "CANARY.txt"), os.O_RDONLY))
    marshal.loads(marshal.dumps(1))
    pickle.loads(pickle.dumps(workshop.Evil))
    importlib.import_module(workshop.CANARY_MODULE)
    os.system("true")
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", 9), 0.1)
    watch.on = False
    del sys.modules[workshop.CANARY_MODULE]
    os.unlink(os.path.join(outside, "MARKER"))
    return watch.events


def main(folder, names):
    outside = prepare(folder)
    os.mkdir(os.path.join(folder, "warm"))
    warm_up(workshop.Workshop(os.path.join(folder, "warm"), outside))
    watch = Watch(outside)
    gc.collect()
    gc.freeze()  # so that collecting before each probe is quick
    print(json.dumps({"name": "control", "events": what_the_watch_sees(outside, watch)}))
    for name in names or PROBES:
        place = os.path.join(folder, name)
        os.mkdir(place)
        print(json.dumps(run(name, workshop.Workshop(place, outside), watch)), flush=True)
        shutil.rmtree(place)
    if not names:
        canary = os.path.join(outside, "CANARY.txt")
        print(json.dumps({"name": "nameable", **nameable.try_all(canary, watch, settings)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
