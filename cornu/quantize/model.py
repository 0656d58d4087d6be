"""Quantising the layers of a model."""

import re
import warnings

from cornu.core.errors import shorten
from cornu.quantize.layer import CALIBRATED, check_layer, quantizable, resolve_config

STRUCTURE_KEYS = ("pre_block_layers", "sequential_blocks")


def quantize_model(model, mode, config, filters, **kwargs):
    """Quantise those layers of a model that can be: what `Model.quantize` does."""
    type_check = kwargs.pop("type_check", True)
    if kwargs:
        raise ValueError(
            f"Unrecognized keyword arguments passed to {type(model).__name__}: {kwargs}"
        )
    chosen = _filter(filters)
    config = resolve_config(None, mode, config)
    model._check_built_for_quantization()
    if config.mode in CALIBRATED:
        _refuse_calibration(model, config)
    layers = [layer for layer in _leaves(model) if chosen(layer)]
    for layer in layers:
        if quantizable(layer):
            check_layer(layer, config.mode)  # before the first is changed
    for layer in layers:
        _quantize(layer, config, type_check)
    model._forget_compiled()


def layer_structure(model, mode):
    """The order of a model's blocks, for the modes that need it: unknown, unless a subclass says
    so."""
    return


def _leaves(model):
    """The layers that hold no others."""
    return [layer for layer in model._flatten_layers() if len(layer._flatten_layers()) == 1]


def _quantize(layer, config, type_check):
    try:
        layer.quantize(config.mode, type_check=type_check, config=config)
    except NotImplementedError as error:
        # Layers without a matrix have nothing to quantise, which is no news.
        if any(len(variable.shape) > 1 for variable in layer.weights):
            warnings.warn(f"Layer '{layer.name}' is left as it is: {error}", stacklevel=4)


def _filter(filters):
    """A test of layers, by what `Model.quantize` takes as `filters`."""
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return filters
    patterns = [filters] if isinstance(filters, str) else filters
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(p, str) for p in patterns):
        raise ValueError(
            "The `filters` argument must be a regex string, a list of regex strings, or a callable."
            f" Received: {shorten(filters)} of type {type(filters)}"
        )
    return lambda layer: any(re.search(pattern, layer.name) for pattern in patterns)


def _refuse_calibration(model, config):
    """Finding a model's integers with the help of data is not available yet."""
    structure = config.quantization_layer_structure
    if structure is None:
        structure = model.get_quantization_layer_structure(config.mode)
    if structure is None or not set(STRUCTURE_KEYS) <= set(structure):
        raise ValueError(
            f"For mode='{config.mode}', a valid quantization structure must be provided either via"
            " `config.quantization_layer_structure` or by overriding"
            " `model.get_quantization_layer_structure(mode)`: a dictionary with the keys"
            f" {STRUCTURE_KEYS}. Received: {shorten(structure)}"
        )
    name = config.mode.upper()
    raise NotImplementedError(
        f"Calibrating a model by {name} is not available yet. Layers that {name} quantised run and"
        " load: load a file of a calibrated model. Or quantise by `quantize('int4')`, which needs"
        " no data."
    )
