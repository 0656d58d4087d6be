"""How a model was compiled, as Keras 1, Keras 2 and tf.keras 2 noted it, as Keras 3 writes it."""

from cornu.saving.legacy_h5.objects import described, parts
from cornu.serial.errors import ConfigError, warn_user
from cornu.serial.registry import EXPORTS, get_registered_object

# Arguments of `compile` that both know.
KEPT = ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile")
_OPTIMIZERS = {
    "adam": "Adam",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adamax": "Adamax",
    "nadam": "Nadam",
    "ftrl": "Ftrl",
    "LossScaleOptimizerV1": "LossScaleOptimizer",
    "LossScaleOptimizerV3": "LossScaleOptimizer",
}
_LOSSES = {
    "cosine_proximity": "cosine_similarity",
    "cosine": "cosine_similarity",
    "kullback_leibler_divergence": "kl_divergence",
    "kld": "kl_divergence",
    "KLD": "kl_divergence",
    "logcosh": "log_cosh",
}
_METRICS = {"acc": "accuracy", **_LOSSES}
_SHORT = ("accuracy", "crossentropy", "mae", "mape", "mse", "msle", "MAE", "MAPE", "MSE", "MSLE")
_REDUCTIONS = {"auto": "sum_over_batch_size"}
# Keys of an optimizer's config that say nothing here.
_FORGOTTEN = ("jit_compile", "is_legacy_optimizer", "dynamic")


def compile_config(training, outputs=()):
    """The arguments of `compile`, described as Keras 3 does.

    Args:
        training: the `training_config` of an old file.
        outputs: names of the model's outputs.

    Returns:
        A dictionary for `compile_from_config`.

    Raises:
        ConfigError: if something in it cannot be had here.
    """
    try:
        result = {key: training[key] for key in KEPT if training.get(key) is not None}
        result["optimizer"] = optimizer(training.get("optimizer_config"))
        result["loss"] = _nested(training.get("loss"), _loss)
        for key in ("metrics", "weighted_metrics"):
            result[key] = _nested(training.get(key), lambda item: _metric(item, outputs))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"The training config is malformed: {type(error).__name__}: {error}", pointer="$"
        ) from error
    return result


def optimizer(data):
    """The description of an optimizer."""
    found = parts(data)
    if found is None or not isinstance(found[1], dict):
        return data
    name, config = found
    if get_registered_object(name) is not None:
        return data
    name = _OPTIMIZERS.get(name, name).removeprefix("Custom>")
    for key in _FORGOTTEN:
        config.pop(key, None)
    if name == "LossScaleOptimizer":
        return described("optimizer", name, _loss_scale(config))
    _learning_rate(name, config)
    if config.get("epsilon", 0) is None:  # Keras 2 took what its backend said
        del config["epsilon"]
    return described("optimizer", name, config)


def _loss_scale(config):
    inner = config.pop("inner_optimizer", None) or config.pop("optimizer", None)
    config.pop("loss_scale", None)
    config.pop("name", None)
    return {"inner_optimizer": optimizer(inner), **config}


def _learning_rate(name, config):
    """Old names, and the decay by which optimizers of Keras 1 and 2 lowered it themselves."""
    if "lr" in config:
        config["learning_rate"] = config.pop("lr")
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        found = parts(rate)
        if found and isinstance(found[1], dict):
            inner = {key: value for key, value in found[1].items() if value is not None}
            config["learning_rate"] = described("schedule", found[0], inner)
    decay = config.pop("decay", None)
    config.pop("schedule_decay", None)  # of Nadam's momentum, as its `decay`
    if decay and name != "Nadam" and not isinstance(rate, dict):
        inner = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
        config["learning_rate"] = described("schedule", "InverseTimeDecay", inner)


def _nested(value, translate):
    """`translate` of everything in lists and dictionaries."""
    if isinstance(value, list):
        return [_nested(item, translate) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _nested(item, translate) for key, item in value.items()}
    return None if value is None else translate(value)


def _loss(value):
    found = parts(value)
    if found is None:
        known = get_registered_object(value) if isinstance(value, str) else None
        return _LOSSES.get(value, value) if known is None else value
    name, config = found
    if not isinstance(config, dict) or get_registered_object(name) is not None:
        return value
    config["reduction"] = _REDUCTIONS.get(config.get("reduction"), config.get("reduction"))
    if config["reduction"] is None:
        del config["reduction"]
    function = config.pop("fn", None)
    if name == "LossFunctionWrapper":
        return _loss(function)
    return described("loss", name, config)


def _metric(value, outputs):
    found = parts(value)
    if found is None:
        known = get_registered_object(value) if isinstance(value, str) else None
        return _METRICS.get(value, value) if known is None else value
    name, config = found
    if not isinstance(config, dict) or get_registered_object(name) is not None:
        return value
    if isinstance(config.get("dtype"), dict):
        config["dtype"] = "float32"
    if name == "MeanMetricWrapper":
        return _wrapped(config, outputs)
    return described("metric", name, config)


def _wrapped(config, outputs):
    """A metric that was given as a name or function; tf.keras put the output's name before it."""
    own = config.get("name") or ""
    for output in outputs:
        own = own.removeprefix(f"{output}_")
    own = _METRICS.get(own, own)
    function = config.get("fn")
    name = function if isinstance(function, str) else own
    for candidate in (own, name):
        if f"keras.metrics.{candidate}" in EXPORTS or candidate in _SHORT:
            return candidate
    if isinstance(name, str) and get_registered_object(name) is not None:
        return name
    warn_user(f"The metric {own!r} of the file is not known here and left out.")
    return None
