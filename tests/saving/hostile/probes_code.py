"""Probes that would have a loader run code, or build what is no part of a model."""

import base64
import json
import marshal
import os
import pickle

from saving.hostile import workshop
from saving.hostile.workshop import Evil, entry, function, load, probe, sequential

import cornu

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
def config_of_a_dtype_policy(w):
    return load(w.model(entry("DTypePolicy", "keras", {"name": "float32"})))
