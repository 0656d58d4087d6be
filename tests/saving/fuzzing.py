"""Loads damaged files until told otherwise; what comes of them is a `ModelFileError` or the model.

    python fuzzing.py FOLDER FIRST COUNT

Every number is one damaged file, the same in every run. Prints a JSON object: how often what
happened, and what must not have. A file on which loading takes 20 seconds ends the process.
"""

import contextlib
import copy
import faulthandler
import io
import json
import os
import random
import resource
import shutil
import sys
import warnings
import zipfile

import numpy as np

import cornu
from cornu.saving import ModelFileError

SECONDS = 20
SPARE_MEMORY = 3 * 2**30


def tiny():
    """A model with weights of several kinds, and an optimizer that made a step."""
    layers = cornu.layers
    inputs = layers.Input((3,), name="inputs")
    hidden = layers.Dense(2, activation="relu", kernel_regularizer="l2", name="hidden")(inputs)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    half = layers.Dense(2, dtype="bfloat16", name="half")(hidden)
    model = cornu.Model(inputs, layers.Dense(1, name="last")(half), name="tiny")
    model.compile(cornu.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def trained():
    """`tiny()`, of which no two weights are alike."""
    model = tiny()
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), verbose=0)
    for number, variable in enumerate(model.weights):
        values = np.arange(1.0, variable.size + 1).reshape(variable.shape) / 8 + number
        variable.assign(values)
    return model


# --- damage to bytes ------------------------------------------------------------------------------


def flip(rng, data):
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)


def flip_many(rng, data):
    for _ in range(rng.randint(2, 20)):
        flip(rng, data)


def flip_in_structure(rng, data):
    """Where the archive or the HDF5 file says what is where, not in the numbers."""
    marks = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"TREE", b"SNOD", b"HEAP", b"OHDR", b"\x89HDF")
    places = [i for mark in marks for i in occurrences(data, mark)]
    if not places:
        return flip(rng, data)
    start = rng.choice(places)
    place = min(start + rng.randrange(60), len(data) - 1)
    data[place] = rng.choice((0, 1, 127, 128, 255, data[place] ^ (1 << rng.randrange(8))))
    return None


def flip_near_the_end(rng, data):
    """In the directory of an archive."""
    place = len(data) - 1 - rng.randrange(min(300, len(data)))
    data[place] = rng.choice((0, 1, 127, 128, 255, data[place] ^ (1 << rng.randrange(8))))


def occurrences(data, mark):
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def block(rng, data):
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.choice((1, 4, 16, 100, 1000)))


def cut_off(rng, data):
    del data[rng.randrange(len(data)) :]


def delete(rng, data):
    start, end = block(rng, data)
    del data[start:end]


def duplicate(rng, data):
    start, end = block(rng, data)
    data[end:end] = data[start:end]


def overwrite(rng, data):
    start, end = block(rng, data)
    data[start:end] = rng.choice((b"\0", b"\xff", b"A")) * (end - start)


def swap(rng, data):
    size = rng.choice((1, 4, 16, 100))
    left, right = sorted(rng.randrange(max(1, len(data) - size)) for _ in range(2))
    if left + size <= right:
        data[left : left + size], data[right : right + size] = (
            data[right : right + size],
            data[left : left + size],
        )


def insert(rng, data):
    place = rng.randrange(len(data))
    data[place:place] = rng.randbytes(rng.choice((1, 8, 100)))


def append(rng, data):
    data += rng.randbytes(rng.choice((1, 30, 1000)))


DAMAGES = (
    flip, flip, flip_many, flip_in_structure, flip_in_structure, flip_near_the_end, cut_off,
    delete, duplicate, overwrite, swap, insert, append,
)  # fmt: skip


# --- damage to configs ----------------------------------------------------------------------------

