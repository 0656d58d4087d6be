"""Models as Keras 1, Keras 2 and tf.keras 2 described them, turned into what Keras 3 writes.

This is done on the description, before anything is built, so that layers and models know nothing of
old words. Classes are looked up afterwards, by the rules for all files.
"""

from cornu.saving.legacy_h5 import keras1, layer_rules, tf_ops
from cornu.saving.legacy_h5.graphs import Graph
from cornu.saving.legacy_h5.objects import described, dtype, plain_name
from cornu.serial.errors import ConfigError
from cornu.serial.registry import ALIASES, get_registered_object

FUNCTIONAL = {"Functional", "Model"}
SEQUENTIAL = {"Sequential"}
FUNCTIONAL_MODULE = "keras.src.models.functional"


def modern(data, version=None):
    """The description of a model as Keras 3 writes it.

    Args:
        data: `{"class_name": ..., "config": ...}`, as an old file has it.
        version: which Keras wrote it, 1, 2 or 3, or None where nothing says so.

    Returns:
        A new description for `deserialize_keras_object`.

    Raises:
        ConfigError: if it is malformed, or something in it cannot be had here.
    """
    if version is None:
        version = 1 if keras1.looks_like(data) else 2
    try:
        return _Translation(version).layer(data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"The model's description is malformed: {type(error).__name__}: {error}", pointer="$"
        ) from error


class _Translation:
    """Of one model, by the Keras that wrote it.

    Args:
        version: 1, 2 or 3.
    """

    def __init__(self, version):
        self.version = version

    def layer(self, data):
        """The description of a layer or model."""
        name, config = data["class_name"], data["config"]
        if name in SEQUENTIAL:
            return self._sequential(config)
        if isinstance(config, dict) and {"layers", "input_layers", "output_layers"} <= set(config):
            return self._functional(name, data)
        if _is_row(config) and get_registered_object(name) is not None:
            return {**data, "config": {**config, **self._row(config)}}
        if self.version == 3:
            return self._of_keras_3(name, config, data)
        new, changed = layer_rules.translate(name, dict(config), self.version, self.layer)
        if "name" in changed:
            changed["name"] = plain_name(changed["name"])
        if new == name and get_registered_object(name) is not None:
            return {**data, "config": changed}
        found = described("layer", new, changed)
        known = ("module", "registered_name")
        return found if "module" in found else {**{k: data[k] for k in known if k in data}, **found}

    def _of_keras_3(self, name, config, data):
        """Keras 3 leaves out the module in `.h5` files; ops have neither dtype nor trainable."""
        if data.get("module") or get_registered_object(name) is not None:
            return data
        if isinstance(config, dict) and "trainable" not in config and name != "InputLayer":
            paths = [path for path in ALIASES if path.endswith(f".{name}")]
            if paths:
                module = paths[0].rpartition(".")[0]
                return {**data, "module": module, "registered_name": name}
        inner = {
            key: self.layer(value)
            if isinstance(value, dict) and key in ("layer", "cell", "backward_layer")
            else value
            for key, value in config.items()
        }
        return {**data, **described("layer", name, inner)}

    def _sequential(self, config):
        config = config if isinstance(config, dict) else {"layers": config}
        layers = config["layers"]
        if layers and layers[0]["class_name"] == "Merge" and self.version == 1:
            merged = keras1.merged_branches(config.get("name"), layers)
            return self._functional("Model", {"class_name": "Model", "config": merged})
        return {
            "module": "keras",
            "class_name": "Sequential",
            "config": self._row(config),
            "registered_name": None,
        }

    def _row(self, config):
        """The config of a Sequential model."""
        layers = config["layers"]
        if layers and layers[0]["class_name"] != "InputLayer":
            layers = [*_input_before(layers[0]), *layers]
        result = {"name": plain_name(config.get("name") or "sequential")}
        if isinstance(config.get("trainable"), bool):
            result["trainable"] = config["trainable"]
        result["layers"] = [self.layer(layer) for layer in layers]
        if config.get("build_input_shape") is not None:
            result["build_input_shape"] = config["build_input_shape"]
        return result

    def _functional(self, class_name, data):
        config = dict(data["config"])
        entries = config["layers"]
        if self.version == 3:
            config["layers"] = [self._graph_layer(entry) for entry in entries]
        else:
            graph = Graph(config)
            config["layers"] = [self._graph_layer(entry, graph.calls(entry)) for entry in entries]
            for key in ("input_layers", "output_layers"):
                config[key] = graph.places(config[key])
            config["name"] = plain_name(config.get("name") or "model")
            if "dtype" in config:
                config["dtype"] = dtype(config["dtype"])
        if config.get("trainable") is True:  # the default; given, it is one of all layers inside
            del config["trainable"]
        if class_name in FUNCTIONAL:
            return {
                "module": FUNCTIONAL_MODULE,
                "class_name": "Functional",
                "config": config,
                "registered_name": "Functional",
            }
        return {**data, "config": config}

    def _graph_layer(self, entry, calls=None):
        name = entry.get("name") or entry["config"]["name"]
        if self.version < 3 and tf_ops.is_op(entry):
            return {**tf_ops.operation(entry), "name": plain_name(name), "inbound_nodes": calls}
        layer = self.layer({k: v for k, v in entry.items() if k not in ("name", "inbound_nodes")})
        calls = entry["inbound_nodes"] if calls is None else calls
        return {**layer, "name": plain_name(name), "inbound_nodes": calls}


def _is_row(config):
    """Whether a config could be that of a subclass of Sequential."""
    layers = config.get("layers") if isinstance(config, dict) else None
    return isinstance(layers, list) and all(
        isinstance(layer, dict) and "class_name" in layer for layer in layers
    )


def _input_before(layer):
    """What says the shape of the data where the first layer of a Sequential model did so."""
    config = layer["config"]
    shape = config.get("batch_input_shape") if isinstance(config, dict) else None
    if shape is None:
        return []
    kind = config.get("input_dtype") or dtype(config.get("dtype"))
    kind = kind if isinstance(kind, str) and not kind.startswith("mixed") else "float32"
    name = f"{plain_name(config.get('name', 'layer'))}_input"
    inner = {"batch_shape": shape, "dtype": kind, "name": name}
    return [{"class_name": "InputLayer", "config": inner}]
