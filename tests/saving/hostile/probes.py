"""The hostile files, one for each known way to make a loader do what it must not.

Each probe makes its file in a `Workshop` and returns what to call: a function that loads it. All
are harmless: at most they leave a marker, read a canary file or declare 400 MB. The numbers are
those of the classes that loaders of Keras models were found to be open to; see docs/differences.md.
"""

import base64
import gzip
import io
import json
import marshal
import os
import pickle
import tarfile
import zipfile

import h5py
import numpy as np
from saving.hostile import workshop
from saving.hostile.workshop import NUMBERS, WEIGHTS, entry, function, sequential, weights_with

import cornu

load_model = cornu.saving.load_model
PROBES = {}
BIG = 100_000_000  # numbers of four bytes: 400 MB


def probe(function):
    """Add a probe to the table, under its name."""
    PROBES[function.__name__] = function
    return function


def load(path):
    """The call that loads a model."""
    return lambda: load_model(path)


def load_weights(path):
    """The call that loads weights into a fitting model."""
    model = workshop.plain()
    return lambda: model.load_weights(path)


# --- 1, 2, 3: bytecode of lambdas ----------------------------------------------------------------


def bytecode(w):
    """The code of a lambda that would leave the marker."""
    code = compile(f"open({w.marker!r}, 'w').close()", "<hostile>", "eval")
    return base64.encodebytes(marshal.dumps(code)).decode("ascii")


def lambda_layer(w):
    inner = {"code": bytecode(w), "defaults": None, "closure": None}
    return entry("Lambda", config={"function": {"class_name": "__lambda__", "config": inner}})


@probe
def lambda_bytecode_keras(w):
    return load(w.model(sequential(lambda_layer(w))))


@probe
def lambda_bytecode_folder(w):
    return load(w.model_folder(sequential(lambda_layer(w))))


@probe
def lambda_bytecode_value_form(w):
    value = {"class_name": "__lambda__", "config": {"value": [bytecode(w), None, None]}}
    return load(w.model(sequential(entry("Dense", config={"units": 3, "activation": value}))))


@probe
def lambda_bytecode_in_wrapper(w):
    wrapper = entry("TimeDistributed", config={"layer": lambda_layer(w)})
    return load(w.model(sequential(wrapper, inputs=(4, 4))))


@probe
def lambda_bytecode_in_compile_config(w):
    compile_config = {"optimizer": "sgd", "loss": lambda_layer(w)["config"]["function"]}
    return load(w.model(sequential(compile_config=compile_config)))


@probe
def lambda_bytecode_model_from_json(w):
    text = json.dumps(sequential(lambda_layer(w)))
    return lambda: cornu.models.model_from_json(text)


@probe
def lambda_bytecode_layers_deserialize(w):
    return lambda: cornu.layers.deserialize(lambda_layer(w))


@probe
def lambda_bytecode_from_config_direct(w):
    return lambda: cornu.layers.Lambda.from_config(lambda_layer(w)["config"])


@probe
def lambda_bytecode_model_from_config(w):
    config = sequential(lambda_layer(w))["config"]
    return lambda: cornu.Sequential.from_config(config)


@probe
def lambda_bytecode_functional_from_config(w):
    node = {"args": [tensor("input", 0)], "kwargs": {}}
    first = entry("InputLayer", config={"batch_shape": [None, 4], "name": "input"})
    layers = [
        {**first, "name": "input", "inbound_nodes": []},
        {**lambda_layer(w), "name": "evil", "inbound_nodes": [node]},
    ]
    ends = {"input_layers": [["input", 0, 0]], "output_layers": [["evil", 0, 0]]}
    return lambda: cornu.Model.from_config({"name": "m", "layers": layers, **ends})


def tensor(name, index):
    inner = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, index, 0]}
    return {"class_name": "__keras_tensor__", "config": inner}


def legacy_lambda(w):
    config = {
        "name": "lambda",
        "function": [bytecode(w), None, None],
        "function_type": "lambda",
        "batch_input_shape": [None, 4],
    }
    return {"class_name": "Lambda", "config": config}


