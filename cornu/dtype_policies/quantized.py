"""Policies of layers whose kernels are quantised: a mode, and the policy that it started from."""

from cornu.dtype_policies.policy import MAKERS, DTypePolicy, dtype_policy
from cornu.serial.registry import export

MODES = ("int8", "float8", "int4", "gptq", "awq")


@export("keras.dtype_policies.QuantizedDTypePolicy")
class QuantizedDTypePolicy(DTypePolicy):
    """The policy of a layer whose kernel is quantised.

    Args:
        mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
        source_name: name of the policy whose dtypes the rest of the layer keeps; by default that of
            the default policy.

    Raises:
        ValueError: for an unknown mode, or one that the source's compute dtype is too narrow for.

    Example:
        >>> import cornu
        >>> policy = cornu.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16")
        >>> policy.name, policy.compute_dtype, policy.quantization_mode
        ('int8_from_mixed_bfloat16', 'bfloat16', 'int8')
    """

    def __init__(self, mode, source_name=None):
        self._full_mode = mode
        self._source = dtype_policy()._source_name if source_name is None else source_name
        self._compute_dtype, self._variable_dtype = self._parse(self._source)
        self._name = f"{mode}_from_{self._source}"
        self._quantization_mode = self._mode_of(mode)
        if self._quantization_mode not in MODES:
            raise ValueError(
                f"Invalid quantization mode. Expected one of {MODES}. Received: mode={mode}"
            )
        if self._quantization_mode == "int8" and self._compute_dtype == "float16":
            raise ValueError(
                f"Quantization mode='int8' doesn't work well with compute_dtype='float16', whose"
                " range integer products leave. Use a source such as 'float32' or"
                f" 'mixed_bfloat16'. Received: source_name={self._source!r}"
            )

    def _mode_of(self, mode):
        """The bare mode; subclasses read further settings from the text that they are given."""
        return mode

    @property
    def _source_name(self):
        return self._source

    def get_config(self):
        """Mode and source."""
        return {"mode": self._full_mode, "source_name": self._source}

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<{type(self).__name__} "{self._name}">'


