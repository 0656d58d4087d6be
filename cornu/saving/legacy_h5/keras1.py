"""The configs of layers of Keras 1, turned into those of Keras 2."""

from cornu.saving.legacy_h5 import objects

# Old class name -> the one of Keras 2.
RENAMED = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
}
# Old argument -> the one of Keras 2, for all layers that have no list of their own.
ARGUMENTS = {
    "output_dim": "units",
    "nb_filter": "filters",
    "subsample": "strides",
    "subsample_length": "strides",
    "filter_length": "kernel_size",
    "pool_length": "pool_size",
    "stride": "strides",
    "border_mode": "padding",
    "bias": "use_bias",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "atrous_rate": "dilation_rate",
    "p": "rate",
    "sigma": "stddev",
    "depthwise_init": "depthwise_initializer",
    "pointwise_init": "pointwise_initializer",
}
_OF_CLASS = {
    "CategoryEncoding": {"max_tokens": "num_tokens"},
    "Discretization": {"bins": "bin_boundaries"},
    "IntegerLookup": {
        "mask_value": "mask_token",
        "max_integers": "max_tokens",
        "max_values": "max_tokens",
        "oov_value": "oov_token",
    },
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "PReLU": {"init": "alpha_initializer"},
    "UpSampling1D": {"length": "size"},
}
# Arguments that are what the data or another argument say already.
_FORGOTTEN = {"input_dim", "input_length", "consume_less", "forget_bias_init"}
_ORDERINGS = {"th": "channels_first", "tf": "channels_last"}
_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
}


def looks_like(config):
    """Whether a model's config is in the words of Keras 1."""
    if isinstance(config, list):
        return any(looks_like(item) for item in config)
    if not isinstance(config, dict):
        return False
    inner = config.get("config")
    if isinstance(inner, dict) and isinstance(config.get("class_name"), str):
        words = {"nb_filter", "border_mode", "dim_ordering", "W_regularizer", "inner_init", "init"}
        if words & inner.keys() or config["class_name"] == "Merge":
            return True
    return any(looks_like(item) for item in config.values())


def translate(name, config):
    """The class name and config of a layer of Keras 1, as Keras 2 has them.

    Args:
        name: class name.
        config: config; it may be changed.

    Raises:
        ConfigError: if Keras 2 and we do not have it.
    """
    if name == "Merge":
        return _merge(config)
    config = _join_sizes(config)
    if "dim_ordering" in config:
        ordering = config.pop("dim_ordering")
        config["data_format"] = _ORDERINGS.get(ordering)
    if config.pop("mode", 0) not in (0, None) and name == "BatchNormalization":
        objects.refuse("BatchNormalization of Keras 1 is read with mode=0 only.")
    for key in [key for key in config if key in _FORGOTTEN and name != "Embedding"]:
        del config[key]
    if name == "Embedding":
        _embedding(config)
    names = _OF_CLASS.get(name, {})
    result = {}
    for key, value in config.items():
        if key in ("output_dim", "input_dim") and name == "Embedding":
            result[key] = value
        else:
            result[names.get(key, ARGUMENTS.get(key, key))] = value
    return RENAMED.get(name, name), _finished(name, result)


def _join_sizes(config):
    """Sizes that Keras 1 had apart: of a kernel, and paddings."""
    kernel = [config.pop(key) for key in ("nb_row", "nb_col") if key in config]
    kernel = kernel or [
        config.pop(f"kernel_dim{n}") for n in (1, 2, 3) if f"kernel_dim{n}" in config
    ]
    if kernel:
        config["kernel_size"] = kernel
    return config


def _embedding(config):
    if config.pop("dropout", None):
        objects.refuse("Embedding of Keras 1 is read without `dropout` only.")
    config.pop("input_length", None)


def _finished(name, config):
    """What the words of some layers of Keras 1 mean beside their names."""
    if name == "Deconvolution2D":
        config.pop("output_shape", None)
    for key in ("kernel_initializer", "recurrent_initializer", "embeddings_initializer"):
        if config.get(key) is None:
            config.pop(key, None)
    return config


def _merge(config):
    """One of the merging layers, for `Merge(mode=...)`."""
    mode = config.get("mode", "sum")
    if not isinstance(mode, str) or mode not in _MERGES:
        objects.refuse(
            f"The Merge layer of Keras 1 with mode={mode!r:.100} is not read; those with the modes "
            f"{sorted(_MERGES)} are."
        )
    result = {"name": config["name"]} if "name" in config else {}
    if mode == "concat":
        result["axis"] = config.get("concat_axis", -1)
    if mode == "dot":
        axes = config.get("dot_axes", -1)
        one_each = isinstance(axes, list) and axes and isinstance(axes[0], list)
        result["axes"] = [axis[0] for axis in axes] if one_each else axes
    return _MERGES[mode], result


def merged_branches(name, layers):
    """The config of a functional model for a Sequential one that begins by merging others.

    Args:
        name: name of the model, or None.
        layers: its layers; the first is a `Merge`, which holds the others.

    Raises:
        ConfigError: if a branch does not say what its inputs are.
    """
    merge = layers[0]["config"]
    entries, ends, inputs = [], [], []
    for branch in merge["layers"]:
        chain, shape = branch["config"], None
        if branch["class_name"] == "Sequential" and isinstance(chain, list):
            shape = chain[0]["config"].get("batch_input_shape")
        if shape is None:
            objects.refuse("Merge is read where the models before it are Sequential, with shapes.")
        inputs.append(f"{chain[0]['config']['name']}_input")
        inner = {"batch_input_shape": shape, "name": inputs[-1], "dtype": "float32"}
        entries.append({"class_name": "InputLayer", "config": inner, "inbound_nodes": []})
        ends.append(_chain(entries, chain, [inputs[-1]]))
    own = {key: value for key, value in merge.items() if key != "layers"}
    own.setdefault("name", "merge")
    last = _chain(entries, [{"class_name": "Merge", "config": own}, *layers[1:]], ends)
    return {
        "name": name or "model",
        "layers": entries,
        "input_layers": [[each, 0, 0] for each in inputs],
        "output_layers": [[last, 0, 0]],
    }


def _chain(entries, layers, before):
    """Add layers, each called on the one before; the first on all those named `before`."""
    for layer in layers:
        entries.append({**layer, "inbound_nodes": [[[name, 0, 0] for name in before]]})
        before = [layer["config"]["name"]]
    return before[0]