@probe
def lambda_bytecode_legacy_h5(w):
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [legacy_lambda(w)]}}
    return load(w.legacy(model))


@probe
def lambda_bytecode_legacy_no_module_key(w):
    model = sequential({"class_name": "Lambda", "config": lambda_layer(w)["config"]})
    return load(w.legacy(model))


@probe
def lambda_bytecode_legacy_list_config(w):
    return load(w.legacy({"class_name": "Sequential", "config": [legacy_lambda(w)]}))


@probe
def lambda_bytecode_keras_2_config_in_archive(w):
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [legacy_lambda(w)]}}
    return load(w.model(model))


# --- 4: names of other modules --------------------------------------------------------------------


@probe
def foreign_module_layer_function(w):
    target = function("run", workshop.CANARY_MODULE)
    return load(w.model(sequential(entry("Lambda", config={"function": target}))))


@probe
def foreign_module_class(w):
    return load(w.model(sequential(entry("Thing", workshop.CANARY_MODULE))))


@probe
def foreign_module_registered_class(w):
    thing = entry("Thing", workshop.CANARY_MODULE, registered_name="canary>Thing")
    return load(w.model(sequential(thing)))


@probe
def foreign_module_compile_loss(w):
    config = {"optimizer": "sgd", "loss": function("run", workshop.CANARY_MODULE)}
    return load(w.model(sequential(compile_config=config)))


@probe
def foreign_module_model(w):
    return load(w.model(entry("Thing", workshop.CANARY_MODULE)))


@probe
def foreign_module_legacy_lambda(w):
    layer = legacy_lambda(w)
    layer["config"].update(function="run", function_type="function", module=workshop.CANARY_MODULE)
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    return load(w.legacy(model))


# --- 5: what is public, but not for files ---------------------------------------------------------


def as_function(w, name, module="builtins"):
    return load(w.model(sequential(entry("Lambda", config={"function": function(name, module)}))))


def as_class(w, module, name, config):
    return load(w.model(sequential(entry(name, module, config))))


def get_file_arguments(w):
    return {"fname": "got.txt", "origin": f"file://{w.canary}", "cache_dir": w.outside}


@probe
def denied_api_get_file(w):
    return as_function(w, "get_file")


@probe
def denied_api_get_file_as_class(w):
    return as_class(w, "keras.utils", "get_file", get_file_arguments(w))


@probe
def denied_api_enable_unsafe_deserialization(w):
    return as_function(w, "enable_unsafe_deserialization", "keras.config")


@probe
def denied_api_enable_unsafe_as_class(w):
    return as_class(w, "keras.config", "enable_unsafe_deserialization", {})


@probe
def denied_api_load_model(w):
    return as_class(w, "keras.saving", "load_model", {"filepath": w.canary})


@probe
def denied_api_set_floatx(w):
    return as_class(w, "keras.config", "set_floatx", {"value": "float64"})


@probe
def denied_api_custom_object_scope(w):
    return as_class(w, "keras.saving", "CustomObjectScope", {"custom_objects": {}})


@probe
def denied_api_file_editor(w):
    return as_class(w, "keras.saving", "KerasFileEditor", {"filepath": w.canary})


@probe
def denied_api_callback(w):
    return as_class(w, "keras.callbacks", "CSVLogger", {"filename": w.marker})


@probe
def nonmodelling_api_clear_session(w):
    return as_function(w, "clear_session", "keras.utils")


@probe
def nonmodelling_api_application(w):
    return as_class(w, "keras.applications", "MobileNet", {"weights": "imagenet"})


@probe
def nonmodelling_api_dataset(w):
    return as_class(w, "keras.datasets.mnist", "load_data", {"path": w.canary})


@probe
def package_internal_non_saveable(w):
    return as_class(w, "keras.src.utils.file_utils", "get_file", get_file_arguments(w))


@probe
def package_internal_of_ours(w):
    return as_class(w, "cornu.utils.get_file", "get_file", get_file_arguments(w))


