"""Quantising one layer: what `Layer.quantize` and `Layer.quantized_build` do."""

from cornu import dtype_policies
from cornu.core.errors import shorten
from cornu.dtype_policies.quantized import MODES
from cornu.layers._kernels import Contracting
from cornu.quantize.calibrated import AWQProduct, GPTQProduct
from cornu.quantize.einsum import EinsumInt8, Reshaped, as_matrix
from cornu.quantize.float8 import Float8Product
from cornu.quantize.integers import (
    BlockLookup,
    BlockProduct,
    Int4Lookup,
    Int4Product,
    Int8Lookup,
    Int8Product,
    int4,
)
from cornu.quantize.lora import ADAPTED, LowRank, PlainKernel
from cornu.quantize.reversible import (
    TiedBlocks,
    TiedInt4,
    TiedInt8,
    UntiedBlocks,
    UntiedInt4,
    UntiedInt8,
)
from cornu.quantize.strategy import assign, changing
from cornu.quantizers import (
    AWQConfig,
    Float8QuantizationConfig,
    GPTQConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)
from cornu.serial.registry import public_class

# Makers of strategies, `make(shape, config, policy)`, by how a layer uses its kernel and by mode.
# An entry for another kind of layer is all that it takes to quantise it.
STRATEGIES = {
    "product": {
        "int8": Int8Product,
        "float8": Float8Product,
        "int4": int4(Int4Product, BlockProduct),
        "gptq": GPTQProduct,
        "awq": AWQProduct,
    },
    "einsum": {
        "int8": EinsumInt8,
        "float8": Float8Product,
        "int4": as_matrix(int4(Int4Product, BlockProduct)),
        "gptq": as_matrix(GPTQProduct, Reshaped),
        "awq": as_matrix(AWQProduct, Reshaped),
    },
    "lookup": {"int8": Int8Lookup, "int4": int4(Int4Lookup, BlockLookup)},
    "reversible": {"int8": TiedInt8, "int4": int4(TiedInt4, TiedBlocks)},
    "untied": {"int8": UntiedInt8, "int4": int4(UntiedInt4, UntiedBlocks)},
    "convolution": {},
}
# What layers that are not quantised have in files, where it is not a kernel and a bias.
PLAIN = {"lookup": ("{}",), "reversible": ("{}",), "untied": ("{}", "reverse_{}")}
# What `quantize(mode)` does without a config; the calibrated modes need data, so one of yours.
CONFIGS = {
    "int8": Int8QuantizationConfig,
    "int4": Int4QuantizationConfig,
    "float8": Float8QuantizationConfig,
}
CALIBRATED = {"gptq": GPTQConfig, "awq": AWQConfig}


def quantize_layer(layer, mode, type_check, config):
    """Bring a layer's kernel into another form, by the values that it has.

    Args and errors: see `Layer.quantize`.
    """
    if not quantizable(layer) or (type_check and public_class(type(layer)) is not type(layer)):
        raise layer._lacks("quantize")
    config = resolve_config(layer, mode, config)
    mode = config.mode
    check_layer(layer, mode)
    policy = _policy_for(layer, config)
    kernel = getattr(layer, f"_{layer.kernel_name}")
    strategy = _make(layer, kernel.shape, mode, config, policy)
    if layer.lora_enabled:
        strategy.refuse_lora()
    _replace(layer, strategy, kernel)
    adapted = ADAPTED.get(layer.contraction, LowRank)
    layer._strategy = adapted(strategy) if layer.lora_enabled else strategy
    layer.quantization_config = config
    layer._use_policy(policy)


def quantizable(layer):
    """Whether a layer has a kernel for which there are other forms than floats."""
    return isinstance(layer, Contracting) and bool(STRATEGIES[layer.contraction])


