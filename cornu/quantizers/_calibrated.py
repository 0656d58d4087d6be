"""Configs of the methods that quantise with the help of sample data."""

from cornu.quantizers._config import QuantizationConfig
from cornu.serial.registry import export


class CalibratedConfig(QuantizationConfig):
    """What the configs of such methods share: data, and kernels in groups of inputs."""

    fields = ()
    whole = ""

    def _set(self, dataset, tokenizer, settings):
        super().__init__()
        self.dataset = dataset
        self.tokenizer = tokenizer
        vars(self).update({name: settings[name] for name in self.fields})
        self._check_positive("num_samples", "sequence_length")
        if self.group_size != -1 and self.group_size <= 0:
            raise ValueError(
                f"Invalid group_size. Supported values are -1 ({self.whole}) or a positive integer,"
                f" but got {self.group_size}."
            )

    def _check_positive(self, *names):
        for name in names:
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"{name} must be a positive integer. Received: {getattr(self, name)}"
                )

    def dtype_policy_string(self):
        """The mode as dtype policies write it, such as `"gptq/4/128"`."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    def get_config(self):
        """The settings. Dataset and tokenizer have done their work and are left out."""
        settings = {name: getattr(self, name) for name in self.fields}
        return {"dataset": None, "tokenizer": None, **settings}


@export("keras.quantizers.GPTQConfig")
class GPTQConfig(CalibratedConfig):
    """Quantise by GPTQ: column by column, each time correcting the columns that are left for the
    error made (Frantar et al. 2022).

    Args:
        dataset: iterable of texts, or of arrays of token ids, to measure activations on.
        tokenizer: from a text to token ids.
        weight_bits: 2, 3, 4 or 8.
        num_samples: number of samples to use.
        per_channel: whether each output has scales of its own.
        sequence_length: number of tokens of a sample.
        hessian_damping: from 0 to 1: how much of the mean of the Hessian's diagonal is added to it.
        group_size: number of inputs that share a scale, -1 for all.
        symmetric: whether zero is in the middle of the range.
        activation_order: whether inputs with the largest activations come first.
        quantization_layer_structure: dict of `"pre_block_layers"` and `"sequential_blocks"`, the
            model's embedding layers and its blocks.

    Raises:
        ValueError: for values outside of what is said above.

    Example:
        >>> import cornu
        >>> cornu.quantizers.GPTQConfig([], None, weight_bits=4).dtype_policy_string()
        'gptq/4/128'
    """

    fields = (
        "weight_bits",
        "num_samples",
        "per_channel",
        "sequence_length",
        "hessian_damping",
        "group_size",
        "symmetric",
        "activation_order",
        "quantization_layer_structure",
    )
    whole = "whole-tensor"

    def __init__(
        self,
        dataset,
        tokenizer,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict = None,
    ):
        self._set(dataset, tokenizer, locals())
        if self.weight_bits not in (2, 3, 4, 8):
            raise ValueError(
                f"Unsupported weight_bits {weight_bits}. Supported values are 2, 3, 4, and 8."
            )
        if not 0 <= hessian_damping <= 1:
            raise ValueError(
                f"hessian_damping must be between 0 and 1. Received: {hessian_damping}"
            )

    @property
    def mode(self):
        """`"gptq"`."""
        return "gptq"


@export("keras.quantizers.AWQConfig")
class AWQConfig(CalibratedConfig):
    """Quantise by AWQ: inputs with large activations are scaled up first, so that their weights
    lose less (Lin et al. 2023).

    Args:
        dataset: iterable of texts, or of arrays of token ids, to measure activations on.
        tokenizer: from a text to token ids.
        weight_bits: 4.
        num_samples: number of samples to use.
        sequence_length: number of tokens of a sample.
        group_size: number of inputs that share a scale, -1 for all.
        num_grid_points: number of exponents to try for the scales of inputs.
        quantization_layer_structure: dict of `"pre_block_layers"` and `"sequential_blocks"`, the
            model's embedding layers and its blocks.

    Raises:
        ValueError: for values outside of what is said above.

    Example:
        >>> import cornu
        >>> cornu.quantizers.AWQConfig([], None, group_size=64).dtype_policy_string()
        'awq/4/64'
    """

    fields = (
        "weight_bits",
        "num_samples",
        "sequence_length",
        "group_size",
        "num_grid_points",
        "quantization_layer_structure",
    )
    whole = "per-channel"

    def __init__(
        self,
        dataset,
        tokenizer,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict = None,
    ):
        self._set(dataset, tokenizer, locals())
        self._check_positive("num_grid_points")
        if weight_bits != 4:
            raise ValueError(
                f"AWQ only supports 4-bit quantization. Received weight_bits={weight_bits}."
            )

    @property
    def mode(self):
        """`"awq"`."""
        return "awq"
