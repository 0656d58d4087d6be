"""Saves in every format, in processes that are killed, have no room left, or race each other.

    python savers.py                   reads orders from its standard input, a line of JSON each

An order is `[WHAT, FORMAT, PATH, NUMBER]`; a fork of this process carries it out, whose number
is printed. Forks are quick, but JAX does not work in them, so the numbers that are saved come from
NumPy. `WHAT` is `"forever"` (save again and again, all weights being one number, which grows) or
`"full"` (save once where no file may grow beyond 100 kB).
"""

import json
import os
import resource
import signal
import sys
import warnings

import numpy as np

import cornu


def build(layer=cornu.layers.Dense):
    """A model of 1.6 MB."""
    first, second = layer(300, name="first"), layer(300, name="second")
    return cornu.Sequential([cornu.layers.Input((1000,)), first, second])


def fill(model, number):
    """Set all weights to a number, past JAX."""
    for variable in model.variables:
        variable._store[variable._index] = np.full(variable.shape, number, "float32")
    return model


def save_model(model, path):
    model.save(path)


def save_folder(model, path):
    model.save(path, zipped=False)


def save_weights(model, path):
    model.save_weights(path)


def save_shards(model, path):
    model.save_weights(path, max_shard_size=0.0012)


# Format -> name of the file or folder, and how it is saved. A new format is a new line here.
FORMATS = {
    "keras": ("model.keras", save_model),
    "folder": ("model", save_folder),
    "weights.h5": ("model.weights.h5", save_weights),
    "npz": ("model.npz", save_weights),
    "safetensors": ("model.safetensors", save_weights),
    "shards": ("model.weights.json", save_shards),
    "h5": ("model.h5", save_model),
}
WHOLE_MODELS = ("keras", "folder", "h5")


def save(kind, path, model):
    """Save a model in a format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the HDF5 format is an old one
        FORMATS[kind][1](model, path)


def read(kind, path):
    """The arrays in a file of a format."""
    if kind in WHOLE_MODELS:
        return cornu.saving.load_model(path).get_weights()
    model = build()
    model.load_weights(path)
    return model.get_weights()


def number_in(kind, path):
    """The one number of which all weights in a file are; None if they are several."""
    found = {float(value) for array in read(kind, path) for value in np.unique(array)}
    return found.pop() if len(found) == 1 else None


def forever(kind, path, number, model):
    """Save until killed."""
    while True:
        number += 1
        save(kind, path, fill(model, number))


def without_room(kind, path, number, model):
    """Save where no file may become large; leaves by the number of what happened."""
    fill(model, number)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        save(kind, path, model)
    except OSError:
        os._exit(10)
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(20)
    os._exit(30)


def main():
    model = build()
    warnings.simplefilter("ignore")  # JAX warns of every fork
    print("ready", flush=True)
    for line in sys.stdin:
        what, kind, path, number = json.loads(line)
        awaited = what == "full"
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if awaited else signal.SIG_IGN)
        child = os.fork()
        if not child:
            {"forever": forever, "full": without_room}[what](kind, path, number, model)
        print(child, flush=True)
        if awaited:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
