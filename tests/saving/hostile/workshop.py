"""What probes are made of: a place to work in, and archives and HDF5 files put together by hand."""

import io
import json
import os
import zipfile

import h5py
import numpy as np

import cornu

# What the canary file holds; a probe that makes a loader read it has won.
SECRET = "the canary's own words"
NUMBERS = np.arange(1234.0, 1246.0, dtype="float32").reshape(4, 3)
# A module that a file may name; importing it leaves a marker.
CANARY_MODULE = "canary_mod_xyz"
WEIGHTS = "model.weights.h5"
BIG = 100_000_000  # numbers of four bytes: 400 MB
PROBES = {}


def probe(function):
    """Add a probe to the table, under its name."""
    assert function.__name__ not in PROBES
    PROBES[function.__name__] = function
    return function


class Workshop:
    """A folder for the files of one probe.

    Attributes:
        folder: the folder.
        canary: a text file elsewhere, which no loader has a reason to open.
        canary_h5: an HDF5 file elsewhere, with `NUMBERS` as its dataset `x`.
        marker: a file that exists if something ran or was written that must not.
    """

    def __init__(self, folder, outside):
        self.folder = folder
        self.outside = outside
        self.canary = os.path.join(outside, "CANARY.txt")
        self.canary_h5 = os.path.join(outside, "CANARY.h5")
        self.marker = os.path.join(outside, "MARKER")

    def path(self, name):
        """A path in the folder."""
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """Write a file of bytes or text into the folder; returns its path."""
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return self.path(name)

    def model(self, config=None, weights=None, more=(), name="model.keras"):
        """A `.keras` file: a plain model's, with some of its members replaced or added.

        Args:
            config: JSON value or text of the config.
            weights: bytes of the weights.
            more: pairs of a name (or a `ZipInfo`) and bytes.
            name: of the file.
        """
        parts = members()
        if config is not None:
            parts["config.json"] = config if isinstance(config, bytes) else json_bytes(config)
        if weights is not None:
            parts[WEIGHTS] = weights
        with zipfile.ZipFile(self.path(name), "w") as archive:
            for member, content in (*parts.items(), *more):
                archive.writestr(member, content)
        return self.path(name)

    def model_folder(self, config=None):
        """A model as a folder."""
        place = self.path("folder")
        os.mkdir(place)
        parts = members()
        if config is not None:
            parts["config.json"] = json_bytes(config)
        for name, content in parts.items():
            self.write(os.path.join("folder", name), content)
        return place

    def legacy(self, config, name="legacy.h5"):
        """A whole-model `.h5` file as Keras 2 wrote them, without weights."""
        with h5py.File(self.path(name), "w") as file:
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = "2.15.0"
            file.attrs["backend"] = "tensorflow"
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = np.array([], "S1")
            group.attrs["backend"] = "tensorflow"
            group.attrs["keras_version"] = "2.15.0"
        return self.path(name)


def json_bytes(value):
    """A JSON value as text in bytes."""
    return json.dumps(value).encode()


_MEMBERS = {}


def members():
    """The members of a plain model's archive by name: four inputs, `Dense(3)`."""
    if not _MEMBERS:
        buffer = io.BytesIO(cornu.saving.api.model_to_bytes(plain()))
        with zipfile.ZipFile(buffer) as archive:
            _MEMBERS.update({name: archive.read(name) for name in archive.namelist()})
    return dict(_MEMBERS)


def plain():
    """A small model."""
    return cornu.Sequential([cornu.layers.Input((4,)), cornu.layers.Dense(3)], name="plain")


def entry(class_name, module="keras.layers", config=None, **more):
    """An object in a config."""
    found = {"module": module, "class_name": class_name, "config": config or {}, **more}
    found.setdefault("registered_name", None)
    return found


def function(name, module="builtins"):
    """A function in a config."""
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def sequential(*layers, inputs=(4,), **more):
    """The config of a sequential model."""
    first = entry("InputLayer", config={"batch_shape": [None, *inputs], "dtype": "float32"})
    config = {"name": "hostile", "layers": [first, *layers]}
    build = {"input_shape": [None, *inputs]}
    return entry("Sequential", "keras", config, build_config=build, **more)


def h5_bytes(fill):
    """The bytes of an HDF5 file that `fill(file)` wrote."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def weights_with(kernel=None, group=None):
    """Weights of `plain()`, whose kernel `kernel(vars group)` makes, or of which `group(file)`
    makes the group of the layer."""

    def fill(file):
        if group is not None:
            group(file)
            return
        store = file.create_group("layers/dense/vars")
        kernel(store)
        store["1"] = np.zeros(3, "float32")

    return h5_bytes(fill)


def load(path):
    """The call that loads a model."""
    return lambda: cornu.saving.load_model(path)


def load_weights(path):
    """The call that loads weights into a fitting model."""
    model = plain()
    return lambda: model.load_weights(path)


class Evil:
    """Leaves the marker when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (self.marker, "w")