def check_layer(layer, mode):
    """Raise ValueError if a layer is not in a state to be quantised."""
    layer._check_built_for_quantization()
    if layer._is_quantized:
        raise ValueError(
            f"Layer '{layer.name}' is already quantized with"
            f" dtype_policy='{layer.dtype_policy.name}'. Received: mode={mode}"
        )
    if mode == "int8" and layer.compute_dtype == "float16":
        raise ValueError(
            f"Quantization mode='int8' doesn't work well with compute_dtype='float16'. Give layer"
            f" '{layer.name}' another dtype policy, such as 'mixed_bfloat16', before calling"
            " `quantize()`."
        )


def _replace(layer, strategy, kernel):
    """Make a strategy's variables and give them the values that a kernel of floats asks for."""
    calibrated = strategy.mode in CALIBRATED
    values = {} if calibrated else strategy.values(layer, kernel.value)
    with changing(layer):
        if not strategy.keeps_kernel and not calibrated:
            layer._untrack_variable(kernel)
        strategy.build(layer)
        assign(layer, values)


def resolve_config(owner, mode, config):
    """The config that `quantize(mode, config)` asks for.

    Raises:
        ValueError: if they say nothing, contradict each other, or a mode lacks what it needs.
    """
    if config is not None and not isinstance(config, QuantizationConfig):
        raise ValueError(
            "Argument `config` must be an instance of `QuantizationConfig`, such as"
            f" `Int8QuantizationConfig()`. Received: config={shorten(config)}"
        )
    own = getattr(owner, "quantization_config", None)
    if config is None and own is not None and mode in (None, own.mode):
        config = own
    if config is None and mode is None:
        raise ValueError("You must provide either `mode` or `config` to `quantize`.")
    if config is None and mode not in MODES:
        raise ValueError(
            f"Invalid quantization mode. Expected one of {MODES}. Received: mode={shorten(mode)}"
        )
    if config is not None and mode is not None and mode != config.mode:
        raise ValueError(f"Contradictory arguments: mode='{mode}' but config.mode='{config.mode}'")
    if config is None and mode in CALIBRATED:
        article = "an" if mode == "awq" else "a"
        raise ValueError(
            f"For {mode.upper()}, you must pass {article} `{CALIBRATED[mode].__name__}` object in"
            " the `config` argument."
        )
    return CONFIGS[mode]() if config is None else config


def config_for(policy):
    """The config that says what a policy says beyond its mode, or None."""
    if hasattr(policy, "block_size"):
        return Int4QuantizationConfig(block_size=policy.block_size)
    return None


def _policy_for(layer, config):
    """The quantised policy of a layer that had a plain one."""
    mode, source = config.mode, layer._policy_here.name
    if mode in CALIBRATED:
        mode = config.dtype_policy_string()
    elif mode == "int4":
        mode = f"int4/{config.block_size or -1}"
    return dtype_policies.get(f"{mode}_from_{source}")


def _make(layer, shape, mode, config, policy):
    makers = STRATEGIES[layer.contraction]
    if mode not in makers:
        raise NotImplementedError(
            f"Invalid quantization mode. Expected one of {tuple(makers)}. Received:"
            f" quantization_mode={mode}"
        )
    strategy = makers[mode](shape, config, policy)
    strategy.fit(layer)
    return strategy


def build_layer(layer, shape, mode, config):
    """Make the variables of a layer that is quantised from the start."""
    if mode not in MODES:
        raise NotImplementedError(
            f"Invalid quantization mode. Expected one of {MODES}. Received:"
            f" quantization_mode={mode}"
        )
    strategy = _make(layer, shape, mode, config, layer._policy_here)
    with changing(layer):
        strategy.build(layer)
    layer._strategy = strategy


def serialization_spec(layer):
    """By mode, the names of the variables of a layer in the order of files."""
    plain = PLAIN.get(layer.contraction, PlainKernel.files)
    names = {None: [entry.format(layer.kernel_name) for entry in plain]}
    makers = STRATEGIES[layer.contraction]
    return names | {mode: make.spec(layer.kernel_name) for mode, make in makers.items()}