@export("keras.dtype_policies.QuantizedFloat8DTypePolicy")
class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer that multiplies in 8-bit floats (Micikevicius et al. 2022).

    Args:
        mode: `"float8"`.
        source_name: see `QuantizedDTypePolicy`.
        amax_history_length: number of steps whose largest values the scales go by.

    Raises:
        TypeError: if `amax_history_length` is no int.

    Example:
        >>> import cornu
        >>> policy = cornu.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32")
        >>> policy.amax_history_length
        1024
    """

    default_amax_history_length = 1024

    def __init__(self, mode, source_name=None, amax_history_length=1024):
        if not isinstance(amax_history_length, int):
            raise TypeError(
                "`amax_history_length` must be an integer. Received:"
                f" amax_history_length={amax_history_length}"
            )
        self._amax_history_length = amax_history_length
        super().__init__(mode, source_name)

    @property
    def amax_history_length(self):
        """The number of steps that scales look back."""
        return self._amax_history_length

    def get_config(self):
        """Mode, source and length of the history."""
        return {**super().get_config(), "amax_history_length": self._amax_history_length}


class _Parametrised(QuantizedDTypePolicy):
    """A policy whose mode carries numbers: `"int4/128"`."""

    kind = ""
    fields = ()
    # The number of weights that share a scale: which field it is, and what -1 stands for.
    group, whole = "", ""

    def _mode_of(self, mode):
        form = "/".join([self.kind, *(f"<{name}>" for name in self.fields)])
        parts = str(mode).split("/")
        problem = f"Invalid mode for {type(self).__name__}."
        expected = f"Expected format '{form}', but got '{mode}'."
        if parts[0] != self.kind or len(parts) != 1 + len(self.fields):
            raise ValueError(f"{problem} {expected}")
        try:
            numbers = [int(part) for part in parts[1:]]
        except ValueError:
            names = " and ".join(f"<{name}>" for name in self.fields)
            many = "must be an integer" if len(self.fields) == 1 else "must be integers"
            raise ValueError(f"{problem} {names} {many}. {expected}") from None
        vars(self).update(zip(self.fields, numbers, strict=True), mode=self.kind)
        self._check(mode)
        return self.kind

    def _check(self, mode):
        size = getattr(self, self.group)
        if size != -1 and size <= 0:
            raise ValueError(
                f"Invalid {self.group} in mode. Supported values are -1 ({self.whole}) or a"
                f" positive integer, but got {size} from '{mode}'."
            )


@export("keras.dtype_policies.Int4DTypePolicy")
class Int4DTypePolicy(_Parametrised):
    """The policy of a layer with a 4-bit kernel that is scaled block by block.

    Args:
        mode: `"int4/<block_size>"`: so many inputs share a scale, or all of them for -1.
        source_name: see `QuantizedDTypePolicy`.

    Raises:
        ValueError: for anything else as a mode.

    Example:
        >>> import cornu
        >>> cornu.dtype_policies.Int4DTypePolicy("int4/64", "float32").block_size
        64
    """

    kind, fields, group, whole = "int4", ("block_size",), "block_size", "per-channel"


@export("keras.dtype_policies.GPTQDTypePolicy")
class GPTQDTypePolicy(_Parametrised):
    """The policy of a layer quantised by GPTQ (Frantar et al. 2022).

    Args:
        mode: `"gptq/<weight_bits>/<group_size>"`: 2, 3, 4 or 8 bits; so many inputs share a scale,
            or all of them for -1.
        source_name: see `QuantizedDTypePolicy`.

    Raises:
        ValueError: for anything else as a mode.

    Example:
        >>> import cornu
        >>> policy = cornu.dtype_policies.GPTQDTypePolicy("gptq/4/128", "float32")
        >>> policy.weight_bits, policy.group_size
        (4, 128)
    """

    kind, fields = "gptq", ("weight_bits", "group_size")
    group, whole = "group_size", "whole-tensor"

    def _check(self, mode):
        if self.weight_bits not in (2, 3, 4, 8):
            raise ValueError(
                "Invalid weight_bits in mode. Supported values are 2, 3, 4, and 8, but got"
                f" {self.weight_bits} from '{mode}'."
            )
        super()._check(mode)


@export("keras.dtype_policies.AWQDTypePolicy")
class AWQDTypePolicy(_Parametrised):
    """The policy of a layer quantised by AWQ (Lin et al. 2023).

    Args:
        mode: `"awq/4/<group_size>"`: so many inputs share a scale, or all of them for -1.
        source_name: see `QuantizedDTypePolicy`.

    Raises:
        ValueError: for anything else as a mode.

    Example:
        >>> import cornu
        >>> cornu.dtype_policies.AWQDTypePolicy("awq/4/32", "float32").group_size
        32
    """

    kind, fields = "awq", ("weight_bits", "group_size")
    group, whole = "group_size", "per-channel"

    def _check(self, mode):
        if self.weight_bits != 4:
            raise ValueError(
                "Invalid weight_bits in mode. AWQ only supports 4-bit quantization, but got"
                f" {self.weight_bits} from '{mode}'."
            )
        super()._check(mode)


# The class that understands a mode, by how the mode starts; the plain class does the others.
CLASSES = {
    "float8": QuantizedFloat8DTypePolicy,
    "int4/": Int4DTypePolicy,
    "gptq": GPTQDTypePolicy,
    "awq": AWQDTypePolicy,
}


def quantized_from_name(name):
    """The policy called `<mode>_from_<source>`, or None if `name` starts with no mode.

    Raises:
        ValueError: if it starts with a mode but doesn't go on so.
    """
    if not name.startswith(MODES):
        return None
    mode, *sources = name.split("_from_")
    if len(sources) != 1:
        raise ValueError(
            "Cannot convert `policy` into a valid pair (`mode`, `source_name`): the name of a"
            f" quantized policy is written as 'int8_from_float32'. Received: policy={name}"
        )
    starts = (start for start in CLASSES if mode.startswith(start))
    return CLASSES.get(next(starts, None), QuantizedDTypePolicy)(mode, sources[0])


MAKERS.append(quantized_from_name)
