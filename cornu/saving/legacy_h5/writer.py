"""Whole models and weights as HDF5 files, as Keras 3 writes them."""

from collections import Counter

from cornu.saving import safety
from cornu.saving.archive import KERAS_VERSION
from cornu.saving.h5 import WriteStore, new_file
from cornu.saving.legacy_h5.reader import OPTIMIZER, TOP_LEVEL, WEIGHTS
from cornu.serial import sharing
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import EXPORTS, get_registered_object

# HDF5 keeps at most 64 kB in one attribute; lists of names longer than that are split.
MAX_ATTRIBUTE = 64_000
_BACKEND = "jax"
_TRAINING = (
    "loss",
    "loss_weights",
    "metrics",
    "weighted_metrics",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
)


def save_model_h5(model, path, include_optimizer=True):
    """Write a model to an HDF5 file: config, weights, compilation and the optimizer's state.

    Args:
        model: the model.
        path: the file to write.
        include_optimizer: whether the compilation and the optimizer's state are written.

    Raises:
        TypeError: if a layer has no config; then nothing is written.
    """
    attributes = _attributes(model, include_optimizer)
    with new_file(path) as file:
        for name, text in attributes.items():
            file.attrs[name] = text
        _write_weights(model, file.create_group(WEIGHTS))
        optimizer = getattr(model, "optimizer", None)
        if include_optimizer and optimizer is not None and optimizer.variables:
            _write_arrays(file.create_group(OPTIMIZER), optimizer.variables)


def _attributes(model, include_optimizer):
    """The texts of the file; all that may fail is done here, before anything is written."""
    with sharing.sharing(fresh=True):
        config = sharing.without_single_numbers(serialize_keras_object(model))
        training = model.get_compile_config() if include_optimizer else None
    found = {
        "keras_version": KERAS_VERSION,
        "backend": _BACKEND,
        "model_config": safety.dump_json(_bare(config)),
    }
    if training:
        described = {name: _plain(training.get(name)) for name in _TRAINING}
        described["loss"] = _full_names(described["loss"])
        described["optimizer_config"] = _plain(training.get("optimizer"))
        found["training_config"] = safety.dump_json(described)
    return found


def _bare(data):
    """A model's description as Keras writes it here: layers by their class names alone.

    Ops keep the module, as nothing else tells `ops.add` from the layer `Add`.
    """
    name = data.get("registered_name") or data["class_name"]
    config = dict(data["config"])
    if "layers" in config:
        config["layers"] = [
            {**_bare(layer), **{k: layer[k] for k in ("name", "inbound_nodes") if k in layer}}
            for layer in config["layers"]
        ]
    result = {"class_name": name, "config": config}
    module = data.get("module") or ""
    if module.startswith("keras.src.") and name != "Functional":
        result.update(module=module, registered_name=data.get("registered_name"))
    if sharing.KEY in data:
        result[sharing.KEY] = data[sharing.KEY]
    return result


def _plain(value):
    """Objects of a training config by their class names, as Keras writes them here."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _plain(item) for key, item in value.items()}
    name = value.get("registered_name") or value["class_name"]
    if name == "function":
        return value["config"]
    return {"class_name": name, "config": value["config"]}


def _full_names(loss):
    """Losses by the names of their functions: Keras 3.15.1 cannot read `"mse"` from such a file."""
    if isinstance(loss, list):
        return [_full_names(item) for item in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        return {key: _full_names(item) for key, item in loss.items()}
    if not isinstance(loss, str) or get_registered_object(loss) is not None:
        return loss
    if EXPORTS["keras.losses.deserialize"](loss) == loss:
        return loss  # a function of the user's
    return getattr(EXPORTS["keras.losses.get"](loss), "__name__", loss)


def _write_weights(model, group):
    group.attrs["backend"] = _BACKEND
    group.attrs["keras_version"] = KERAS_VERSION
    _write_names(group, "layer_names", [layer.name for layer in model.layers])
    inside = set()
    for layer in model.layers:
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        inside.update(map(id, weights))
        _write_arrays(group.create_group(layer.name), weights)
    own = [*model.trainable_weights, *model.non_trainable_weights]
    top = group.create_group(TOP_LEVEL)
    _write_arrays(top, [weight for weight in own if id(weight) not in inside])


def _write_arrays(group, variables):
    counts = Counter(variable.path for variable in variables)
    names = [
        variable.path if counts[variable.path] == 1 else f"{variable.path}_{number}"
        for number, variable in enumerate(variables)
    ]
    _write_names(group, "weight_names", names)
    for name, variable in zip(names, variables, strict=True):
        folder, _, last = name.rpartition("/")
        WriteStore(group.require_group(folder) if folder else group)[last] = variable


def _write_names(group, attribute, names):
    """A list of names as one attribute, or as several that each fit into one."""
    encoded = [name.encode("utf-8") for name in names]
    size = max(1, MAX_ATTRIBUTE // max(map(len, encoded), default=1))
    if len(encoded) <= size:
        group.attrs[attribute] = encoded
        return
    for part, start in enumerate(range(0, len(encoded), size)):
        group.attrs[f"{attribute}{part}"] = encoded[start : start + size]
