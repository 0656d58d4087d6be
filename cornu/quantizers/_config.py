"""How kernels are to be quantised: a mode and its settings."""

from cornu.quantizers._quantizer import AbsMaxQuantizer, Quantizer
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.registry import export


@export("keras.quantizers.QuantizationConfig")
class QuantizationConfig:
    """Base of the configs that `quantize` takes. A subclass says which `mode` it is for.

    Args:
        weight_quantizer: `Quantizer` for kernels, or None for the mode's own.
        activation_quantizer: `Quantizer` for inputs, or None to leave them floats.

    Example:
        >>> import cornu
        >>> cornu.quantizers.Int8QuantizationConfig(activation_quantizer=None).mode
        'int8'
    """

    def __init__(self, weight_quantizer=None, activation_quantizer=None):
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self):
        """The mode of quantisation."""
        raise NotImplementedError(
            "A subclass must define the property `mode`. Do not instantiate QuantizationConfig"
            " directly."
        )

    def get_config(self):
        """The constructor's arguments as plain values."""
        return {
            "weight_quantizer": serialize_keras_object(self.weight_quantizer),
            "activation_quantizer": serialize_keras_object(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config):
        """A config from `get_config()`."""
        config = dict(config)
        for name in ("weight_quantizer", "activation_quantizer"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name])
        return cls(**config)

    @staticmethod
    def weight_quantizer_or_default(config, default):
        """The quantizer for kernels that `config` (or None) asks for, else `default`."""
        if config is None or config.weight_quantizer is None:
            return default
        return config.weight_quantizer

    @staticmethod
    def activation_quantizer_or_default(config, default):
        """The quantizer for inputs that `config` asks for, which may be None; without a config,
        `default`."""
        return default if config is None else config.activation_quantizer


@export("keras.quantizers.Int8QuantizationConfig")
class Int8QuantizationConfig(QuantizationConfig):
    """Kernels as 8-bit integers, a scale for each output.

    Args:
        weight_quantizer: `Quantizer` for kernels, by default `AbsMaxQuantizer`.
        activation_quantizer: `Quantizer` for inputs, by default `AbsMaxQuantizer`, so that products
            are of integers; None keeps inputs as floats.

    Raises:
        ValueError: if the quantizer for kernels doesn't give int8.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Dense(2)
        >>> layer.build((None, 3))
        >>> layer.quantize(config=cornu.quantizers.Int8QuantizationConfig())
        >>> layer.dtype_policy.name
        'int8_from_float32'
    """

    def __init__(self, weight_quantizer=None, activation_quantizer="default"):
        if activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        _require(self, "output_dtype", "int8")

    @property
    def mode(self):
        """`"int8"`."""
        return "int8"


@export("keras.quantizers.Int4QuantizationConfig")
class Int4QuantizationConfig(QuantizationConfig):
    """Kernels as 4-bit integers, two to a byte.

    Args:
        weight_quantizer: `Quantizer` to int8 in the range (-8, 7), by default `AbsMaxQuantizer`.
        activation_quantizer: `Quantizer` for inputs; by default none.
        block_size: number of inputs that share a scale and a zero point; None or -1: each output
            has one scale. Quantizers of your own need the latter.

    Raises:
        ValueError: for another `block_size`, for quantizers together with one, or if the quantizer
            for kernels doesn't give int8 in the range (-8, 7).

    Example:
        >>> import cornu
        >>> cornu.quantizers.Int4QuantizationConfig().block_size
        128
    """

    def __init__(self, weight_quantizer=None, activation_quantizer="default", block_size=128):
        if activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        if block_size is not None and block_size != -1 and block_size <= 0:
            raise ValueError(
                "block_size must be None, -1, or a positive integer. Received:"
                f" block_size={block_size}"
            )
        self.block_size = block_size
        _require(self, "value_range", (-8, 7))
        _require(self, "output_dtype", "int8")
        own = weight_quantizer is not None or activation_quantizer is not None
        if own and block_size not in (None, -1):
            raise ValueError(
                "Int4 sub-channel quantization (block_size > 0) does not support custom"
                " quantizers. Use block_size=None (one scale per output), or leave the quantizers"
                f" out. Received: block_size={block_size}"
            )

    @property
    def mode(self):
        """`"int4"`."""
        return "int4"

    def get_config(self):
        """The constructor's arguments as plain values."""
        return {**super().get_config(), "block_size": self.block_size}


@export("keras.quantizers.Float8QuantizationConfig")
class Float8QuantizationConfig(QuantizationConfig):
    """Products of 8-bit floats, for training and inference.

    Example:
        >>> import cornu
        >>> cornu.quantizers.Float8QuantizationConfig().mode
        'float8'
    """

    def __init__(self):
        super().__init__()

    @property
    def mode(self):
        """`"float8"`."""
        return "float8"

    def get_config(self):
        """Nothing: there are no settings."""
        return {}


def _require(config, name, expected):
    quantizer = config.weight_quantizer
    if quantizer is None or not isinstance(quantizer, Quantizer) and not hasattr(quantizer, name):
        return
    found = getattr(quantizer, name)
    if (tuple(found) if isinstance(found, list) else found) != expected:
        raise ValueError(
            f"{type(config).__name__} requires a weight_quantizer with {name}={expected!r}."
            f" Received: {name}={found}"
        )
