"""Probes that hold more than they seem to, and would take the memory or the disk."""

import io
import json
import os
import pickle
import zipfile

import h5py
import numpy as np
from saving.hostile import workshop
from saving.hostile.workshop import (
    BIG,
    NUMBERS,
    WEIGHTS,
    Evil,
    entry,
    load,
    load_weights,
    probe,
    sequential,
    weights_with,
)

import cornu

# --- 11, 12, 13, 14: more inside than outside -----------------------------------------------------


def declared(store):
    store.create_dataset("0", (BIG,), "float32")


def compressed_zeros(store):
    store.create_dataset("0", (BIG // 100,), "float32", compression="gzip", chunks=(BIG // 100,))
    store["0"][:] = 0


@probe
def h5_shape_bomb_400MB(w):
    return load(w.model(weights=weights_with(declared)))


@probe
def weights_h5_shape_bomb_400MB(w):
    return load_weights(w.write("a.weights.h5", weights_with(declared)))


@probe
def weights_h5_compressed_zeros(w):
    return load_weights(w.write("a.weights.h5", weights_with(compressed_zeros)))


@probe
def editor_shape_bomb_400MB(w):
    path = w.write("a.weights.h5", weights_with(declared))
    return lambda: cornu.saving.KerasFileEditor(path)


def deflated(w, name, size, chunk=2**20):
    """A model whose member `name` is `size` bytes of spaces, compressed."""
    path = w.path("model.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in workshop.members().items():
            if member != name:
                archive.writestr(member, content)
        with archive.open(name, "w") as member:
            for _ in range(size // chunk):
                member.write(b" " * chunk)
    return path


@probe
def config_member_inflates_200MB(w):
    return load(deflated(w, "config.json", 200_000_000))


@probe
def metadata_member_inflates_200MB(w):
    return load(deflated(w, "metadata.json", 200_000_000))


@probe
def weights_member_inflates_200MB(w):
    return load(deflated(w, WEIGHTS, 200_000_000))


@probe
def assets_inflate_200MB_on_disk(w):
    return load(deflated(w, "assets/layers/dense/zeros", 200_000_000))


@probe
def many_assets_inflate_a_little(w):
    config = sequential(entry("Dense", config={"units": 3}))
    config["config"]["note"] = [{"class_name": "x"}] * 100
    path = w.path("model.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in workshop.members().items():
            text = json.dumps(config) if member == "config.json" else content
            archive.writestr(member, text)
        for number in range(200):
            archive.writestr(f"assets/layers/dense/{number}", b"\0" * 1_000_000)
    return load(path)


@probe
def archive_of_20000_empty_members(w):
    return load(w.model(more=[(f"assets/{number}", b"") for number in range(20_000)]))


def npy(array_header, data=b""):
    """A `.npy` file with a header of one's own."""
    text = repr(array_header).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def npz(w, *members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(w.path("a.npz"), "w", compression, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(f"layers/dense/vars/{name}.npy", content)
    return load_weights(w.path("a.npz"))


def header_of(shape, descr="<f4"):
    return {"descr": descr, "fortran_order": False, "shape": shape}


@probe
def object_npz_pickle(w):
    data = pickle.dumps(np.array([Evil(w.marker)], dtype=object))
    return npz(w, ("0", npy(header_of((1,), "|O"), data)), ("1", npy(header_of((3,)), bytes(12))))


@probe
def npz_shape_bomb_400MB(w):
    return npz(w, ("0", npy(header_of((BIG,)))), ("1", npy(header_of((3,)), bytes(12))))


@probe
def npz_inflates_100MB(w):
    zeros = npy(header_of((BIG // 4,)), bytes(BIG))
    return npz(w, ("0", zeros), compression=zipfile.ZIP_DEFLATED)


@probe
def npz_deflated_twice(w):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("layers/dense/vars/0.npy", npy(header_of((BIG // 20,)), bytes(BIG // 5)))
    with zipfile.ZipFile(w.path("model.keras"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in workshop.members().items():
            archive.writestr(name, inner.getvalue() if name == WEIGHTS else content)
    return load(w.path("model.keras"))


@probe
def npz_member_outside(w):
    with zipfile.ZipFile(w.path("a.npz"), "w") as archive:
        archive.writestr("../../MARKER.npy", npy(header_of((3,)), bytes(12)))
    return load_weights(w.path("a.npz"))


def safetensors(w, header, data=b"", size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = (len(text) if size is None else size).to_bytes(8, "little")
    return load_weights(w.write("a.safetensors", start + text + data))


def tensor_header(shape, start, end):
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}


@probe
def safetensors_header_of_400MB(w):
    return safetensors(w, b"{}", size=4 * BIG)


@probe
def safetensors_shape_bomb_400MB(w):
    return safetensors(w, {"layers/dense/vars/0": tensor_header([BIG], 0, 4 * BIG)})


@probe
def safetensors_shape_larger_than_its_bytes(w):
    return safetensors(w, {"layers/dense/vars/0": tensor_header([BIG], 0, 12)}, bytes(12))


@probe
def safetensors_overlap(w):
    header = {
        "layers/dense/vars/0": tensor_header([4, 3], 0, 48),
        "layers/dense/vars/1": tensor_header([3], 0, 12),
    }
    return safetensors(w, header, bytes(48))


@probe
def safetensors_bytes_of_nobody(w):
    header = {
        "layers/dense/vars/0": tensor_header([4, 3], 0, 48),
        "layers/dense/vars/1": tensor_header([3], 48, 60),
    }
    return safetensors(w, header, bytes(60) + b"and more")


@probe
def shards_in_another_folder(w):
    with h5py.File(os.path.join(w.outside, "shard.weights.h5"), "w") as file:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = NUMBERS, NUMBERS[0]
    names = [f"/layers/dense/vars/{number}" for number in range(2)]
    relative = os.path.relpath(os.path.join(w.outside, "shard.weights.h5"), w.folder)
    index = {"metadata": {"total_size": 60}, "weight_map": dict.fromkeys(names, [relative])}
    return load_weights(w.write("a.weights.json", json.dumps(index)))


@probe
def shards_through_a_link(w):
    with h5py.File(os.path.join(w.outside, "shard.weights.h5"), "w") as file:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = NUMBERS, NUMBERS[0]
    os.symlink(os.path.join(w.outside, "shard.weights.h5"), w.path("a_00000.weights.h5"))
    index = {"weight_map": {"/layers/dense/vars": ["a_00000.weights.h5"]}}
    return load_weights(w.write("a.weights.json", json.dumps(index)))


@probe
def config_declares_400MB_layer(w):
    return load(w.model(sequential(entry("Dense", config={"units": BIG // 4}))))


@probe
def config_declares_400MB_in_small_layers(w):
    layers = [entry("Dense", config={"units": 1000}) for _ in range(100)]
    return load(w.model(sequential(*layers)))


@probe
def config_declares_400MB_embedding(w):
    config = {"input_dim": BIG, "output_dim": 1}
    return load(w.model(sequential(entry("Embedding", config=config))))


@probe
def config_declares_400MB_nested(w):
    inner = sequential(entry("Dense", config={"units": BIG // 4}))
    return load(w.model(sequential(inner)))


@probe
def config_declares_400MB_state(w):
    cell = {"units": 10, "stateful": True}
    model = sequential(entry("LSTM", config=cell), inputs=(5, 4))
    first = model["config"]["layers"][0]["config"]
    first["batch_shape"] = [BIG // 20, 5, 4]
    model["build_config"] = {"input_shape": [BIG // 20, 5, 4]}
    return load(w.model(model))


@probe
def config_declares_400MB_metric(w):
    auc = entry("AUC", "keras.metrics", {"num_thresholds": BIG // 4})
    config = {"optimizer": "sgd", "loss": "mse", "metrics": [auc]}
    return load(w.model(sequential(compile_config=config)))


@probe
def config_declares_400MB_layer_in_folder(w):
    return load(w.model_folder(sequential(entry("Dense", config={"units": BIG // 4}))))


@probe
def config_declares_400MB_layer_legacy_h5(w):
    layer = {"class_name": "Dense", "config": {"units": BIG // 4, "batch_input_shape": [None, 4]}}
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    return load(w.legacy(model))
