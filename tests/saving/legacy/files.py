"""Files as Keras 1 and 2 wrote them, made by hand."""

import json

import h5py
import numpy as np


def write(path, config, layers, training=None, version="1.2.2", backend="tensorflow", slots=()):
    """Write a whole model, or weights alone where `config` is None.

    Args:
        path: the file.
        config: the model's description, `{"class_name": ..., "config": ...}`.
        layers: `{layer name: {array name: array}}`, in order.
        training: the training config.
        version: the version of Keras, or None where it did not say.
        backend: the engine.
        slots: the optimizer's arrays, as pairs of a name and an array.
    """
    with h5py.File(path, "w") as file:
        group = file if config is None else file.create_group("model_weights")
        if version is not None:
            file.attrs["keras_version"] = version.encode()
            file.attrs["backend"] = backend.encode()
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        group.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            write_arrays(group.create_group(name), arrays.items())
        if slots:
            write_arrays(file.create_group("optimizer_weights"), slots)
    return path


def write_arrays(group, arrays):
    group.attrs["weight_names"] = [name.encode() for name, _ in arrays]
    for name, array in arrays:
        group[name] = np.asarray(array)


def layer(class_name, name, **config):
    """The description of a layer."""
    return {"class_name": class_name, "config": {"name": name, "trainable": True, **config}}


def node(described, *places):
    """A layer of a functional model, called on the outputs of others."""
    calls = [[[place, 0, 0, {}] if isinstance(place, str) else place for place in places]]
    name = described["config"]["name"]
    return {**described, "name": name, "inbound_nodes": calls if places else []}
