"""The configs of layers of Keras 2 and tf.keras 2, turned into ours."""

from cornu.saving.legacy_h5 import keras1, objects
from cornu.serial.configurable import constructor_fields
from cornu.serial.registry import EXPORTS, get_registered_object

# Old class name -> ours, where only the name differs.
RENAMED = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "DenseFeaturesV1": "DenseFeatures",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "UnifiedGRU": "GRU",
    "UnifiedLSTM": "LSTM",
}
# Layers that Keras 3 has no more.
GONE = {
    "CRF",
    "DenseFeatures",
    "Highway",
    "MaxoutDense",
    "ParametricSoftplus",
    "PeepholeLSTMCell",
    "RandomFourierFeatures",
    "SReLU",
}
# Keys that chose between equal ways to compute, or noted what a layer had been built for; dropped
# only where a layer does not take them (`trainable` is missing in some without weights).
FORGOTTEN = frozenset(
    {
        "batch_input_shape",
        "batch_size",
        "consume_less",
        "dynamic",
        "fused",
        "implementation",
        "input_dtype",
        "input_length",
        "key_shape",
        "query_shape",
        "softmax_robust_masking",
        "trainable",
        "value_shape",
        "virtual_batch_size",
    }
)
# Keys that may be left out where they have a value that changes nothing.
HARMLESS = {
    "causal": (False,),
    "groups": (1,),
    "ragged": (False,),
    "reverse_state_order": (False,),
    "time_major": (False,),
}


def translate(name, config, version, translate_layer):
    """The class name and config of a layer as we have them.

    Args:
        name: old class name.
        config: old config; it may be changed.
        version: which Keras wrote it: 1, 2 or 3.
        translate_layer: function that does the same for the description of a layer inside.

    Returns:
        `(class name, config)`.

    Raises:
        ConfigError: if there is no such layer any more, or it is used in a way that there is not.
    """
    if get_registered_object(name) is not None:
        return name, _of_users(config)
    if version == 1:
        name, config = keras1.translate(name, config)
    old, name = name, RENAMED.get(name, name)
    if name in GONE:
        objects.refuse(f"The layer {name} is not part of Keras 3 any more, and so not read.")
    if f"keras.layers.{name}" not in EXPORTS:
        return name, _of_users(config)
    _translate_values(config, version, translate_layer)
    if old in _SPECIAL:
        _SPECIAL[old](config)
    if name in ("GRU", "GRUCell") and version < 3:
        config.setdefault("reset_after", False)
    if name in ("BatchNormalization", "SyncBatchNormalization"):
        config["axis"] = _single(config.get("axis", -1))
    return name, _leave_out(name, config)


def _of_users(config):
    """The config of a class that is not ours: only what every layer of Keras 2 had in it."""
    if "dtype" in config:
        config["dtype"] = objects.dtype(config["dtype"])
    config.pop("batch_input_shape", None)
    return config


def _translate_values(config, version, translate_layer):
    for key, value in config.items():
        if key.endswith("initializer"):
            config[key] = objects.initializer(value)
        elif key.endswith("regularizer"):
            config[key] = objects.regularizer(value)
        elif key.endswith("constraint"):
            config[key] = objects.constraint(value)
        elif key.endswith("activation"):
            config[key] = objects.activation(value, version)
        elif key == "dtype":
            config[key] = objects.dtype(value)
        elif key in ("layer", "cell", "backward_layer") and isinstance(value, dict):
            config[key] = translate_layer(value)
        elif key == "cells":
            config[key] = [translate_layer(cell) for cell in value]
        else:
            config[key] = _plain(value)
    if config.get("dtype", "") is None:
        del config["dtype"]


def _plain(value):
    """A value without the wrappers by which TensorFlow tracked lists and shapes."""
    if isinstance(value, dict):
        inner = value.get("config", value.get("items"))
        if value.get("class_name") in ("ListWrapper", "__tuple__", "TensorShape", "_DictWrapper"):
            return _plain(inner)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _single(axis):
    return axis[0] if isinstance(axis, list) and len(axis) == 1 else axis


def _leave_out(name, config):
    """The config without keys that mean nothing here; those that would are an error later."""
    accepted = constructor_fields(EXPORTS[f"keras.layers.{name}"])
    result = {}
    for key, value in config.items():
        if key in accepted:
            result[key] = value
        elif _says_nothing(name, key, value):
            continue
        elif not any(value == harmless for harmless in HARMLESS.get(key, ())):
            objects.refuse(
                f"The {name} layer is used with {key}={value!r:.100}, which is not read."
            )
    return result


def _says_nothing(name, key, value):
    if key in FORGOTTEN or key.startswith("_") or value is None:
        return True
    return name in _UNLIKE_CONV and key.endswith(("initializer", "regularizer", "constraint"))


# These inherit arguments for one kernel, which they do not have.
_UNLIKE_CONV = {"SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"}


def _bidirectional(config):
    """Keras 2 wrote the second layer only where it was given."""
    if config.get("backward_layer") is None and isinstance(config.get("layer"), dict):
        inner = config["layer"]["config"]
        turned = {
            "name": f"backward_{inner['name']}",
            "go_backwards": not inner.get("go_backwards"),
        }
        config["backward_layer"] = {**config["layer"], "config": {**inner, **turned}}


def _cudnn(config):
    config.setdefault("activation", "tanh")
    config.setdefault("recurrent_activation", "sigmoid")


def _cudnn_gru(config):
    _cudnn(config)
    config["reset_after"] = True


def _synchronized(config):
    config["synchronized"] = True


def _leaky(config):
    config["negative_slope"] = config.pop("alpha", config.get("negative_slope", 0.3))


def _thresholded(config):
    config["threshold"] = config.pop("theta", 1.0)


def _input(config):
    for old in ("batch_input_shape", "batch_shape"):
        if old in config:
            config["batch_shape"] = config.pop(old)
    if "input_dtype" in config:
        config["dtype"] = config.pop("input_dtype") or config.get("dtype")


def _lambda(config):
    """A Keras 2 config spread a function over several keys."""
    for key in ("function", "output_shape", "mask"):
        kind = config.pop(f"{key}_type", None)
        config.pop("module" if key == "function" else f"{key}_module", None)
        value = config.get(key)
        is_code = isinstance(value, list) and bool(value) and isinstance(value[0], str)
        if kind == "lambda" or (key == "function" and is_code):
            code, defaults, closure = (*value, None, None, None)[:3]
            inner = {"code": code, "defaults": defaults, "closure": closure}
            config[key] = {"class_name": "__lambda__", "config": inner}
        elif kind == "function" or (key == "function" and isinstance(value, str)):
            config[key] = {
                "module": "builtins",
                "class_name": "function",
                "config": value,
                "registered_name": "function",
            }
    if config.get("output_shape") is None:
        config.pop("output_shape", None)


_SPECIAL = {
    "Bidirectional": _bidirectional,
    "CuDNNGRU": _cudnn_gru,
    "CuDNNLSTM": _cudnn,
    "InputLayer": _input,
    "Lambda": _lambda,
    "LeakyReLU": _leaky,
    "SyncBatchNormalization": _synchronized,
    "ThresholdedReLU": _thresholded,
}