VALUES = (
    None, True, False, 0, 1, -1, 2, 0.5, 1e308, -1e9, 2**31, 2**63, 10**30, "", "x", "relu", "é",
    "\ud800", "a/b", "..", "x" * 5000, [], {}, [None], [[]], {"a": 1}, [0] * 100, [-1], [2**40],
    {"class_name": "Dense"}, {"class_name": "Dense", "config": {}}, "float16", "int8", "string",
    {"class_name": "__tuple__", "items": [1]}, {"class_name": "__numpy__", "config": {}},
)  # fmt: skip
NAMES = ("Dense", "BatchNormalization", "Sequential", "Functional", "InputLayer", "Adam", "LSTM",
         "Conv2D", "Embedding", "Bidirectional", "Zeros", "DTypePolicy", "MeanSquaredError",
         "MultiHeadAttention", "Lambda", "Layer", "Nothing")  # fmt: skip


def places_in(node):
    """Pairs of a container within a JSON value and a key of it."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from places_in(node[key])


def change_config(rng, config):
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(places_in(config))
        holder, key = rng.choice(places)
        kind = rng.choice(("value", "value", "other", "delete", "duplicate", "name"))
        if kind == "value":
            holder[key] = copy.deepcopy(rng.choice(VALUES))
        elif kind == "other":
            other, place = rng.choice(places)
            holder[key] = copy.deepcopy(other[place])
        elif kind == "delete":
            del holder[key]
        elif kind == "duplicate" and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            named = [holder for holder, key in places if key == "class_name"]
            rng.choice(named)["class_name"] = rng.choice(NAMES)


# --- one damaged file -----------------------------------------------------------------------------


class Fuzzer:
    """Good files of each format, and how each is damaged and loaded.

    Args:
        folder: where to work.
    """

    def __init__(self, folder):
        self.folder = folder
        self.model, self.target = trained(), tiny()
        self.values = [np.asarray(w.numpy()) for w in self.model.weights]
        self.config = self.model.get_config()
        self.outside = os.path.join(folder, "good")
        os.mkdir(self.outside)
        self.model.save(self.good("model.keras"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is an old format
            self.model.save(self.good("model.h5"))
        self.model.save(self.good("folder"), zipped=False)
        self.model.save_weights(self.good("model.weights.h5"))
        self.model.save_weights(self.good("model.npz"))
        self.model.save_weights(self.good("model.safetensors"))
        self.model.save_weights(self.good("model.weights.json"), max_shard_size=1e-7)

    def good(self, name):
        return os.path.join(self.outside, name)

    def one(self, number):
        """Damage one file and load it; returns what happened, and what is wrong with that."""
        rng = random.Random(number)
        kind = KINDS[number % len(KINDS)]
        place = os.path.join(self.folder, "bad")
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
        call, same_config = getattr(self, kind)(rng, place)
        for variable in self.target.weights:
            variable.assign(np.zeros(variable.shape))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = call()
        except ModelFileError as error:
            return f"{kind} refused", self.problem_of(error)
        except Exception as error:
            return f"{kind} failed", f"{type(error).__name__}: {str(error)[:300]}"
        model = self.target if model is None else model
        return f"{kind} loaded", self.difference(model, same_config)

    def problem_of(self, error):
        changed = [v.path for v in self.target.weights if np.asarray(v.numpy()).any()]
        if changed:
            return f"a refused file changed {changed}"
        return "a long message" if len(str(error)) > 2000 else None

    def difference(self, model, same_config):
        """What is wrong with a model that was loaded, or None."""
        if same_config is None:  # a format without checksums
            return None
        found = [np.asarray(weight.numpy()) for weight in model.weights]
        if same_config:
            if model.get_config() != self.config:
                return "another config"
            if [f.tobytes() for f in found] != [v.tobytes() for v in self.values]:
                return "other weights"
            return None
        for weight, value in zip(model.weights, found, strict=True):
            if not any(same(value, stored) for stored in self.values):
                return f"weight {weight.path} is in no file"
        return None

    def damaged(self, rng, place, name):
        """A good file with bytes of it changed."""
        with open(self.good(name), "rb") as file:
            data = bytearray(file.read())
        rng.choice(DAMAGES)(rng, data)
        path = os.path.join(place, os.path.basename(name))
        with open(path, "wb") as file:
            file.write(data)
        return path

    def archive(self, rng, place):
        path = self.damaged(rng, place, "model.keras")
        return lambda: cornu.saving.load_model(path), True

    def config_of_archive(self, rng, place):
        path = os.path.join(place, "model.keras")
        with zipfile.ZipFile(self.good("model.keras")) as good, zipfile.ZipFile(path, "w") as bad:
            for name in good.namelist():
                content = good.read(name)
                if name == "config.json":
                    config = json.loads(content)
                    change_config(rng, config)
                    content = json.dumps(config)
                bad.writestr(name, content)
        return lambda: cornu.saving.load_model(path), False

    def weights_of_archive(self, rng, place):
        """The HDF5 file in the archive is damaged, the archive's checksum fits it."""
        path = os.path.join(place, "model.keras")
        with zipfile.ZipFile(self.good("model.keras")) as good, zipfile.ZipFile(path, "w") as bad:
            for name in good.namelist():
                content = bytearray(good.read(name))
                if name == "model.weights.h5":
                    rng.choice(DAMAGES)(rng, content)
                bad.writestr(name, bytes(content))
        return lambda: cornu.saving.load_model(path), True

    def model_folder(self, rng, place):
        path = os.path.join(place, "folder")
        shutil.copytree(self.good("folder"), path)
        name = rng.choice(sorted(os.listdir(path)))
        os.replace(self.damaged(rng, place, f"folder/{name}"), os.path.join(path, name))
        return lambda: cornu.saving.load_model(path), name != "config.json"

    def weights(self, rng, place):
        return self.into_target(self.damaged(rng, place, "model.weights.h5"))

    def npz(self, rng, place):
        return self.into_target(self.damaged(rng, place, "model.npz"))

    def safetensors(self, rng, place):
        return self.into_target(self.damaged(rng, place, "model.safetensors"))

    def shards(self, rng, place):
        names = [name for name in sorted(os.listdir(self.outside)) if name.startswith("model_0")]
        names.append("model.weights.json")
        for name in names:
            shutil.copy(self.good(name), place)
        self.damaged(rng, place, rng.choice(names))
        return self.into_target(os.path.join(place, "model.weights.json"))

    def legacy_model(self, rng, place):
        path = self.damaged(rng, place, "model.h5")
        return lambda: cornu.saving.load_model(path), None

    def legacy_weights(self, rng, place):
        path = self.damaged(rng, place, "model.h5")
        by_name = rng.random() < 0.5
        return lambda: self.target.load_weights(path, by_name=by_name) and None, None

    def editor(self, rng, place):
        path = self.damaged(rng, place, "model.weights.h5")

        def call():
            with contextlib.redirect_stdout(io.StringIO()):
                editor = cornu.saving.KerasFileEditor(path)
                editor.save(path)
            self.target.load_weights(path)

        return call, True

    def into_target(self, path):
        def call():
            self.target.load_weights(path)

        return call, True


KINDS = ("archive", "config_of_archive", "weights_of_archive", "model_folder", "weights", "npz",
         "safetensors", "shards", "legacy_model", "legacy_weights", "editor")  # fmt: skip


def same(value, stored):
    """Whether a weight is what a file holds, in its own precision."""
    return value.shape == stored.shape and np.array_equal(value, stored.astype(value.dtype))


def main(folder, first, count):
    fuzzer = Fuzzer(folder)
    for number in range(len(KINDS)):  # everything that a first load imports and compiles
        fuzzer.one(number)
    with contextlib.suppress(FileNotFoundError), open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + SPARE_MEMORY,) * 2)
    counts, bad = {}, []
    for number in range(first, first + count):
        print(number, end=" ", file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        happened, problem = fuzzer.one(number)
        counts[happened] = counts.get(happened, 0) + 1
        if problem:
            bad.append(f"{number}: {happened}, {problem}")
    faulthandler.cancel_dump_traceback_later()
    print(json.dumps({"counts": counts, "bad": bad}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
