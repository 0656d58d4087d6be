"""Probes that would have a loader read another file than the one it was given."""

import os

import h5py
import numpy as np
from saving.hostile.workshop import (
    BIG,
    NUMBERS,
    WEIGHTS,
    entry,
    load,
    load_weights,
    probe,
    sequential,
    weights_with,
)

import cornu

# --- 9: links in folders --------------------------------------------------------------------------


class Assets(cornu.layers.Layer):
    """Reads a file of its own; the loading program knows this class."""

    def call(self, x):
        return x

    def load_assets(self, folder):
        with open(os.path.join(folder, "words.txt")) as file:
            file.read()


def with_assets(w):
    return w.model_folder(sequential(entry("Assets", None, registered_name="Assets")))


def load_with_assets(folder):
    return lambda: cornu.saving.load_model(folder, custom_objects={"Assets": Assets})


@probe
def dir_model_asset_symlink(w):
    folder = with_assets(w)
    os.makedirs(os.path.join(folder, "assets", "layers", "assets"))
    os.symlink(w.canary, os.path.join(folder, "assets", "layers", "assets", "words.txt"))
    return load_with_assets(folder)


@probe
def dir_model_asset_folder_symlink(w):
    folder = with_assets(w)
    os.mkdir(os.path.join(folder, "assets"))
    os.symlink(w.outside, os.path.join(folder, "assets", "layers"))
    return load_with_assets(folder)


@probe
def dir_model_assets_symlink(w):
    folder = with_assets(w)
    os.symlink(w.outside, os.path.join(folder, "assets"))
    return load_with_assets(folder)


@probe
def dir_model_asset_fifo(w):
    folder = with_assets(w)
    os.makedirs(os.path.join(folder, "assets", "layers", "assets"))
    os.mkfifo(os.path.join(folder, "assets", "layers", "assets", "words.txt"))
    return load_with_assets(folder)


@probe
def dir_model_config_symlink(w):
    folder = w.model_folder()
    os.unlink(os.path.join(folder, "config.json"))
    os.symlink(w.canary, os.path.join(folder, "config.json"))
    return load(folder)


@probe
def dir_model_weights_symlink(w):
    folder = w.model_folder()
    os.unlink(os.path.join(folder, WEIGHTS))
    os.symlink(w.canary_h5, os.path.join(folder, WEIGHTS))
    return load(folder)


@probe
def dir_model_config_400MB(w):
    folder = w.model_folder()
    os.truncate(os.path.join(folder, "config.json"), 4 * BIG)
    return load(folder)


# --- 10: HDF5 files that name other files ---------------------------------------------------------


def external_link(w):
    return lambda store: store.__setitem__("0", h5py.ExternalLink(w.canary_h5, "/x"))


def external_storage(w):
    def kernel(store):
        place = [(w.canary_h5, 2048, NUMBERS.nbytes)]
        store.create_dataset("0", NUMBERS.shape, "float32", external=place)

    return kernel


def virtual_dataset(w):
    def kernel(store):
        layout = h5py.VirtualLayout(NUMBERS.shape, "float32")
        layout[:] = h5py.VirtualSource(w.canary_h5, "x", NUMBERS.shape)
        store.create_virtual_dataset("0", layout)

    return kernel


def soft_link(w):
    return lambda store: store.__setitem__("0", h5py.SoftLink("/layers/dense/vars/1"))


def external_parent(w):
    return lambda file: file.__setitem__("layers", h5py.ExternalLink(w.canary_h5, "/"))


@probe
def h5_external_link(w):
    return load(w.model(weights=weights_with(external_link(w))))


@probe
def h5_external_storage(w):
    return load(w.model(weights=weights_with(external_storage(w))))


@probe
def h5_virtual_dataset(w):
    return load(w.model(weights=weights_with(virtual_dataset(w))))


@probe
def h5_soft_link(w):
    return load(w.model(weights=weights_with(soft_link(w))))


@probe
def h5_external_link_parent(w):
    return load(w.model(weights=weights_with(group=external_parent(w))))


@probe
def h5_external_link_parent_to_fifo(w):
    os.mkfifo(w.path("fifo"))
    link = h5py.ExternalLink(w.path("fifo"), "/")
    return load(w.model(weights=weights_with(group=lambda file: file.__setitem__("layers", link))))


@probe
def weights_h5_external_link(w):
    return load_weights(w.write("a.weights.h5", weights_with(external_link(w))))


@probe
def weights_h5_external_storage(w):
    return load_weights(w.write("a.weights.h5", weights_with(external_storage(w))))


@probe
def weights_h5_virtual_dataset(w):
    return load_weights(w.write("a.weights.h5", weights_with(virtual_dataset(w))))


@probe
def weights_h5_external_link_nobody_asked_for(w):
    def kernel(store):
        store["0"] = NUMBERS
        store.file["other"] = h5py.ExternalLink(w.canary_h5, "/x")

    return load_weights(w.write("a.weights.h5", weights_with(kernel)))


@probe
def editor_external_link(w):
    path = w.write("a.weights.h5", weights_with(external_link(w)))
    return lambda: cornu.saving.KerasFileEditor(path)


@probe
def legacy_h5_external_link(w):
    layer = {"class_name": "Dense", "config": {"units": 3, "batch_input_shape": [None, 4]}}
    path = w.legacy({"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}})
    with h5py.File(path, "a") as file:
        del file["model_weights"]
        file["model_weights"] = h5py.ExternalLink(w.canary_h5, "/")
    return load(path)


@probe
def legacy_weights_external_storage(w):
    with h5py.File(w.path("weights.h5"), "w") as file:
        file.attrs["layer_names"] = np.array([b"dense"])
        group = file.create_group("dense")
        group.attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
        inner = group.create_group("dense")
        external_storage(w)(inner)
        inner.move("0", "kernel:0")
        inner["bias:0"] = np.zeros(3, "float32")
    return load_weights(w.path("weights.h5"))