@probe
def attribute_of_a_class(w):
    return as_class(w, "keras.layers.Dense", "__init__", {"units": 3})


@probe
def builtin_function(w):
    return as_function(w, "eval")


# --- 6, 7: programs of other libraries ------------------------------------------------------------


class Evil:
    """Leaves the marker when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (self.marker, "w")


@probe
def pickle_in_torch_wrapper(w):
    module = base64.b64encode(pickle.dumps(Evil(w.marker))).decode()
    config = {"module": module, "output_shape": [None, 3]}
    return load(w.model(sequential(entry("TorchModuleWrapper", config=config))))


@probe
def pickle_in_torch_wrapper_from_config(w):
    module = base64.b64encode(pickle.dumps(Evil(w.marker))).decode()
    return lambda: cornu.layers.TorchModuleWrapper.from_config({"module": module})


def saved_model(w):
    os.mkdir(w.path("saved"))
    w.write("saved/saved_model.pb", b"\x08\x01")
    return {"filepath": w.path("saved")}


@probe
def savedmodel_path_in_tfsm_layer(w):
    return load(w.model(sequential(entry("TFSMLayer", config=saved_model(w)))))


@probe
def savedmodel_path_from_config(w):
    config = saved_model(w)
    return lambda: cornu.layers.TFSMLayer.from_config(config)


# --- 8: files named as vocabularies ---------------------------------------------------------------


@probe
def vocab_path_string_lookup(w):
    return load(w.model(sequential(entry("StringLookup", config={"vocabulary": w.canary}))))


@probe
def vocab_path_integer_lookup(w):
    return load(w.model(sequential(entry("IntegerLookup", config={"vocabulary": w.canary}))))


@probe
def vocab_path_text_vectorization(w):
    config = {"vocabulary": w.canary}
    return load(w.model(sequential(entry("TextVectorization", config=config))))


@probe
def vocab_path_idf_weights(w):
    config = {"vocabulary": ["a"], "idf_weights": w.canary, "output_mode": "tf_idf"}
    return load(w.model(sequential(entry("StringLookup", config=config))))


@probe
def vocab_path_from_config(w):
    return lambda: cornu.layers.deserialize(entry("StringLookup", config={"vocabulary": w.canary}))


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
    return lambda: load_model(folder, custom_objects={"Assets": Assets})


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
    config = sequential(entry("Dense", config={"units": 3, "note": ['"class_name"'] * 100}))
    config["config"]["note"] = [{"class_name": "x"}] * 100
    path = w.path("model.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
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
    with zipfile.ZipFile(w.path("a.npz"), "w", compression) as archive:
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


# --- 15: parsers that differ ----------------------------------------------------------------------


@probe
def config_100k_nested_lists(w):
    return load(w.model(b"[" * 100_000 + b"]" * 100_000))


@probe
def config_900_nested_lists(w):
    return load(w.model(b"[" * 900 + b"]" * 900))


@probe
def config_900_nested_models(w):
    model = sequential(entry("Dense", config={"units": 3}))
    for _ in range(60):
        model = sequential(model)
    return load(w.model(model))


@probe
def config_unterminated_string(w):
    return load(w.model(b'{"a": "' + b'\\"' * 2_000_000))


@probe
def config_many_equal_keys(w):
    keys = b", ".join(b'"key%d": 0' % number for number in range(200_000))
    return load(w.model(b"{" + keys + b', "key199999": 0}'))


@probe
def config_huge_number(w):
    return load(w.model(b'{"a": ' + b"9" * 1_000_000 + b"}"))


@probe
def config_lone_surrogates(w):
    return load(w.model(b'{"module": "keras", "class_name": "\\ud800", "config": {}}'))


@probe
def nan_infinity_in_json(w):
    text = json.dumps(sequential(entry("LeakyReLU", config={"negative_slope": float("nan")})))
    return load(w.model(text.encode()))


@probe
def duplicate_key_in_json(w):
    text = json.dumps(sequential(entry("Dense", config={"units": 3})))
    return load(w.model(text.replace('"units": 3', '"units": 3, "units": 3').encode()))


@probe
def duplicate_config_member(w):
    with zipfile.ZipFile(w.model(), "a") as archive:
        archive.writestr("config.json", workshop.members()["config.json"])
    return load(w.path("model.keras"))


@probe
def bytes_after_the_archive(w):
    data = open(w.model(), "rb").read()
    return load(w.write("model.keras", data + b"%PDF-1.7"))


@probe
def weights_bytes_after_zip_end(w):
    data = open(w.model(), "rb").read()
    return load(w.write("model.keras", data + workshop.members()[WEIGHTS]))


@probe
def bytes_before_the_archive(w):
    data = open(w.model(), "rb").read()
    return load(w.write("model.keras", b"#!/bin/sh\n" + data))


@probe
def comment_of_the_archive(w):
    with zipfile.ZipFile(w.model(), "a") as archive:
        archive.comment = b"anything"
    return load(w.path("model.keras"))


# --- 16, 17: files written elsewhere --------------------------------------------------------------


@probe
def zip_slip_asset(w):
    return load(w.model(more=[("assets/../../MARKER", b"out")]))


@probe
def zip_absolute_asset(w):
    return load(w.model(more=[(w.marker, b"out")]))


@probe
def zip_symlink_asset(w):
    info = zipfile.ZipInfo("assets/link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return load(w.model(more=[(info, w.canary.encode())]))


def tar_with(w, *members):
    with tarfile.open(w.path("a.tar"), "w") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                archive.addfile(info)
    return get_file(w, "a.tar")


def get_file(w, name):
    origin = w.path(name)
    return lambda: cornu.utils.get_file(name, origin, cache_dir=w.folder, extract=True)


@probe
def tar_dotdot(w):
    return tar_with(w, ("../../MARKER", tarfile.REGTYPE, b"out"))


@probe
def tar_symlink_then_file(w):
    link = ("d", tarfile.SYMTYPE, w.outside)
    return tar_with(w, link, ("d/MARKER", tarfile.REGTYPE, b"out"))


@probe
def tar_hardlink_out(w):
    return tar_with(w, ("link", tarfile.LNKTYPE, w.canary))


@probe
def get_file_zip_inflates_200MB(w):
    with (
        zipfile.ZipFile(w.path("a.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(200):
            member.write(bytes(1_000_000))
    return get_file(w, "a.zip")


@probe
def get_file_tar_header_inflates(w):
    longname = tarfile.TarInfo("././@LongLink")
    longname.type, longname.size = tarfile.GNUTYPE_LONGNAME, 400_000_000
    w.write("a.tar.gz", gzip.compress(longname.tobuf(tarfile.GNU_FORMAT) + b"a" * 1_000_000))
    return get_file(w, "a.tar.gz")


@probe
def get_file_no_archive(w):
    w.write("a.tar.gz", gzip.compress(b"text"))
    return get_file(w, "a.tar.gz")


# --- 18: names that stand for something else ------------------------------------------------------


class Thing(cornu.layers.Layer):
    """A user's class with a built-in's name."""


@probe
def builtin_name_resolved_to_custom_class(w):
    cornu.saving.get_custom_objects()["hostile>Thing"] = Thing
    dense = entry("Dense", config={"units": 3}, registered_name="hostile>Thing")
    return load(w.model(sequential(dense)))


@probe
def builtin_function_resolved_to_custom_one(w):
    cornu.saving.get_custom_objects()["hostile>relu"] = Thing
    relu = {**function("relu"), "registered_name": "hostile>relu"}
    return load(w.model(sequential(entry("Dense", config={"units": 3, "activation": relu}))))


# --- what is no model -----------------------------------------------------------------------------


@probe
def config_of_a_layer(w):
    return load(w.model(entry("Dense", config={"units": 3})))


@probe
def config_of_an_optimizer(w):
    return load(w.model(entry("Adam", "keras.optimizers")))


@probe
def config_of_a_dtype_policy(w):
    return load(w.model(entry("DTypePolicy", "keras", {"name": "float32"})))
